// From a place in words to the cell of the notebook that it names. Where no notebook is, or the
// cell has been run again since, there is only the text.

/** @typedef {{ go: () => void }} Cell */

/**
 * The cell and line that "cell 3, line 2: ..." names, as something to go to; null if it is not here.
 *
 * @param {string} place
 * @param {HTMLElement} root  something in the notebook
 * @returns {Cell | null}
 */
export function cellOf(place, root) {
  const [, number, line] = /^cell (\d+), line (\d+)/.exec(place) ?? [];
  const notebook = /** @type {HTMLElement | null} */ (root.closest(".jp-Notebook"));
  if (!number || !notebook) return null;
  return known(notebook, Number(number), Number(line)) ?? seen(notebook, number, Number(line));
}

/**
 * With JupyterLab's own objects, where it exposes them: also cells that are not on the screen.
 *
 * @param {HTMLElement} notebook
 * @param {number} number
 * @param {number} line
 * @returns {Cell | null}
 */
function known(notebook, number, line) {
  const content = /** @type {any} */ (globalThis).jupyterapp?.shell?.currentWidget?.content;
  if (content?.node !== notebook || !content.widgets || !content.scrollToItem) return null;
  const index = content.widgets.findIndex((/** @type {any} */ c) => c.model?.executionCount === number);
  if (index < 0) return null;
  const go = async () => {
    content.activeCellIndex = index;
    await content.scrollToItem(index, "center");
    const { node, editor, model } = content.widgets[index];
    const skipped = blank(String(model.sharedModel?.source ?? "").split("\n"));
    editor?.setCursorPosition({ line: skipped + line - 1, column: 0 });
    mark(node, line);
  };
  return { go: () => void go() };
}

/**
 * By what is on the page.
 *
 * @param {HTMLElement} notebook
 * @param {string} number
 * @param {number} line
 * @returns {Cell | null}
 */
function seen(notebook, number, line) {
  for (const prompt of notebook.querySelectorAll(".jp-InputPrompt")) {
    if (prompt.textContent?.trim() !== `[${number}]:`) continue;
    const cell = /** @type {HTMLElement | null} */ (prompt.closest(".jp-Cell"));
    if (cell) {
      const go = () => {
        cell.scrollIntoView({ block: "center" });
        mark(cell, line);
      };
      return { go };
    }
  }
  return null;
}

/** How many empty lines come first: Python never sees those of a cell. @param {string[]} lines */
function blank(lines) {
  return Math.max(0, lines.findIndex((text) => text.trim()));
}

/** Let the line stand out for a while. @param {HTMLElement} cell @param {number} line */
function mark(cell, line) {
  const rows = [...cell.querySelectorAll(".cm-line")];
  const row = rows[blank(rows.map((each) => each.textContent ?? "")) + line - 1] ?? cell;
  const colour = "var(--jp-brand-color1, #0067a5)";
  const [from, to] = [{ boxShadow: `inset 0 0 0 2px ${colour}` }, { boxShadow: "none" }];
  row.animate?.([from, from, to], { duration: 2500, id: "mxbook-line" });
}
