// The graph by keyboard: walk along lines and rows.

/**
 * @typedef {import("./layout.js").Layout} Layout
 * @typedef {import("./layout.js").Part} Part
 */

export const HELP =
  "Down goes to a reader, Up to an input, Left and Right along a row; Enter opens or closes a " +
  "group; plus and minus zoom, 0 shows all; slash searches; n goes to the next one found; " +
  "Escape ends.";

/**
 * The part that an arrow key leads to from a part; null when there is none.
 *
 * @param {string} key  ArrowUp, ArrowDown, ArrowLeft or ArrowRight
 * @param {Part | undefined} here
 * @param {Layout} layout
 * @param {[string, string][]} links  keys of sources and targets
 * @returns {Part | null}
 */
export function next(key, here, layout, links) {
  const parts = [...layout.parts.values()];
  if (!here) {
    const items = parts.filter((p) => !p.children);
    return items.sort((a, b) => a.y - b.y || a.x - b.x)[0] ?? null;
  }
  if (key === "ArrowDown" || key === "ArrowUp") {
    const down = key === "ArrowDown";
    const ends = links.filter(([s, t]) => (down ? s : t) === here.key);
    const found = ends.map(([s, t]) => layout.parts.get(down ? t : s));
    return nearest(here, /** @type {Part[]} */ (found.filter(Boolean)));
  }
  const right = key === "ArrowRight";
  const beside = parts.filter((p) => {
    const level = p.y < here.y + here.height && here.y < p.y + p.height;
    return !p.children && level && (right ? p.x > here.x : p.x < here.x);
  });
  return nearest(here, beside);
}

/** @returns {Part | null} */
function nearest(/** @type {Part} */ here, /** @type {Part[]} */ parts) {
  const middle = (/** @type {Part} */ p) => [p.x + p.width / 2, p.y + p.height / 2];
  const [x, y] = middle(here);
  const far = (/** @type {Part} */ p) => {
    const [px, py] = middle(p);
    return Math.abs(px - x) + Math.abs(py - y);
  };
  return parts.reduce(
    (/** @type {Part | null} */ best, p) => (!best || far(p) < far(best) ? p : best),
    null,
  );
}
