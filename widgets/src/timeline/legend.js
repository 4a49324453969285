// The names (or blocks) that took longest, as buttons that let them stand out.

import { h } from "../core/dom.js";
import { themeAt } from "../core/theme.js";
import { palette } from "./paint.js";
import { COLOURED, WAIT } from "./record.js";
import { duration } from "./viewport.js";

/** @param {import("./view.js").View} view @returns {HTMLElement[]} */
export function legend(view) {
  const { shown, settings, lit } = view;
  const { details } = shown;
  const byBlock = settings.byBlock && details;
  const [texts, of, slots] = byBlock
    ? [details.layers, details.layer, details.slots]
    : [shown.names, shown.name, shown.slots];
  const took = new Float64Array(texts.length);
  for (let i = 0; i < shown.count; i++) {
    if (shown.what[i] !== WAIT) took[of[i]] += shown.length[i];
  }
  const paints = palette(slots, view.theme ?? themeAt(view.root));
  const order = [...took.keys()].filter((k) => took[k] > 0).sort((a, b) => slots[a] - slots[b]);
  const coloured = order.filter((k) => slots[k] < COLOURED);
  const buttons = coloured.map((k) => {
    const key = h("span", { class: "mxt-key" });
    key.style.background = paints[k].fill;
    key.style.borderColor = paints[k].rim;
    const words = [h("span", {}, texts[k] || "(no block)"), h("b", {}, duration(took[k]))];
    const attributes = { type: "button", "aria-pressed": String(lit.has(k)) };
    return h("button", { ...attributes, onclick: () => view.light(k) }, key, ...words);
  });
  const rest = order.slice(coloured.length);
  if (rest.length) {
    const sum = rest.reduce((s, k) => s + took[k], 0);
    buttons.push(h("span", { class: "mxt-rest" }, `${rest.length} others ${duration(sum)}`));
  }
  return buttons;
}
