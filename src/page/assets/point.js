/* SPDX-License-Identifier: MIT */
/* The point under the pointer: which it is, all that is known of it, and its weights to download. */

function download(name, parts, type) {
  const link = element("a", { href: URL.createObjectURL(new Blob(parts, { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/* A safetensors file (https://github.com/huggingface/safetensors): the length of a JSON header, the header, the numbers. */
function safetensors(layout, theta) {
  const header = {};
  for (const part of layout) {
    const shape = part.isBias ? [part.rows] : [part.rows, part.columns];
    header[part.name] = { dtype: "F64", shape, data_offsets: [8 * part.offset, 8 * (part.offset + shape.reduce((a, b) => a * b))] };
  }
  let text = JSON.stringify(header);
  text += " ".repeat((8 - text.length % 8) % 8);
  const length = new DataView(new ArrayBuffer(8));
  length.setUint32(0, text.length, true);
  return [length.buffer, text, theta.buffer];
}

async function readLayout(result) {
  const table = result.table("layout"), names = table?.text("name");
  if (!names) return null;
  const [isBias, offset, rows, columns] = await Promise.all(["is_bias", "offset", "rows", "columns"].map((name) => table.values(name)));
  return names.map((name, i) => ({ name, isBias: isBias[i] !== 0, offset: offset[i], rows: rows[i], columns: columns[i] }));
}

function exportCommand(result, row) {
  const quoted = /^[A-Za-z0-9._=,/:+-]+$/.test(result.file) ? result.file : `'${result.file.replace(/'/g, "'\\''")}'`;
  return `spinodal export ${quoted} --point ${row} -o weights-${row}.safetensors`;
}

async function saveWeights(result, row, note) {
  const matrix = result.array("theta"), layout = await readLayout(result);
  if (!matrix || !layout) {
    note.textContent = "The file holds no weights (the experiment said parameters: false).";
  } else if (!matrix.hasRow(row)) {
    note.textContent = `They did not fit into this page. ${exportCommand(result, row)}`;
  } else {
    download(`weights-${row}.safetensors`, safetensors(layout, await matrix.row(row)), "application/octet-stream");
    note.textContent = `weights-${row}.safetensors saved`;
  }
}

/* All columns of one row. */
async function rowTable(table, row) {
  const rows = [];
  for (const column of table.columns) {
    if (!column.isHere) continue;
    const value = (await column.values())[row];
    rows.push([element("span", { title: column.help }, column.name.replace(/_/g, " ")), column.word(value) ?? exactly(value), column.unit]);
  }
  return makeTable(["column", "value", "unit"], rows);
}

/* One line on the point of a group, with what can be done with it. */
function pointLine(group, set, vertex, curve, jump) {
  const row = set.vrow[vertex], note = element("span", { className: "note" });
  const phase = set.color ? phaseName(set.color[row]) : "";
  const where = [set.label(curve), `${group.xName} = ${show(set.vx[vertex], 8)}`, phase,
    jump < 0 ? `row ${row}` : jump % 2 === 0 ? "just before a jump" : "just after a jump"].filter(Boolean).join(" · ");
  const all = button("all numbers", "All numbers of this point", async () => {
    pointDialog.replaceChildren(element("form", { method: "dialog" }, element("button", {}, "close")), element("h2", {}, where),
      await rowTable(set.table, row));
    pointDialog.showModal();
  });
  const save = button("weights", "Download the weights of this point", () => saveWeights(set.result, row, note));
  const pin = element("span", { className: "note" }, group.isPinned ? "kept; click to let go" : "");
  const line = element("div", {}, element("b", {}, where), " ", pin, " ", all);
  if (jump < 0) line.append(" ", save);
  line.append(" ", note);
  return line;
}

const pointDialog = element("dialog");
