/* SPDX-License-Identifier: MIT */
/* The phases at one glance: a lane for each number of learned modes, a bar wherever a curve is in it; and how far L lies
 * above its smallest value. */

function phaseName(value) {
  if (value < 0) return "unknown";
  if (value === 0) return "trivial";
  return `${value} mode${value === 1 ? "" : "s"}`;
}

class PhaseChart extends Chart {
  constructor(group) {
    super(group, "phases", `Phases over ${group.xName}`, "A bar wherever the network was found in that phase", []);
  }

  judge() {
    this.judged = { isWide: false, isPositive: false, v0: 1 };
    this.lanes = this.group.colorChoice === "phase" ? this.group.colorValues.slice() : [];
    this.height = 60 + 34 * this.lanes.length;
  }

  build() {
    super.build();
    this.logButton.remove();
    this.figure.classList.add("wide");
    this.plotArea.after(element("p", { className: "note" }, "A bar: the network was found in that phase, above on the way " +
      "up, below (paler) on the way down. n modes: so many independent directions of the outputs are learned; trivial: " +
      "nothing of the inputs is used. Where bars overlap, the start of training decides. Numbers: transitions, below."));
  }

  yAxis() {
    return { size: 74, grid: { show: false }, ticks: { show: false }, splits: () => this.lanes.map((lane, i) => i),
      values: () => this.lanes.map(phaseName), space: 10 };
  }

  findRange() {
    return [-0.6, this.lanes.length - 0.4];
  }

  /* Bars: each lane has a row for what is solid, below it one for what is dashed. */
  *bars() {
    const [left, right] = this.group.range;
    for (const set of this.group.sets) {
      const isBranch = set.said.dash === "negative_eigenvalues";
      for (const piece of set.pieces) {
        if (!this.group.isShown(set, piece) || (isBranch && piece.dash !== 0)) continue;
        const a = set.vx[piece.from], b = set.vx[piece.to];
        if (Math.max(a, b) < left || Math.min(a, b) > right) continue;
        yield { set, piece, from: Math.min(a, b), to: Math.max(a, b), lane: this.lanes.indexOf(piece.color), row: piece.dash };
      }
    }
  }

  paintLayer(context) {
    const { ax, bx, ay, by } = this.stretch(), ratio = devicePixelRatio;
    const x = (value) => ax * (this.group.isLog ? scaleMaps.log(Math.max(value, this.group.extent.positive)) : value) + bx;
    let count = 0;
    for (const { set, piece, from, to, lane, row } of this.bars()) {
      const y = ay * lane + by + (row === 0 ? -5 : 5) * ratio;
      context.fillStyle = this.group.colorOf(set, piece);
      context.globalAlpha = row === 0 ? 0.95 : 0.45;
      context.fillRect(x(from), y - 4 * ratio, Math.max(x(to) - x(from), 2 * ratio), 8 * ratio);
      count++;
    }
    context.globalAlpha = 1;
    this.paintNumbers(context, x);
    return count;
  }

  /* Numbers of the transitions, at their lines. */
  paintNumbers(context, x) {
    const ratio = devicePixelRatio, { top } = this.plot.bbox;
    let last = -Infinity;
    context.font = `${11 * ratio}px system-ui, sans-serif`;
    context.fillStyle = theme.ink("ink");
    context.textBaseline = "top";
    for (const mark of [...this.group.marks].sort((a, b) => a.x - b.x)) {
      const at = x(mark.x) + 3 * ratio;
      if (at < last) continue;
      context.fillText(mark.label, at, top);
      last = at + context.measureText(mark.label).width + 2 * ratio;
    }
  }

  nearest(left) {
    const value = this.plot.posToVal(left, "x");
    for (const { set, piece, from, to } of this.bars()) {
      if (value >= from && value <= to) {
        return { set, vertex: Math.min(searchVertex(set.vx, piece.from, piece.to, piece.way, value), piece.to),
          curve: piece.curve.index };
      }
    }
    return null;
  }

  showPoint() {
    const point = this.group.point;
    this.readout.textContent = point ? `${this.group.xName} = ${show(point.set.vx[point.vertex], 8)}` : "";
    if (this.marker) this.marker.hidden = true;
  }

  fillTable() {
    const rows = [...this.bars()].map(({ set, piece, from, to, lane }) =>
      [phaseName(this.lanes[lane]), set.label(piece.curve), String(from), String(to)]);
    this.tableArea.replaceChildren(element("summary", {}, "Table"),
      makeTable(["phase", "curve", `${this.group.xName} from`, "to"], rows));
  }
}

/* L between two points of a curve by the cubic through both values and slopes dL/dbeta = n (T9). */
function lossBetween(x0, l0, n0, x1, l1, n1, x) {
  const h = x1 - x0, t = (x - x0) / h, u = 1 - t;
  return u * u * (1 + 2 * t) * l0 + t * t * (1 + 2 * u) * l1 + h * t * u * (u * n0 - t * n1);
}

/* L of each curve less the smallest L of all at the same beta: entries of a chart. */
async function lossAboveStable(sets) {
  const curves = [];
  for (const set of sets) {
    const loss = await set.quantity("loss"), norm = await set.quantity("weight_norm");
    if (loss && norm) curves.push({ set, loss, norm, y: new Float64Array(loss.length).fill(NaN) });
  }
  const places = curves.flatMap((curve) => Array.from(curve.set.vx, (x, v) => [x, curve, v])).sort((a, b) => a[0] - b[0]);
  const least = new Float64Array(places.length).fill(Infinity), xs = Float64Array.from(places, ([x]) => x);
  for (const { set, loss, norm } of curves) {
    for (const piece of set.pieces) {
      let at = searchVertex(xs, 0, xs.length - 1, 1, Math.min(set.vx[piece.from], set.vx[piece.to]));
      for (let i = 0; i < piece.to - piece.from || i === 0; i++) {
        const [a, b] = piece.way > 0 ? [piece.from + i, Math.min(piece.from + i + 1, piece.to)]
          : [piece.to - i, Math.max(piece.to - i - 1, piece.from)];
        for (; at < xs.length && xs[at] <= set.vx[b]; at++) {
          const isBetween = xs[at] > set.vx[a] && xs[at] < set.vx[b];
          const value = isBetween ? lossBetween(set.vx[a], loss[a], norm[a] ** 2, set.vx[b], loss[b], norm[b] ** 2, xs[at])
            : xs[at] <= set.vx[a] ? loss[a] : loss[b];
          if (value < least[at]) least[at] = value;
        }
      }
    }
  }
  /* What is rounding beside L is no height. */
  places.forEach(([, curve, v], i) => {
    const height = curve.loss[v] - least[i];
    curve.y[v] = height < 1e-9 * Math.abs(curve.loss[v]) ? 0 : height;
  });
  return curves.filter((curve) => curve.y.some((value) => value > 0));
}
