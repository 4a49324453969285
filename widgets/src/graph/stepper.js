// Forward and backward, one operation a step: values, gradients, the local rule.

import { h } from "../core/dom.js";
import { number as short } from "../core/format.js";
import { mix } from "../core/theme.js";

/**
 * @typedef {import("./view.js").View} View
 * @typedef {{ shape: number[], low: number, high: number, mean: number,
 *   numbers: (number | string)[][] }} Tile
 * @typedef {{ phase: "forward" | "backward", node: number, inputs: (Tile | null)[],
 *   outputs: (Tile | null)[], rule: string }} Step
 */

const PAUSE = 1200; // milliseconds between steps while playing

export class Stepper {
  constructor(/** @type {View} */ view) {
    this.view = view;
    /** @type {Step[]} */
    this.steps = view.data.steps;
    this.at = -1;
    /** @type {any} */
    this.timer = 0;
    /** @type {Set<string> | null} */
    this.lit = null;
    const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ go) =>
      h("button", { type: "button", title, "aria-label": title, onclick: go }, text);
    this.range = h("input", {
      type: "range",
      min: "0",
      max: String(this.steps.length),
      value: "0",
      "aria-label": "step",
      oninput: () => this.to(Number(this.range.value) - 1),
    });
    this.playing = button("play", "play all steps (space)", () => this.play());
    this.where = h("span", { class: "mxg-where" });
    this.panel = h("div", { class: "mxg-step" });
    this.root = h(
      "div",
      { class: "mxg-stepper", role: "group", "aria-label": "step through the computation" },
      h(
        "div",
        { class: "mxg-tools" },
        button("‹", "one step back (,)", () => this.to(this.at - 1)),
        this.playing,
        button("›", "one step on (.)", () => this.to(this.at + 1)),
        this.range,
        this.where,
      ),
      this.panel,
    );
    this.words();
  }

  /** Show a step; -1 is before the first. */
  to(/** @type {number} */ at) {
    this.at = Math.min(this.steps.length - 1, Math.max(-1, at));
    this.range.value = String(this.at + 1);
    const step = this.steps[this.at];
    this.lit = step ? this.litBy(step) : null;
    this.words();
    this.panel.replaceChildren(...(step ? this.tiles(step) : []));
    if (step) this.view.goTo(step.node);
    else this.view.pick("", -1);
    if (step) this.view.say(this.where.textContent);
  }

  /** The keys of a step's node and of what it reads; for backward, of what it gives to. @private */
  litBy(/** @type {Step} */ step) {
    const { data } = this.view;
    const near = data.nodes[step.node].inputs.map(([source]) => source);
    return new Set([step.node, ...near].map((n) => this.view.keyOf(n)).filter(Boolean));
  }

  /** @private */
  words() {
    const step = this.steps[this.at];
    const count = this.steps.length;
    const node = step && this.view.data.nodes[step.node];
    this.where.textContent = step
      ? `${step.phase}, step ${this.at + 1} of ${count}: ${node.title}`
      : `${count} steps: forward, then backward`;
  }

  /** @private @returns {HTMLElement[]} */
  tiles(/** @type {Step} */ step) {
    const node = this.view.data.nodes[step.node];
    const back = step.phase === "backward";
    const names = node.inputs.map(([, , name]) => name);
    const title = (/** @type {string} */ name) => (back ? `gradient of ${name}` : name);
    const given = step.outputs.map((t) => this.tile(back ? "gradient that arrives" : "result", t));
    const read = step.inputs.map((t, i) => this.tile(title(names[i] ?? `input ${i}`), t));
    const arrow = h("span", { class: "mxg-arrow", "aria-hidden": "true" }, "→");
    const parts = back ? [...given, arrow, ...read] : [...read, arrow, ...given];
    const row = h("div", { class: "mxg-row" }, ...parts);
    if (!step.rule) return [row];
    const pieces = step.rule.split("`").map((text, i) => (i % 2 ? h("code", {}, text) : text));
    return [row, h("p", {}, ...pieces)];
  }

  /** A heat map with its numbers. @private @returns {HTMLElement} */
  tile(/** @type {string} */ name, /** @type {Tile | null} */ tile) {
    if (!tile) return h("figure", {}, h("figcaption", {}, `${name}: none`));
    const theme = /** @type {any} */ (this.view.pen).theme;
    const top = Math.max(Math.abs(tile.low), Math.abs(tile.high)) || 1;
    const colour = (/** @type {number | string} */ v) => {
      if (typeof v === "string") return theme.alert;
      const ink = v < 0 ? "#B84700" : "#0067A5";
      return mix(ink, theme.paper, Math.min(0.7, (0.7 * Math.abs(v)) / top));
    };
    const shown = (/** @type {number | string} */ v) => (typeof v === "string" ? v : short(v, 3));
    const rows = tile.numbers.map((row) =>
      h("tr", {}, ...row.map((v) => h("td", { style: `background:${colour(v)}` }, shown(v)))),
    );
    const total = tile.shape.reduce((a, b) => a * b, 1);
    const all = tile.numbers.reduce((a, row) => a + row.length, 0) === total;
    const shape = tile.shape.join("×") || "scalar";
    const range = all ? "" : `, ${short(tile.low, 3)} to ${short(tile.high, 3)}, mean ${short(tile.mean, 3)}`;
    return h(
      "figure",
      {},
      h("figcaption", {}, `${name}  ${shape}${range}`),
      h("table", {}, h("tbody", {}, ...rows)),
    );
  }

  /** Go on by itself, or stop. */
  play() {
    if (this.timer) {
      this.stop();
      return;
    }
    if (this.at >= this.steps.length - 1) this.to(-1);
    this.playing.textContent = "stop";
    this.timer = setInterval(() => {
      this.to(this.at + 1);
      if (this.at >= this.steps.length - 1) this.stop();
    }, PAUSE);
    this.to(this.at + 1);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.playing.textContent = "play";
  }

  /** Whether a key means something here; it is then done. */
  keyed(/** @type {string} */ key) {
    if (key === ".") this.to(this.at + 1);
    else if (key === ",") this.to(this.at - 1);
    else if (key === " ") this.play();
    else return false;
    return true;
  }
}
