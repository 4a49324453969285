// Marks and words inside a panel: values that are not finite, alerts, the best values.  The counterpart
// of mxbook/explain/inside.py.

import { number } from "../core/format.js";
import { box, textWidth } from "../core/shapes.js";
import { runsOf } from "./curve.js";

/**
 * @typedef {import("../core/shapes.js").Shape} Shape
 * @typedef {import("../core/theme.js").Theme} Theme
 * @typedef {import("./prepare.js").Scene} Scene
 * @typedef {import("./prepare.js").Panel} Panel
 * @typedef {import("./prepare.js").Drawn} Drawn
 * @typedef {import("./decorate.js").Frame} Frame
 */

const HIGH = 14; // height of a line of words

/** Places for words in one panel. */
class Words {
  /** @param {Panel} panel @param {Frame} frame */
  constructor({ drawn }, frame) {
    this.f = frame;
    this.curves = drawn.map(({ cut, line }) =>
      cut.at.map((at, i) => [frame.px(at), frame.py(line[i])]).filter(([, y]) => y === y),
    );
    /** Middle and half width. @type {[number, number, number][]} */
    this.taken = [];
  }

  /**
   * The middle of the best of these places for a text, moved into the panel.
   *
   * @param {string} text
   * @param {number} size
   * @param {boolean} bold
   * @param {number[][]} spots
   */
  place(text, size, bold, spots) {
    const { f, taken } = this;
    const half = textWidth(text, size, bold) / 2;
    const found = spots.map(([x, y]) => [Math.min(Math.max(x, f.left + half), f.right - half), y]);
    const costs = found.map(([x, y]) => this.cost(x, y, half));
    const [x, y] = found[costs.indexOf(Math.min(...costs))];
    taken.push([x, y, half]);
    return { x, y };
  }

  /** How much would be covered: words, points of curves, the panel's edge. @private */
  cost(/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ half) {
    const { f } = this;
    let cost = y > f.top + 5 && y < f.top + f.height - 5 ? 0 : 2;
    for (const [other, height, wide] of this.taken) {
      if (Math.abs(height - y) < HIGH && Math.abs(other - x) < half + wide + 3) cost += 4;
    }
    for (const points of this.curves) {
      for (let k = 0; points.length && k < 9; k++) {
        if (Math.abs(heightAt(points, x - half + (k * half) / 4) - y) < 8) cost += 1 / 9;
      }
    }
    return cost;
  }
}

/** Height of a polyline at x. @param {number[][]} points @param {number} x */
function heightAt(points, x) {
  const next = points.findIndex(([px]) => px >= x);
  if (next <= 0) return points[next < 0 ? points.length - 1 : 0][1];
  const [[x0, y0], [x1, y1]] = [points[next - 1], points[next]];
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}

/**
 * Everything inside a panel but its curves.
 *
 * @param {Panel} panel
 * @param {Frame} f
 * @param {Scene} scene
 * @returns {Shape[]}
 */
export function inside(panel, f, { theme, alerts }) {
  const words = new Words(panel, f);
  const shapes = notFinite(panel, f, theme, words);
  if (new Set(panel.drawn.map((d) => d.style.base)).size === 1) {
    const names = new Set(panel.drawn.map((d) => d.style.name));
    for (const alert of alerts) {
      if (names.has(alert[1])) shapes.push(...warning(alert, panel, f, theme, words));
    }
  }
  return [...shapes, ...bestValues(panel, f, theme, words)];
}

/**
 * Red marks along the upper edge where values were NaN or infinite, and words at the first.
 *
 * @param {Panel} panel
 * @param {Frame} f
 * @param {Theme} theme
 * @param {Words} words
 * @returns {Shape[]}
 */
function notFinite(panel, f, theme, words) {
  /** @type {Shape[]} */
  const shapes = [];
  for (const { cut } of panel.drawn) {
    const flags = cut.bad.map((bad, i) => bad > 0 && cut.at[i] >= 0 && cut.at[i] <= 1);
    for (const [begin, end] of runsOf(flags)) {
      const left = f.px(cut.at[begin]);
      shapes.push(box(left - 2, f.top, f.px(cut.at[end - 1]) - left + 4, 4, theme.alert));
    }
  }
  const found = panel.drawn.map((d) => d.style.bad).filter((bad) => bad !== null);
  if (!found.length) return shapes;
  const [step, value] = found.reduce((a, b) => (b[0] < a[0] ? b : a));
  const place = f.x.place(step);
  if (!(place >= 0 && place <= 1)) return shapes;
  const bad = Number(String(value).replace("inf", "Infinity"));
  const text = `${number(bad)} from step ${number(step)}`;
  return [...shapes, ...pointed(text, f.px(place), f, theme, words)];
}

/**
 * A red triangle at the upper edge and words beside it, right or left.
 *
 * @param {string} text
 * @param {number} x
 * @param {Frame} f
 * @param {Theme} theme
 * @param {Words} words
 * @returns {Shape[]}
 */
function pointed(text, x, f, theme, words) {
  const y = f.top + 4;
  const half = textWidth(text, 12, true) / 2;
  words.taken.push([x, y + 4, 5]);
  const heights = [y + 8, y + 10 + HIGH, f.top + f.height - 12];
  const both = [x + 9 + half, x - 9 - half];
  const fit = both.filter((at) => at - half >= f.left && at + half <= f.right);
  const sides = fit.length ? fit : both;
  const spots = heights.flatMap((height) => sides.map((at) => [at, height]));
  const where = words.place(text, 12, true, spots);
  const points = [
    [x, y + 9],
    [x + 6, y],
    [x - 6, y],
  ];
  const look = { colour: theme.alert, size: 12, bold: true, halo: theme.paper };
  return [
    { kind: "area", points, colour: theme.alert },
    { kind: "label", ...where, text, anchor: "middle", ...look },
  ];
}

/**
 * Where divergence begins; or the gap between validation and training since the best value.
 *
 * @param {import("./record.js").Alert} alert
 * @param {Panel} panel
 * @param {Frame} f
 * @param {Theme} theme
 * @param {Words} words
 * @returns {Shape[]}
 */
function warning([kind, name, step, text], { drawn }, f, theme, words) {
  const place = f.x.place(step);
  if (!(place >= 0 && place <= 1)) return [];
  /** @type {Shape[]} */
  const shapes = [];
  const train = drawn.find((d) => d.style.role === "train");
  const other = drawn.find((d) => d.style.name === name);
  if (kind === "over-fit" && train && other) {
    const points = (/** @type {Drawn} */ d) =>
      d.cut.at.map((at, i) => [f.px(at), f.py(d.line[i])]).filter(([, y]) => y === y);
    const low = points(train);
    const up = points(other).filter(([x]) => x >= f.px(place) - 1e-6 && x <= f.right + 1e-6);
    if (up.length > 1 && low.length) {
      const down = up.map(([x]) => [x, heightAt(low, x)]).reverse();
      shapes.push({ kind: "area", points: [...up, ...down], colour: theme.alert, opacity: 0.12 });
    }
  }
  const x = f.px(place);
  const points = [
    [x, f.top],
    [x, f.top + f.height],
  ];
  shapes.push({ kind: "line", points, colour: theme.alert, width: 1, dash: [3, 3] });
  return [...shapes, ...pointed(text, x, f, theme, words)];
}

/**
 * A ring around the best value of each metric: of validation if there is any.  Where there are more
 * than two metrics, rings would cover one another; there are none then.
 *
 * @param {Panel} panel
 * @param {Frame} f
 * @param {Theme} theme
 * @param {Words} words
 * @returns {Shape[]}
 */
function bestValues(panel, f, theme, words) {
  /** @type {Map<string, Drawn>} */
  const chosen = new Map();
  for (const d of panel.drawn) {
    if (!chosen.has(d.style.base) || d.style.role === "validation") chosen.set(d.style.base, d);
  }
  if (chosen.size > 2) return [];
  return [...chosen.values()].flatMap((d) => {
    const [step, value] = d.style.best ?? [NaN, NaN];
    const at = f.x.place(step);
    if (d.style.total < 2 || typeof value !== "number" || !f.holds(at, value)) return [];
    const [x, y] = [f.px(at), f.py(value)];
    const text = `best ${number(value)}`;
    const spots = [x, x - 40].flatMap((across) => [y - 15, y + 16].map((down) => [across, down]));
    const where = words.place(text, 11, false, spots);
    const mark = { kind: /** @type {const} */ ("circle"), x, y, colour: d.colour };
    const look = { colour: d.colour, size: 11, halo: theme.paper };
    return [
      { ...mark, radius: 5, fill: theme.paper, width: 2 },
      { ...mark, radius: 1.2, fill: d.colour, width: 1 },
      { kind: "label", ...where, text, anchor: /** @type {const} */ ("middle"), ...look },
    ];
  });
}
