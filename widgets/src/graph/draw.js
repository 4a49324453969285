// The shapes of a view: what mxbook/explain/graph/drawing.py draws, part by part.

import { box, textWidth } from "../core/shapes.js";
import { mix } from "../core/theme.js";
import { colourOf } from "../memory/chart.js";
import { letters } from "../memory/record.js";
import { DECK, TITLE, saysMore, titleOf } from "./scene.js";

/**
 * @typedef {import("../core/shapes.js").Shape} Shape
 * @typedef {import("../core/theme.js").Theme} Theme
 * @typedef {import("./scene.js").Data} Data
 * @typedef {import("./scene.js").Item} Item
 * @typedef {import("./scene.js").View} View
 * @typedef {import("./layout.js").Part} Part
 * @typedef {import("./layout.js").Piece} Piece
 */

const SMALL = 11;
const LINE = 16;
const CHIP = 20;
const STRIP = 22;
const STEPS = 10;
/** Draws the parts and lines of a view. */
export class Pen {
  constructor(/** @type {Data} */ data, /** @type {View} */ view, /** @type {Theme} */ theme) {
    this.data = data;
    this.view = view;
    this.theme = theme;
  }

  /** The shapes of a part, at its place. @returns {Shape[]} */
  part(/** @type {Part} */ part) {
    const number = Number(part.key.slice(1));
    if (part.key[0] === "g") return part.children ? this.open(number, part) : this.closed(number, part);
    const item = this.data.items[number];
    if (item.form === "box") return this.box(item, part.x, part.y);
    return item.form === "circle" ? this.circle(item, part) : this.pill(item, part);
  }

  /** @private */
  ink(/** @type {number} */ share) {
    return mix(this.theme.ink, this.theme.paper, share);
  }

  /** @private @returns {Shape[]} */
  deck(/** @type {Part} */ part, /** @type {string} */ fill) {
    return [2, 1].flatMap((k) => {
      const y = part.y + part.height - DECK - 20;
      return framed(part.x + 5 * k, y, part.width - 10 * k, 20 + (DECK * k) / 2, 7, fill, this.ink(0.25));
    });
  }

  /** @private @returns {Shape[]} */
  open(/** @type {number} */ number, /** @type {Part} */ part) {
    const box = this.data.boxes[number];
    const fill = this.ink(0.035);
    const shapes = part.deck ? this.deck(part, fill) : [];
    shapes.push(...framed(part.x, part.y, part.width, part.height - part.deck, 9, fill, this.ink(0.25)));
    const words = titleOf(box);
    const more = saysMore(box);
    const name = more ? words.slice(0, -box.kind.length - 2) : words;
    const entering = [...part.enters.values()].sort((a, b) => a - b);
    const width = textWidth(words, TITLE - 1, true);
    const free = !entering.length || entering[0] > width + 16;
    const right = Math.max(part.width - width - 10, (entering[entering.length - 1] ?? 0) + 8);
    const x = part.x + (free ? 10 : right);
    shapes.push(label(x, part.y + 15, name, this.theme.ink, TITLE - 1, "start", true));
    if (more) {
      const at = x + textWidth(name, TITLE - 1, true) + 6;
      shapes.push(label(at, part.y + 15, box.kind, this.theme.faint, SMALL));
    }
    return shapes;
  }

  /** @private @returns {Shape[]} */
  closed(/** @type {number} */ number, /** @type {Part} */ part) {
    const { theme } = this;
    const box = this.data.boxes[number];
    const { x, y, width } = part;
    const fill = this.ink(0.06);
    const height = part.height - (box.times > 1 ? DECK : 0);
    const shapes = box.times > 1 ? this.deck(part, fill) : [];
    shapes.push(...framed(x, y, width, height, 8, fill, this.ink(0.55)));
    shapes.push(label(x + 14, y + 17, box.label, theme.ink, TITLE, "start", true));
    if (saysMore(box)) {
      const at = x + 20 + textWidth(box.label, TITLE, true);
      shapes.push(label(at, y + 17, box.kind, theme.faint, SMALL));
    }
    shapes.push(label(x + 14, y + 35, box.sub, theme.faint, SMALL));
    if (box.reading) shapes.push(...this.warmth(box, x, y + 52));
    const badge = box.times > 1 ? `× ${box.times}` : "+";
    const colour = box.times > 1 ? theme.ink : theme.faint;
    return [...shapes, label(x + width - 12, y + 17, badge, colour, TITLE, "end", true)];
  }

  /** The colour of a kind of operators on this paper. */
  colour(/** @type {string} */ kind) {
    return this.data.kinds[kind].colours[this.theme.side];
  }

  /** @private @returns {Shape[]} */
  box(/** @type {Item} */ item, /** @type {number} */ x, /** @type {number} */ y) {
    const { theme } = this;
    const colour = item.error ? theme.alert : this.colour(item.kind);
    const tint = this.heatTint(item) || mix(colour, theme.paper, 0.1);
    const shapes = framed(x, y, item.width, item.height, 6, tint, mix(colour, theme.paper, 0.65));
    const upper = item.height - STRIP * item.strips.length;
    shapes.push(rounded(x, y, 5, upper, 2.5, colour));
    shapes.push(label(x + 14, y + 6 + LINE / 2, item.title, theme.ink, TITLE, "start", true));
    if (item.sub) shapes.push(label(x + 14, y + 6 + LINE * 1.5, item.sub, theme.faint, SMALL));
    const warm = item.reading ? LINE : 0;
    shapes.push(...this.chips(item, x, y + upper - warm - CHIP - 1));
    if (warm) shapes.push(...this.warmth(item, x, y + upper - warm / 2 - 3));
    item.strips.forEach((_, k) => shapes.push(...this.strip(item, k, x, y + upper + STRIP * k)));
    return shapes;
  }

  /** @private @returns {Shape[]} */
  warmth(
    /** @type {Item | import("./scene.js").Box} */ shown,
    /** @type {number} */ x,
    /** @type {number} */ y,
  ) {
    const { theme } = this;
    const { width, heat = 0, reading = "" } = shown;
    const words = label(x + width - 10, y, reading, theme.ink, SMALL - 1, "end", true);
    if (this.data.overlay?.kind === "group") {
      const letter = label(x + 25, y, letters(heat), theme.paper, SMALL - 1, "middle", true);
      return [rounded(x + 14, y - 7, 22, 14, 3, colourOf(heat, theme)), letter, words];
    }
    const room = Math.max(20, width - 34 - textWidth(reading, SMALL - 1, true));
    const track = rounded(x + 14, y - 3, room, 6, 3, this.ink(0.15));
    if (!heat) return [track, words];
    return [track, rounded(x + 14, y - 3, Math.max(6, room * heat), 6, 3, theme.alert), words];
  }

  /** The colour of a box under an overlay; empty without one. */
  heatTint(/** @type {Item} */ { heat, reading }) {
    const { theme } = this;
    const { overlay } = this.data;
    if (!overlay) return "";
    if (!reading) return this.ink(0.04);
    if (overlay.kind === "group") return mix(colourOf(heat, theme), theme.paper, 0.2);
    return mix(theme.alert, theme.paper, 0.05 + 0.3 * heat);
  }

  /** @private @returns {Shape[]} */
  strip(
    /** @type {Item} */ item,
    /** @type {number} */ k,
    /** @type {number} */ x,
    /** @type {number} */ y,
  ) {
    const { theme } = this;
    const strip = item.strips[k];
    const colour = this.colour(strip.kind);
    const tint = this.heatTint(item) || mix(colour, theme.paper, 0.1);
    const last = k === item.strips.length - 1;
    const width = item.width - 2.4;
    /** @type {Shape[]} */
    const shapes = [box(x + 1.2, y, width, STRIP - (last ? 7 : 0), tint)];
    if (last) shapes.push(rounded(x + 1.2, y, width, STRIP - 1.2, 5, tint));
    const points = [
      [x + 1.2, y],
      [x + item.width - 1.2, y],
    ];
    shapes.push({ kind: "line", points, colour: mix(this.colour(item.kind), theme.paper, 0.4), width: 0.8 });
    shapes.push(rounded(x, y + 1, 5, STRIP - 1, 2.5, colour));
    shapes.push(label(x + 14, y + STRIP / 2, strip.title, theme.ink, TITLE - 1, "start", true));
    if (!strip.sub) return shapes;
    const right = x + item.width - 10;
    return [...shapes, label(right, y + STRIP / 2, strip.sub, theme.faint, SMALL - 1, "end")];
  }

  /** @private @returns {Shape[]} */
  chips(/** @type {Item} */ item, /** @type {number} */ x, /** @type {number} */ y) {
    let at = x + 13;
    return item.chips.flatMap((text) => {
      const width = textWidth(text, SMALL - 1) + 14;
      const height = CHIP - 5;
      const here = at;
      at += width + 6;
      return [
        ...framed(here, y + 1, width, height, height / 2, this.theme.paper, this.ink(0.35), 0.8),
        label(here + width / 2, y + 1 + height / 2, text, this.theme.ink, SMALL - 1, "middle"),
      ];
    });
  }

  /** @private @returns {Shape[]} */
  circle(/** @type {Item} */ item, /** @type {Part} */ { x, y }) {
    const { theme } = this;
    const r = item.width / 2;
    const colour = item.error ? theme.alert : this.colour(item.kind);
    const size = item.title.length === 1 ? 17 : SMALL;
    const [fill, rim] = [mix(colour, theme.paper, 0.12), mix(colour, theme.paper, 0.8)];
    return [
      { kind: "circle", x: x + r, y: y + r, radius: r - 0.7, fill, colour: rim, width: 1.4 },
      label(x + r, y + r, item.title, theme.ink, size, "middle", true),
    ];
  }

  /** @private @returns {Shape[]} */
  pill(/** @type {Item} */ item, /** @type {Part} */ { x, y }) {
    const fill = item.kind === "output" ? this.theme.paper : this.ink(0.1);
    const shapes = framed(x, y, item.width, item.height, item.height / 2, fill, this.ink(0.6));
    const shape = item.number >= 0 ? this.data.nodes[item.number].outputs[0] : "?";
    const text = shape === "?" ? item.title : `${item.title}  ${shape}`;
    const middle = /** @type {const} */ ([x + item.width / 2, y + item.height / 2]);
    return [...shapes, label(...middle, text, this.theme.ink, SMALL + 1, "middle")];
  }

  /** A piece of a line, with the arrow where it ends. @returns {Shape[]} */
  piece(/** @type {Piece} */ p, /** @type {boolean} */ lit = false) {
    const colour = lit ? this.theme.done : this.ink(0.5);
    const tip = p.ends ? 7 : 0;
    const points = curve(p.x0, p.y0, p.x1, p.y1 - tip + 1);
    /** @type {Shape[]} */
    const shapes = [{ kind: "line", points, colour, width: lit ? 2.4 : 1.4 }];
    if (p.ends) {
      const corners = [
        [p.x1, p.y1],
        [p.x1 - 3.6, p.y1 - tip],
        [p.x1 + 3.6, p.y1 - tip],
      ];
      shapes.push({ kind: "area", points: corners, colour });
    }
    return shapes;
  }

  /** Shapes and types where lines begin. @returns {Shape[]} */
  labels() {
    const { layout, sources, labels } = this.view;
    /** @type {Map<number, Piece[]>} */
    const begins = new Map();
    for (const p of layout.pieces) {
      const part = layout.parts.get(sources[p.line]);
      if (part && p.y0 - part.y - part.height < 2) {
        if (!begins.has(p.line)) begins.set(p.line, []);
        begins.get(p.line)?.push(p);
      }
    }
    return sources.flatMap((key, line) => {
      const part = layout.parts.get(key);
      const text = labels[line];
      if (!part || !text.replace(/[?×]/g, "") || text === "scalar" || this.says(key)) return [];
      let [x, y] = [part.x + part.width / 2, part.y + part.height];
      const across = (begins.get(line) ?? []).map((p) => p.x1 - p.x0);
      const right = across.some((dx) => dx > 1);
      const left = across.some((dx) => dx < -1);
      if (right && left) {
        const found = [...(begins.get(line) ?? [])];
        found.sort((a, b) => Math.abs(a.x1 - a.x0) - Math.abs(b.x1 - b.x0));
        [x, y] = [found[0].x1, found[0].y1 - 24];
      }
      const turn = right && !left;
      const { faint } = this.theme;
      return [label(x + (turn ? -6 : 6), y + 9, text, faint, SMALL - 1, turn ? "end" : "start")];
    });
  }

  /** Whether an item says its shape already. @private */
  says(/** @type {string} */ key) {
    return key[0] === "i" && this.data.items[Number(key.slice(1))].form === "pill";
  }
}

/** A line that leaves and arrives vertically; straight when it can be. @returns {number[][]} */
export function curve(
  /** @type {number} */ x0,
  /** @type {number} */ y0,
  /** @type {number} */ x1,
  /** @type {number} */ y1,
) {
  if (Math.abs(x0 - x1) < 0.5) {
    return [
      [x0, y0],
      [x1, y1],
    ];
  }
  const bend = (y1 - y0) * 0.55;
  return Array.from({ length: STEPS + 1 }, (_, i) => {
    const s = i / STEPS;
    const r = 1 - s;
    const y = y0 * r ** 3 + 3 * (y0 + bend) * s * r ** 2 + 3 * (y1 - bend) * s ** 2 * r + y1 * s ** 3;
    return [x0 + (x1 - x0) * (3 * s ** 2 - 2 * s ** 3), y];
  });
}

/** @returns {Shape} */
function label(
  /** @type {number} */ x,
  /** @type {number} */ y,
  /** @type {string} */ text,
  /** @type {string} */ colour,
  /** @type {number} */ size,
  /** @type {"start" | "middle" | "end"} */ anchor = "start",
  bold = false,
) {
  return { kind: "label", x, y, text, colour, size, anchor, bold };
}

/** A filled rectangle with round corners. @returns {Shape} */
function rounded(
  /** @type {number} */ x,
  /** @type {number} */ y,
  /** @type {number} */ width,
  /** @type {number} */ height,
  /** @type {number} */ radius,
  /** @type {string} */ colour,
) {
  const r = Math.min(radius, width / 2, height / 2);
  const middles = [
    [x + width - r, y + height - r],
    [x + r, y + height - r],
    [x + r, y + r],
    [x + width - r, y + r],
  ];
  const points = middles.flatMap(([cx, cy], k) =>
    [0, 1, 2, 3, 4].map((i) => {
      const turn = ((k + i / 4) * Math.PI) / 2;
      return [cx + r * Math.cos(turn), cy + r * Math.sin(turn)];
    }),
  );
  return { kind: "area", points, colour };
}

/** A rectangle with round corners and an edge. @returns {Shape[]} */
function framed(
  /** @type {number} */ x,
  /** @type {number} */ y,
  /** @type {number} */ w,
  /** @type {number} */ h,
  /** @type {number} */ radius,
  /** @type {string} */ fill,
  /** @type {string} */ rim,
  width = 1.2,
) {
  const inner = rounded(x + width, y + width, w - 2 * width, h - 2 * width, radius - width, fill);
  return [rounded(x, y, w, h, radius, rim), inner];
}
