// The colours of boxes; the counterpart of `palette` in mxbook/explain/timeline/chart.py.

import { COLOURED } from "./record.js";

/** The five full colours on light and on dark paper: COLOURS of mxbook/explain/style.py. */
export const COLOURS = [
  ["#0067A5", "#5AB4F0"],
  ["#B84700", "#FF9A4D"],
  ["#00744F", "#4FD1A5"],
  ["#9C3F80", "#E88BC6"],
  ["#6B5B00", "#E3CF4A"],
];
const PALE = 0.32;
const GREY = 0.45;

/** @typedef {{ fill: string, rim: string, ink: string, dim: string }} Paint */

/**
 * For each name (or block) its look: five full colours, the same five pale, then grey.
 *
 * @param {number[]} slots
 * @param {import("../core/theme.js").Theme} theme
 * @returns {Paint[]}
 */
export function palette(slots, theme) {
  const paper = paperOf(theme);
  const full = COLOURS.map((pair) => pair[theme.side]);
  const dim = mix(theme.faint, paper, 0.2);
  const looks = full.map((c) => ({ fill: c, rim: c, ink: paper, dim }));
  for (const c of full) looks.push({ fill: mix(c, paper, PALE), rim: c, ink: theme.ink, dim });
  looks.push({ fill: mix(theme.faint, paper, GREY), rim: theme.faint, ink: theme.ink, dim });
  return slots.map((slot) => looks[Math.min(slot, COLOURED)]);
}

/** The colour that `colour` with this opacity has on paper. */
export function mix(
  /** @type {string} */ colour,
  /** @type {string} */ paper,
  /** @type {number} */ opacity,
) {
  const [over, under] = [channels(colour), channels(paper)];
  const mixed = over.map((c, i) => Math.round(c * opacity + under[i] * (1 - opacity)));
  return `#${mixed.map((c) => c.toString(16).padStart(2, "0")).join("")}`;
}

/** The colour of the paper, as far as it can be mixed. @param {import("../core/theme.js").Theme} theme */
export function paperOf(theme) {
  if (hex(theme.paper)) return theme.paper;
  return theme.side ? "#15181D" : "#FFFFFF";
}

const hex = (/** @type {string} */ colour) => /^#[0-9a-f]{6}$/i.test(colour);
const channels = (/** @type {string} */ c) => [1, 3, 5].map((i) => parseInt(c.slice(i, i + 2), 16));
