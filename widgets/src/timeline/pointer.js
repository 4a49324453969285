// The timeline by mouse or finger: drag over lanes for an area, drag the axis or hold Shift to move,
// Ctrl with the wheel to zoom, click to select.

import { ROW } from "./viewport.js";

const NEAR = 4; // pixels between press and release that still are a click

/** Listen to the pointer. @param {import("./view.js").View} view */
export function listen(view) {
  const { canvas } = view;
  /** @type {{ x: number, y: number, move: boolean, begin: number, end: number } | null} */
  let down = null;
  const place = (/** @type {MouseEvent} */ event) => {
    const { left, top } = canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  canvas.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
    if (event.button) return;
    const [x, y] = place(event);
    const { begin, end } = view.port;
    down = { x, y, move: event.shiftKey || y > view.height, begin, end };
    canvas.setPointerCapture?.(event.pointerId);
  });
  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const [x, y] = place(event);
    if (!down) return view.hover(x, y);
    if (down.move) {
      const shift = ((down.x - x) / view.port.width) * (down.end - down.begin);
      view.port.show(down.begin + shift, down.end + shift);
      return view.moved();
    }
    if (Math.abs(x - down.x) > NEAR) view.mark(span(view, down, { x, y }));
    return undefined;
  });
  canvas.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => {
    const [x, y] = place(event);
    const from = down;
    down = null;
    if (from && Math.abs(x - from.x) <= NEAR && Math.abs(y - from.y) <= NEAR) view.pick(x, y);
    else if (from && !from.move) view.marked();
  });
  canvas.addEventListener("pointerleave", () => view.hover(-1, -1));
  canvas.addEventListener("dblclick", () => {
    if (view.chosen >= 0) view.fit();
    else view.showAll();
  });
  canvas.addEventListener(
    "wheel",
    (/** @type {WheelEvent} */ event) => {
      const [x] = place(event);
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.ctrlKey || event.metaKey || event.altKey) {
        view.port.zoom(Math.exp(Math.min(60, Math.max(-60, event.deltaY)) / 150), x);
      } else if (sideways) {
        view.port.pan(sideways / view.port.width);
      } else {
        return; // the page scrolls
      }
      event.preventDefault();
      view.moved();
    },
    { passive: false },
  );
}

/**
 * The area between two points: times, and rows.
 *
 * @param {import("./view.js").View} view
 * @param {{ x: number, y: number }} from
 * @param {{ x: number, y: number }} to
 */
function span({ port, tops }, from, to) {
  const times = [port.time(from.x), port.time(to.x)].map((t) =>
    Math.min(Math.max(t, port.begin), port.end),
  );
  const rows = [from.y, to.y].map((y) => {
    const next = tops.findIndex((top) => y < top + ROW + 5);
    return next < 0 ? tops.length - 1 : next;
  });
  return {
    begin: Math.min(...times),
    end: Math.max(...times),
    first: Math.min(...rows),
    last: Math.max(...rows),
  };
}
