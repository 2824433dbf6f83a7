/* SPDX-License-Identifier: MIT */
/* The results of one file: tables whose columns are unpacked when they are first asked for. */

class Column {
  constructor(description, rows) {
    Object.assign(this, description);
    this.rows = rows;
    this.isHere = description.packed !== undefined;
  }

  /* Its numbers; of a column that was left out none exist. */
  values() {
    this.promise ??= this.isHere ? unpack(this.packed, this.rows, this.order, this.real ?? true)
      : Promise.resolve(new Float64Array(this.rows).fill(NaN));
    return this.promise;
  }

  word(value) {
    return this.words?.[value];
  }
}

class Table {
  constructor(description, texts) {
    this.name = description.name;
    this.rows = description.rows;
    this.columns = description.columns.map((column) => new Column(column, description.rows));
    this.texts = texts; /* [{name, items}] */
  }

  column(name) {
    return this.columns.find((column) => column.name === name);
  }

  /* Numbers of a column, or undefined where there is no such column. */
  async values(name) {
    return this.column(name)?.values();
  }

  text(name) {
    return this.texts.find((text) => text.name === name)?.items;
  }
}

/* An array of the file: row r has columns.length numbers; every stride-th row is here. */
class Matrix {
  constructor(description) {
    Object.assign(this, { name: description.name, rows: description.rows, width: description.width,
      stride: description.stride, unit: description.unit, help: description.help });
    const here = this.stride > 0 ? Math.ceil(this.rows / this.stride) : 0;
    this.columns = description.columns.map((column) => new Column({ ...column, real: true }, here));
  }

  hasRow(row) {
    return this.stride > 0 && row % this.stride === 0;
  }

  async row(row) {
    const columns = await Promise.all(this.columns.map((column) => column.values()));
    return Float64Array.from(columns, (values) => values[row / this.stride]);
  }
}

class Result {
  constructor(description, index) {
    Object.assign(this, { index, file: description.file, kind: description.kind, fault: description.fault,
      norm: description.norm ?? "|θ|", summary: description.summary, troubles: description.troubles,
      attributes: description.attributes, curves: description.curves });
    this.tables = description.tables.map((table) =>
      new Table(table, description.texts.filter((text) => text.table === table.name)));
    this.arrays = description.arrays.map((array) => new Matrix(array));
  }

  table(name) {
    return this.tables.find((table) => table.name === name);
  }

  array(name) {
    return this.arrays.find((array) => array.name === name);
  }
}
