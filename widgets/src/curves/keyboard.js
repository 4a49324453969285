// The chart by keyboard: a cursor that walks along the points of one curve.

import { nearest } from "./prepare.js";

/**
 * @typedef {import("./prepare.js").Scene} Scene
 *
 * @typedef {object} Cursor
 * @property {number | null} step
 * @property {string | null} curve  the curve that the arrows walk along
 */

export const HELP =
  "Arrow keys left and right move along a curve, with Shift ten points; up and down change the " +
  "curve; Home and End jump; plus and minus zoom; 0 shows all; Enter says more and shows the step " +
  "in timelines; Escape ends.";

/**
 * Where a key leads.  Gives the new cursor and zoom and what to say; null when the key means
 * nothing here.
 *
 * @param {{ key: string, shiftKey: boolean }} event
 * @param {Scene} scene
 * @param {Cursor} cursor
 * @param {[number, number]} whole  the range of steps without zoom
 * @returns {{ cursor?: Cursor, zoom?: [number, number] | null, say?: boolean, leave?: boolean }
 *   | null}
 */
export function follow(event, scene, cursor, whole) {
  const drawn = scene.panels.flatMap((panel) => panel.drawn);
  const at = Math.max(
    0,
    drawn.findIndex((d) => d.style.name === cursor.curve),
  );
  const curve = drawn[at];
  if (!curve) return null;
  const name = curve.style.name;
  /** @param {number} index */
  const to = (index) => ({ cursor: { step: pointAt(curve, index), curve: name } });
  const here = cursor.step === null ? -1 : nearest(curve, cursor.step);
  const far = event.shiftKey ? 10 : 1;
  switch (event.key) {
    case "ArrowRight":
      return to(here < 0 ? 0 : walk(curve, here, far));
    case "ArrowLeft":
      return to(here < 0 ? Infinity : walk(curve, here, -far));
    case "Home":
      return to(0);
    case "End":
      return to(Infinity);
    case "ArrowUp":
    case "ArrowDown": {
      const turn = event.key === "ArrowUp" ? -1 : 1;
      const next = drawn[(at + turn + drawn.length) % drawn.length];
      const step = cursor.step ?? pointAt(next, Infinity);
      return { cursor: { step: pointAt(next, nearest(next, step ?? 0)), curve: next.style.name } };
    }
    case "+":
    case "=":
      return { zoom: zoomed(scene, cursor.step, 0.5, whole) };
    case "-":
      return { zoom: zoomed(scene, cursor.step, 2, whole) };
    case "0":
      return { zoom: null };
    case "Enter":
      return cursor.step === null ? to(Infinity) : { say: true };
    case "Escape":
      return cursor.step === null ? { leave: true } : { cursor: { step: null, curve: name } };
    default:
      return null;
  }
}

/**
 * The nearest index with a value, `far` points away.
 *
 * @param {import("./prepare.js").Drawn} d
 * @param {number} index
 * @param {number} far
 */
function walk({ line }, index, far) {
  const turn = Math.sign(far);
  let found = index;
  let left = Math.abs(far);
  for (let i = index + turn; left > 0 && i >= 0 && i < line.length; i += turn) {
    if (!Number.isFinite(line[i])) continue;
    found = i;
    left -= 1;
  }
  return found;
}

/**
 * The step of a point; of the last one for an index that is too large.
 *
 * @param {import("./prepare.js").Drawn} d
 * @param {number} index
 * @returns {number | null}
 */
function pointAt({ cut, line }, index) {
  const usable = line.map((_, i) => i).filter((i) => Number.isFinite(line[i]));
  if (!usable.length) return null;
  if (index > usable[usable.length - 1]) return cut.step[usable[usable.length - 1]];
  return cut.step[usable.find((i) => i >= index) ?? usable[0]];
}

/**
 * The shown range, narrower or wider around the cursor; null when it is everything.
 *
 * @param {Scene} scene
 * @param {number | null} step
 * @param {number} factor
 * @param {[number, number]} whole
 * @returns {[number, number] | null}
 */
export function zoomed({ x }, step, factor, whole) {
  const place = step === null ? 0.5 : Math.min(Math.max(x.place(step), 0), 1);
  const low = Math.max(whole[0], x.value(place - factor * place));
  const high = Math.min(whole[1], x.value(place + factor * (1 - place)));
  if (low <= whole[0] && high >= whole[1]) return null;
  return high > low ? [low, high] : [x.low, x.high];
}
