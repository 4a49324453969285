// The colours of boxes; the counterpart of `palette` in mxbook/explain/timeline/chart.py.

import { COLOURS, mix } from "../core/theme.js";
import { COLOURED } from "./record.js";

const FIVE = COLOURS.slice(0, 5); // grey stands for the rest
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
  const { paper } = theme;
  const full = FIVE.map((pair) => pair[theme.side]);
  const dim = mix(theme.faint, paper, 0.2);
  const looks = full.map((c) => ({ fill: c, rim: c, ink: paper, dim }));
  for (const c of full) looks.push({ fill: mix(c, paper, PALE), rim: c, ink: theme.ink, dim });
  looks.push({ fill: mix(theme.faint, paper, GREY), rim: theme.faint, ink: theme.ink, dim });
  return slots.map((slot) => looks[Math.min(slot, COLOURED)]);
}
