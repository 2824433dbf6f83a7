/* SPDX-License-Identifier: MIT */
/* Spectra at a point: the density of eigenvalues of each part, and those at its ends one by one. */

/* A density from its points: each a bell of the part's width, which ends after six of these; in steps of a quarter of it. */
function densityOf(values, weights, width) {
  const reach = 6 * width, low = Math.min(...values) - reach, high = Math.max(...values) + reach;
  const count = Math.min(20000, Math.ceil(4 * (high - low) / width) + 1), step = (high - low) / (count - 1);
  const x = Array.from({ length: count }, (_, i) => low + i * step), y = new Array(count).fill(0);
  values.forEach((value, v) => {
    const first = Math.max(0, Math.floor((value - reach - low) / step));
    for (let i = first; i < count && x[i] <= value + reach; i++) {
      y[i] += weights[v] * Math.exp(-0.5 * ((x[i] - value) / width) ** 2) / (width * Math.sqrt(2 * Math.PI));
    }
  });
  return [x, y];
}

class SpectrumView {
  /* ends: [{ value, isOutlier }] */
  constructor(title, density, ends, least) {
    Object.assign(this, { ends, density });
    const [x, y] = density;
    this.data = [x, y.map((value) => (value >= least ? value : null)), y.map(() => null)];
    this.shown = element("output", { className: "readout" });
    this.plotArea = element("div", { className: "plot" });
    this.figure = element("figure", { className: "chart wide" },
      element("figcaption", {}, element("span", { className: "title" }, title), this.shown), this.plotArea,
      element("details", { className: "behind" }, element("summary", {}, "Table"),
        makeTable(["eigenvalue at an end", ""], ends.map((end) => [String(end.value), end.isOutlier ? "outlier" : ""]))));
    new ResizeObserver(() => this.draw()).observe(this.plotArea);
    theme.listeners.push(() => this.draw());
  }

  draw() {
    const width = this.plotArea.clientWidth;
    if (!width) return;
    this.plot?.destroy();
    const stroke = () => theme.ink("ink-soft"), grid = { stroke: () => theme.ink("grid"), width: 1 };
    const known = this.data[1].filter((value) => value !== null), low = Math.min(...known), high = Math.max(...known);
    const text = { stroke, grid, font: "11px system-ui, sans-serif", values: (_, ticks) => ticks.map((value) => show(value, 4)) };
    this.plot = new uPlot({ width, height: 260, legend: { show: false }, padding: [8, 8, 0, 0],
      scales: { x: { time: false }, y: { distr: 3, log: 10, range: () => [low / 2, high * 2] } },
      axes: [{ ...text, label: "eigenvalue", labelFont: "12px system-ui", size: 30 },
        { ...text, size: 62, splits: () => logTicks(low / 2, high * 2), filter: (_, ticks) => ticks }],
      series: [{}, { stroke: () => theme.color(0, 2), width: 2, points: { show: false } }, { show: false }],
      hooks: { draw: [(plot) => this.markEnds(plot, low)],
        setCursor: [({ cursor: { idx } }) => {
          if (idx !== null && idx !== undefined) this.shown.textContent = `${show(this.data[0][idx])}: density ${show(this.data[1][idx])}`;
        }] } }, this.data, this.plotArea);
  }

  markEnds(plot, low) {
    const context = plot.ctx, ratio = devicePixelRatio, y = plot.valToPos(low, "y", true);
    this.drawn = this.ends.length;
    for (const end of this.ends) {
      const x = plot.valToPos(end.value, "x", true);
      context.beginPath();
      context.arc(x, y, 3.5 * ratio, 0, 2 * Math.PI);
      context.lineWidth = 1.5 * ratio;
      context.strokeStyle = context.fillStyle = end.isOutlier ? theme.color(1, 2) : theme.ink("ink");
      if (end.isOutlier) context.fill();
      context.stroke();
    }
  }
}

const spectrumNames = { error: "the Hessian of E", gauss_newton: "the Gauss–Newton part of it", loss: "the Hessian of L" };

async function makeSpectra(result) {
  const load = async (table, names) => Promise.all(names.map((name) => result.table(table).values(name)));
  const [parts, widths] = await load("spectra", ["part", "width"]);
  const [nodePart, nodeValue, nodeWeight] = await load("density", ["part", "value", "weight"]);
  const [endPart, endValue, outlier] = await load("eigenvalues", ["part", "value", "outlier"]);
  const [count] = await result.table("points").values("parameters");
  const views = [];
  for (const [s, part] of parts.entries()) {
    const rows = [...nodePart.keys()].filter((row) => nodePart[row] === part), width = widths[s];
    if (rows.length === 0 || !(width > 0)) continue;
    const density = densityOf(rows.map((row) => nodeValue[row]), rows.map((row) => nodeWeight[row]), width);
    const ends = [...endPart.keys()].filter((row) => endPart[row] === part)
      .map((row) => ({ value: endValue[row], isOutlier: outlier[row] === 1 }));
    const word = result.table("spectra").column("part").word(part);
    views.push(new SpectrumView(`Density of eigenvalues of ${spectrumNames[word] ?? word}`, density, ends,
      0.3 / (count * width * Math.sqrt(2 * Math.PI))));
  }
  return views;
}
