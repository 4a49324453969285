// From an operation to its cell: with JupyterLab's objects, by the page alone, and elsewhere.

import { afterEach, expect, test, vi } from "vitest";

import { cellOf } from "../src/core/cells.js";

/** A notebook of two cells, the second of which holds the widget. */
function notebook() {
  document.body.innerHTML = `<div class="jp-Notebook">
    <div class="jp-Cell" id="one"><div class="jp-InputPrompt">[3]:</div>
      <div class="cm-line"></div><div class="cm-line">import mxbook</div><div class="cm-line">y = x + 1</div></div>
    <div class="jp-Cell"><div class="jp-InputPrompt">[4]:</div><b></b></div></div>`;
  const cell = document.querySelector("#one");
  cell.scrollIntoView = vi.fn();
  const line = cell.querySelectorAll(".cm-line")[2];
  line.animate = vi.fn();
  return { root: document.querySelector("b"), cell, line };
}
afterEach(() => {
  delete globalThis.jupyterapp;
  document.body.replaceChildren();
});

test("by the page alone", () => {
  const { root, cell, line } = notebook();
  cellOf("cell 3, line 2:  y = x + 1", root).go();
  expect(cell.scrollIntoView).toHaveBeenCalled();
  expect(line.animate).toHaveBeenCalled();
});

test("with JupyterLab's own objects", async () => {
  const { root, cell, line } = notebook();
  const editor = { setCursorPosition: vi.fn() };
  const model = { executionCount: 3, sharedModel: { source: "\nimport mxbook\ny = x + 1" } };
  const content = {
    node: document.querySelector(".jp-Notebook"),
    widgets: [{ model: { executionCount: 4 } }, { model, node: cell, editor }],
    scrollToItem: vi.fn(async () => {}),
  };
  globalThis.jupyterapp = { shell: { currentWidget: { content } } };
  cellOf("cell 3, line 2", root).go();
  await Promise.resolve();
  await Promise.resolve();
  expect([content.activeCellIndex, content.scrollToItem.mock.calls]).toEqual([1, [[1, "center"]]]);
  expect(editor.setCursorPosition).toHaveBeenCalledWith({ line: 2, column: 0 });
  expect(line.animate).toHaveBeenCalled();
});

test("elsewhere, and for other places, there is only text", () => {
  const { root } = notebook();
  expect(cellOf("cell 9, line 1", root)).toBeNull();
  expect(cellOf("train.py, line 3", root)).toBeNull();
  expect(cellOf("", root)).toBeNull();
  expect(cellOf("cell 3, line 2", document.body)).toBeNull();
});
