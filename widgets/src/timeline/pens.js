// Two ways to draw the same things: at once on a canvas, or as shapes for a picture file.

import { FONT, box } from "../core/shapes.js";

/**
 * @typedef {"start" | "middle" | "end"} Anchor
 *
 * @typedef {object} Pen
 * @property {(x: number, y: number, width: number, height: number, colour: string) => void} fill
 * @property {(points: number[][], colour: string, width?: number, dash?: number[]) => void} line
 * @property {(x: number, y: number, text: string, colour: string, size: number, anchor?: Anchor)
 *   => void} text
 */

const ALIGN = /** @type {const} */ ({ start: "left", middle: "center", end: "right" });

/** Draws on a canvas whose unit is one pixel of the page. @returns {Pen} */
export function canvasPen(/** @type {CanvasRenderingContext2D} */ pen) {
  let [colour, font, align] = ["", "", ""];
  pen.textBaseline = "middle";
  return {
    fill(x, y, width, height, fill) {
      // Telling a canvas its colour costs more than filling a rectangle.
      if (fill !== colour) pen.fillStyle = colour = fill;
      pen.fillRect(x, y, width, height);
    },
    line(points, stroke, width = 1, dash = []) {
      pen.strokeStyle = stroke;
      pen.lineWidth = width;
      pen.lineJoin = "round";
      pen.setLineDash(dash);
      pen.beginPath();
      points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.stroke();
    },
    text(x, y, text, fill, size, anchor = "start") {
      if (fill !== colour) pen.fillStyle = colour = fill;
      const face = `${size}px ${FONT}`;
      if (face !== font) pen.font = font = face;
      if (anchor !== align) pen.textAlign = ALIGN[(align = anchor)];
      pen.fillText(text, x, y);
    },
  };
}

/** Collects shapes for `svg`. @returns {Pen & { shapes: import("../core/shapes.js").Shape[] }} */
export function shapePen() {
  /** @type {import("../core/shapes.js").Shape[]} */
  const shapes = [];
  return {
    shapes,
    fill: (x, y, width, height, colour) => shapes.push(box(x, y, width, height, colour)),
    line: (points, colour, width = 1, dash = []) =>
      shapes.push({ kind: "line", points, colour, width, dash }),
    text: (x, y, text, colour, size, anchor = "start") =>
      shapes.push({ kind: "label", x, y, text, colour, size, anchor }),
  };
}
