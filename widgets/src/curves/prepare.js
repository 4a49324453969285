// Everything that is drawn, computed from the record and the reader's settings.

import { number, tickLabels } from "../core/format.js";
import { textWidth } from "../core/shapes.js";
import { Axis, columns, dense, smooth, stepAxis, valueAxis } from "./curve.js";

/**
 * @typedef {import("./record.js").Record} Record
 * @typedef {import("./record.js").Style} Style
 * @typedef {import("./curve.js").Columns} Columns
 * @typedef {import("../core/theme.js").Theme} Theme
 *
 * @typedef {object} Settings
 * @property {boolean} logX
 * @property {boolean} logY
 * @property {number} smooth
 * @property {[number, number] | null} zoom  first and last step shown
 * @property {Set<string>} hidden            names of curves the reader switched off
 * @property {number | null} chosen          the step that other widgets were told about
 *
 * @typedef {object} Drawn   one curve, ready to be drawn
 * @property {Style} style
 * @property {Columns} cut
 * @property {number[]} line
 * @property {string} colour
 * @property {boolean} dense
 * @property {string} short  its name inside the panel
 *
 * @typedef {object} Panel
 * @property {string} title
 * @property {Axis} y
 * @property {Drawn[]} drawn
 * @property {number[]} ticks
 * @property {number} height
 *
 * @typedef {object} Scene
 * @property {Axis} x
 * @property {number[]} ticks
 * @property {Panel[]} panels
 * @property {import("./record.js").Alert[]} alerts
 * @property {number} left    room for the labels of the y axes
 * @property {number} right   room for the labels of the curves
 * @property {number} width
 * @property {number | null} chosen  a step
 * @property {Theme} theme
 */

export const COLUMN = 2; // width of a column in which points are merged
export const TOP = 26; // above each panel, holds its name
const HEIGHTS = [0, 250, 170, 140];
const STRIP = 56; // height of a panel of values of which none is better: a learning rate, a norm

/**
 * @param {Record} record
 * @param {Settings} settings
 * @param {number} width
 * @param {Theme} theme
 * @returns {Scene}
 */
export function prepare(record, settings, width, theme) {
  const curves = record.curves().filter(({ series }) => series.used);
  const shown = curves.filter(({ style }) => !settings.hidden.has(style.name));
  const x = shownAxis(
    stepAxis(
      curves.map(({ series }) => series),
      settings.logX,
    ),
    settings.zoom,
  );
  const count = Math.max(20, Math.floor((width - 150) / COLUMN));
  const margin = settings.zoom ? 0.25 : Infinity;
  /** @type {Map<string, Drawn[]>} */
  const groups = new Map();
  for (const { style, series } of shown) {
    const cut = columns(series, x, count, margin);
    const line = smooth(cut, style.exact ? 0 : settings.smooth, settings.logY);
    const colour = style.colour[theme.side];
    const drawn = { style, cut, line, colour, dense: dense(cut), short: "" };
    groups.set(style.panel, [...(groups.get(style.panel) ?? []), drawn]);
  }
  const isStrip = (/** @type {Drawn[]} */ drawn) => !drawn.some((d) => d.style.better);
  const main = [...groups].filter(([, drawn]) => !isStrip(drawn));
  const strips = [...groups].filter(([, drawn]) => isStrip(drawn));
  const height = HEIGHTS[main.length || strips.length] ?? 120;
  const low = main.length ? STRIP : height;
  const panels = [
    ...main.map(([name, drawn]) => panel(name, drawn, settings.logY, height)),
    ...strips.map(([name, drawn]) => panel(name, drawn, settings.logY, low)),
  ];
  const labels = panels.flatMap((p) => tickLabels(p.ticks));
  const ends = panels.flatMap((p) => p.drawn.map(endText));
  const left = Math.max(20, ...labels.map((t) => textWidth(t, 11))) + 24;
  const right = Math.min(200, Math.max(0, ...ends.map((t) => textWidth(t, 12, true))) + 24);
  const ticks = whole(x.ticks(Math.max(3, Math.floor((width - left - right) / 90))));
  const { chosen } = settings;
  const alerts = record.status.alerts ?? [];
  return { x, ticks, panels, alerts, left, right, width, chosen, theme };
}

/** Only the whole ticks, as steps are, if that leaves some. @param {number[]} ticks */
function whole(ticks) {
  const found = ticks.filter(Number.isInteger);
  return found.length > 1 ? found : ticks;
}

/**
 * @param {Axis} all
 * @param {[number, number] | null} zoom
 */
function shownAxis(all, zoom) {
  return zoom ? new Axis(zoom[0], zoom[1], all.log && zoom[0] > 0) : all;
}

/**
 * @param {string} name
 * @param {Drawn[]} drawn
 * @param {boolean} log
 * @param {number} height
 * @returns {Panel}
 */
function panel(name, drawn, log, height) {
  const y = valueAxis(drawn, log);
  const bases = new Set(drawn.map((d) => d.style.base));
  for (const d of drawn) {
    if (bases.size > 1) d.short = d.style.label;
    else if (drawn.length > 1 || d.style.role !== "train") d.short = d.style.role;
  }
  const title = (bases.size === 1 ? drawn[0].style.base : name) + (y.log ? " (log)" : "");
  const count = height > 160 ? 5 : height > STRIP ? 3 : 2;
  return { title, y, drawn, ticks: roomy(y, y.ticks(count), height), height };
}

/**
 * The ticks that have room: 13 pixels for each label.
 *
 * @param {Axis} y
 * @param {number[]} ticks
 * @param {number} height
 */
function roomy(y, ticks, height) {
  /** @type {number[]} */
  const kept = [];
  for (const tick of ticks) {
    const last = kept[kept.length - 1];
    if (!kept.length || height * (y.place(tick) - y.place(last)) >= 13) kept.push(tick);
  }
  return kept;
}

/**
 * What stands beside the end of a curve: its name and its last value.
 *
 * @param {Drawn} d
 */
export function endText(d) {
  const at = lastShown(d);
  const value = at < 0 ? "no value" : number(d.line[at]);
  return `${d.short} ${value}`.trim();
}

/** Index of the last column on the axis that has a value, or -1. @param {Drawn} d */
export function lastShown({ line, cut }) {
  for (let i = line.length - 1; i >= 0; i--) {
    if (Number.isFinite(line[i]) && cut.at[i] <= 1 + 1e-9) return cut.at[i] >= 0 ? i : -1;
  }
  return -1;
}

/**
 * The column of a curve nearest to a step, among those with a value; -1 when there is none.
 *
 * @param {Drawn} d
 * @param {number} step
 */
export function nearest({ line, cut }, step) {
  let best = -1;
  for (let i = 0; i < line.length; i++) {
    if (!Number.isFinite(line[i])) continue;
    if (best < 0 || Math.abs(cut.step[i] - step) <= Math.abs(cut.step[best] - step)) best = i;
  }
  return best;
}

/** The steps of a column: "step 3" or "steps 3 to 5". @param {Drawn} d @param {number} i */
export function stepsInWords({ cut }, i) {
  const [first, last] = [number(cut.first[i]), number(cut.last[i])];
  return first === last ? `step ${first}` : `steps ${first} to ${last}`;
}

/** A point in words, for those who cannot see the chart. @param {Drawn} d @param {number} i */
export function pointInWords(d, i) {
  const { cut, line, style } = d;
  const range = `, values from ${number(cut.low[i])} to ${number(cut.high[i])}`;
  const value = `${style.name} ${number(line[i])} at ${stepsInWords(d, i)}`;
  return cut.finite[i] > 1 ? value + range : value;
}
