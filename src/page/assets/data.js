/* SPDX-License-Identifier: MIT */
/* The numbers themselves: every table and array to look at and to download; the experiment; where the results come from. */

function csvCell(text) {
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/* Titles, and a function that gives the texts of a row. */
async function readRows(table) {
  const columns = table.columns.filter((column) => column.isHere);
  const values = await Promise.all(columns.map((column) => column.values()));
  const titles = [...table.texts.map((text) => text.name), ...columns.map((column) => column.name)];
  const cells = (row) => [...table.texts.map((text) => text.items[row] ?? ""),
    ...columns.map((column, c) => column.word(values[c][row]) ?? exactly(values[c][row]))];
  return { titles, cells, columns, values };
}

async function saveCsv(result, table) {
  const { titles, cells } = await readRows(table), lines = [titles.map(csvCell).join(",")];
  for (let row = 0; row < table.rows; row++) lines.push(cells(row).map(csvCell).join(","));
  download(`${baseName(result)}-${table.name}.csv`, [lines.join("\n"), "\n"], "text/csv");
}

async function saveJson(result, table) {
  const { columns, values } = await readRows(table), rows = [];
  for (let row = 0; row < table.rows; row++) {
    const record = Object.fromEntries(table.texts.map((text) => [text.name, text.items[row] ?? null]));
    columns.forEach((column, c) => {
      const value = values[c][row];
      record[column.name] = column.word(value) ?? (Number.isFinite(value) ? value : null);
    });
    rows.push(record);
  }
  download(`${baseName(result)}-${table.name}.json`, [JSON.stringify(rows, null, 1), "\n"], "application/json");
}

async function saveArray(result, array) {
  const values = await Promise.all(array.columns.map((column) => column.values()));
  const lines = [["row", ...values.map((_, c) => `${array.name}_${c + 1}`)].join(",")];
  for (let r = 0; r < (values[0]?.length ?? 0); r++) {
    lines.push([r * array.stride, ...values.map((column) => exactly(column[r]))].join(","));
  }
  download(`${baseName(result)}-${array.name}.csv`, [lines.join("\n"), "\n"], "text/csv");
}

function baseName(result) {
  return result.file.replace(/^.*\//, "").replace(/\.h5$/, "");
}

async function showTable(table, area) {
  const most = 100, { titles, cells } = await readRows(table);
  const rows = Array.from({ length: Math.min(table.rows, most) }, (_, row) => cells(row));
  area.replaceChildren(element("p", { className: "note" }, table.rows > most ? `The first ${most} of ${table.rows} rows.` : ""),
    makeTable(titles, rows));
}

function tableEntry(result, table) {
  const left = table.columns.filter((column) => !column.isHere).map((column) => column.name);
  const area = element("div"), entry = element("details", {}, element("summary", {}, `${table.name} `,
    element("span", { className: "note" }, `${table.rows} rows, ${table.columns.length} columns`)),
  element("div", { className: "buttons" }, button("CSV", `Download ${table.name} as CSV`, () => saveCsv(result, table)),
    button("JSON", `Download ${table.name} as JSON`, () => saveJson(result, table))));
  if (left.length > 0) {
    entry.append(element("p", { className: "note" }, `Not in this page, for its size: ${left.join(", ")}. ` +
      `spinodal export ${result.file} --table ${table.name} has them.`));
  }
  entry.append(area);
  entry.addEventListener("toggle", () => entry.open && showTable(table, area));
  return entry;
}

function arrayEntry(result, array) {
  const note = array.stride === 1 ? "" : array.stride === 0 ? "not in this page, for its size"
    : `every ${array.stride}th row; spinodal export ${result.file} --table ${array.name} has all`;
  return element("details", {}, element("summary", {}, `${array.name} `,
    element("span", { className: "note" }, `${array.rows} rows of ${array.width} numbers ${note && `· ${note}`}`)),
  element("p", {}, array.help ?? ""), element("div", { className: "buttons" },
    array.stride > 0 ? button("CSV", `Download ${array.name} as CSV`, () => saveArray(result, array)) : ""));
}

function makeData(results) {
  const root = element("section", { id: "data" }, element("h2", {}, "Data, experiment, provenance"));
  for (const result of results) {
    const { experiment, ...rest } = result.attributes;
    const attributes = Object.entries(rest).map(([name, value]) => [name.replace(/_/g, " "), String(value)]);
    root.append(element("h3", {}, result.file),
      element("details", {}, element("summary", {}, "What the program says of it"), element("pre", {}, result.summary ?? "")),
      element("details", {}, element("summary", {}, "Experiment"), element("pre", {}, experiment ?? "")),
      element("details", {}, element("summary", {}, "Where it comes from"), makeTable(["", ""], attributes)),
      ...result.tables.map((table) => tableEntry(result, table)), ...result.arrays.map((array) => arrayEntry(result, array)));
    if (result.troubles) root.append(element("p", { className: "fault" }, result.troubles));
  }
  return root;
}
