/* SPDX-License-Identifier: MIT */
/* Slices: the loss along a line or over a plane, with a slider for beta that changes L = E + beta n at once. */

class SliceView {
  constructor(title, grid, anchors, betas) {
    Object.assign(this, { grid, anchors });
    this.isPlane = grid.rows > 1;
    const most = Math.max(...betas, 0), low = 0, high = most > 0 ? 1.5 * most : 1;
    this.slider = element("input", { type: "range", min: 0, max: 1000, step: 1, className: "beta" });
    this.slider.setAttribute("aria-label", "β");
    this.toBeta = (position) => low + (high - low) * (position / 1000) ** 2;
    this.fromBeta = (beta) => 1000 * Math.sqrt((beta - low) / (high - low));
    this.shown = element("output", { className: "beta-shown" });
    this.slider.addEventListener("input", () => this.setBeta(this.toBeta(Number(this.slider.value))));
    const jumps = [...new Set(betas)].sort((a, b) => a - b).map((beta) =>
      button(`β = ${show(beta, 4)}`, `Go to β = ${show(beta)}`, () => {
        this.slider.value = this.fromBeta(beta);
        this.setBeta(beta);
      }));
    this.area = element("div", { className: "slice-area" });
    this.behind = element("details", { className: "behind" }, element("summary", {}, "Table"));
    this.behind.addEventListener("toggle", () => this.behind.open && this.fillTable());
    this.figure = element("figure", { className: "chart wide slice" },
      element("figcaption", {}, element("span", { className: "title" }, title)),
      element("div", { className: "slider" }, element("label", {}, "β "), this.slider, this.shown),
      element("div", { className: "buttons" }, ...jumps), this.area, this.behind);
    this.beta = betas[0] ?? 0;
    this.slider.value = this.fromBeta(this.beta);
    this.build();
    const seen = new IntersectionObserver((changes) => {
      this.isNear = changes.at(-1).isIntersecting;
      if (this.isNear) this.draw();
    }, { rootMargin: "100px" });
    seen.observe(this.figure);
    new ResizeObserver(() => this.isNear && this.draw()).observe(this.area);
    theme.listeners.push(() => this.isNear && this.draw());
  }

  build() {
    if (!this.isPlane) return;
    const canvas = (label) => {
      const made = element("canvas", { tabIndex: 0, role: "img" });
      made.setAttribute("aria-label", label);
      return made;
    };
    const flat = canvas("Map of the loss"), solid = canvas("Surface of the loss; drag or use arrow keys to turn it");
    this.area.append(flat, solid);
    this.map = new FlatMap(flat, this.grid, this.anchors);
    try {
      this.surface = Surface.make(solid, this.grid);
    } catch (failure) {
      this.surface = null;
    }
    if (!this.surface) {
      solid.replaceWith(element("p", { className: "note" }, "This browser has no WebGL2: the map shows the same surface from above."));
    }
  }

  setBeta(beta) {
    this.beta = beta;
    this.draw();
  }

  /* L on the grid: its smallest value and where, and up to where colours go: a little above the highest point that the slice
   * goes through. */
  range() {
    const { error, norm, columns } = this.grid;
    let low = Infinity, at = 0, most = -Infinity;
    for (let i = 0; i < error.length; i++) {
      const loss = error[i] + this.beta * norm[i];
      if (loss < low) {
        low = loss;
        at = i;
      }
      if (loss > most) most = loss;
    }
    let high = -Infinity;
    for (const anchor of this.anchors) high = Math.max(high, anchor.error + this.beta * anchor.norm);
    high = Number.isFinite(high) && high > low ? low + 1.6 * (high - low) : most;
    return { low, high: high > low ? high : low + 1, least: { u: this.grid.u[at % columns], v: this.grid.v[Math.floor(at / columns)],
      loss: low } };
  }

  draw() {
    const { low, high, least } = this.range();
    this.least = least;
    this.shown.textContent = `β = ${show(this.beta, 5)}; smallest L ${show(least.loss)}`;
    if (this.isPlane) {
      this.map.draw(this.beta, low, high, least);
      this.surface?.draw(this.beta, low, high);
    } else {
      this.drawLine();
    }
    if (this.behind.open) this.fillTable();
  }

  /* Of a line: L over u, and the points it goes through. */
  drawLine() {
    const { u, error, norm } = this.grid, loss = Array.from(error, (value, i) => value + this.beta * norm[i]);
    const width = this.area.clientWidth;
    if (!width) return;
    if (!this.plot || this.plot.width !== width) {
      this.plot?.destroy();
      const stroke = () => theme.ink("ink-soft"), grid = { stroke: () => theme.ink("grid"), width: 1 };
      this.plot = new uPlot({ width, height: 300, legend: { show: false }, scales: { x: { time: false } },
        cursor: { drag: { x: false } },
        axes: [{ stroke, grid, label: this.grid.xLabel, labelFont: "12px system-ui", font: "11px system-ui" },
          { stroke, grid, size: 64, font: "11px system-ui", values: (_, values) => values.map((value) => show(value, 5)) }],
        series: [{}, { stroke: () => theme.color(0, 2), width: 2, points: { show: false } }],
        hooks: { draw: [(plot) => this.markLine(plot)], setCursor: [(plot) => this.readLine(plot)] } }, [Array.from(u), loss], this.area);
    } else {
      this.plot.setData([Array.from(u), loss]);
    }
  }

  markLine(plot) {
    const context = plot.ctx, ratio = devicePixelRatio;
    context.save();
    context.font = `${11 * ratio}px system-ui`;
    context.fillStyle = theme.ink("ink");
    context.strokeStyle = theme.ink("mark");
    this.anchors.forEach((anchor, i) => {
      const x = plot.valToPos(anchor.u, "x", true);
      context.beginPath();
      context.setLineDash([2 * ratio, 3 * ratio]);
      context.moveTo(x, plot.bbox.top);
      context.lineTo(x, plot.bbox.top + plot.bbox.height);
      context.stroke();
      context.textAlign = x > plot.bbox.left + plot.bbox.width * 0.8 ? "right" : "left";
      context.fillText(` ${anchor.name} `, x, plot.bbox.top + (12 + 13 * (i % 3)) * ratio);
    });
    context.restore();
  }

  readLine(plot) {
    const at = plot.cursor.idx;
    if (at === null || at === undefined) return;
    this.shown.textContent = `β = ${show(this.beta, 5)}; at ${show(plot.data[0][at])}: L = ${show(plot.data[1][at])}, E = ${show(this.grid.error[at])}`;
  }

  fillTable() {
    const rows = this.anchors.map((anchor) => [anchor.name, show(anchor.u), show(anchor.v), show(anchor.error),
      show(anchor.error + this.beta * anchor.norm)]);
    rows.push(["smallest L", show(this.least.u), show(this.least.v), "", show(this.least.loss)]);
    this.behind.replaceChildren(element("summary", {}, "Table"),
      makeTable(["point", "u", "v", "E", `L at β = ${show(this.beta, 5)}`], rows));
  }
}

/* All slices of a file, and the norm-constrained curve of Figure 1. */
async function makeSlices(result) {
  const values = (table, name) => result.table(table)?.values(name);
  const columns = await values("slices", "columns"), rows = await values("slices", "rows");
  const u = await values("points", "u"), v = await values("points", "v");
  const error = await values("points", "error"), norm = await values("points", "norm_squared");
  const anchorSlice = await values("anchors", "slice"), names = result.table("anchors")?.text("name") ?? [];
  const au = await values("anchors", "u"), av = await values("anchors", "v"), ae = await values("anchors", "error"),
    an = await values("anchors", "norm_squared");
  const levelSlice = await values("levels", "slice"), levelBeta = await values("levels", "beta");
  const list = [];
  for (let s = 0, from = 0; s < columns.length; s++) {
    const count = columns[s] * rows[s], end = from + count;
    const grid = { columns: columns[s], rows: rows[s], u: u.slice(from, from + columns[s]),
      v: Float64Array.from({ length: rows[s] }, (_, r) => v[from + r * columns[s]]), error: error.slice(from, end),
      norm: norm.slice(from, end), xLabel: "u, distance along the line" };
    const anchors = [...(anchorSlice ?? [])].map((slice, a) => ({ slice, name: names[a] ?? `point ${a + 1}`, u: au[a], v: av[a],
      error: ae[a], norm: an[a] })).filter((anchor) => anchor.slice === s);
    const betas = [...(levelBeta ?? [])].filter((_, l) => levelSlice[l] === s);
    const through = anchors.map((anchor) => anchor.name).join(", ");
    list.push(new SliceView(`Loss ${rows[s] > 1 ? "over a plane" : "along a line"}${through ? ` through ${through}` : ""}`, grid, anchors,
      betas));
    from = end;
  }
  const potential = result.table("potential");
  if (potential?.rows > 0) {
    const n = await potential.values("norm_squared"), e = await potential.values("error");
    const order = [...n.keys()].sort((a, b) => n[a] - n[b]).filter((i, at, all) => at === 0 || n[i] > n[all[at - 1]]);
    const pick = (from) => Float64Array.from(order, (i) => from[i]);
    const grid = { columns: order.length, rows: 1, u: pick(n), v: Float64Array.of(0), error: pick(e), norm: pick(n),
      xLabel: "n = |θ|²: the smallest error at this size of the weights" };
    list.push(new SliceView("Loss as a function of the size of the weights (Landau potential)", grid, [], [...new Set(levelBeta)]));
  }
  return list;
}
