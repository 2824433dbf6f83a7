/* SPDX-License-Identifier: MIT */
/* One quantity over x. uPlot makes axes, selection and the crosshair; the curves are drawn by us, since they are not
 * functions of x where branches fold, and since each piece has its own look. */

const chartHeight = 200;
/* What is compared by differences: shown on a linear axis at first, whatever its range. */
const linearQuantities = ["phases", "error", "loss", "excess", "modes", "accuracy", "weight_norm"];

/* The q-th quantile of an array that is sorted. */
function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

/* Which scale shows all of these numbers, and where a symmetric one is linear. What is rounding beside the largest of them
 * counts as 0, as in room `text`. */
function judgeScale(values) {
  const finite = values.filter(Number.isFinite), largest = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const sizes = finite.filter((value) => Math.abs(value) > largest * 1e-12).map(Math.abs).sort();
  if (sizes.length === 0) return { isWide: false, isPositive: false, v0: 1 };
  const isPositive = !finite.some((value) => value <= largest * 1e-12);
  const most = sizes.at(-1), v0 = Math.max(quantile(sizes, 0.1), most * 1e-9);
  const middle = quantile(sizes, 0.5);
  return { isPositive, isWide: most / middle > 50 || middle / quantile(sizes, 0.02) > 100, v0: 10 ** Math.floor(Math.log10(v0)) };
}

/* Ticks of a logarithmic axis: powers of ten, thinned where there are many; with 2 and 5 between them where they are few. */
function logTicks(low, high) {
  const from = Math.floor(Math.log10(low)), to = Math.ceil(Math.log10(high)), step = Math.ceil((to - from) / 7);
  const ticks = [], within = to - from <= 2 ? [1, 2, 5] : [1];
  for (let power = from; power <= to; power += step) {
    for (const digit of within) {
      const tick = Number(`${digit}e${power}`);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks;
}

/* Of a symmetric one: the same on both sides, from where it is linear on, and 0. */
function symlogTicks(low, high, v0) {
  const above = high > v0 ? logTicks(Math.max(v0, low), high) : [], below = low < -v0 ? logTicks(Math.max(v0, -high), -low) : [];
  return [...below.reverse().map((tick) => -tick), ...(low <= 0 && high >= 0 ? [0] : []), ...above];
}

class Chart {
  /* entries: [{ set, y, part }] */
  constructor(group, name, title, help, entries) {
    Object.assign(this, { group, name, title, help, entries });
    this.judge();
    this.isLog = this.judged.isWide && !linearQuantities.includes(name);
    this.build();
  }

  judge() {
    const sample = [];
    for (const entry of this.entries) {
      const step = Math.max(1, Math.floor(entry.y.length / 20000));
      for (let v = 0; v < entry.y.length; v += step) sample.push(entry.y[v]);
    }
    this.judged = judgeScale(Float64Array.from(sample));
  }

  get yScale() {
    if (!this.isLog) return "linear";
    return this.judged.isPositive ? "log" : "symlog";
  }

  build() {
    this.readout = element("output", { className: "readout" });
    this.logButton = button("log", `Logarithmic axis for ${this.title}`, () => this.setLog(!this.isLog));
    this.logButton.setAttribute("aria-pressed", this.isLog);
    this.plotArea = element("div", { className: "plot", tabIndex: 0, role: "img" });
    this.plotArea.setAttribute("aria-label", `${this.title} over ${this.group.xName}. Arrow keys move along the curves.`);
    this.plotArea.addEventListener("keydown", (event) => this.group.key(this, event));
    this.tableArea = element("details", { className: "behind" }, element("summary", {}, "Table"));
    this.tableArea.addEventListener("toggle", () => this.tableArea.open && this.fillTable());
    this.figure = element("figure", { className: "chart", id: `chart-${this.name}` },
      element("figcaption", {}, element("span", { className: "title", title: this.help }, this.title), this.readout,
        this.logButton), this.plotArea, this.tableArea);
  }

  setLog(isLog) {
    this.isLog = isLog;
    this.logButton.setAttribute("aria-pressed", isLog);
    this.remake();
  }

  /* Axes as uPlot knows them. */
  options(width) {
    const ink = () => theme.ink("ink-soft"), grid = { stroke: () => theme.ink("grid"), width: 1 };
    const scale = (map, v0) => (map === "log" ? { distr: 3, log: 10 } : map === "symlog" ? { distr: 4, asinh: v0 } : { distr: 1 });
    const axis = { stroke: ink, grid, ticks: { ...grid, size: 4 }, font: "11px system-ui, sans-serif", gap: 3 };
    const format = (plot, splits) => splits.map((value) => (value === null ? "" : show(value, 5)));
    return {
      width, height: this.height ?? chartHeight, pxAlign: 0, legend: { show: false }, padding: [6, 8, 0, 0],
      scales: {
        x: { time: false, range: () => this.group.range, ...scale(this.group.isLog ? "log" : "linear") },
        y: { range: () => this.yRange, ...scale(this.yScale, this.judged.v0) },
      },
      series: [{}, { scale: "y", show: true, paths: () => null, points: { show: false } }],
      axes: [{ ...axis, size: 26, space: 60, values: format,
        ...(this.group.isLog ? { splits: (plot, i, min, max) => logTicks(min, max), filter: (plot, splits) => splits } : {}) },
      { ...axis, size: 58, space: 28, values: format, ...this.yAxis() }],
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false },
        sync: { key: this.group.id, setSeries: false, scales: ["x", null] }, bind: { dblclick: () => null } },
      hooks: {
        draw: [() => this.paint()],
        setSelect: [() => this.select()],
      },
    };
  }

  /* Ticks of our own where the axis is not linear. */
  yAxis() {
    if (this.yScale === "linear") return {};
    const ticks = this.yScale === "log" ? logTicks : (low, high) => symlogTicks(low, high, this.judged.v0);
    return { splits: (plot, i, min, max) => ticks(min, max), filter: (plot, splits) => splits };
  }

  remake() {
    if (!this.plotArea.clientWidth) return;
    this.plot?.destroy();
    this.mapped = this.entries.map((entry) => ({ x: this.group.mappedX(entry.set),
      y: mapValues(entry.y, this.yScale, this.judged.v0) }));
    const [left, right] = this.group.range;
    this.yRange = this.findRange();
    this.plot = new uPlot(this.options(this.plotArea.clientWidth), [[left, right], [null, null]], this.plotArea);
    this.marker = element("div", { className: "marker" });
    const over = this.plot.over;
    over.append(this.marker);
    over.addEventListener("mousemove", (event) => this.hover(event));
    over.addEventListener("click", () => this.group.pin());
    over.addEventListener("dblclick", () => this.group.reset());
    this.isStale = false;
    this.showPoint();
  }

  /* New range of x, or other curves are shown. */
  update() {
    if (!this.isNear || !this.plot) {
      this.isStale = true;
      if (this.isNear) this.remake();
      return;
    }
    this.isStale = false;
    const [left, right] = this.group.range;
    this.yRange = this.findRange();
    this.plot.setData([[left, right], [null, null]]); /* asks for the ranges again, and draws */
    this.showPoint();
    if (this.tableArea.open) this.fillTable();
  }

  /* Entries' pieces that are shown and lie in the window, with their vertices there. */
  *visible() {
    const [left, right] = this.group.range;
    for (const [e, entry] of this.entries.entries()) {
      for (const piece of entry.set.pieces) {
        if (!this.group.isShown(entry.set, piece)) continue;
        const [from, to] = visibleRange(entry.set.vx, piece, left, right);
        if (from <= to) yield { entry, piece, from, to, mapped: this.mapped[e] };
      }
    }
  }

  /* The range of y over what the window shows, in numbers of the quantity. */
  findRange() {
    let low = Infinity, high = -Infinity;
    const [left, right] = this.group.range;
    for (const { entry, from, to, mapped } of this.visible()) {
      const x = entry.set.vx, y = mapped.y;
      for (let v = from; v <= to; v++) {
        if (x[v] >= left && x[v] <= right && y[v] - y[v] === 0) {
          if (y[v] < low) low = y[v];
          if (y[v] > high) high = y[v];
        }
      }
    }
    if (low > high) return this.yScale === "log" ? [0.1, 1] : [0, 1];
    const pad = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
    return [this.unmap(low - pad), this.unmap(high + pad)];
  }

  unmap(value) {
    if (this.yScale === "log") return 10 ** value;
    return this.yScale === "symlog" ? this.judged.v0 * Math.sinh(value) : value;
  }

  /* Pixels of the canvas = a value + b, for mapped numbers. */
  stretch() {
    const { left, top, width, height } = this.plot.bbox, { x, y } = this.plot.scales;
    const fx = (value) => (this.group.isLog ? scaleMaps.log(value) : value);
    const fy = (value) => scaleMaps[this.yScale](value, this.judged.v0);
    const ax = width / (fx(x.max) - fx(x.min)), ay = -height / (fy(y.max) - fy(y.min));
    return { ax, bx: left - ax * fx(x.min), ay, by: top + height - ay * fy(y.min) };
  }

  paint() {
    const context = this.plot.ctx, { left, top, width, height } = this.plot.bbox;
    if (this.isPainting) return;
    this.isPainting = true;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    this.paintMarks(context);
    this.lines = this.paintLayer(context);
    context.restore();
    this.isPainting = false;
  }

  /* Transitions: thin lines from top to bottom. */
  paintMarks(context) {
    const { top, height } = this.plot.bbox, { ax, bx } = this.stretch(), ratio = devicePixelRatio;
    for (const mark of this.group.marks) {
      const x = ax * (this.group.isLog ? scaleMaps.log(mark.x) : mark.x) + bx;
      if (!(x - x === 0)) continue;
      context.beginPath();
      context.setLineDash((mark.dash ?? []).map((length) => length * ratio));
      context.lineWidth = (mark.isChosen ? 2 : 1) * ratio;
      context.strokeStyle = theme.ink(mark.isChosen ? "accent" : "mark");
      context.moveTo(x, top);
      context.lineTo(x, top + height);
      context.stroke();
    }
    context.setLineDash([]);
  }

  /* The curves; returns how many lines were drawn. */
  paintLayer(context) {
    const scales = this.stretch(), ratio = devicePixelRatio;
    let lines = 0;
    context.lineJoin = "round";
    for (const { entry, piece, from, to, mapped } of this.visible()) {
      const isDim = this.group.point && this.group.point.set === entry.set && this.group.point.curve !== piece.curve.index;
      context.globalAlpha = isDim && this.group.isPinned ? 0.35 : 1;
      context.strokeStyle = context.fillStyle = this.colorOf(entry, piece);
      context.lineWidth = (piece.dash === 0 ? 2 : 1.5) * ratio;
      context.setLineDash(dashes[Math.min(Math.abs(piece.dash), 2)].map((length) => length * ratio));
      context.beginPath();
      lines += addToPath(context, mapped.x, mapped.y, from, to, scales);
      context.stroke();
      if (piece.from === piece.to) this.paintDot(context, mapped, piece.from, scales);
      if (piece.joint && piece.to < entry.set.vx.length - 1) this.paintJoint(context, mapped, piece.to, scales);
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
    return lines;
  }

  /* A piece of a single point. */
  paintDot(context, mapped, v, { ax, bx, ay, by }) {
    context.beginPath();
    context.arc(ax * mapped.x[v] + bx, ay * mapped.y[v] + by, 2.5 * devicePixelRatio, 0, 2 * Math.PI);
    context.fill();
  }

  /* The way of a jump, which is not a line of states. */
  paintJoint(context, mapped, v, { ax, bx, ay, by }) {
    context.beginPath();
    context.setLineDash([1, 3].map((length) => length * devicePixelRatio));
    context.lineWidth = devicePixelRatio;
    context.moveTo(ax * mapped.x[v] + bx, ay * mapped.y[v] + by);
    context.lineTo(ax * mapped.x[v + 1] + bx, ay * mapped.y[v + 1] + by);
    context.stroke();
  }

  colorOf(entry, piece) {
    if (entry.part !== undefined) return theme.color(entry.part, entry.parts);
    return this.group.colorOf(entry.set, piece);
  }

  /* ---- The pointer ---- */

  hover(event) {
    const over = this.plot.over.getBoundingClientRect();
    this.group.setPoint(this.nearest(event.clientX - over.left, event.clientY - over.top));
  }

  /* The vertex next to a place in CSS pixels: { set, vertex, curve }. */
  nearest(left, top) {
    const ratio = devicePixelRatio, { ax, bx, ay, by } = this.stretch();
    const px = left * ratio + this.plot.bbox.left, py = top * ratio + this.plot.bbox.top;
    const at = (px - bx) / ax;
    let best = null, least = Infinity;
    for (const { entry, piece, from, to, mapped } of this.visible()) {
      const found = searchVertex(mapped.x, from, to, piece.way, at);
      for (let v = Math.max(from, found - 1); v <= Math.min(to, found); v++) {
        const distance = Math.hypot(ax * mapped.x[v] + bx - px, ay * mapped.y[v] + by - py);
        if (distance < least) {
          least = distance;
          best = { set: entry.set, vertex: v, curve: piece.curve.index };
        }
      }
    }
    return best;
  }

  /* Where the group's point lies here, and its value. */
  showPoint() {
    const point = this.group.point;
    const values = point ? this.entries.filter((entry) => entry.set === point.set).map((entry) => entry.y[point.vertex]) : [];
    this.readout.textContent = values.filter((value) => !Number.isNaN(value)).map((value) => show(value)).join(", ");
    if (!this.marker) return;
    const isHere = values.length > 0 && !Number.isNaN(values[0]);
    this.marker.hidden = !isHere;
    if (!isHere) return;
    const x = this.plot.valToPos(point.set.vx[point.vertex], "x"), y = this.plot.valToPos(values[0], "y");
    const { clientWidth, clientHeight } = this.plot.over;
    this.marker.hidden = !(x >= 0 && x <= clientWidth && y >= 0 && y <= clientHeight);
    this.marker.style.transform = `translate(${x}px, ${y}px)`;
  }

  /* A stretch was marked with the pointer. */
  select() {
    const { left, width } = this.plot.select;
    if (width < 4) return;
    this.plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.group.zoom(this.plot.posToVal(left, "x"), this.plot.posToVal(left + width, "x"));
  }

  /* ---- The table behind ---- */

  fillTable() {
    const most = 200, rows = [], [left, right] = this.group.range;
    let count = 0;
    for (const { entry, piece, from, to } of this.visible()) {
      for (let v = from; v <= to; v++) {
        const x = entry.set.vx[v];
        if (x >= left && x <= right && ++count <= most) {
          rows.push([entry.set.label(piece.curve) + (entry.part === undefined ? "" : `, mode ${entry.part + 1}`),
            String(x), exactly(entry.y[v])]);
        }
      }
    }
    const note = count > most ? `The first ${most} of ${count} points in view; zoom in, or download all of them below.`
      : `${count} points in view.`;
    this.tableArea.replaceChildren(element("summary", {}, "Table"), element("p", { className: "note" }, note),
      makeTable(["curve", this.group.xName, this.title], rows));
  }
}

/* A table of texts. */
function makeTable(titles, rows) {
  const cell = (text) => (text instanceof Node ? text : document.createTextNode(text));
  return element("div", { className: "scroll" }, element("table", {},
    element("thead", {}, element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((text) => element("td", {}, cell(text))))))));
}
