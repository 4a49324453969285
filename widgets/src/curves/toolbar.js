// Buttons and the slider beside the read-out.

import { h } from "../core/dom.js";

/**
 * @typedef {import("./view.js").View} View
 * @typedef {import("./prepare.js").Settings} Settings
 */

/**
 * The toolbar of a view; `show` makes it agree with the settings.
 *
 * @param {View} view
 * @returns {{ root: HTMLElement, show: (settings: Settings) => void }}
 */
export function toolbar(view) {
  const button = (
    /** @type {string} */ text,
    /** @type {string} */ title,
    /** @type {(event: Event) => void} */ onclick,
  ) => h("button", { type: "button", title, "aria-label": title, onclick }, text);
  const logX = button("log x", "logarithmic steps", () => view.set({ logX: !view.settings.logX }));
  const logY = button("log y", "logarithmic values", () => view.set({ logY: !view.settings.logY }));
  const reset = button("reset", "show all steps", () => view.set({ zoom: null }));
  const numbers = button("table", "show as table", () => {
    view.showTable(view.table.hidden);
    press(numbers, !view.table.hidden);
  });
  const range = h("input", {
    type: "range",
    min: "0",
    max: "1",
    step: "0.01",
    "aria-label": "smoothing",
    oninput: () => view.set({ smooth: fromSlider(Number(range.value)) }),
  });
  const slider = h("label", { title: "how far points are averaged" }, "smooth", range);
  const save = ["png", "svg", "csv", "html"].map((kind) =>
    button(kind.toUpperCase(), `save as ${kind.toUpperCase()}`, () => {
      view.save(/** @type {any} */ (kind)).catch((error) => view.say(String(error), true));
    }),
  );
  const group = (/** @type {string} */ name, /** @type {any[]} */ ...parts) =>
    h("span", { class: "mxb-group", role: "group", "aria-label": name }, ...parts);
  const root = h(
    "div",
    { class: "mxb-tools", role: "toolbar", "aria-label": "chart" },
    slider,
    group("axes", logX, logY, reset),
    group("other forms", numbers, ...save),
  );
  press(numbers, false);
  return {
    root,
    show(settings) {
      press(logX, settings.logX);
      press(logY, settings.logY);
      reset.disabled = settings.zoom === null;
      if (document.activeElement !== range) range.value = String(toSlider(settings.smooth));
      range.setAttribute("aria-valuetext", `${(100 * settings.smooth).toFixed(1)} percent`);
    },
  };
}

/** @param {HTMLElement} button @param {boolean} on */
function press(button, on) {
  button.setAttribute("aria-pressed", String(on));
}

/** The left half of the slider is for fine smoothing. */
export const fromSlider = (/** @type {number} */ place) => 0.5 * place ** 2;
export const toSlider = (/** @type {number} */ smooth) => Math.sqrt(smooth / 0.5);
