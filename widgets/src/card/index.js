// The operator card, as anywidget wants it: `initialize` once for the answers, `render` for a view.

import { partsOf } from "../core/page.js";
import { hold, release } from "../core/store.js";
import { CardView } from "./view.js";

/**
 * @typedef {import("../curves/index.js").Model} Model
 * @typedef {import("./rules.js").Answer} Answer
 */

/** What has been asked before, by key of the question. @param {Model} model */
function create(model) {
  const data = JSON.parse(model.get("_card"));
  /** @type {Map<string, Answer>} */
  const answers = new Map();
  for (const { inputs, parameters, answer } of data.known) answers.set(keyOf(inputs, parameters), answer);
  return { data, answers };
}

/** A question as one text. */
export function keyOf(/** @type {{ [name: string]: string }} */ inputs, /** @type {string} */ parameters) {
  const plain = (/** @type {string} */ t) => t.replace(/\s+/g, "");
  const given = Object.entries(inputs).map(([name, text]) => [name, plain(text)]);
  return JSON.stringify([given.filter(([, text]) => text), plain(parameters)]);
}

function initialize(/** @type {{ model: Model }} */ { model }) {
  const key = model.get("_key");
  const { answers } = hold(key, () => create(model));
  const answered = () => {
    const { key: asked, ...answer } = model.get("_answer");
    if (asked) answers.set(asked, answer);
  };
  model.on("change:_answer", answered);
  return () => {
    model.off("change:_answer", answered);
    release(key);
  };
}

function render(/** @type {{ model: Model, el: HTMLElement }} */ { model, el }) {
  const key = model.get("_key");
  const { data, answers } = hold(key, () => create(model));
  const parts = () => partsOf(model, { _card: model.get("_card"), _answer: {} });
  const view = new CardView(el, data, model, answers, parts);
  return () => {
    view.cleanup();
    release(key);
  };
}

export default { initialize, render };
