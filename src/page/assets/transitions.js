/* SPDX-License-Identifier: MIT */
/* The table of transitions, each once with its places; a place jumps to its place in the charts. The rows are the entries of
 * the answer, as `spinodal transitions --json` prints them. */

/* Where a transition shows: key of an entry, title, and how its line is drawn. */
const transitionPlaces = [
  { key: "spinodal_up", title: "β going up", dash: [] }, { key: "maxwell", title: "equal L", dash: [1, 3] },
  { key: "spinodal_down", title: "β going down", dash: [5, 3] }, { key: "continuous", title: "continuous", dash: [7, 2, 1, 2] },
  { key: "undecided", title: "undecided", dash: [2, 2] },
];

function orderText(order) {
  return order === 1 ? "first: a jump" : order === 2 ? "second: a kink" : "undecided";
}

class TransitionTable {
  /* document: of the JSON; evidence: its words; group: the charts over beta. */
  constructor(document, evidence, group) {
    this.answers = document.answers ?? [];
    this.evidence = evidence;
    this.group = group;
    this.rows = this.answers.flatMap(({ file, answer }) => answer.entries.map((entry) => ({ ...entry, file })));
    this.rows.forEach((row, i) => {
      row.number = i + 1;
    });
    this.wanted = this.rows.some((row) => row.change === "accuracy") ? "accuracy" : "all";
    this.root = element("section", { id: "transitions" }, element("h2", {}, "Transitions"));
    this.build();
  }

  shown() {
    return this.rows.filter((row) => this.wanted === "all" || this.kindOf(row) === this.wanted);
  }

  kindOf(row) {
    return row.change === "accuracy" ? "accuracy" : "symmetry";
  }

  build() {
    if (this.rows.length === 0) {
      this.root.append(element("p", {}, "None were found."));
      return;
    }
    const choices = [["accuracy", "what is learned changes"], ["symmetry", "hidden units merge, split or die"],
      ["all", "all"]].filter(([name]) => name === "all" || this.rows.some((row) => this.kindOf(row) === name));
    const buttons = choices.map(([name, label]) => {
      const count = name === "all" ? this.rows.length : this.rows.filter((row) => this.kindOf(row) === name).length;
      const made = button(`${label} (${count})`, `Show transitions: ${label}`, () => {
        this.wanted = name;
        buttons.forEach((one) => one.setAttribute("aria-pressed", one === made));
        this.fill();
      });
      made.setAttribute("aria-pressed", name === this.wanted);
      return made;
    });
    this.area = element("div");
    this.root.append(element("div", { className: "buttons" }, ...buttons), this.area);
    this.fill();
  }

  /* A place of an entry as a button, or nothing. */
  placeButton(row, key) {
    const beta = row[key];
    if (beta === null || beta === undefined) return "-";
    return button(show(beta, 8), `Show transition ${row.number} at β = ${show(beta)} in the charts`, () => this.show(row, key));
  }

  fill() {
    const rows = this.shown(), several = this.answers.length > 1;
    const places = transitionPlaces.filter(({ key }) => rows.some((row) => row[key] !== null && row[key] !== undefined));
    const pair = (a, b, digits) => `${show(beside(a, b), digits)} → ${show(beside(b, a), digits)}`;
    const cells = rows.map((row) => [String(row.number), ...(several ? [row.file] : []), `${row.label_below} → ${row.label_above}`,
      element("span", { className: "why" }, orderText(row.order), element("br"),
        element("span", { className: "note" }, this.evidence[row.evidence] ?? "")), ...places.map(({ key }) => this.placeButton(row, key)), show(100 * row.share, 3),
      pair(row.error_below, row.error_above), pair(row.norm_below, row.norm_above), pair(row.curvature_below, row.curvature_above, 4)]);
    const titles = ["#", ...(several ? ["file"] : []), "from → to, β rising", "order, and why", ...places.map(({ title }) => title),
      "jump of |θ|², %", "E", "|θ|", "R"];
    this.area.replaceChildren(makeTable(titles, cells));
    this.mark();
  }

  mark(chosen, chosenKey) {
    this.group.marks = this.shown().flatMap((row) => transitionPlaces.filter(({ key }) => row[key] !== null && row[key] !== undefined)
      .map(({ key, dash }) => ({ x: row[key], label: String(row.number), dash, isChosen: row === chosen && key === chosenKey })));
    this.group.update();
  }

  /* The window around a place: a twentieth of the axis, or what the interval of its place needs. */
  show(row, key) {
    const beta = row[key], [low, high] = this.group.fullRange();
    const [left, right] = this.group.isLog ? [beta / 1.4, beta * 1.4] : [beta - (high - low) / 40, beta + (high - low) / 40];
    const spread = 4 * (row[`${key}_high`] - row[`${key}_low`]);
    this.mark(row, key);
    this.group.zoom(Math.min(left, beta - spread), Math.max(right, beta + spread));
    this.group.root.scrollIntoView({ behavior: "smooth", block: "start" });
  }
}
