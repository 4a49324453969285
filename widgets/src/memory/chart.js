// The lives of values as shapes; what mxbook/explain/memory/chart.py draws, with a window that moves.

import { linearTicks, size } from "../core/format.js";
import { element, textWidth } from "../core/shapes.js";
import { COLOURS, mix } from "../core/theme.js";
import { letters } from "./record.js";

/**
 * @typedef {import("../core/shapes.js").Shape} Shape
 * @typedef {import("../core/theme.js").Theme} Theme
 * @typedef {import("./record.js").Life} Life
 * @typedef {import("./record.js").Side} Side
 * @typedef {{ x0: number, x1: number, y0: number, y1: number }} Window  instructions and bytes
 */

export const LEFT = 96;
const RIGHT = 14;
const TOP = 26;
const BOTTOM = 38;
const SMALL = 11;
const POINT = 6;

/** The colour of a buffer, one of those of curves. */
export const colourOf = (/** @type {number} */ lane, /** @type {Theme} */ theme) =>
  COLOURS[lane % COLOURS.length][theme.side];

/** Draws the part of a plan that a window shows. */
export class Chart {
  /**
   * @param {Side} side
   * @param {Window} window
   * @param {{ width: number, height: number, theme: Theme }} paper
   */
  constructor(side, window, { width, height, theme }) {
    this.side = side;
    this.window = window;
    this.width = width;
    this.height = height;
    this.theme = theme;
    this.across = (width - LEFT - RIGHT) / (window.x1 - window.x0);
    this.up = (height - TOP - BOTTOM) / (window.y1 - window.y0);
    this.bottom = height - BOTTOM;
    /** @type {Map<number, number>} which life is written over each */
    this.overwriters = new Map();
    side.lives.forEach((life, i) => life.over >= 0 && this.overwriters.set(life.over, i));
  }

  x(/** @type {number} */ instruction) {
    return LEFT + (instruction - this.window.x0) * this.across;
  }

  y(/** @type {number} */ byte) {
    return this.bottom - (byte - this.window.y0) * this.up;
  }

  /** The life at a point; -1 where there is none. */
  at(/** @type {number} */ x, /** @type {number} */ y) {
    if (x < LEFT || x > this.width - RIGHT || y < TOP || y > this.bottom) return -1;
    const instruction = this.window.x0 + (x - LEFT) / this.across;
    const slack = 2 / this.up; // thin ones can be hit, too
    const byte = this.window.y0 + (this.bottom - y) / this.up;
    let best = -1;
    let least = Infinity;
    this.side.lives.forEach((life, i) => {
      if (instruction < life.first || instruction >= life.end) return;
      const off = Math.max(life.base - byte, byte - life.base - life.bytes, 0);
      if (off <= slack && off < least) [best, least] = [i, off];
    });
    return best;
  }

  /** Whether the window shows something of a life. */
  shows(/** @type {Life} */ life) {
    const { x0, x1, y0, y1 } = this.window;
    return life.first < x1 && life.end > x0 && life.base < y1 && life.base + life.bytes > y0;
  }

  /** SVG elements: lives that the window cuts off, axes, and a ring around the chosen one. */
  markup(/** @type {number} */ chosen) {
    const { lives } = this.side;
    const lane = lives[chosen]?.lane ?? -1;
    const found = this.grid();
    lives.forEach((life, i) => {
      if (this.shows(life)) found.push(...this.life(life, i, lane < 0 || life.lane === lane));
    });
    if (chosen >= 0) found.push(...this.ring(lives[chosen]));
    const [w, h] = [this.width - LEFT - RIGHT + 3, this.height - TOP - BOTTOM + 3];
    const frame = `x="${LEFT - 3}" y="${TOP - 3}" width="${w + 3}" height="${h + 3}"`;
    const view = `viewBox="${LEFT - 3} ${TOP - 3} ${w + 3} ${h + 3}" overflow="hidden"`;
    const inside = found.map(element).join("");
    return `<svg ${frame} ${view}>${inside}</svg>${this.frame().map(element).join("")}`;
  }

  /** @private @returns {Shape[]} */
  grid() {
    const { theme, window, width } = this;
    return linearTicks(window.y0, window.y1, 6).map((tick) => {
      const points = [
        [LEFT, this.y(tick)],
        [width - RIGHT, this.y(tick)],
      ];
      return { kind: "line", points, colour: theme.grid, width: 1 };
    });
  }

  /** Axes, letters of buffers, and where the gradients begin. @private @returns {Shape[]} */
  frame() {
    const { theme, window, width, bottom } = this;
    const { steps, forward } = this.side;
    const { faint } = theme;
    /** @type {Shape[]} */
    const found = [];
    const label = (
      /** @type {number} */ x,
      /** @type {number} */ y,
      /** @type {string} */ text,
      /** @type {"start" | "middle" | "end"} */ anchor = "start",
      colour = faint,
      bold = false,
    ) => found.push({ kind: "label", x, y, text, colour, size: SMALL, anchor, bold });
    label(8, 10, "bytes");
    for (const tick of linearTicks(window.y0, window.y1, 6)) {
      if (tick && this.y(tick) > TOP) label(8, this.y(tick), size(tick));
    }
    for (const tick of linearTicks(window.x0, window.x1, 10)) {
      const x = this.x(tick + 0.5);
      if (Number.isInteger(tick) && x < width - RIGHT && x > LEFT) label(x, bottom + 12, `${tick}`, "middle");
    }
    label(width - RIGHT, bottom + 27, "instructions in their order", "end");
    const x = this.x(forward);
    if (forward > 0 && forward < steps && x > LEFT && x < width - RIGHT) {
      const points = [
        [x, 4],
        [x, bottom],
      ];
      found.push({ kind: "line", points, colour: faint, width: 1.2, dash: [4, 3] });
      label(x - 6, 10, "results", "end");
      label(x + 6, 10, "gradients");
    }
    return [...found, ...this.names()];
  }

  /** @private @returns {Shape[]} */
  names() {
    const { theme, window } = this;
    let base = 0;
    return this.side.sizes.flatMap((bytes, lane) => {
      const low = Math.max(base, window.y0);
      const high = Math.min(base + bytes, window.y1);
      base += bytes;
      if ((high - low) * this.up < 10) return [];
      const y = this.y((low + high) / 2);
      const colour = colourOf(lane, theme);
      return [
        { kind: "label", x: LEFT - 7, y, text: letters(lane), colour, size: SMALL, anchor: "end", bold: true },
      ];
    });
  }

  /** How far an arrow leads from what is written over into what is written. @private */
  tip(/** @type {Life} */ before, /** @type {Life} */ after) {
    const across = Math.min(before.end - before.first, after.end - after.first) * this.across;
    const high = Math.min(before.bytes, after.bytes) * this.up;
    return Math.max(0, Math.min(POINT, across / 2 - 1, high / 2));
  }

  /** @private */
  sides(/** @type {Life} */ life) {
    const x0 = this.x(life.first);
    const y0 = this.y(life.base + life.bytes);
    return { x0, x1: this.x(life.end) - 0.6, y0, y1: Math.max(this.y(life.base) - 0.6, y0 + 0.6) };
  }

  /** @private @returns {Shape[]} */
  life(/** @type {Life} */ life, /** @type {number} */ i, /** @type {boolean} */ lit) {
    const { theme } = this;
    const { lives } = this.side;
    const colour = colourOf(life.lane, theme);
    const { x0, x1, y0, y1 } = this.sides(life);
    const after = this.overwriters.get(i);
    const tip = after === undefined ? 0 : this.tip(life, lives[after]);
    const notch = life.over >= 0 ? this.tip(lives[life.over], life) : 0;
    const rim = mix(colour, theme.paper, lit ? 0.75 : 0.42);
    /** @type {Shape[]} */
    const found = [{ kind: "area", points: arrow(x0, y0, x1, y1, tip, notch), colour: rim }];
    if (Math.min(x1 - x0, y1 - y0) >= 2.5) {
      const points = arrow(x0 + 0.8, y0 + 0.8, x1 - 0.8, y1 - 0.8, tip, notch);
      found.push({ kind: "area", points, colour: mix(colour, theme.paper, lit ? 0.22 : 0.1) });
    }
    return [...found, ...this.words(life, Math.max(x0 + notch, LEFT), x1)];
  }

  /** @private @returns {Shape[]} */
  words(/** @type {Life} */ life, /** @type {number} */ from, /** @type {number} */ to) {
    const { theme, window } = this;
    const [x, room] = [from + 4, Math.min(to, this.width - RIGHT) - from - 7];
    const low = Math.max(life.base, window.y0);
    const high = Math.min(life.base + life.bytes, window.y1);
    const tall = (high - low) * this.up;
    const y = this.y((low + high) / 2);
    const title = life.operator.replace(/^_+|_+$/g, "");
    const whose = life.nodes[0] ?? "";
    if (tall < 13 || textWidth(title, SMALL) > room) return [];
    const look = { kind: /** @type {"label"} */ ("label"), x, colour: theme.ink, size: SMALL, text: title };
    if (whose && tall >= 28 && textWidth(whose, SMALL - 1) <= room) {
      const below = { ...look, y: y + 6.5, text: whose, colour: theme.faint, size: SMALL - 1 };
      return [{ ...look, y: y - 6.5 }, below];
    }
    return [{ ...look, y }];
  }

  /** Around what is selected. @private @returns {Shape[]} */
  ring(/** @type {Life} */ life) {
    if (!this.shows(life)) return [];
    const { x0, x1, y0, y1 } = this.sides(life);
    const points = [
      [x0 - 2, y0 - 2],
      [x1 + 2, y0 - 2],
      [x1 + 2, y1 + 2],
      [x0 - 2, y1 + 2],
      [x0 - 2, y0 - 2],
    ];
    return [{ kind: "line", points, colour: this.theme.ink, width: 2.4 }];
  }
}

/** A rectangle that points to the right by `tip`, and is notched on the left by `notch`. */
function arrow(
  /** @type {number} */ x0,
  /** @type {number} */ y0,
  /** @type {number} */ x1,
  /** @type {number} */ y1,
  /** @type {number} */ tip,
  /** @type {number} */ notch,
) {
  const middle = (y0 + y1) / 2;
  const right = tip ? [[x1 + tip, middle]] : [];
  const left = notch ? [[x0 + notch, middle]] : [];
  return [[x1, y0], ...right, [x1, y1], [x0, y1], ...left, [x0, y0]];
}
