// Where a view is drawn: as SVG while there is little, on a canvas when there is much; moved and
// zoomed by pointer.

import { h } from "../core/dom.js";
import { element, paint } from "../core/shapes.js";
import { mix } from "../core/theme.js";

/**
 * @typedef {import("./draw.js").Pen} Pen
 * @typedef {import("./layout.js").Part} Part
 * @typedef {import("./layout.js").Piece} Piece
 * @typedef {{ chosen: string, lit: Set<string> | null, found: Set<string> }} Marks
 */

export const MANY = 800; // parts from which on a canvas is used
const TALLEST = 620;
const LEAST = 180;
const PAD = 14;
const COARSE = 0.3; // below this zoom a canvas shows boxes without words

export class Stage {
  /**
   * @param {(key: string, node: number) => void} pick  a click on a part, or on nothing
   * @param {(key: string) => void} toggle  a double click on a group
   */
  constructor(pick, toggle) {
    this.pick = pick;
    this.toggle = toggle;
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.svg.setAttribute("aria-hidden", "true");
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.root = h("div", { class: "mxg-stage" });
    this.root.append(this.svg, this.canvas);
    this.at = { x: PAD, y: PAD, k: 1 };
    this.frame = 0;
    /** @type {number[]} */
    this.timings = [];
    /** @type {Pen | null} */
    this.pen = null;
    /** @type {Marks} */
    this.marks = { chosen: "", lit: null, found: new Set() };
    this.moved = false;
    this.listen();
  }

  /** Whether the canvas is in use. */
  get large() {
    return (this.pen?.view.layout.parts.size ?? 0) > MANY;
  }

  /** Draw another view; the place stays unless `fit`. */
  show(/** @type {Pen} */ pen, /** @type {Marks} */ marks, fit = false) {
    this.pen = pen;
    this.marks = marks;
    const { layout } = pen.view;
    if (fit) this.fit();
    const height = Math.min(TALLEST, Math.max(LEAST, layout.height * Math.min(1, this.whole()) + 2 * PAD));
    this.root.style.height = `${Math.round(height)}px`;
    this.svg.style.display = this.large ? "none" : "";
    this.canvas.style.display = this.large ? "" : "none";
    this.svg.innerHTML = this.large ? "" : this.markup();
    this.move();
  }

  /** Other marks on the same view. */
  mark(/** @type {Marks} */ marks) {
    this.marks = marks;
    if (!this.pen) return;
    if (this.large) {
      this.request();
      return;
    }
    this.svg.innerHTML = this.markup();
    this.move();
  }

  /** The zoom at which everything fits into the width. */
  whole() {
    const width = (this.root.clientWidth || 720) - 2 * PAD;
    return Math.min(1, width / (this.pen?.view.layout.width || 1));
  }

  /** Show everything, as far as it stays readable. */
  fit() {
    const { width, height } = this.pen?.view.layout ?? { width: 1, height: 1 };
    const across = this.whole();
    const k = height * across > TALLEST ? Math.min(across, Math.max(0.7, TALLEST / height)) : across;
    const room = this.root.clientWidth || 720;
    this.at = { x: Math.max(PAD, (room - width * k) / 2), y: PAD, k };
    this.move();
  }

  /** Zoom around a point of the stage, its middle if none is given. */
  zoom(/** @type {number} */ factor, /** @type {number} */ x = NaN, /** @type {number} */ y = NaN) {
    const [cx, cy] = Number.isNaN(x) ? [this.root.clientWidth / 2, this.root.clientHeight / 2] : [x, y];
    const k = Math.min(4, Math.max(0.02, this.at.k * factor));
    const by = k / this.at.k;
    this.at = { x: cx - (cx - this.at.x) * by, y: cy - (cy - this.at.y) * by, k };
    this.move();
  }

  /** Bring a part into sight; into the middle if it was not. */
  reveal(/** @type {string} */ key) {
    const part = this.pen?.view.layout.parts.get(key);
    if (!part) return;
    const { x, y, k } = this.at;
    const [w, h] = [this.root.clientWidth || 720, this.root.clientHeight || TALLEST];
    const [left, top] = [x + part.x * k, y + part.y * k];
    const seen = left >= 0 && top >= 0 && left + part.width * k <= w && top + part.height * k <= h;
    if (seen) return;
    const middle = [part.x + part.width / 2, part.y + Math.min(part.height, 60) / 2];
    this.at = { x: w / 2 - middle[0] * k, y: h / 2 - middle[1] * k, k };
    this.move();
  }

  /** @private */
  move() {
    const { x, y, k } = this.at;
    this.svg.firstElementChild?.setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
    if (this.large) this.request();
  }

  // ---- SVG

  /** @private */
  markup() {
    const pen = /** @type {Pen} */ (this.pen);
    const { layout } = pen.view;
    const parts = [...layout.parts.values()];
    const group = (/** @type {Part} */ part) => {
      const shapes = pen.part(part).map(element).join("");
      return `<g data-key="${part.key}" class="${this.classOf(part)}">${shapes}${this.ring(part)}</g>`;
    };
    const boxes = parts.filter((p) => p.children).map(group);
    const items = parts.filter((p) => !p.children).map(group);
    const lines = layout.pieces.map((p) => {
      const lit = this.isLit(p);
      const faded = this.marks.lit && !lit ? ' class="mxg-faded"' : "";
      return `<g${faded}>${pen.piece(p, lit).map(element).join("")}</g>`;
    });
    const labels = pen.labels().map(element).join("");
    return `<g>${boxes.join("")}${lines.join("")}${items.join("")}<g class="mxg-labels">${labels}</g></g>`;
  }

  /** @private */
  classOf(/** @type {Part} */ part) {
    const { lit, chosen, found } = this.marks;
    const faded = lit && !part.children && !lit.has(part.key) && part.key !== chosen;
    const names = ["mxg-part"];
    if (faded) names.push("mxg-faded");
    if (part.key === chosen) names.push("mxg-chosen");
    if (found.has(part.key)) names.push("mxg-found");
    return names.join(" ");
  }

  /** @private */
  ring(/** @type {Part} */ { key, x, y, width, height, deck }) {
    const { chosen, found } = this.marks;
    if (key !== chosen && !found.has(key)) return "";
    const theme = /** @type {Pen} */ (this.pen).theme;
    const dash = key === chosen ? "" : ' stroke-dasharray="5 3"';
    return (
      `<rect x="${x - 3}" y="${y - 3}" width="${width + 6}" height="${height - deck + 6}" rx="9" ` +
      `fill="none" stroke="${theme.done}" stroke-width="2.4"${dash}/>`
    );
  }

  /** @private */
  isLit(/** @type {Piece} */ p) {
    const { lit, chosen } = this.marks;
    if (!lit) return false;
    const source = /** @type {Pen} */ (this.pen).view.sources[p.line];
    const on = (/** @type {string} */ key) => key === chosen || lit.has(key);
    return on(source) && p.goals.some(on);
  }

  // ---- canvas

  /** Paint the canvas at the next chance. */
  request() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const begin = performance.now();
      this.paint();
      this.timings = [...this.timings.slice(-99), performance.now() - begin];
    });
  }

  /** @private */
  paint() {
    const pen = /** @type {Pen} */ (this.pen);
    const { clientWidth: w, clientHeight: height } = this.root;
    const scale = globalThis.devicePixelRatio || 1;
    if (this.canvas.width !== w * scale || this.canvas.height !== height * scale) {
      this.canvas.width = w * scale;
      this.canvas.height = height * scale;
    }
    const ink = this.canvas.getContext("2d");
    if (!ink) return;
    const { x, y, k } = this.at;
    ink.setTransform(1, 0, 0, 1, 0, 0);
    ink.clearRect(0, 0, this.canvas.width, this.canvas.height);
    ink.setTransform(scale * k, 0, 0, scale * k, scale * x, scale * y);
    const [left, top] = [-x / k, -y / k];
    const [right, bottom] = [left + w / k, top + height / k];
    const { layout } = pen.view;
    const near = (/** @type {Part} */ p) =>
      p.x < right && p.x + p.width > left && p.y < bottom && p.y + p.height > top;
    const parts = [...layout.parts.values()].filter(near);
    const pieces = layout.pieces.filter(
      (p) => p.y0 < bottom && p.y1 > top && Math.min(p.x0, p.x1) < right && Math.max(p.x0, p.x1) > left,
    );
    if (k < COARSE) this.coarse(ink, parts, pieces);
    else this.fine(ink, parts, pieces);
  }

  /** @private */
  fine(
    /** @type {CanvasRenderingContext2D} */ ink,
    /** @type {Part[]} */ parts,
    /** @type {Piece[]} */ pieces,
  ) {
    const pen = /** @type {Pen} */ (this.pen);
    const { lit, chosen } = this.marks;
    for (const part of parts) if (part.children) paint(ink, pen.part(part));
    for (const p of pieces) {
      ink.globalAlpha = lit && !this.isLit(p) ? 0.2 : 1;
      paint(ink, pen.piece(p, this.isLit(p)));
    }
    for (const part of parts) {
      if (part.children) continue;
      const faded = lit && !lit.has(part.key) && part.key !== chosen;
      paint(ink, pen.part(part).map((s) => (faded && s.kind !== "label" ? { ...s, opacity: 0.3 } : s)));
    }
    this.rings(ink, parts);
  }

  /** Boxes and lines without words, for when they could not be read. @private */
  coarse(
    /** @type {CanvasRenderingContext2D} */ ink,
    /** @type {Part[]} */ parts,
    /** @type {Piece[]} */ pieces,
  ) {
    const pen = /** @type {Pen} */ (this.pen);
    const { theme, data } = pen;
    ink.strokeStyle = mix(theme.ink, theme.paper, 0.5);
    ink.lineWidth = 1.4;
    ink.beginPath();
    for (const p of pieces) {
      ink.moveTo(p.x0, p.y0);
      ink.lineTo(p.x1, p.y1);
    }
    ink.stroke();
    for (const part of parts) {
      const item = part.key[0] === "i" ? data.items[Number(part.key.slice(1))] : null;
      const colour = item ? (item.error ? theme.alert : pen.colour(item.kind)) : theme.ink;
      const heat = item && pen.heatTint(item);
      ink.fillStyle = heat || mix(colour, theme.paper, part.children ? 0.05 : 0.45);
      ink.fillRect(part.x, part.y, part.width, part.height);
    }
    this.rings(ink, parts);
  }

  /** @private */
  rings(/** @type {CanvasRenderingContext2D} */ ink, /** @type {Part[]} */ parts) {
    const { chosen, found } = this.marks;
    ink.strokeStyle = /** @type {Pen} */ (this.pen).theme.done;
    for (const { key, x, y, width, height } of parts) {
      if (key !== chosen && !found.has(key)) continue;
      ink.lineWidth = 2.4 / Math.min(1, this.at.k);
      ink.setLineDash(key === chosen ? [] : [5, 3]);
      ink.strokeRect(x - 3, y - 3, width + 6, height + 6);
    }
    ink.setLineDash([]);
  }

  // ---- the pointer

  /** The innermost part at a point of the page, the node in it, and whether that is its plus. */
  hit(/** @type {number} */ pageX, /** @type {number} */ pageY) {
    const frame = this.root.getBoundingClientRect();
    const x = (pageX - frame.left - this.at.x) / this.at.k;
    const y = (pageY - frame.top - this.at.y) / this.at.k;
    /** @type {Part | null} */
    let best = null;
    for (const part of this.pen?.view.layout.parts.values() ?? []) {
      const inside = x >= part.x && x <= part.x + part.width && y >= part.y && y <= part.y + part.height;
      if (inside && (!best || part.width * part.height <= best.width * best.height)) best = part;
    }
    if (!best) return { key: "", node: -1, badge: false };
    if (best.key[0] === "g") {
      const corner = x > best.x + best.width - 30 && y < best.y + 28;
      return { key: best.key, node: -1, badge: corner && !best.children };
    }
    const item = /** @type {Pen} */ (this.pen).data.items[Number(best.key.slice(1))];
    const below = best.y + best.height - y;
    const strip = item.strips[item.strips.length - 1 - Math.floor(below / 22)];
    return { key: best.key, node: strip ? strip.number : item.stands[0], badge: false };
  }

  /** @private */
  listen() {
    const { root } = this;
    /** @type {{ x: number, y: number, from: { x: number, y: number } } | null} */
    let drag = null;
    root.addEventListener("pointerdown", (/** @type {PointerEvent} */ e) => {
      if (e.button !== 0) return;
      drag = { x: e.clientX, y: e.clientY, from: { x: this.at.x, y: this.at.y } };
      this.moved = false;
    });
    root.addEventListener("pointermove", (/** @type {PointerEvent} */ e) => {
      if (!drag) return;
      const [dx, dy] = [e.clientX - drag.x, e.clientY - drag.y];
      if (!this.moved && Math.abs(dx) + Math.abs(dy) < 5) return;
      if (!this.moved) root.setPointerCapture?.(e.pointerId);
      this.moved = true;
      this.at = { ...this.at, x: drag.from.x + dx, y: drag.from.y + dy };
      this.move();
    });
    const end = () => (drag = null);
    root.addEventListener("pointerup", end);
    root.addEventListener("pointercancel", end);
    root.addEventListener("click", (/** @type {MouseEvent} */ e) => {
      if (this.moved) return;
      const { key, node, badge } = this.hit(e.clientX, e.clientY);
      // No "dblclick" comes, because the first click draws the part anew.
      if (key[0] === "g" && (badge || e.detail === 2)) this.toggle(key);
      else this.pick(key, node);
    });
    root.addEventListener(
      "wheel",
      (/** @type {WheelEvent} */ e) => {
        if (!e.ctrlKey && !e.metaKey) return; // the page scrolls
        e.preventDefault();
        const frame = root.getBoundingClientRect();
        this.zoom(Math.exp(-e.deltaY / 300), e.clientX - frame.left, e.clientY - frame.top);
      },
      { passive: false },
    );
  }
}
