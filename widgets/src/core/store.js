// Data that outlives a view.
//
// A notebook evaluates a widget's module once for each widget and gives `initialize` and `render`
// different model objects, so neither module variables nor the model itself can hold shared data.
// The page's global object can.

const NAME = Symbol.for("mxbook");
const VERSION = 1;

/** @returns {{ version: number, entries: Map<string, { value: any, users: number }> }} */
function shelf() {
  const page = /** @type {any} */ (globalThis);
  if (page[NAME]?.version !== VERSION) page[NAME] = { version: VERSION, entries: new Map() };
  return page[NAME];
}

/**
 * The value stored under `key`, made by `create` when it is the first time.
 * Each `hold` needs one `release`; after the last the value is forgotten.
 *
 * @template T
 * @param {string} key
 * @param {() => T} create
 * @returns {T}
 */
export function hold(key, create) {
  const { entries } = shelf();
  let entry = entries.get(key);
  if (!entry) {
    entry = { value: create(), users: 0 };
    entries.set(key, entry);
  }
  entry.users += 1;
  return entry.value;
}

/** @param {string} key */
export function release(key) {
  const { entries } = shelf();
  const entry = entries.get(key);
  if (entry && --entry.users === 0) entries.delete(key);
}
