// What the reader has chosen, known to all widgets of a page: choose an operation in one, and the
// others show what belongs to it.  It works without a kernel: a step of a run knows its moment, an
// operation its moment, block and line, a node of a graph its block.

const NAME = "mxbook:choice";

/**
 * @typedef {object} Choice
 * @property {string} from  key of the widget that it was made in
 * @property {string} [layer]  the block
 * @property {string} [line]  the user's line
 * @property {string} [name]  the operator
 * @property {number} [number]  of the operation
 * @property {[number, number]} [moment]  begin and end, in nanoseconds of the engine's clock
 */

/** Tell all widgets. @param {Choice} choice */
export function choose(choice) {
  globalThis.dispatchEvent?.(new CustomEvent(NAME, { detail: choice }));
}

/**
 * Call `heard` with what is chosen in other widgets than `own`.
 *
 * @param {string} own
 * @param {(choice: Choice) => void} heard
 * @returns {() => void} stops it
 */
export function onChoice(own, heard) {
  const listener = (/** @type {any} */ event) => {
    if (event.detail.from !== own) heard(event.detail);
  };
  globalThis.addEventListener(NAME, listener);
  return () => globalThis.removeEventListener(NAME, listener);
}
