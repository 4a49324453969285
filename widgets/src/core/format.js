// Numbers and ticks as people write them; the counterpart of mxbook/explain/ticks.py.

/**
 * A short, readable number: 0.03412, 2.303, 12,346, 1e-5, NaN.
 *
 * @param {number} value
 * @param {number} [digits]
 */
export function number(value, digits = 4) {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Math.abs(value) >= 1000 && Math.abs(value) < 1e7) return grouped(value, 0);
  if (value === 0) return "0";
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= digits) return `${trimmed(mantissa)}e${exponent}`;
  return trimmed(value.toFixed(Math.max(0, digits - 1 - exponent)));
}

/** @param {string} text */
function trimmed(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/**
 * @param {number} value
 * @param {number} places
 */
function grouped(value, places) {
  const [whole, rest] = Math.abs(value).toFixed(places).split(".");
  const commas = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return (value < 0 ? "-" : "") + commas + (rest ? `.${rest}` : "");
}

/**
 * Round values from low to high, about `count` of them, in steps of 1, 2 or 5.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @returns {number[]}
 */
export function linearTicks(low, high, count) {
  const span = high - low;
  if (!(Number.isFinite(span) && span > 0)) return [low];
  const raw = span / Math.max(1, count);
  const scale = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5].find((m) => m * scale >= raw * 0.999) ?? 10) * scale;
  const places = Math.min(100, Math.max(0, -Math.floor(Math.log10(step))));
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i++) {
    ticks.push(Number((i * step).toFixed(places)) + 0);
  }
  return ticks;
}

/**
 * Powers of ten from low to high; with 2 and 5 when there are few; thinned when many.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @returns {number[]}
 */
export function logTicks(low, high, count) {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const inside = (/** @type {number[]} */ ...factors) => {
    const found = [];
    for (let power = first; power <= last; power++) {
      for (const factor of factors) {
        const tick = Number(`${factor}e${power}`);
        if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) found.push(tick);
      }
    }
    return found;
  };
  const powers = inside(1);
  if (powers.length >= Math.min(3, Math.max(2, count))) {
    const every = Math.ceil((powers.length - 1) / Math.max(1, count));
    return powers.filter((_, i) => i % every === 0);
  }
  const found = inside(1, 2, 5);
  return found.length > 1 ? found : linearTicks(low, high, count);
}

/**
 * Labels with the same number of decimals for evenly spaced ticks.
 *
 * @param {number[]} ticks
 * @returns {string[]}
 */
export function tickLabels(ticks) {
  if (ticks.length < 2) return ticks.map((t) => number(t));
  const step = ticks[1] - ticks[0];
  const even = ticks
    .slice(1)
    .every((t, i) => Math.abs(t - ticks[i] - step) < 1e-6 * Math.abs(step));
  const biggest = Math.max(...ticks.map(Math.abs));
  if (!even || biggest >= 1e7 || step < 1e-5) return ticks.map((t) => number(t));
  const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return ticks.map((t) => grouped(t, places));
}

/**
 * Bytes in units of a thousand, with at most three digits: 9.41 KB.
 *
 * @param {number} bytes
 */
export function size(bytes) {
  for (const [power, unit] of /** @type {[number, string][]} */ ([
    [1e12, "TB"],
    [1e9, "GB"],
    [1e6, "MB"],
    [1e3, "KB"],
  ])) {
    if (bytes >= power) return `${Number((bytes / power).toPrecision(3))} ${unit}`;
  }
  return `${bytes} B`;
}
