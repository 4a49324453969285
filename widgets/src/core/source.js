// The user's line: from a picture back to the code.

import { h } from "./dom.js";

const SHOWN = 2500; // milliseconds

/**
 * A place such as "cell 3, line 4:  y = net(x)".  In a notebook whose cells are on the page it is a
 * button that leads there.
 *
 * @param {string} text
 * @returns {HTMLElement}
 */
export function place(text) {
  const found = /^cell (\d+), line (\d+)/.exec(text);
  if (!found || !document.querySelector(".jp-Notebook")) return h("code", {}, text);
  const [cell, line] = [Number(found[1]), Number(found[2])];
  const title = `go to line ${line} of cell ${cell}`;
  const button = h("button", { type: "button", class: "mxb-place", title }, text);
  button.addEventListener("click", () => {
    button.title = goTo(cell, line) ? title : `cell ${cell} has run again or is not here`;
  });
  return button;
}

/**
 * Scroll to a line of a cell and let it stand out for a moment; says whether it is there.
 *
 * @param {number} cell  the number in its prompt
 * @param {number} line  counted from 1
 */
export function goTo(cell, line) {
  const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")];
  const prompt = prompts.find((p) => p.textContent?.trim() === `[${cell}]:`);
  const home = /** @type {HTMLElement | null} */ (prompt?.closest(".jp-CodeCell") ?? null);
  const target = home?.querySelectorAll(".cm-line")[line - 1];
  if (!home || !target) return false;
  target.scrollIntoView({ block: "center" });
  // The editor owns its lines, so the mark lies over the line instead of being one of its classes.
  const [outer, inner] = [home.getBoundingClientRect(), target.getBoundingClientRect()];
  const mark = h("div", { class: "mxb-here", "aria-hidden": "true" });
  Object.assign(mark.style, {
    position: "absolute",
    left: `${inner.left - outer.left}px`,
    top: `${inner.top - outer.top}px`,
    width: `${inner.width}px`,
    height: `${inner.height}px`,
    outline: "2px solid #B84700",
    outlineOffset: "1px",
    pointerEvents: "none",
  });
  home.append(mark);
  setTimeout(() => mark.remove(), SHOWN);
  return true;
}
