// The read-out: a button for each curve with its line, its name and its value at the cursor.

import { h } from "../core/dom.js";
import { number } from "../core/format.js";
import { marker, svg } from "../core/shapes.js";
import { lastShown, nearest, pointInWords } from "./prepare.js";

/**
 * @typedef {import("./record.js").Style} Style
 * @typedef {import("./prepare.js").Scene} Scene
 */

export class Chips {
  /** @param {(name: string) => void} toggle  hides or shows a curve */
  constructor(toggle) {
    this.toggle = toggle;
    this.where = h("span", { class: "mxb-where" });
    this.root = h("div", { class: "mxb-chips", role: "group", "aria-label": "curves" }, this.where);
    // Buttons stay the same elements while values change ten times a second: otherwise a click
    // that begins on one and ends on its successor would be lost, and so would the focus.
    /** @type {Map<string, HTMLElement>} */
    this.buttons = new Map();
  }

  /**
   * @param {Style[]} styles
   * @param {Scene} scene
   * @param {import("./keyboard.js").Cursor} cursor
   * @param {Set<string>} hidden
   */
  show(styles, scene, cursor, hidden) {
    const { step } = cursor;
    const drawn = new Map(scene.panels.flatMap((p) => p.drawn).map((d) => [d.style.name, d]));
    this.where.textContent = step === null ? "" : `at step ${number(Math.round(step))}`;
    for (const style of styles) {
      const chip = this.button(style);
      const d = drawn.get(style.name);
      const at = d ? (step === null ? lastShown(d) : nearest(d, step)) : -1;
      const known = d && at >= 0;
      const [line, , value] = chip.children;
      const picture = key(style, style.colour[scene.theme.side], scene.theme.paper);
      if (chip.dataset.picture !== picture) line.innerHTML = chip.dataset.picture = picture;
      value.textContent = known ? number(d.line[at]) : "–";
      chip.title = known ? pointInWords(d, at) : style.name;
      chip.setAttribute("aria-pressed", String(!hidden.has(style.name)));
      chip.classList.toggle("mxb-chosen", step !== null && cursor.curve === style.name);
    }
  }

  /** The button of a curve, made when it is new. @private */
  button(/** @type {Style} */ { name }) {
    let button = this.buttons.get(name);
    if (!button) {
      const parts = [h("span", { class: "mxb-key" }), h("span", {}, name), h("b")];
      const attributes = { type: "button", class: "mxb-chip", onclick: () => this.toggle(name) };
      button = /** @type {HTMLElement} */ (h("button", attributes, ...parts));
      this.buttons.set(name, button);
      this.where.before(button);
    }
    return button;
  }
}

/**
 * A small drawing of a curve's line and mark, hidden from screen readers.
 *
 * @param {Style} style
 * @param {string} colour
 * @param {string} paper
 */
function key({ marker: kind, role, dash }, colour, paper) {
  const points = [
    [0, 6],
    [26, 6],
  ];
  const mark = marker({ kind, size: 3.2, colour, paper, hollow: role !== "train" }, 13, 6);
  const line = { kind: /** @type {const} */ ("line"), points, colour, width: 2, dash };
  const text = svg({ width: 26, height: 12, paper: "none", sentence: "", shapes: [line, ...mark] });
  return text
    .replace('role="img" aria-label=""', 'aria-hidden="true"')
    .replace("<title></title>", "");
}
