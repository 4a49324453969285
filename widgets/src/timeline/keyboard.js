// The timeline by keyboard.

export const HELP =
  "W and S zoom, A and D move; arrow keys left and right go to the next box of a row, up and down " +
  "to the next row; N goes to what the box waited for, M to what waited for it; F fits the box; " +
  "0 shows all; C shows the critical path; Enter says more; Escape ends.";

/**
 * What a key does; null when it means nothing here.
 *
 * @param {string} key
 * @param {import("./view.js").View} view
 * @returns {(() => void) | null}
 */
export function actionOf(key, view) {
  const { port } = view;
  const middle = () => {
    const { chosen, shown } = view;
    const inside = chosen >= 0 && shown.start[chosen] < port.end && shown.end(chosen) > port.begin;
    if (!inside) return port.left + port.width / 2;
    const at = port.x((shown.start[chosen] + shown.end(chosen)) / 2);
    return Math.min(Math.max(at, port.left), port.left + port.width);
  };
  const zoom = (/** @type {number} */ factor) => () => {
    port.zoom(factor, middle());
    view.moved();
  };
  const pan = (/** @type {number} */ share) => () => {
    port.pan(share);
    view.moved();
  };
  /** @type {Record<string, () => void>} */
  const actions = {
    w: zoom(0.7),
    "+": zoom(0.7),
    "=": zoom(0.7),
    s: zoom(1 / 0.7),
    "-": zoom(1 / 0.7),
    a: pan(-0.15),
    d: pan(0.15),
    0: () => view.showAll(),
    f: () => view.fit(),
    c: () => view.toggle("critical"),
    ArrowRight: () => view.walk(1),
    ArrowLeft: () => view.walk(-1),
    ArrowDown: () => view.climb(1),
    ArrowUp: () => view.climb(-1),
    Home: () => view.walk(-Infinity),
    End: () => view.walk(Infinity),
    n: () => view.follow("needs"),
    m: () => view.follow("feeds"),
    Enter: () => view.sayMore(),
    Escape: () => view.escape(),
  };
  return actions[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

/** The box that the arrows lead to. */
export class Walker {
  constructor(/** @type {import("./view.js").View} */ view) {
    this.view = view;
  }

  /** The next box of the row, `turn` boxes away; the first visible one when none is selected. */
  along(/** @type {number} */ turn) {
    const { shown, chosen, port } = this.view;
    if (!shown.count) return -1;
    if (chosen < 0) return this.first(port.begin);
    const { begin, end } = shown.rows[shown.rowOf(chosen)];
    return Math.min(Math.max(chosen + turn, begin), end - 1);
  }

  /** The box of the next row that is nearest in time. */
  across(/** @type {number} */ turn) {
    const { shown, chosen, port } = this.view;
    if (!shown.count) return -1;
    if (chosen < 0) return this.first(port.begin);
    const row = shown.rowOf(chosen);
    const next = shown.rows[(row + turn + shown.rows.length) % shown.rows.length];
    const time = shown.start[chosen];
    const at = shown.at(next, time);
    return at >= 0 ? at : nearest(shown, next, time);
  }

  /** @private */
  first(/** @type {number} */ time) {
    const { shown } = this.view;
    return nearest(shown, shown.rows[0], time);
  }
}

/** The box of a row whose start is nearest to a time. */
function nearest(
  /** @type {import("./record.js").Record} */ record,
  /** @type {import("./record.js").Row} */ { begin, end },
  /** @type {number} */ time,
) {
  let [low, high] = [begin, end - 1];
  while (low < high) {
    const half = (low + high) >> 1;
    if (record.start[half] >= time) high = half;
    else low = half + 1;
  }
  const before = low > begin && time - record.start[low - 1] < record.start[low] - time;
  return before ? low - 1 : low;
}
