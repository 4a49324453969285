// The few shapes that decorate charts, drawn on a canvas or as SVG elements; the counterpart of
// mxbook/explain/shapes.py and svg.py.

/**
 * @typedef {{ kind: "line", points: number[][], colour: string, width: number,
 *   dash?: number[], opacity?: number }} Line
 * @typedef {{ kind: "area", points: number[][], colour: string, opacity?: number }} Area
 * @typedef {{ kind: "circle", x: number, y: number, radius: number, fill: string,
 *   colour: string, width: number }} Circle
 * @typedef {{ kind: "label", x: number, y: number, text: string, colour: string, size: number,
 *   anchor?: "start" | "middle" | "end", bold?: boolean, halo?: string }} Label
 * @typedef {Line | Area | Circle | Label} Shape
 */

export const FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif";

/** The face of a label on a canvas. */
function fontOf(/** @type {number} */ size, /** @type {boolean | undefined} */ bold) {
  return `${bold ? "600 " : ""}${size}px ${FONT}`;
}

/** @returns {Area} */
export function box(
  /** @type {number} */ x,
  /** @type {number} */ y,
  /** @type {number} */ width,
  /** @type {number} */ height,
  /** @type {string} */ colour,
) {
  const points = [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ];
  return { kind: "area", points, colour };
}

/** @type {Record<string, number[][]>} */
const OUTLINES = {
  square: [
    [-0.9, -0.9],
    [0.9, -0.9],
    [0.9, 0.9],
    [-0.9, 0.9],
  ],
  triangle: [
    [0, -1.2],
    [1.1, 0.8],
    [-1.1, 0.8],
  ],
  diamond: [
    [0, -1.3],
    [1.3, 0],
    [0, 1.3],
    [-1.3, 0],
  ],
};

/**
 * A small mark around (x, y), set off from what is below it by a rim of paper.
 *
 * @param {{ kind: string, size: number, colour: string, paper: string, hollow?: boolean }} mark
 * @param {number} x
 * @param {number} y
 * @returns {Shape[]}
 */
export function marker({ kind, size, colour, paper, hollow }, x, y) {
  if (kind === "circle") {
    /** @type {Shape[]} */
    const rim = [{ kind: "circle", x, y, radius: size, fill: colour, colour: paper, width: 1 }];
    if (!hollow) return rim;
    return [
      ...rim,
      { kind: "circle", x, y, radius: size - 1.2, fill: paper, colour: paper, width: 0 },
    ];
  }
  const outline = OUTLINES[kind];
  if (outline) {
    /** @returns {Area} */
    const area = (/** @type {number} */ scale, /** @type {string} */ fill) => ({
      kind: "area",
      points: outline.map(([dx, dy]) => [x + scale * dx, y + scale * dy]),
      colour: fill,
    });
    const inner = hollow ? [area(size - 1.2, paper)] : [];
    return [area(size + 1, paper), area(size, colour), ...inner];
  }
  const arms =
    kind === "cross"
      ? [
          [1, 1],
          [1, -1],
        ]
      : [
          [1.3, 0],
          [0, 1.3],
        ];
  /** @returns {Line} */
  const line = (
    /** @type {number[]} */ [dx, dy],
    /** @type {string} */ ink,
    /** @type {number} */ width,
  ) => ({
    kind: "line",
    points: [
      [x - size * dx, y - size * dy],
      [x + size * dx, y + size * dy],
    ],
    colour: ink,
    width,
  });
  return [...arms.map((arm) => line(arm, paper, 4)), ...arms.map((arm) => line(arm, colour, 2))];
}

/** @type {CanvasRenderingContext2D | null | undefined} */
let ruler;

/** How wide a text is; estimated where there is no canvas to measure it. */
export function textWidth(
  /** @type {string} */ text,
  /** @type {number} */ size = 12,
  /** @type {boolean} */ bold = false,
) {
  if (ruler === undefined) ruler = document.createElement("canvas").getContext("2d");
  if (ruler) {
    ruler.font = fontOf(size, bold);
    return ruler.measureText(text).width;
  }
  return estimatedWidth(text, size, bold);
}

/** About how wide a text is; what text_width in mxbook/explain/shapes.py says. */
export function estimatedWidth(
  /** @type {string} */ text,
  /** @type {number} */ size = 12,
  /** @type {boolean} */ bold = false,
) {
  let units = 0;
  for (const c of text) {
    if ("iljI.,:;|!'".includes(c)) units += 0.28;
    else if ("ftr()[]-/ ".includes(c)) units += 0.36;
    else if ("mwMW@%".includes(c)) units += 0.9;
    else units += c !== c.toLowerCase() ? 0.68 : 0.56;
  }
  return units * size * (bold ? 1.08 : 1);
}

const ALIGN = /** @type {const} */ ({ start: "left", middle: "center", end: "right" });

/**
 * Draw shapes on a canvas whose unit is one pixel of the page.
 *
 * @param {CanvasRenderingContext2D} pen
 * @param {Shape[]} shapes
 */
export function paint(pen, shapes) {
  for (const shape of shapes) {
    pen.save();
    pen.setLineDash([]);
    if (shape.kind === "line" || shape.kind === "area") {
      pen.beginPath();
      shape.points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.globalAlpha = shape.opacity ?? 1;
      pen.fillStyle = pen.strokeStyle = shape.colour;
      if (shape.kind === "area") {
        pen.fill();
      } else {
        pen.lineWidth = shape.width;
        pen.lineJoin = "round";
        pen.setLineDash(shape.dash ?? []);
        pen.stroke();
      }
    } else if (shape.kind === "circle") {
      pen.beginPath();
      pen.arc(shape.x, shape.y, shape.radius, 0, 2 * Math.PI);
      pen.fillStyle = shape.fill;
      pen.fill();
      pen.lineWidth = shape.width;
      pen.strokeStyle = shape.colour;
      if (shape.width) pen.stroke();
    } else {
      pen.font = fontOf(shape.size, shape.bold);
      pen.textAlign = ALIGN[shape.anchor ?? "start"];
      pen.textBaseline = "middle";
      if (shape.halo) {
        pen.lineJoin = "round";
        pen.lineWidth = 3;
        pen.strokeStyle = shape.halo;
        pen.strokeText(shape.text, shape.x, shape.y);
      }
      pen.fillStyle = shape.colour;
      pen.fillText(shape.text, shape.x, shape.y);
    }
    pen.restore();
  }
}

/**
 * The SVG text of a picture.
 *
 * @param {{ width: number, height: number, paper: string, sentence: string, shapes: Shape[] }} p
 */
export function svg({ width, height, paper, sentence, shapes }) {
  const name = escaped(sentence);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" ` +
      `viewBox="0 0 ${n(width)} ${n(height)}" role="img" aria-label="${name}" ` +
      `font-family="${FONT}">`,
    `<title>${name}</title>`,
    `<rect width="${n(width)}" height="${n(height)}" rx="6" fill="${paper}"/>`,
    ...shapes.map(element),
    "</svg>",
  ].join("\n");
}

/** @param {number} value */
function n(value) {
  return value.toFixed(1).replace(/\.0$/, "");
}

/** @param {string} text */
function escaped(text) {
  const names = /** @type {Record<string, string>} */ ({
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  });
  return text.replace(/[&<>"]/g, (c) => names[c]);
}

/** @param {Shape} shape */
export function element(shape) {
  if (shape.kind === "circle") {
    return (
      `<circle cx="${n(shape.x)}" cy="${n(shape.y)}" r="${n(shape.radius)}" ` +
      `fill="${shape.fill}" stroke="${shape.colour}" stroke-width="${n(shape.width)}"/>`
    );
  }
  if (shape.kind === "label") {
    const anchor = shape.anchor && shape.anchor !== "start" ? ` text-anchor="${shape.anchor}"` : "";
    const weight = shape.bold ? ' font-weight="600"' : "";
    const halo = shape.halo
      ? ` stroke="${shape.halo}" stroke-width="3" paint-order="stroke" stroke-linejoin="round"`
      : "";
    return (
      `<text x="${n(shape.x)}" y="${n(shape.y)}" dy="0.35em" font-size="${n(shape.size)}" ` +
      `fill="${shape.colour}"${anchor}${weight}${halo}>${escaped(shape.text)}</text>`
    );
  }
  const points = shape.points.map(([x, y]) => `${n(x)},${n(y)}`).join(" ");
  const faint = shape.opacity ?? 1;
  if (shape.kind === "area") {
    const opacity = faint < 1 ? ` fill-opacity="${faint}"` : "";
    return `<polygon points="${points}" fill="${shape.colour}"${opacity}/>`;
  }
  const dash = shape.dash?.length
    ? ` stroke-dasharray="${shape.dash.map(n).join(" ")}"`
    : ' stroke-linecap="round"';
  const opacity = faint < 1 ? ` stroke-opacity="${faint}"` : "";
  return (
    `<polyline points="${points}" fill="none" stroke="${shape.colour}" ` +
    `stroke-width="${n(shape.width)}" stroke-linejoin="round"${dash}${opacity}/>`
  );
}
