/* SPDX-License-Identifier: MIT */
/* Charts over one x, of all results that have it: they share the window, the point under the pointer and what is shown. */

/* What columns are called on the page, and which of several files belong into one chart. */
const quantityNames = {
  error: "Error E", loss: "Loss L (free energy)", excess: "Loss above the stable phase, L − F",
  weight_norm: "Size of the weights |θ|", scalar_curvature_error: "Curvature R of the error surface",
  scalar_curvature_loss: "Curvature R of the loss surface", eigenvalue_min_loss: "Smallest eigenvalue of the Hessian of L",
  eigenvalue_max_loss: "Largest eigenvalue of the Hessian of L", susceptibility: "Susceptibility χ = −d|θ|²/dβ",
  accuracy: "Accuracy", test_error: "Error on test samples", test_accuracy: "Accuracy on test samples",
  gradient_norm: "Slope |∇L|", modes: "Strengths of the learned modes",
};
const quantityAliases = { eigenvalue_min: "eigenvalue_min_loss" };
const xNames = { beta: "β", epoch: "epoch" };

class Group {
  static async make(results, id) {
    const group = new Group();
    group.id = id;
    group.results = results;
    group.x = results[0].curves.x;
    group.xName = xNames[group.x] ?? group.x;
    group.isLog = results.some((result) => result.curves.log);
    group.marks = [];
    group.hidden = new Set();
    group.sets = await Promise.all(results.map((result) => CurveSet.make(result)));
    group.findColors();
    group.findExtent();
    await group.makeCharts();
    group.build();
    return group;
  }

  /* ---- What is drawn ---- */

  async makeCharts() {
    const names = [];
    for (const set of this.sets) {
      for (const name of set.said.quantities) {
        const common = quantityAliases[name] ?? name;
        if (!names.includes(common)) names.push(common);
      }
    }
    this.charts = [new PhaseChart(this)].filter((chart) => chart.lanes.length > 0);
    for (const name of names) {
      await this.addChart(name);
      if (name === "loss") await this.addExcess();
    }
    await this.addModes();
  }

  async addChart(name) {
    const entries = [];
    let help = "";
    for (const set of this.sets) {
      const own = set.said.quantities.find((quantity) => (quantityAliases[quantity] ?? quantity) === name);
      const y = own && await set.quantity(own);
      if (!y || y.every((value) => Number.isNaN(value))) continue;
      help ||= set.table.column(own).help;
      entries.push({ set, y });
    }
    if (entries.length > 0) this.charts.push(new Chart(this, name, this.title(name), help, entries));
  }

  title(name) {
    const norm = this.results.find((result) => result.norm !== "|θ|")?.norm;
    const title = quantityNames[name] ?? name.replace(/_/g, " ");
    return norm ? title.replace("|θ|", norm) : title;
  }

  async addExcess() {
    if (this.x !== "beta") return;
    const entries = await lossAboveStable(this.sets);
    if (entries.length > 0) {
      this.charts.push(new Chart(this, "excess", quantityNames.excess,
        "L minus the smallest L of all curves at the same β: 0 where a state is globally stable", entries));
    }
  }

  async addModes() {
    const entries = [];
    for (const set of this.sets) {
      for (const matrix of set.matrices) {
        for (const [part, column] of matrix.columns.entries()) {
          const y = set.expand(await column.values());
          entries.push({ set, y, part, parts: matrix.columns.length });
        }
      }
    }
    if (entries.some((entry) => !entry.y.every((value) => Number.isNaN(value)))) {
      const chart = new Chart(this, "modes", quantityNames.modes, "One colour for each mode of the data, the strongest first",
        entries);
      this.charts.push(chart);
    }
  }

  findColors() {
    const values = new Set(this.sets.flatMap((set) => [...new Set(set.color ?? [])]));
    this.colorValues = [...values].sort((a, b) => a - b);
    this.colorChoice = this.sets.every((set) => set.color) ? "phase" : "curve";
  }

  /* By phase: nothing learned is grey. Otherwise by curve, or by the value of a key. */
  colorOf(set, piece) {
    if (this.colorChoice === "phase") {
      const learned = this.colorValues.filter((value) => value > 0);
      return piece.color <= 0 ? theme.ink("nothing") : theme.color(learned.indexOf(piece.color), learned.length);
    }
    if (this.colorChoice === "curve") {
      const before = this.sets.slice(0, this.sets.indexOf(set)).reduce((sum, one) => sum + one.curves.length, 0);
      return theme.color(before + piece.curve.index, this.sets.reduce((sum, one) => sum + one.curves.length, 0));
    }
    if (this.colorChoice === "file") return theme.color(this.sets.indexOf(set), this.sets.length);
    const k = set.keys.indexOf(this.colorChoice), values = set.distinct(set.keyValues[k]);
    return k < 0 ? theme.ink("nothing") : theme.color(values.indexOf(piece.curve.key[k]), values.length);
  }

  isShown(set, piece) {
    if (this.hidden.size === 0) return true;
    if (this.hidden.has(`file ${set.result.index}`) || this.hidden.has(`dash ${piece.dash === 0 ? 0 : 1}`)) return false;
    return !set.keys.some((key, k) => this.hidden.has(`${key} ${piece.curve.key[k]}`));
  }

  findExtent() {
    let low = Infinity, high = -Infinity, positive = Infinity;
    for (const set of this.sets) {
      for (const x of set.vx) {
        if (x < low) low = x;
        if (x > high) high = x;
        if (x > 0 && x < positive) positive = x;
      }
    }
    this.extent = { low, high, positive };
    this.range = this.fullRange();
  }

  fullRange() {
    const { low, high, positive } = this.extent;
    if (this.isLog) return positive < high ? [positive, high] : [high / 10, high || 1];
    return low < high ? [low, high] : [low - 1, low + 1];
  }

  mappedX(set) {
    if (!this.isLog) return set.vx;
    set.logX ??= mapValues(set.vx, "log");
    return set.logX;
  }

  /* ---- The window ---- */

  zoom(left, right) {
    const [from, to] = this.fullRange();
    left = Math.max(left, from);
    right = Math.min(right, to);
    if (!(right > left) || (right - left) < 1e-12 * Math.max(Math.abs(left), Math.abs(right))) return;
    this.range = [left, right];
    this.update();
  }

  reset() {
    this.range = this.fullRange();
    this.update();
  }

  /* Make the window `factor` times as wide, moved by `shift` of its width. */
  scaleWindow(factor, shift) {
    const map = (x) => (this.isLog ? Math.log10(x) : x), back = (x) => (this.isLog ? 10 ** x : x);
    const [left, right] = this.range.map(map), [low, high] = this.fullRange().map(map);
    const width = Math.min((right - left) * factor, high - low);
    let middle = (left + right) / 2 + shift * (right - left);
    middle = Math.min(Math.max(middle, low + width / 2), high - width / 2);
    this.zoom(back(middle - width / 2), back(middle + width / 2));
  }

  setLog(isLog) {
    this.isLog = isLog;
    this.range = this.fullRange();
    this.logButton.setAttribute("aria-pressed", isLog);
    this.charts.forEach((chart) => chart.remake());
  }

  update() {
    this.charts.forEach((chart) => chart.update());
  }

  remake() {
    this.charts.forEach((chart) => chart.remake());
  }

  /* ---- The point ---- */

  setPoint(point) {
    if (this.isPinned || !point) return;
    this.point = point;
    this.charts.forEach((chart) => chart.showPoint());
    this.showPointLine();
  }

  pin() {
    if (!this.point) return;
    this.isPinned = !this.isPinned;
    this.update();
    this.showPointLine();
  }

  showPointLine() {
    const { set, vertex } = this.point, curve = set.curves[set.vcurve[vertex]];
    const jump = set.vjump[vertex];
    this.pointLine.replaceChildren(pointLine(this, set, vertex, curve, jump));
  }

  key(chart, event) {
    const act = {
      "ArrowRight": () => this.step(event.shiftKey ? 10 : 1), "ArrowLeft": () => this.step(event.shiftKey ? -10 : -1),
      "ArrowUp": () => this.stepCurve(1), "ArrowDown": () => this.stepCurve(-1), "Enter": () => this.pin(),
      "+": () => this.scaleWindow(0.5, 0), "-": () => this.scaleWindow(2, 0), "0": () => this.reset(),
      "Escape": () => this.reset(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /* Along the curve, towards larger x where steps > 0. */
  step(steps) {
    if (!this.point) return this.setPoint(this.firstPoint(this.sets[0], 0));
    const { set, vertex, curve } = this.point, { first, last } = set.curves[curve];
    const way = set.vx[last] >= set.vx[first] ? 1 : -1;
    const next = Math.min(Math.max(vertex + way * steps, first), last);
    this.movePoint({ set, vertex: next, curve });
  }

  stepCurve(steps) {
    if (!this.point) return this.step(0);
    const all = this.sets.flatMap((set) => set.curves.map((curve) => [set, curve.index]));
    const here = all.findIndex(([set, curve]) => set === this.point.set && curve === this.point.curve);
    const [set, curve] = all[(here + steps + all.length) % all.length];
    this.movePoint(this.firstPoint(set, curve));
  }

  movePoint(point) {
    const wasPinned = this.isPinned;
    this.isPinned = false;
    this.setPoint(point);
    this.isPinned = wasPinned;
  }

  firstPoint(set, curve) {
    return { set, curve, vertex: set.curves[curve].first };
  }

  /* ---- Elements ---- */

  build() {
    this.logButton = button(`log ${this.xName}`, `Logarithmic axis for ${this.xName}`, () => this.setLog(!this.isLog));
    this.logButton.setAttribute("aria-pressed", this.isLog);
    const zoom = element("span", { className: "buttons" },
      button("+", "Zoom in", () => this.scaleWindow(0.5, 0)), button("−", "Zoom out", () => this.scaleWindow(2, 0)),
      button("←", "Move left", () => this.scaleWindow(1, -0.25)), button("→", "Move right", () => this.scaleWindow(1, 0.25)),
      button("all", "Show all", () => this.reset()), this.logButton);
    this.pointLine = element("div", { className: "point-line", role: "status" },
      "Point at a curve to read it; click to keep the point; mark a stretch to zoom in.");
    this.bar = element("div", { className: "toolbar" }, zoom, this.makeColorChoice(), ...this.makeFilters());
    this.area = element("div", { className: "charts" }, ...this.charts.map((chart) => chart.figure));
    this.root = element("section", { className: "group", id: this.id }, this.bar, this.area, this.pointLine);
    this.observe();
  }

  makeColorChoice() {
    const choices = this.sets.every((set) => set.color) ? [["phase", "phase"]] : [];
    if (this.sets.length > 1) choices.push(["file", "file"]);
    for (const key of this.sets[0].keys) {
      if (this.sets[0].distinct(this.sets[0].keyValues[this.sets[0].keys.indexOf(key)]).length > 1) choices.push([key, key]);
    }
    choices.push(["curve", "curve"]);
    const select = element("select", { onchange: () => {
      this.colorChoice = select.value;
      this.update();
    } }, ...choices.map(([value, label]) => element("option", { value }, label.replace(/_/g, " "))));
    return element("label", {}, "colour by ", select);
  }

  /* Buttons for each value of a key that has few, for stable and unstable, and for files. */
  makeFilters() {
    const filters = [];
    const add = (title, items) => items.length > 1 && items.length <= 12 && filters.push(element("span",
      { className: "buttons", role: "group", "aria-label": title }, element("span", { className: "label" }, title),
      ...items.map(([name, label]) => this.makeFilter(name, label))));
    add("file", this.results.map((result) => [`file ${result.index}`, result.file]));
    const keys = [...new Set(this.sets.flatMap((set) => set.keys))];
    for (const key of keys) {
      const sets = this.sets.filter((set) => set.keys.includes(key));
      const values = [...new Set(sets.flatMap((set) => set.distinct(set.keyValues[set.keys.indexOf(key)])))];
      const word = (value) => sets[0].table.column(key).word(value) ?? sets[0].rowName(key, value) ?? String(value);
      if (!["branch", "phase", "leg"].includes(key)) add(key, values.map((value) => [`${key} ${value}`, word(value)]));
    }
    if (this.sets.some((set) => set.said.dash === "negative_eigenvalues")) {
      add("branches", [["dash 0", "stable"], ["dash 1", "unstable"]]);
    }
    return filters;
  }

  makeFilter(name, label) {
    const made = button(label, `Show ${label}`, () => {
      if (!this.hidden.delete(name)) this.hidden.add(name);
      made.setAttribute("aria-pressed", !this.hidden.has(name));
      this.update();
    });
    made.setAttribute("aria-pressed", true);
    return made;
  }

  /* Charts are drawn when they are about to be seen, and again when their width changes. */
  observe() {
    const seen = new IntersectionObserver((changes) => changes.forEach(({ target, isIntersecting }) => {
      const chart = this.charts.find((one) => one.figure === target);
      chart.isNear = isIntersecting;
      if (isIntersecting && !chart.plot) chart.remake();
      else if (isIntersecting && chart.isStale) chart.update();
    }), { rootMargin: "200px" });
    const sized = new ResizeObserver((changes) => changes.forEach(({ target }) => {
      const chart = this.charts.find((one) => one.plotArea === target);
      if (chart.plot && chart.plot.width !== target.clientWidth) {
        chart.plot.setSize({ width: target.clientWidth, height: chart.height ?? chartHeight });
        chart.showPoint();
      }
    }));
    this.charts.forEach((chart) => {
      seen.observe(chart.figure);
      sized.observe(chart.plotArea);
    });
  }
}
