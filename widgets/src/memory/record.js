// A memory plan as Python sends it, and what is near what in it.

/**
 * @typedef {object} Life  a value and its rectangle; see mxbook/explain/memory/lives.py
 * @property {string} operator
 * @property {string} layer
 * @property {string[]} nodes
 * @property {number[]} shape
 * @property {string} dtype
 * @property {number} bytes
 * @property {number} first
 * @property {number} last
 * @property {number} end
 * @property {number} base
 * @property {number} lane
 * @property {number} over
 *
 * @typedef {object} Data
 * @property {string} title
 * @property {string} sentence
 * @property {boolean} train
 * @property {number} steps
 * @property {number} forward
 * @property {number} peak
 * @property {number} nodes
 * @property {number} alive
 * @property {number[]} sizes
 * @property {Life[]} values
 * @property {number[]} alone
 * @property {Life[]} before
 * @property {number} before_steps
 * @property {number} before_forward
 *
 * @typedef {{ lives: Life[], sizes: number[], total: number, steps: number, forward: number }} Side
 *   the plan, or what it replaces
 */

/** What is shown: the plan, or a buffer for each node. @returns {Side} */
export function sideOf(/** @type {Data} */ data, /** @type {boolean} */ shared) {
  const total = (/** @type {number[]} */ sizes) => sizes.reduce((a, b) => a + b, 0) || 1;
  const { values: lives, sizes, steps, forward, alone, before } = data;
  if (shared) return { lives, sizes, total: total(sizes), steps, forward };
  const more = { steps: data.before_steps, forward: data.before_forward };
  return { lives: before, sizes: alone, total: total(alone), ...more };
}

/** The name of a buffer: A to Z, then AA, AB and so on. */
export function letters(/** @type {number} */ lane) {
  let name = "";
  for (let left = lane + 1; left; left = Math.floor((left - 1) / 26)) {
    name = String.fromCharCode(65 + ((left - 1) % 26)) + name;
  }
  return name;
}

/**
 * The life that an arrow key leads to; -1 when there is none.
 *
 * Left and Right go along a buffer; Up and Down to the nearest buffer in which something lives at
 * that time, or else at the nearest time.
 *
 * @param {string} key
 * @param {number} at  -1 when none is selected
 * @param {Life[]} lives
 */
export function next(key, at, lives) {
  if (!lives.length) return -1;
  const here = lives[at];
  if (!here) return 0;
  const along = key === "ArrowRight" || key === "ArrowLeft";
  const on = key === "ArrowRight" || key === "ArrowUp" ? 1 : -1;
  const apart = (/** @type {Life} */ l) =>
    Math.max(0, l.first - here.end + 1, here.first - l.end + 1);
  let best = -1;
  /** @type {number[]} */
  let least = [Infinity, Infinity];
  lives.forEach((life, i) => {
    const step = along ? life.first - here.first : life.lane - here.lane;
    if (i === at || step * on <= 0 || (along && life.lane !== here.lane)) return;
    const far = along ? [step * on, 0] : [step * on, apart(life)];
    if (far[0] < least[0] || (far[0] === least[0] && far[1] < least[1])) [best, least] = [i, far];
  });
  return best;
}

/** A life in one sentence, for those who listen. */
export function inWords(/** @type {Life} */ life, /** @type {Life[]} */ lives) {
  const whose = life.nodes.length ? ` of ${life.nodes.join(" and ")}` : "";
  const over = life.over >= 0 ? `, written over ${lives[life.over].operator} in place` : "";
  const until = life.last > life.first ? `last used by ${life.last}` : "not used again";
  return (
    `${life.operator}${whose}, ${life.shape.join("×") || "scalar"}, ${life.bytes} bytes, buffer ` +
    `${letters(life.lane)}${over}; made by instruction ${life.first}, ${until}`
  );
}
