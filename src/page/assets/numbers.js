/* SPDX-License-Identifier: MIT */
/* How numbers are shown: the rule of spn_show_number() (room `text`). */

function stripZeros(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/* At most `digits` significant digits, the shortest way; an exponent only below 1e-4 and where the digits do not reach
 * the point; "-" where the number does not exist. */
function show(value, digits = 6) {
  if (value === undefined || value === null || Number.isNaN(value)) return "-";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (power < -4 || power >= digits) {
    const size = String(Math.abs(power)).padStart(2, "0");
    return `${stripZeros(mantissa)}e${power < 0 ? "-" : "+"}${size}`;
  }
  return stripZeros(value.toFixed(Math.max(0, digits - 1 - power)));
}

/* All digits, as in CSV; an empty cell where the number does not exist. */
function exactly(value) {
  return Number.isNaN(value) ? "" : String(value);
}

/* 0 where a number is rounding beside another: spn_beside(). */
function beside(value, other) {
  return Math.abs(value) < 1e-12 * Math.abs(other) ? 0 : value;
}
