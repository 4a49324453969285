// One box in words.

import { OPERATION, OUTCOMES, PART, WAIT } from "./record.js";
import { duration } from "./viewport.js";

/** @typedef {import("./record.js").Record} Record */

/** The label of the user's line. */
export const PLACE = "asked for at";

/** What a box is, and how long it took: one sentence. */
export function boxInWords(/** @type {Record} */ record, /** @type {number} */ i) {
  const took = duration(record.length[i]);
  const number = record.label(i);
  const text = record.text(i);
  const lane = record.laneOf(i);
  if (record.what[i] === WAIT) {
    const target = text === "wait for variable" ? ` for ${number}` : ` ${text.slice(5)}`;
    return `${lane} waits${target}, ${took}`;
  }
  if (record.what[i] === PART && !record.number[i]) return `${text} on ${lane}, ${took}`;
  if (record.what[i] === PART) return `${text}, instruction of ${number}, ${took}`;
  const { details: d } = record;
  const outcome = d?.outcome[i] ? `, ${OUTCOMES[d.outcome[i]]}` : "";
  return `${number} ${text} on ${lane}, ${took}${outcome}`;
}

/**
 * Labels and texts of a box for the panel of details.
 *
 * @param {Record} record
 * @param {number} i
 * @returns {[string, string][]}
 */
export function facts(record, i) {
  const { details: d } = record;
  /** @type {[string, string][]} */
  const found = [["from", `${duration(record.start[i])} to ${duration(record.end(i))}`]];
  if (!d) return found;
  if (record.what[i] === OPERATION) {
    const dependencies = Math.max(0, d.pushed[i] - d.ready[i]);
    found.push(["waited for others", duration(dependencies)]);
    found.push(["waited for a worker", duration(d.ready[i])]);
  }
  found.push(["ran", duration(record.length[i])]);
  if (d.nbytes[i]) found.push(["writes", bytes(d.nbytes[i])]);
  if (d.layers[d.layer[i]]) found.push(["block", d.layers[d.layer[i]]]);
  if (d.places[d.place[i]]) found.push([PLACE, d.places[d.place[i]]]);
  if (record.onPath.has(record.number[i])) found.push(["critical path", "yes"]);
  return found;
}

/** A size as people say it. */
export function bytes(/** @type {number} */ size) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let k = 0;
  while (size >= 1000 && k < units.length - 1) {
    size /= 1000;
    k += 1;
  }
  return `${Number(size.toPrecision(3))} ${units[k]}`;
}
