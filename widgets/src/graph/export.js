// A graph as a file, as it is shown.

import { svg, textWidth } from "../core/shapes.js";

/** @typedef {import("../core/shapes.js").Shape} Shape */

const MARGIN = 18;
const HEAD = 36;

/** The SVG text of what is shown, with its title. @param {import("./draw.js").Pen} pen */
export function picture(pen) {
  const { layout } = pen.view;
  const { theme, data } = pen;
  const move = (/** @type {Shape} */ s) => {
    if (s.kind === "line" || s.kind === "area") {
      return { ...s, points: s.points.map(([x, y]) => [x + MARGIN, y + HEAD]) };
    }
    return { ...s, x: s.x + MARGIN, y: s.y + HEAD };
  };
  const parts = [...layout.parts.values()];
  /** @type {Shape[]} */
  const shapes = [
    ...parts.filter((p) => p.children).flatMap((p) => pen.part(p)),
    ...layout.pieces.flatMap((p) => pen.piece(p)),
    ...parts.filter((p) => !p.children).flatMap((p) => pen.part(p)),
    ...pen.labels(),
  ];
  const title = { x: MARGIN, y: 18, text: data.title, colour: theme.ink, size: 15, bold: true };
  const width = Math.max(layout.width, textWidth(data.title, 15, true)) + 2 * MARGIN;
  return svg({
    width: Math.ceil(width),
    height: Math.ceil(layout.height + HEAD + MARGIN),
    paper: theme.paper,
    sentence: data.sentence,
    shapes: [{ kind: "label", ...title }, ...shapes.map(move)],
  });
}
