/* SPDX-License-Identifier: MIT */
/* Numbers as src/page/pack.c packs them: what the polynomial through the last values misses, zigzag, in byte planes,
 * deflated, base 64. Exact: the bits come back. 64-bit integers are two halves of 32 bits. */

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* The number that the values before row i predict, as pack.c computes it; NaN where there is none. */
function extrapolate(values, i, order) {
  const a = values[i - 1], b = values[i - 2];
  switch (order) {
    case 2: return 2 * a - b;
    case 3: return 3 * a - 3 * b + values[i - 3];
    default: return 4 * a - 6 * b + 4 * values[i - 3] - values[i - 4];
  }
}

/* Bits (low, high) of the prediction of row i, into `out`. */
function predictBits(halves, values, i, order, isReal, out) {
  order = Math.min(order, i);
  if (order === 0) {
    out[0] = out[1] = 0;
    return;
  }
  const low = halves[2 * i - 2], high = halves[2 * i - 1];
  if (order === 1) {
    out[0] = low;
    out[1] = high;
  } else if (!isReal) {
    const beforeLow = halves[2 * i - 4], beforeHigh = halves[2 * i - 3];
    const twiceLow = (low << 1) >>> 0, twiceHigh = (high << 1 | low >>> 31) >>> 0;
    out[0] = twiceLow - beforeLow;
    out[1] = twiceHigh - beforeHigh - (twiceLow < beforeLow ? 1 : 0);
  } else {
    const value = extrapolate(values, i, order);
    if (Number.isFinite(value)) {
      predictBits.real[0] = value;
      out[0] = predictBits.bits[0];
      out[1] = predictBits.bits[1];
    } else {
      out[0] = low;
      out[1] = high;
    }
  }
}
predictBits.real = new Float64Array(1);
predictBits.bits = new Uint32Array(predictBits.real.buffer);

function unpackPlanes(planes, rows, order, isReal) {
  const values = new Float64Array(rows), halves = new Uint32Array(values.buffer);
  const predicted = new Uint32Array(2), sign = 0x80000000;
  const plane = (p, i) => planes[p * rows + i];
  for (let i = 0; i < rows; i++) {
    let low = plane(0, i) | plane(1, i) << 8 | plane(2, i) << 16 | plane(3, i) << 24;
    let high = plane(4, i) | plane(5, i) << 8 | plane(6, i) << 16 | plane(7, i) << 24;
    const isNegative = (low & 1) === 1;
    low = low >>> 1 | high << 31;
    high >>>= 1;
    if (isNegative) {
      low = ~low;
      high = ~high;
    }
    predictBits(halves, values, i, order, isReal, predicted);
    if (isReal) { /* into the order of the numbers */
      if (predicted[1] >= sign) {
        predicted[0] = ~predicted[0];
        predicted[1] = ~predicted[1];
      } else {
        predicted[1] |= sign;
      }
    }
    const sumLow = (predicted[0] + (low >>> 0)) >>> 0;
    const carry = sumLow < predicted[0] ? 1 : 0;
    let sumHigh = (predicted[1] + (high >>> 0) + carry) >>> 0;
    if (isReal) { /* and back */
      if (sumHigh >= sign) {
        halves[2 * i] = sumLow;
        sumHigh = (sumHigh & ~sign) >>> 0;
      } else {
        halves[2 * i] = ~sumLow;
        sumHigh = ~sumHigh;
      }
    } else {
      halves[2 * i] = sumLow;
    }
    halves[2 * i + 1] = sumHigh;
  }
  if (!isReal) {
    for (let i = 0; i < rows; i++) {
      values[i] = (halves[2 * i + 1] | 0) * 4294967296 + halves[2 * i];
    }
  }
  return values;
}

async function unpack(packed, rows, order, isReal) {
  return unpackPlanes(await inflate(packed), rows, order, isReal);
}
