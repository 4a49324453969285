// The chart as a file: SVG, and PNG with two pixels for each unit.

import { tickLabels } from "../core/format.js";
export { png } from "../core/image.js";
import { box, svg, textWidth } from "../core/shapes.js";
import { runsOf } from "./curve.js";
import { decorations } from "./decorate.js";
import { TOP } from "./prepare.js";

/**
 * @typedef {import("../core/shapes.js").Shape} Shape
 * @typedef {import("./prepare.js").Scene} Scene
 * @typedef {import("./prepare.js").Panel} Panel
 * @typedef {import("./record.js").Record} Record
 * @typedef {{ left: number, top: number, width: number, height: number }} Area
 */

const TITLE = 46;
const BOTTOM = 40;

/**
 * The SVG text of everything that is shown.
 *
 * @param {Record} record
 * @param {Scene} scene
 */
export function picture(record, scene) {
  const { panels, left, right, width } = scene;
  const shapes = heading(record, scene);
  let top = TITLE + TOP;
  for (const panel of panels) {
    const { height } = panel;
    const area = { left, top, width: width - left - right, height };
    shapes.push(...axisY(scene, panel, area), ...curves(panel, area));
    shapes.push(...decorations(scene, panel, area, record.marks()));
    top += height + TOP;
  }
  const floor = top - TOP;
  shapes.push(...axisX(scene, { left, top: floor, width: width - left - right, height: 0 }));
  const { sentence } = record.status;
  return svg({ width, height: floor + BOTTOM, paper: scene.theme.paper, sentence, shapes });
}

/** @returns {Shape[]} */
function heading(/** @type {Record} */ { status }, /** @type {Scene} */ { width, theme }) {
  const words = status.headline;
  const look = { colour: theme.ink, size: 15, bold: true };
  /** @type {Shape[]} */
  const shapes = [
    { kind: "label", x: 14, y: 20, text: status.title, ...look },
    {
      kind: "label",
      x: width - 14,
      y: 20,
      text: words,
      colour: theme.faint,
      size: 12,
      anchor: "end",
    },
  ];
  // A narrow picture keeps the name and leaves out the figures.
  if (textWidth(status.title, 15, true) + textWidth(words, 12) > width - 40) shapes.pop();
  if (status.progress !== null) {
    shapes.push(box(14, 37, width - 28, 3, theme.track));
    shapes.push(box(14, 37, (width - 28) * status.progress, 3, theme.done));
  }
  return shapes;
}

/** @returns {Shape[]} */
function axisY(
  /** @type {Scene} */ { theme },
  /** @type {Panel} */ { y, ticks },
  /** @type {Area} */ { left, top, width, height },
) {
  const labels = tickLabels(ticks);
  return ticks.flatMap((tick, i) => {
    const at = top + (1 - y.place(tick)) * height;
    const points = [
      [left, at],
      [left + width, at],
    ];
    const text = { x: left - 8, y: at, text: labels[i], size: 11, colour: theme.faint };
    return [
      { kind: "line", points, colour: theme.grid, width: 1 },
      { kind: "label", ...text, anchor: "end" },
    ];
  });
}

/** @returns {Shape[]} */
function axisX(/** @type {Scene} */ { theme, x, ticks }, /** @type {Area} */ { left, top, width }) {
  const labels = tickLabels(ticks);
  const line = { colour: theme.faint, width: 1 };
  const text = { size: 11, colour: theme.faint, anchor: /** @type {const} */ ("middle") };
  /** @type {Shape[]} */
  const shapes = ticks.flatMap((tick, i) => {
    const at = left + x.place(tick) * width;
    const points = [
      [at, top],
      [at, top + 4],
    ];
    return [
      { kind: "line", points, ...line },
      { kind: "label", x: at, y: top + 14, text: labels[i], ...text },
    ];
  });
  const points = [
    [left, top],
    [left + width, top],
  ];
  const name = x.log ? "step (log)" : "step";
  return [
    { kind: "line", points, ...line },
    ...shapes,
    { kind: "label", x: left + width / 2, y: top + 30, text: name, ...text },
  ];
}

/**
 * Bands and lines of a panel, cut off at its edges.
 *
 * @param {Panel} panel
 * @param {Area} area
 * @returns {Shape[]}
 */
function curves({ drawn, y }, { left, top, width, height }) {
  const inside = (/** @type {number} */ v) => Math.min(Math.max(v, 0), 1);
  const px = (/** @type {number} */ at) => left + inside(at) * width;
  const py = (/** @type {number} */ v) => top + (1 - inside(y.place(v))) * height;
  /** @type {Shape[]} */
  const shapes = [];
  for (const { cut, line, colour, dense, style } of drawn) {
    const near = cut.at.map((at, i) => cut.finite[i] > 0 && at >= 0 && at <= 1);
    const flags = near.map((ok, i) => ok && Number.isFinite(y.place(cut.high[i])));
    for (const [begin, end] of runsOf(flags)) {
      const steps = cut.at.slice(begin, end).map((_, k) => begin + k);
      const up = steps.map((i) => [px(cut.at[i]), py(cut.high[i])]);
      const low = (/** @type {number} */ v) => (y.log && v <= 0 ? y.low : v);
      const down = steps.map((i) => [px(cut.at[i]), py(low(cut.low[i]))]).reverse();
      if (dense) shapes.push({ kind: "area", points: [...up, ...down], colour, opacity: 0.2 });
      else shapes.push({ kind: "line", points: up, colour, width: 1, opacity: 0.3 });
    }
    for (const [begin, end] of runsOf(
      near.map((ok, i) => ok && Number.isFinite(y.place(line[i]))),
    )) {
      const points = line.slice(begin, end).map((v, k) => [px(cut.at[begin + k]), py(v)]);
      shapes.push({ kind: "line", points, colour, width: 2, dash: style.dash });
    }
  }
  return shapes;
}
