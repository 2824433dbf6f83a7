/* SPDX-License-Identifier: MIT */
/* Puts the page together: charts for all results with the same x, slices, transitions, data. */

function readJson(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

async function start() {
  const page = readJson("page-data"), transitions = readJson("page-transitions");
  const main = document.getElementById("main"), results = page.results.map((result, i) => new Result(result, i));
  document.getElementById("program").textContent = page.program;
  document.getElementById("theme").addEventListener("click", () => theme.toggle());
  const byX = new Map();
  for (const result of results.filter((one) => one.curves && one.table(one.curves.table)?.rows > 0)) {
    byX.set(result.curves.x, [...(byX.get(result.curves.x) ?? []), result]);
  }
  const groups = [];
  for (const [x, members] of byX) {
    const group = await Group.make(members, `over-${x}`);
    groups.push(group);
    main.append(group.root);
    theme.listeners.push(() => group.remake());
    if (x === "beta") main.append(new TransitionTable(transitions, page.evidence, group).root);
  }
  const slices = [];
  for (const result of results.filter((one) => one.kind === "slice")) {
    const views = await makeSlices(result);
    slices.push(...views);
    main.append(element("section", { className: "group" }, ...views.map((view) => view.figure)));
  }
  const spectra = [];
  for (const result of results.filter((one) => one.kind === "spectrum")) {
    const views = await makeSpectra(result);
    spectra.push(...views);
    main.append(element("section", { className: "group charts" }, ...views.map((view) => view.figure)));
  }
  main.append(makeData(results), pointDialog);
  document.documentElement.dataset.ready = "yes";
  /* For whoever drives the page: tests, a console. */
  globalThis.spinodalPage = { results, groups, slices, spectra, show, addToPath, safetensors };
}

start().catch((failure) => {
  document.documentElement.dataset.ready = "failed";
  document.getElementById("main").append(element("p", { className: "fault" }, `This page could not be drawn: ${failure.message}`));
  console.error(failure);
});
