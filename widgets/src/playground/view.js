// Buttons and a line of text above, the picture and the events below.

import { h } from "../core/dom.js";
import { quietly } from "../core/kernel.js";
import { themeAt, watchTheme } from "../core/theme.js";

const PATIENCE = 2000; // milliseconds without an answer before the reader is told

/**
 * @typedef {object} State
 * @property {[string, string]} svg  for light and dark paper
 * @property {string} sentence
 * @property {string[]} log
 * @property {number} workers
 * @property {number} most
 * @property {string[]} examples
 * @property {boolean} idle
 * @property {boolean} first  nothing can be undone
 * @property {string} error
 * @property {number} answer  to which question
 */

export class PlayView {
  /** @param {HTMLElement} place @param {import("../curves/index.js").Model} model */
  constructor(place, model) {
    this.model = model;
    this.asked = 0;
    this.timer = 0;
    this.root = this.build();
    place.append(this.root);
    const show = () => this.show();
    model.on("change:_state", show);
    const unwatch = watchTheme(show);
    this.cleanup = () => {
      model.off("change:_state", show);
      unwatch();
      clearTimeout(this.timer);
      this.root.remove();
    };
    this.show();
  }

  /** @returns {State} */
  get state() {
    return this.model.get("_state");
  }

  /** @private @returns {HTMLElement} */
  build() {
    const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {any} */ wanted) =>
      h(
        "button",
        { type: "button", title, "aria-label": title, onclick: () => this.ask(wanted) },
        text,
      );
    const push = () =>
      this.ask({ kind: "push", text: this.text.value, cost: Number(this.cost.value) });
    // A form would be sent by Enter as well, but not in the sandboxed frames of some notebooks.
    const onkeydown = (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation();
      if (event.key !== "Enter") return;
      event.preventDefault();
      push();
    };
    const look = { type: "text", value: "c = a + b", size: 16 };
    this.text = h("input", { ...look, "aria-label": "operation", onkeydown });
    const ticks = { type: "number", value: 1, min: 1, max: 99, "aria-label": "ticks" };
    this.cost = h("input", { ...ticks, onkeydown });
    const title = "push the operation";
    const form = h(
      "span",
      { class: "mxp-form", role: "group", "aria-label": "push" },
      this.text,
      h("label", {}, "ticks ", this.cost),
      h("button", { type: "button", title, onclick: push }, "push"),
    );
    this.step = button("step", "let one event happen", { kind: "step" });
    this.run = button("run", "let everything happen", { kind: "run" });
    this.back = button("back", "undo the last push or step", { kind: "back" });
    this.reset = button("clear", "forget everything", { kind: "reset" });
    const choice = (/** @type {string} */ name, /** @type {(value: string) => any} */ wanted) =>
      h("select", {
        "aria-label": name,
        "data-lm-suppress-shortcuts": "true",
        onchange: (/** @type {any} */ event) => this.ask(wanted(event.target.value)),
      });
    this.workers = choice("workers", (n) => ({ kind: "workers", workers: Number(n) }));
    this.examples = choice("example", (example) => ({ kind: "example", example }));
    this.picture = h("div", { class: "mxp-picture" });
    this.note = h("div", { class: "mxp-note", role: "status" });
    this.log = h("ol", { class: "mxp-log", "aria-label": "events", tabindex: "0" });
    this.speech = h("div", { class: "mxp-speech mxb-spoken", "aria-live": "polite" });
    return h(
      "section",
      { class: "mxb-widget mxb-playground", "aria-label": "engine playground" },
      h(
        "div",
        { class: "mxp-row" },
        form,
        h("span", { class: "mxp-group", role: "group" }, this.step, this.run, this.back, this.reset),
        this.workers,
        this.examples,
      ),
      this.note,
      this.picture,
      this.log,
      this.speech,
    );
  }

  /** Ask Python to do something. */
  ask(/** @type {Record<string, any>} */ wanted) {
    this.asked += 1;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.note.textContent = "Python does not answer: it is busy, or has gone";
    }, PATIENCE);
    quietly(() => this.model.send({ ...wanted, id: this.asked }));
  }

  /** Show what Python has answered. */
  show() {
    const { state } = this;
    const dark = themeAt(this.root).side === 1;
    this.root.classList.toggle("mxb-dark", dark);
    if (state.answer === this.asked) clearTimeout(this.timer);
    this.picture.innerHTML = state.svg[dark ? 1 : 0]; // drawn by mxbook, which escapes all texts
    this.note.textContent = state.error;
    this.speech.textContent = state.error || state.sentence;
    this.log.replaceChildren(...state.log.map((line) => h("li", {}, line)));
    this.log.scrollTop = this.log.scrollHeight;
    this.step.disabled = this.run.disabled = state.idle;
    this.back.disabled = state.first;
    const options = [...Array(state.most + 1).keys()].map((n) => {
      const text = n ? `${n} worker${n > 1 ? "s" : ""}` : "naive engine";
      return h("option", { value: n }, text);
    });
    this.workers.replaceChildren(...options);
    this.workers.value = String(state.workers);
    const names = ["", ...state.examples];
    this.examples.replaceChildren(
      ...names.map((name) => h("option", { value: name, disabled: !name }, name || "examples …")),
    );
    this.examples.value = "";
  }
}
