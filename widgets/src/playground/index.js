// The playground, as anywidget wants it.  All that is known comes from Python with each answer.

import { PlayView } from "./view.js";

/** @param {{ model: import("../curves/index.js").Model, el: HTMLElement }} context */
function render({ model, el }) {
  const view = new PlayView(el, model);
  return () => view.cleanup();
}

export default { render };
