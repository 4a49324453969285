// Rows in coarser steps, so that a frame costs the same for a thousand and for a million boxes.

const SIZES = [8, 32, 128, 512]; // boxes in a group of each level
const FEW = 4096; // shorter rows need no levels
/** So many groups a pixel at least, so that a group is never wider than half a pixel. */
const DENSE = 2;

/**
 * @typedef {object} Level
 * @property {number} size  boxes in a group
 * @property {Float64Array} start
 * @property {Float64Array} end
 * @property {Float32Array} busy  nanoseconds of the group that boxes fill
 * @property {Uint32Array} most  the box that takes most of it
 */

/**
 * The levels of a row of boxes.
 *
 * @param {{ start: Float64Array, length: Float32Array }} boxes
 * @param {number} begin
 * @param {number} end
 * @returns {Level[]}
 */
export function levelsOf({ start, length }, begin, end) {
  if (end - begin < FEW) return [];
  return SIZES.map((size) => {
    const count = Math.ceil((end - begin) / size);
    const level = {
      size,
      start: new Float64Array(count),
      end: new Float64Array(count),
      busy: new Float32Array(count),
      most: new Uint32Array(count),
    };
    for (let g = 0, i = begin; g < count; g++) {
      const stop = Math.min(i + size, end);
      let [busy, most] = [0, i];
      level.start[g] = start[i];
      for (; i < stop; i++) {
        busy += length[i];
        if (length[i] > length[most]) most = i;
      }
      level.end[g] = start[stop - 1] + length[stop - 1];
      level.busy[g] = busy;
      level.most[g] = most;
    }
    return level;
  });
}

/**
 * The coarsest level that is still finer than pixels; null to draw the boxes themselves.
 *
 * @param {Level[]} levels
 * @param {number} visible  boxes on the screen
 * @param {number} width  pixels
 */
export function levelFor(levels, visible, width) {
  let found = null;
  for (const level of levels) {
    if (visible / level.size >= DENSE * width) found = level;
  }
  return found;
}
