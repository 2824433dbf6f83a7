/* SPDX-License-Identifier: MIT */
/* Curves of a table: the rows with equal keys, in their order, as vertices. A vertex is a row of the table, or a side of a
 * located jump between two rows, so that jumps stand where they are and not across a step of the grid. Curves are cut
 * into pieces: within one, x only rises or only falls, and colour and dash are the same. */

/* What columns of points are called on the two sides of a jump (`_before`, `_after`), where it is not the same. */
const jumpNames = { weight_norm: "norm", scalar_curvature_error: "curvature", eigenvalue_min_loss: "eigenvalue" };

class CurveSet {
  static async make(result) {
    const set = new CurveSet();
    const said = result.curves, table = result.table(said.table);
    set.result = result;
    set.table = table;
    set.said = said;
    set.keys = said.keys.filter((key) => table.column(key));
    set.jumps = said.jumps ? result.table(said.jumps) : undefined;
    set.matrices = (said.arrays ?? []).map((name) => result.array(name))
      .filter((matrix) => matrix && matrix.rows === table.rows);
    const load = async (name) => (name ? table.values(name) : undefined);
    set.x = await load(said.x);
    set.keyValues = await Promise.all(set.keys.map(load));
    set.color = await load(said.color);
    set.dash = await load(said.dash);
    set.breaks = await load(said.breaks);
    set.point = await load("point");
    await set.buildVertices();
    set.buildPieces();
    return set;
  }

  /* Jumps by curve and by the row behind them. */
  async collectJumps() {
    const found = new Map();
    if (!this.jumps || this.jumps.rows === 0) return found;
    const point = await this.jumps.values("point"), beta = await this.jumps.values("beta");
    const keys = await Promise.all(this.keys.map((key) => this.jumps.values(key)));
    if (keys.some((values) => !values)) return found;
    const survives = this.survives = await this.jumps.values("survives");
    for (let j = 0; j < this.jumps.rows; j++) {
      const name = [...keys.map((values) => values[j]), point[j]].join();
      if (!found.has(name)) found.set(name, []);
      found.get(name).push({ row: j, x: beta[j], isReal: survives[j] === 1 });
    }
    return found;
  }

  async buildVertices() {
    const jumps = await this.collectJumps();
    const x = [], row = [], jump = [], curve = [], parted = [];
    const add = (vx, vrow, vjump, isParted) => {
      x.push(vx);
      row.push(vrow);
      jump.push(vjump);
      curve.push(this.curves.length - 1);
      parted.push(isParted);
    };
    this.curves = [];
    let last = null;
    for (let r = 0; r < this.table.rows; r++) {
      const key = this.keyValues.map((values) => values[r]);
      /* Several chains down may begin in phases of one name: each counts its points from 0. */
      const isNew = last === null || key.some((value, k) => value !== last[k]) ||
        (this.point !== undefined && this.point[r] <= this.point[r - 1]);
      if (isNew) this.curves.push({ key, first: x.length, index: this.curves.length });
      last = key;
      const isBetween = (jump) => (jump.x - this.x[r - 1]) * (jump.x - this.x[r]) <= 0;
      const between = isNew ? [] : (jumps.get([...key, this.point?.[r]].join()) ?? []).filter(isBetween);
      const isRising = !isNew && this.x[r] > this.x[r - 1];
      between.sort((a, b) => (isRising ? a.x - b.x : b.x - a.x));
      for (const { row: j, x: at, isReal } of between) {
        add(at, r - 1, 2 * j, false); /* before */
        add(at, r, 2 * j + 1, isReal); /* after */
      }
      const isBroken = !isNew && between.length === 0 && (this.breaks?.[r] ?? 0) !== 0;
      add(this.x[r], r, -1, isNew || isBroken);
      this.curves.at(-1).last = x.length - 1;
    }
    this.vx = Float64Array.from(x);
    this.vrow = Int32Array.from(row); /* the row whose state it shows, or beside which the jump lies */
    this.vjump = Int32Array.from(jump); /* 2 j before jump j, 2 j + 1 behind it, -1 a row */
    this.vcurve = Int32Array.from(curve);
    this.parted = parted; /* does not go on from the vertex before */
  }

  buildPieces() {
    this.pieces = [];
    const like = (values, v) => (values ? values[this.vrow[v]] : 0);
    for (const curve of this.curves) {
      let from = curve.first, way = 0;
      const close = (to, joint) => {
        this.pieces.push({ curve, from, to, way: way || 1, color: like(this.color, from), dash: like(this.dash, from),
          joint });
      };
      for (let v = curve.first + 1; v <= curve.last; v++) {
        const step = Math.sign(this.vx[v] - this.vx[v - 1]);
        const isTurning = way !== 0 && step !== 0 && step !== way;
        const isOther = like(this.color, v) !== like(this.color, from) || like(this.dash, v) !== like(this.dash, from);
        if (this.parted[v]) {
          close(v - 1, true); /* a jump: joined by a thin dotted line */
          from = v;
          way = 0;
        } else if (isTurning) {
          close(v - 1, false);
          from = v - 1;
          way = step;
        } else if (isOther) {
          if (step !== 0) way = step;
          close(v, false); /* up to the first vertex of the other colour */
          from = v;
          way = 0;
        } else if (step !== 0) {
          way = step;
        }
      }
      close(curve.last, false);
    }
  }

  /* Distinct values of a column that are drawn, ascending. */
  distinct(values) {
    return values ? [...new Set(values)].sort((a, b) => a - b) : [];
  }

  /* y of every vertex: a column of the table, at jumps the columns NAME_before and NAME_after. */
  async quantity(name) {
    const column = await this.table.values(name);
    if (!column) return undefined;
    const side = jumpNames[name] ?? name;
    const before = await this.jumps?.values(`${side}_before`), after = await this.jumps?.values(`${side}_after`);
    return this.expand(column, before, after);
  }

  /* A quantity that jumps do not have is that of the point beside them; where nothing jumps it goes straight on. */
  expand(column, before, after) {
    const y = new Float64Array(this.vx.length);
    for (let v = 0; v < y.length; v++) {
      const jump = this.vjump[v], row = this.vrow[v];
      const known = jump < 0 ? column[row] : (jump % 2 === 0 ? before : after)?.[jump >> 1];
      y[v] = known === undefined || Number.isNaN(known) ? this.guess(column, v, row, jump) : known;
    }
    return y;
  }

  guess(column, v, row, jump) {
    if (jump < 0 || this.survives[jump >> 1] === 1) return column[row];
    const first = jump % 2 === 0 ? row : row - 1, share = (this.vx[v] - this.x[first]) / (this.x[first + 1] - this.x[first]);
    return column[first] + share * (column[first + 1] - column[first]);
  }

  /* Words for a curve: "up, seed 3". */
  label(curve) {
    const words = curve.key.map((value, k) => this.keyWord(k, value)).filter(Boolean);
    return words.join(", ") || this.result.file;
  }

  keyWord(k, value) {
    const name = this.keys[k], column = this.table.column(name), word = column.word(value);
    if (word) return word;
    if (this.isConstant(k) || value < 0) return "";
    const named = this.rowName(name, value);
    return named ?? `${name.replace(/_/g, " ")} ${value}`;
  }

  isConstant(k) {
    this.constant ??= [];
    this.constant[k] ??= this.keyValues[k].every((value) => value === this.keyValues[k][0]);
    return this.constant[k];
  }

  /* A column `thing` counts rows of a table `things`, which may have names; runs of training are named by their start. */
  rowName(name, value) {
    const rows = this.result.table(`${name}s`);
    if (name === "run") {
      const starts = this.result.table("starts")?.text("name");
      const seeds = starts ? Math.max(1, Math.round((rows?.rows ?? starts.length) / starts.length)) : 1;
      const start = starts?.[Math.floor(value / seeds)];
      return start && (seeds > 1 ? `${start}, seed ${value % seeds}` : start);
    }
    return rows?.text("name")?.[value];
  }
}
