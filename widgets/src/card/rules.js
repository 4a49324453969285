// The two shape rules that most operators have, so that they can be tried without Python; what
// mxbook/base/shapes.py says, in the same words.

/** @typedef {{ outputs: string[], inputs: string[], work: string, error: string }} Answer */

/** The lengths in a text like "2, 3"; null for one that only Python can judge. @returns {number[] | null} */
export function lengths(/** @type {string} */ text) {
  const match = text.trim().match(/^\(?((?:\s*\d+\s*[,×x]?)+)\)?$/);
  return match ? match[1].split(/[\s,×x]+/).filter(Boolean).map(Number) : null;
}

const say = (/** @type {number[]} */ shape) =>
  shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;

/**
 * What a simple rule gives; null where Python has to be asked.
 *
 * @param {string} rule  "same" or "broadcast"
 * @param {string[]} texts  of the inputs
 * @param {string} output
 * @returns {Answer | null}
 */
export function applied(rule, texts, output) {
  const shapes = texts.map(lengths);
  if (!shapes.length || shapes.some((s) => s === null || s.length > 32)) return null;
  const all = /** @type {number[][]} */ (shapes);
  const wrong = (/** @type {string} */ error) => ({ outputs: [], inputs: [], work: "", error });
  if (rule === "same") {
    const other = all.find((s) => say(s) !== say(all[0]));
    if (!other) return answer(all[0], all, output);
    const axes = other.length === all[0].length ? "every dimension must" : "the number of axes must";
    return wrong(`shapes ${say(all[0])} and ${say(other)} differ\n  rule     ${axes} agree`);
  }
  if (rule !== "broadcast" || all.length !== 2) return null;
  const [a, b] = all;
  const ndim = Math.max(a.length, b.length);
  const filled = (/** @type {number[]} */ s) => [...Array(ndim - s.length).fill(1), ...s];
  const [x, y] = [filled(a), filled(b)];
  if (x.some((d, i) => d !== y[i] && d !== 1 && y[i] !== 1)) {
    return wrong(
      `shapes ${say(a)} and ${say(b)} cannot be broadcast\n` +
        "  rule     aligned at the last axis, lengths are equal or one of them is 1\n" +
        "  hint     insert axes of length 1 with expand_dims or reshape",
    );
  }
  return answer(
    x.map((d, i) => (d === 1 ? y[i] : d)),
    all,
    output,
  );
}

/** @returns {Answer} */
function answer(/** @type {number[]} */ out, /** @type {number[][]} */ ins, /** @type {string} */ name) {
  const size = (/** @type {number[]} */ s) => s.reduce((a, b) => a * b, 1);
  const read = ins.reduce((sum, s) => sum + size(s), 0);
  const work = Math.max(read, size(out)).toLocaleString("en");
  return { outputs: [`${name} ${say(out)}`], inputs: [], work, error: "" };
}
