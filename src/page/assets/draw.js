/* SPDX-License-Identifier: MIT */
/* Lines on a canvas. However many vertices lie in one column of pixels, four of them are drawn: where the line enters it,
 * its lowest and its highest point, where it leaves. Nothing that a screen could show is lost: a jump and a single point out
 * of line stay. */

const dashes = [[], [7, 4], [2, 3]];

/* Scales of an axis: what a number is drawn as, before it is stretched to pixels. */
const scaleMaps = {
  linear: (value) => value,
  log: (value) => (value > 0 ? Math.log10(value) : NaN),
  /* Linear for |v| below v0, like +-log(|v| / v0) above. */
  symlog: (value, v0) => Math.asinh(value / v0),
};

function mapValues(values, scale, v0) {
  if (scale === "linear") return values;
  const map = scaleMaps[scale];
  return Float64Array.from(values, (value) => map(value, v0));
}

/* The first vertex of a piece at which x is not before `value` on its way. */
function searchVertex(x, from, to, way, value) {
  let low = from, high = to + 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] - value) * way < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* Vertices of a piece that a window of x shows, with one on each side. */
function visibleRange(x, piece, left, right) {
  const [enter, leave] = piece.way > 0 ? [left, right] : [right, left];
  const from = Math.max(piece.from, searchVertex(x, piece.from, piece.to, piece.way, enter) - 1);
  const to = Math.min(piece.to, searchVertex(x, piece.from, piece.to, piece.way, leave));
  return [from, to];
}

/* Add vertices from..to to the current path; px = ax x + bx, py = ay y + by. Returns how many lines there are. */
function addToPath(context, x, y, from, to, { ax, bx, ay, by }) {
  let column = NaN, isOpen = false, lines = 0;
  let enter = 0, low = 0, high = 0, leave = 0, lowAt = 0, highAt = 0, at = 0;
  const line = (px, py) => {
    if (isOpen) context.lineTo(px, py);
    else context.moveTo(px, py);
    isOpen = true;
    lines++;
  };
  const flush = () => {
    if (Number.isNaN(column)) return;
    line(at, enter);
    if (lowAt < highAt) {
      if (low !== enter) line(at, low);
      if (high !== low) line(at, high);
    } else {
      if (high !== enter) line(at, high);
      if (low !== high) line(at, low);
    }
    if (leave !== enter || low !== high) line(at, leave);
    column = NaN;
  };
  for (let v = from; v <= to; v++) {
    const px = ax * x[v] + bx, py = ay * y[v] + by;
    if (!(px - px === 0 && py - py === 0)) {
      flush();
      isOpen = false;
      continue;
    }
    const here = Math.floor(px);
    if (here !== column) {
      flush();
      column = here;
      at = px;
      enter = low = high = py;
      lowAt = highAt = v;
    } else {
      if (py < low) {
        low = py;
        lowAt = v;
      }
      if (py > high) {
        high = py;
        highAt = v;
      }
    }
    leave = py;
  }
  flush();
  return lines;
}
