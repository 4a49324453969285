// One curve in bounded memory; the counterpart of mxbook/explain/series.py.

// The columns of a bucket.  A point is a bucket of one.
export const FIRST = 0;
export const LAST = 1;
export const LOW = 2;
export const HIGH = 3;
export const SUM = 4;
export const COUNT = 5;
export const BAD = 6;
export const WIDTH = 7;

/** Mean of the finite values of a bucket, NaN where there are none. */
export function mean(
  /** @type {number} */ low,
  /** @type {number} */ high,
  /** @type {number} */ sum,
  /** @type {number} */ count,
) {
  return count ? Math.min(Math.max(sum / count, low), high) : NaN;
}

/** The points of one curve, appended in order of their steps. */
export class Series {
  /** @param {number} keep */
  constructor(keep) {
    this.keep = Math.max(2, keep);
    this.every = 1;
    this.total = 0;
    this.used = 0;
    this.buckets = new Float64Array(64 * WIDTH);
  }

  /**
   * Take over the buckets of a snapshot, given column by column; `every` points in each.
   *
   * @param {Float64Array} columns
   * @param {number} size
   * @param {number} every
   * @param {number} total
   */
  restore(columns, size, every, total) {
    this.buckets = new Float64Array(Math.max(64, size) * WIDTH);
    for (let c = 0; c < WIDTH; c++) {
      for (let i = 0; i < size; i++) this.buckets[i * WIDTH + c] = columns[c * size + i];
    }
    this.used = size;
    this.every = every;
    this.total = total;
  }

  /**
   * @param {number} step
   * @param {number} value
   */
  append(step, value) {
    const finite = Number.isFinite(value);
    const filled = this.total % this.every;
    this.total += 1;
    if (filled && this.used) {
      const at = (this.used - 1) * WIDTH;
      const b = this.buckets;
      b[at + LAST] = step;
      if (!finite) {
        b[at + BAD] += 1;
        return;
      }
      b[at + LOW] = b[at + COUNT] ? Math.min(b[at + LOW], value) : value;
      b[at + HIGH] = b[at + COUNT] ? Math.max(b[at + HIGH], value) : value;
      b[at + SUM] += value;
      b[at + COUNT] += 1;
      return;
    }
    this.grow();
    const shown = finite ? value : NaN;
    const row = [step, step, shown, shown, finite ? value : 0, finite ? 1 : 0, finite ? 0 : 1];
    this.buckets.set(row, this.used * WIDTH);
    this.used += 1;
    if (this.used > this.keep) this.fold();
  }

  /** @private */
  grow() {
    if ((this.used + 1) * WIDTH <= this.buckets.length) return;
    const larger = new Float64Array(2 * this.buckets.length);
    larger.set(this.buckets);
    this.buckets = larger;
  }

  /** Merge neighbouring pairs. @private */
  fold() {
    const half = Math.ceil(this.used / 2);
    for (let i = 0; i < half; i++) {
      const merged = merge(this.buckets, 2 * i, Math.min(2 * i + 2, this.used));
      this.buckets.set(merged, i * WIDTH);
    }
    this.used = half;
    this.every *= 2;
  }
}

/**
 * One bucket out of the buckets from `begin` to before `end`.
 *
 * @param {Float64Array} b
 * @param {number} begin
 * @param {number} end
 * @returns {number[]}
 */
export function merge(b, begin, end) {
  const out = [b[begin * WIDTH], b[(end - 1) * WIDTH + LAST], NaN, NaN, 0, 0, 0];
  for (let at = begin * WIDTH; at < end * WIDTH; at += WIDTH) {
    if (b[at + COUNT]) {
      out[LOW] = out[COUNT] ? Math.min(out[LOW], b[at + LOW]) : b[at + LOW];
      out[HIGH] = out[COUNT] ? Math.max(out[HIGH], b[at + HIGH]) : b[at + HIGH];
    }
    out[SUM] += b[at + SUM];
    out[COUNT] += b[at + COUNT];
    out[BAD] += b[at + BAD];
  }
  return out;
}
