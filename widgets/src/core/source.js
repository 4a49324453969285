// The user's line: from a picture back to the code.

import { cellOf } from "./cells.js";
import { h } from "./dom.js";

/**
 * A place such as "cell 3, line 4:  y = net(x)".  In a notebook it is a button that leads there.
 *
 * @param {string} text
 * @returns {HTMLElement}
 */
export function place(text) {
  if (!/^cell \d+, line \d+/.test(text) || !document.querySelector(".jp-Notebook")) {
    return h("code", {}, text);
  }
  const button = h("button", { type: "button", class: "mxb-place", title: "go to the cell" }, text);
  button.addEventListener("click", () => {
    const cell = cellOf(text, button);
    if (cell) cell.go();
    else button.title = "the cell has run again since, or is not here";
  });
  return button;
}
