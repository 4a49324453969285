// What a choice made in another widget means for a timeline.

import { OPERATION } from "./record.js";

/**
 * @typedef {import("./view.js").View} View
 * @typedef {import("../core/selection.js").Choice} Choice
 */

const BACK = " (backward)";

/**
 * Show what belongs to the choice: the same operation, the operations of a block, forward and
 * backward, or the stretch of time of a training step.
 *
 * @param {View} view
 * @param {Choice} choice
 */
export function heard(view, { layer, name, number, moment }) {
  const { shown } = view;
  const box = number === undefined ? -1 : shown.boxOf(number);
  if (box >= 0 && (!name || shown.text(box) === name)) view.chosen = box;
  else if (layer) markBlock(view, layer, name);
  else if (moment) markMoment(view, moment);
  view.request();
}

/** @param {View} view @param {string} layer @param {string | undefined} name */
function markBlock(view, layer, name) {
  const { details } = view.shown;
  if (!details) return;
  const block = layer.replace(BACK, "");
  const own = [block, block + BACK].map((l) => details.layers.indexOf(l)).filter((l) => l >= 0);
  if (!own.length) return;
  view.settings.byBlock = true;
  view.lit = new Set(own);
  view.area = null;
  view.words();
  const box = boxOf(view.shown, details.layers.indexOf(layer), name);
  if (box < 0) return;
  view.chosen = box;
  view.port.reveal(view.shown.start[box], view.shown.end(box));
  if (view.panel !== "queues") view.tell("details");
}

/**
 * The first box of a block that computes `name`, or else its first; -1 if it has none.
 *
 * @param {import("./record.js").Record} record
 * @param {number} layer
 * @param {string | undefined} name
 */
function boxOf(record, layer, name) {
  let [first, same] = [-1, -1];
  const before = (/** @type {number} */ i, /** @type {number} */ j) =>
    j < 0 || record.start[i] < record.start[j];
  for (let i = 0; i < record.count; i++) {
    if (record.details?.layer[i] !== layer) continue;
    if (record.text(i) === name && before(i, same)) same = i;
    if (record.what[i] === OPERATION && before(i, first)) first = i;
  }
  return same >= 0 ? same : first;
}

/** @param {View} view @param {[number, number]} moment */
function markMoment(view, [from, to]) {
  const { record } = view;
  const [begin, end] = [from - record.zero, to - record.zero];
  if (!record.zero || view.plan || !(end > 0 && begin < record.span)) return;
  const margin = 0.15 * (end - begin);
  view.chosen = -1;
  view.settings.follow = false;
  view.area = { begin: Math.max(0, begin), end, first: 0, last: record.rows.length - 1 };
  view.port.show(begin - margin, end + margin);
  if (view.panel !== "queues") view.tell("sums");
}
