// What a chart library does not draw: epochs, marks and labels at the curves; inside.js has the rest.
// The counterpart of the lower half of mxbook/explain/chart.py.

import { number } from "../core/format.js";
import { marker, textWidth } from "../core/shapes.js";
import { SPARSE } from "./curve.js";
import { inside } from "./inside.js";
import { endText, lastShown } from "./prepare.js";

/**
 * @typedef {import("../core/shapes.js").Shape} Shape
 * @typedef {import("./prepare.js").Scene} Scene
 * @typedef {import("./prepare.js").Panel} Panel
 * @typedef {import("./prepare.js").Drawn} Drawn
 * @typedef {{ left: number, top: number, width: number, height: number }} Area
 */

/** Pixels of a panel. */
export class Frame {
  /**
   * @param {Area} area
   * @param {Scene} scene
   * @param {Panel} panel
   */
  constructor(area, scene, panel) {
    this.left = area.left;
    this.top = area.top;
    this.width = area.width;
    this.height = area.height;
    this.right = area.left + area.width;
    this.x = scene.x;
    this.y = panel.y;
  }

  px(/** @type {number} */ at) {
    return this.left + at * this.width;
  }

  py(/** @type {number} */ value) {
    return this.top + (1 - Math.min(Math.max(this.y.place(value), 0), 1)) * this.height;
  }

  /** Whether a column lies on the axes. */
  holds(/** @type {number} */ at, /** @type {number} */ value) {
    return at >= -1e-9 && at <= 1 + 1e-9 && Number.isFinite(this.y.place(value));
  }
}

/**
 * All decorations of a panel; its curves are drawn before them.
 *
 * @param {Scene} scene
 * @param {Panel} panel
 * @param {Area} area
 * @param {number[][]} epochs
 * @returns {Shape[]}
 */
export function decorations(scene, panel, area, epochs) {
  const frame = new Frame(area, scene, panel);
  return [
    ...epochLines(scene, panel, frame, epochs),
    ...chosenStep(scene, panel, frame),
    ...panel.drawn.flatMap((d) => marks(d, frame, scene, panel)),
    ...endLabels(panel, frame, scene),
    ...inside(panel, frame, scene),
    title(panel, frame, scene),
  ];
}

/** @returns {Shape} */
function title(/** @type {Panel} */ panel, /** @type {Frame} */ f, /** @type {Scene} */ { theme }) {
  const place = { x: f.left, y: f.top - 13, size: 12 };
  return { kind: "label", ...place, text: panel.title, colour: theme.ink, bold: true };
}

/**
 * Thin lines where epochs end, as many as fit; numbers above the first panel.
 *
 * @param {Scene} scene
 * @param {Panel} panel
 * @param {Frame} f
 * @param {number[][]} epochs
 */
function epochLines({ theme, panels }, panel, f, epochs) {
  /** @type {Shape[]} */
  const shapes = [];
  let taken = f.left + textWidth(panel.title, 12, true);
  let named = false;
  const ends = epochs.map(([epoch, step]) => [epoch, f.px(f.x.place(step))]);
  for (const [epoch, x] of shownEpochs(ends.filter(([, x]) => x >= f.left && x <= f.right), 26)) {
    const points = [
      [x, f.top],
      [x, f.top + f.height],
    ];
    const line = { colour: theme.faint, width: 1, dash: [1, 4], opacity: 0.6 };
    shapes.push({ kind: "line", points, ...line });
    const text = named ? number(epoch) : `epoch ${number(epoch)}`;
    const half = textWidth(text, 10) / 2;
    if (panel === panels[0] && x - half >= taken + 8) {
      const look = { colour: theme.faint, size: 10, anchor: /** @type {const} */ ("middle") };
      shapes.push({ kind: "label", x, y: f.top - 11, text, ...look });
      taken = x + half;
      named = true;
    }
  }
  return shapes;
}

/**
 * Epochs with the pixel where each ends: all, or every 2nd, 5th, 10th ... so that they are at least
 * so far apart.
 *
 * @param {number[][]} ends
 * @param {number} least
 */
export function shownEpochs(ends, least) {
  for (let power = 1; power < 1e9; power *= 10) {
    for (const factor of [1, 2, 5]) {
      const found = ends.filter(([epoch]) => epoch % (factor * power) === 0);
      if (found.every(([, x], i) => !i || x - found[i - 1][1] >= least)) return found;
    }
  }
  return [];
}

/**
 * A line at the step that the reader chose, with its number below the last panel's name.
 *
 * @param {Scene} scene
 * @param {Panel} panel
 * @param {Frame} f
 * @returns {Shape[]}
 */
function chosenStep({ chosen, theme, panels, x: axis }, panel, f) {
  const place = chosen === null ? NaN : axis.place(chosen);
  if (!(place >= 0 && place <= 1)) return [];
  const x = f.px(place);
  const points = [
    [x, f.top],
    [x, f.top + f.height],
  ];
  /** @type {Shape} */
  const line = { kind: "line", points, colour: theme.ink, width: 1.5 };
  if (panel !== panels[panels.length - 1]) return [line];
  const text = `step ${number(/** @type {number} */ (chosen))}`;
  const turned = x + textWidth(text, 11, true) + 6 > f.right;
  const look = { colour: theme.ink, size: 11, bold: true, halo: theme.paper };
  const anchor = turned ? /** @type {const} */ ("end") : /** @type {const} */ ("start");
  const label = { x: x + (turned ? -5 : 5), y: f.top + f.height - 8, text, anchor, ...look };
  return [line, { kind: "label", ...label }];
}

/** @param {Drawn} d @param {number} size @param {Scene} scene */
function look(d, size, { theme }) {
  const hollow = d.style.role !== "train";
  const full = size + (hollow ? 0.4 : 0);
  return { kind: d.style.marker, size: full, colour: d.colour, paper: theme.paper, hollow };
}

/**
 * A mark at each of few points, or a handful to tell several curves apart.
 *
 * @param {Drawn} d
 * @param {Frame} f
 * @param {Scene} scene
 * @param {Panel} panel
 */
function marks(d, f, scene, panel) {
  const spaced = new Set(panel.drawn.map((other) => other.style.base)).size > 1;
  let points = d.line.map((_, i) => i).filter((i) => f.holds(d.cut.at[i], d.line[i]));
  if (points.length > SPARSE) {
    const every = Math.floor(points.length / 6);
    points = spaced ? points.filter((_, k) => k % every === 0).slice(1, 6) : [];
  }
  let last = -Infinity;
  points = points.filter((i) => {
    const far = f.px(d.cut.at[i]) - last >= 7;
    if (far) last = f.px(d.cut.at[i]);
    return far;
  });
  return points.flatMap((i) => marker(look(d, 2.8, scene), f.px(d.cut.at[i]), f.py(d.line[i])));
}

/**
 * Each curve's name and last value beside its end, moved apart where they would overlap.
 *
 * @param {Panel} panel
 * @param {Frame} f
 * @param {Scene} scene
 * @returns {Shape[]}
 */
function endLabels(panel, f, scene) {
  const ends = panel.drawn
    .map((d) => ({ d, i: lastShown(d) }))
    .filter(({ d, i }) => i >= 0 && f.holds(d.cut.at[i], d.line[i]))
    .map(({ d, i }) => ({ d, x: f.px(d.cut.at[i]), y: f.py(d.line[i]) }))
    .sort((a, b) => a.y - b.y);
  const heights = spread(
    ends.map(({ y }) => y),
    16,
    f.top + 2,
    f.top + f.height - 2,
  );
  return ends.flatMap(({ d, x, y }, k) => {
    /** @type {Shape[]} */
    const shapes = [];
    if (Math.abs(heights[k] - y) > 2 || f.right - x > 2) {
      const points = [
        [f.right + 4, y],
        [f.right + 9, heights[k]],
      ];
      shapes.push({ kind: "line", points, colour: d.colour, width: 1, opacity: 0.5 });
    }
    const place = { x: f.right + 12, y: heights[k], size: 12, bold: true };
    shapes.push(...marker(look(d, 3.4, scene), x, y));
    shapes.push({ kind: "label", ...place, text: endText(d), colour: d.colour });
    return shapes;
  });
}

/**
 * Move sorted places apart by at least `apart`, keeping them near and inside low..high.
 *
 * @param {number[]} places
 * @param {number} apart
 * @param {number} low
 * @param {number} high
 * @returns {number[]}
 */
export function spread(places, apart, low, high) {
  const groups = places.map((p) => [p]);
  const begin = (/** @type {number[]} */ group) => {
    const half = ((group.length - 1) * apart) / 2;
    const centre = group.reduce((a, b) => a + b, 0) / group.length;
    return Math.min(Math.max(centre, low + half), high - half) - half;
  };
  for (let i = 0; i + 1 < groups.length;) {
    const end = begin(groups[i]) + (groups[i].length - 1) * apart;
    if (begin(groups[i + 1]) - end < apart) {
      groups[i].push(...groups.splice(i + 1, 1)[0]);
      i = Math.max(0, i - 1);
    } else {
      i += 1;
    }
  }
  return groups.flatMap((group) => group.map((_, k) => begin(group) + k * apart));
}
