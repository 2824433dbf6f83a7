/* SPDX-License-Identifier: MIT */
/* The table of transitions: each row jumps to its place in the charts. The rows are those of `spinodal transitions --json`. */

const transitionKinds = { spinodal_up: "phase ends, β rising", spinodal_down: "phase ends, β falling",
  maxwell: "equal loss (Maxwell)", continuous: "continuous", undecided: "undecided" };
const transitionDashes = { spinodal_up: [], spinodal_down: [5, 3], maxwell: [1, 3], continuous: [7, 2, 1, 2] };

function orderText(order) {
  return order === 1 ? "first" : order === 2 ? "second" : "?";
}

class TransitionTable {
  /* rows: of the JSON; group: the charts over beta. */
  constructor(document, group) {
    this.rows = document.transitions ?? [];
    this.files = document.files ?? [];
    this.group = group;
    this.wanted = this.rows.some((row) => row.change === "accuracy") ? "accuracy" : "all";
    this.number();
    this.root = element("section", { id: "transitions" }, element("h2", {}, "Transitions"));
    this.build();
  }

  /* Numbers along beta: those that change what is learned first. */
  number() {
    const rank = (row) => (row.change === "accuracy" ? 0 : 1);
    this.rows = this.rows.map((row) => ({ ...row })).sort((a, b) => rank(a) - rank(b) || a.run - b.run || a.beta - b.beta);
    this.rows.forEach((row, i) => {
      row.number = i + 1;
    });
  }

  shown() {
    return this.rows.filter((row) => this.wanted === "all" || row.change === this.wanted);
  }

  build() {
    if (this.rows.length === 0) {
      this.root.append(element("p", {}, "None were found."));
      return;
    }
    const choices = [["accuracy", "what is learned"], ["symmetry", "symmetry only (hidden units merge or part)"],
      ["all", "all"]].filter(([name]) => name === "all" || this.rows.some((row) => row.change === name));
    const buttons = choices.map(([name, label]) => {
      const count = name === "all" ? this.rows.length : this.rows.filter((row) => row.change === name).length;
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

  fill() {
    const several = this.files.length > 1;
    const rows = this.shown().map((row) => [
      button(`${row.number}`, `Show transition ${row.number} in the charts`, () => this.show(row)),
      ...(several ? [this.files[row.run]] : []), show(row.beta, 8), transitionKinds[row.kind] ?? row.kind ?? "undecided",
      orderText(row.order), `${row.label_before} → ${row.label_after}`, `${show(row.error_before)} → ${show(row.error_after)}`,
      `${show(shownLength(row.norm_before, row.beta, row.loss_before))} → ${show(shownLength(row.norm_after, row.beta, row.loss_after))}`,
      `${show(beside(row.curvature_before, row.curvature_after), 4)} → ${show(beside(row.curvature_after, row.curvature_before), 4)}`,
    ]);
    const titles = ["#", ...(several ? ["file"] : []), "β", "what", "order", "phases", "E", "|θ|", "R"];
    this.area.replaceChildren(makeTable(titles, rows));
    this.mark();
  }

  mark(chosen) {
    if (!this.group) return;
    this.group.marks = this.shown().map((row) => ({ x: row.beta, label: String(row.number), isChosen: row === chosen,
      dash: transitionDashes[row.kind] }));
    this.group.update();
  }

  /* The window around it: a twentieth of the axis, or what the interval of its place needs. */
  show(row) {
    const [low, high] = this.group.fullRange();
    const [left, right] = this.group.isLog ? [row.beta / 1.4, row.beta * 1.4]
      : [row.beta - (high - low) / 40, row.beta + (high - low) / 40];
    const spread = 4 * (row.beta_high - row.beta_low);
    this.mark(row);
    this.group.zoom(Math.min(left, row.beta - spread), Math.max(right, row.beta + spread));
    this.group.root.scrollIntoView({ behavior: "smooth", block: "start" });
  }
}
