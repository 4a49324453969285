// A card to read, and fields to try shapes and parameters in.

import { h } from "../core/dom.js";
import { quietly } from "../core/kernel.js";
import { page } from "../core/page.js";
import { save } from "../core/save.js";
import { themeAt, watchTheme } from "../core/theme.js";
import { keyOf } from "./index.js";
import { applied } from "./rules.js";

const PATIENCE = 1500; // milliseconds without an answer before the reader is told
const HEAR = "change:_answer";

/**
 * @typedef {import("./rules.js").Answer} Answer
 *
 * @typedef {object} Data  what Python sends; see mxbook/explain/card/files.py
 * @property {string} name
 * @property {string} sentence
 * @property {string} body
 * @property {string[]} inputs
 * @property {{ [name: string]: string }} roles
 * @property {boolean} variadic
 * @property {string[]} outputs
 * @property {string[]} parameters
 * @property {string[]} required
 * @property {string} rule
 * @property {{ inputs: { [name: string]: string }, parameters: string, answer: Answer }[]} known
 * @property {[string, string]} svg
 */

export class CardView {
  /**
   * @param {HTMLElement} place
   * @param {Data} data
   * @param {import("../curves/index.js").Model} model
   * @param {Map<string, Answer>} answers  by question
   * @param {() => import("../core/page.js").Parts} parts
   */
  constructor(place, data, model, answers, parts) {
    this.data = data;
    this.model = model;
    this.answers = answers;
    this.parts = parts;
    this.waiting = "";
    this.timer = 0;
    /** @type {HTMLInputElement[]} */
    this.fields = [];
    this.root = this.build();
    place.append(this.root);
    const dark = () => this.root.classList.toggle("mxb-dark", themeAt(this.root).side === 1);
    const unwatch = watchTheme(dark);
    const heard = () => this.heard();
    model.on(HEAR, heard);
    this.cleanup = () => {
      model.off(HEAR, heard);
      unwatch();
      clearTimeout(this.timer);
      this.root.remove();
    };
    dark();
    if (data.known.length) this.fill(0);
  }

  /** @private */
  build() {
    const { data } = this;
    const enter = (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation();
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.ask();
    };
    const field = (/** @type {string} */ name, /** @type {string} */ hint, /** @type {number} */ size) =>
      h("input", { type: "text", "aria-label": name, placeholder: hint, size, onkeydown: enter });
    this.fields = data.inputs.map((name) => {
      const hint = data.variadic ? "like 2, 3; 2, 3" : data.roles[name]?.includes("left out") ? "left out" : "like 2, 3";
      return field(`shape of ${name}`, hint, data.variadic ? 30 : 14);
    });
    this.options = field("parameters", data.required.map((n) => `${n}=…`).join(", ") || "defaults", 34);
    const button = (
      /** @type {string} */ text,
      /** @type {string} */ title,
      /** @type {() => void} */ onclick,
    ) => h("button", { type: "button", title, "aria-label": title, onclick }, text);
    const label = (/** @type {string} */ name, /** @type {HTMLElement} */ input) =>
      h("label", {}, h("span", {}, name), input);
    const examples = data.known.map((_, i) =>
      button(`example ${i + 1}`, `fill in example ${i + 1}`, () => this.fill(i)),
    );
    this.answer = h("div", { class: "mxc-answer", role: "status", "aria-live": "polite" });
    const labelled = data.inputs.map((name, i) => label(name, this.fields[i]));
    const options = data.parameters.length ? [label("parameters", this.options)] : [];
    const save = ["png", "svg", "html"].map((kind) =>
      button(kind.toUpperCase(), `save as ${kind.toUpperCase()}`, () => {
        this.save(kind).catch((error) => this.tell(String(error)));
      }),
    );
    const text = h("div", { class: "mxc-text mxbook-card", tabindex: "0", role: "region", "aria-label": data.name });
    text.innerHTML = data.body; // made by mxbook, which escapes all texts
    const group = (/** @type {string} */ name, /** @type {any[]} */ ...parts) =>
      h("span", { class: "mxc-row", role: "group", "aria-label": name }, ...parts);
    return h(
      "section",
      { class: "mxb-widget mxb-card", "aria-label": `operator ${data.name}` },
      text,
      h(
        "div",
        { class: "mxc-try", role: "group", "aria-label": "try shapes and parameters" },
        h("div", { class: "mxc-title" }, "Try shapes and parameters"),
        h("div", { class: "mxc-row" }, ...labelled, ...options, button("try", "what this gives", () => this.ask())),
        this.answer,
        h("div", { class: "mxc-row mxc-last" }, group("examples", ...examples), group("other forms", ...save)),
      ),
    );
  }

  // ---- asking

  /** Put an example into the fields, and show its answer. */
  fill(/** @type {number} */ number) {
    const { inputs, parameters } = this.data.known[number];
    this.data.inputs.forEach((name, i) => (this.fields[i].value = inputs[name] ?? ""));
    this.options.value = parameters;
    this.ask();
  }

  /** What the fields ask for. @private */
  question() {
    const pairs = this.data.inputs.map((name, i) => [name, this.fields[i].value.trim()]);
    const parameters = this.options.value.trim();
    const inputs = Object.fromEntries(pairs);
    return { inputs, parameters, key: keyOf(inputs, parameters) };
  }

  /** Answer here what can be, and ask Python for the rest. */
  ask() {
    clearTimeout(this.timer);
    const { data, answers } = this;
    const { inputs, parameters, key } = this.question();
    this.waiting = "";
    const simple = data.rule && !parameters && !data.required.length && !data.variadic;
    const local = simple ? applied(data.rule, Object.values(inputs), data.outputs[0]) : null;
    const answer = answers.get(key) ?? local;
    if (answer) {
      this.show(answer);
      return;
    }
    this.waiting = key;
    this.tell("asking Python …");
    this.timer = window.setTimeout(() => {
      this.tell("Python is busy, or has gone; the answer comes as soon as it is idle");
    }, PATIENCE);
    quietly(() => this.model.send({ kind: "try", inputs, parameters, key }));
  }

  /** Python has answered somebody. @private */
  heard() {
    const { key, ...answer } = this.model.get("_answer");
    if (!key) return;
    this.answers.set(key, answer);
    if (key !== this.waiting) return;
    clearTimeout(this.timer);
    this.waiting = "";
    this.show(answer);
  }

  /** @private */
  tell(/** @type {string} */ text) {
    this.answer.replaceChildren(h("span", { class: "mxc-faint" }, text));
  }

  /** @private */
  show(/** @type {Answer} */ { outputs, inputs, work, error }) {
    if (error) {
      this.answer.replaceChildren(h("pre", { class: "mxc-error" }, `✗ ${error}`));
      return;
    }
    const lines = [h("b", {}, `gives ${outputs.join(", ") || "nothing"}`)];
    if (inputs.length) lines.push(h("span", {}, `so ${inputs.join(", ")}`));
    if (work) lines.push(h("span", { class: "mxc-faint" }, `work ${work}`));
    this.answer.replaceChildren(...lines);
  }

  /** Give the reader the card as a file. */
  async save(/** @type {string} */ kind) {
    const { data } = this;
    await save(kind, data.name, {
      svg: () => data.svg[themeAt(this.root).side],
      html: () => page(data.name, this.parts()),
    });
  }
}
