// One view of a memory plan: buttons, the chart, what is selected, a table.

import { h } from "../core/dom.js";
import { size } from "../core/format.js";
import { page } from "../core/page.js";
import { save } from "../core/save.js";
import { choose } from "../core/selection.js";
import { svg } from "../core/shapes.js";
import { themeAt, watchTheme } from "../core/theme.js";
import { Chart } from "./chart.js";
import { lifePanel, lifeTable, lanePanel } from "./details.js";
import { inWords, next, sideOf } from "./record.js";

const HEIGHT = 380;
const HELP =
  "Left and Right go along a buffer, Up and Down to another one; Enter says what is selected; plus " +
  "and minus zoom, 0 shows all; b changes between before and after sharing; Escape ends.";

/** @typedef {import("./record.js").Data} Data @typedef {import("./chart.js").Window} Window */

export class MemoryView {
  /**
   * @param {HTMLElement} place
   * @param {Data} data
   * @param {import("./index.js").Shared} shared  with other views of the widget
   * @param {string} key
   * @param {() => void} settled
   * @param {() => import("../core/page.js").Parts} parts
   */
  constructor(place, data, shared, key, settled, parts) {
    this.data = data;
    this.shared = shared;
    this.key = key;
    this.settled = settled;
    this.parts = parts;
    /** @type {Window | null} */
    this.window = null;
    this.sideShown = shared.shared;
    this.plan = sideOf(data, shared.shared);
    this.svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.svg.setAttribute("aria-hidden", "true");
    this.root = this.build();
    place.append(this.root);
    const draw = () => this.draw();
    shared.changed.add(draw);
    const unwatch = watchTheme(draw);
    const sizes = new ResizeObserver(() => this.width() !== this.drawnWidth && this.draw());
    sizes.observe(this.field);
    this.listen();
    this.cleanup = () => {
      shared.changed.delete(draw);
      unwatch();
      sizes.disconnect();
      this.root.remove();
    };
    this.draw();
  }

  /** @private */
  build() {
    const button = (
      /** @type {string} */ text,
      /** @type {string} */ title,
      /** @type {() => void} */ onclick,
    ) => h("button", { type: "button", title, "aria-label": title, onclick }, text);
    const group = (/** @type {string} */ name, /** @type {any[]} */ ...parts) =>
      h("span", { class: "mxm-group", role: "group", "aria-label": name }, ...parts);
    const { data } = this;
    const set = (/** @type {boolean} */ shared) => () => this.share(shared);
    this.after = button(`shared: ${size(data.peak)}`, "show the plan (b)", set(true));
    this.before = button(
      `a buffer for each node: ${size(data.nodes)}`,
      "show what it replaces (b)",
      set(false),
    );
    this.numbers = button("table", "show as table", () => this.showTable());
    const save = ["png", "svg", "csv", "html"].map((kind) =>
      button(kind.toUpperCase(), `save as ${kind.toUpperCase()}`, () => {
        this.save(kind).catch((error) => this.say(String(error)));
      }),
    );
    this.field = h(
      "div",
      {
        class: "mxm-field",
        tabindex: "0",
        role: "group",
        "aria-roledescription": "interactive chart",
        "aria-label": data.sentence,
        "aria-description": HELP,
        onkeydown: (/** @type {KeyboardEvent} */ e) => this.keyed(e),
      },
      this.svg,
    );
    this.side = h("div", { class: "mxm-side", tabindex: "0", role: "region", "aria-label": "details" });
    this.table = h("div", { class: "mxm-table", hidden: true, tabindex: "0" });
    this.speech = h("div", { class: "mxm-speech mxb-spoken", "aria-live": "polite" });
    const [title, ...facts] = data.sentence.split(": ");
    const hint =
      "click: details · drag: move · Ctrl-wheel: zoom · an arrow: the next value is written over " +
      "this one, in place · letters: buffers";
    return h(
      "section",
      { class: "mxb-widget mxb-memory", "aria-label": "memory plan" },
      h("div", { class: "mxm-head" }, h("span", { class: "mxm-title" }, title), h("span", {}, facts.join(": "))),
      h(
        "div",
        { class: "mxm-tools", role: "toolbar", "aria-label": "memory plan" },
        group("before and after sharing", this.after, this.before),
        group(
          "zoom",
          button("−", "zoom out", () => this.zoom(1 / 1.4)),
          button("+", "zoom in", () => this.zoom(1.4)),
          button("fit", "show everything", () => this.fit()),
        ),
        group("other forms", this.numbers, ...save),
      ),
      h("div", { class: "mxm-body" }, this.field, this.side),
      this.table,
      h("div", { class: "mxm-hint" }, hint),
      this.speech,
    );
  }

  // ---- drawing

  /** @private */
  width() {
    return this.field.clientWidth || 720;
  }

  /** @returns {Window} */
  whole() {
    return { x0: 0, x1: Math.max(1, this.plan.steps), y0: 0, y1: this.plan.total };
  }

  /** Draw what the window shows now. */
  draw() {
    const { data, shared } = this;
    const theme = themeAt(this.root);
    this.root.classList.toggle("mxb-dark", theme.side === 1);
    if (this.sideShown !== shared.shared) {
      this.plan = sideOf(data, shared.shared);
      this.sideShown = shared.shared;
      this.window = null;
    }
    this.window ??= this.whole();
    this.drawnWidth = this.width();
    const paper = { width: this.drawnWidth, height: HEIGHT, theme };
    this.chart = new Chart(this.plan, this.window, paper);
    this.svg.setAttribute("viewBox", `0 0 ${this.drawnWidth} ${HEIGHT}`);
    this.svg.innerHTML = this.chart.markup(shared.selected);
    this.after.setAttribute("aria-pressed", String(shared.shared));
    this.before.setAttribute("aria-pressed", String(!shared.shared));
    this.numbers.setAttribute("aria-pressed", String(!this.table.hidden));
    const go = (/** @type {number} */ i) => this.select(i);
    const life = this.plan.lives[shared.selected];
    this.side.replaceChildren(
      life ? lifePanel(this.plan, shared.selected, go) : lanePanel(this.plan, theme),
    );
  }

  // ---- choosing

  /** Select a value; -1 selects nothing. */
  select(/** @type {number} */ place) {
    this.shared.selected = place;
    this.settled();
    if (place < 0) return;
    this.reveal(place);
    const life = this.lives[place];
    this.say(inWords(life, this.lives));
    const layer = (life.nodes[0] ?? life.layer).replace(/ \(backward\)$/, "");
    choose({ from: this.key, name: life.operator.split("+")[0], layer });
  }

  /** @private */
  get lives() {
    return this.plan.lives;
  }

  /** Another widget has chosen something: select the value that it made. */
  heard(/** @type {import("../core/selection.js").Choice} */ { layer, name }) {
    const plain = (layer ?? "").replace(/ \(backward\)$/, "");
    const mine = (/** @type {import("./record.js").Life} */ l) =>
      plain && [l.layer, ...l.nodes].some((n) => n === plain);
    let place = this.lives.findIndex((l) => mine(l) && (!name || l.operator.includes(name)));
    if (place < 0) place = this.lives.findIndex(mine);
    if (place < 0) return;
    this.shared.selected = place;
    this.reveal(place);
    this.shared.changed.forEach((redraw) => redraw());
  }

  /** Show the plan, or a buffer for each node. */
  share(/** @type {boolean} */ shared) {
    if (shared === this.shared.shared) return;
    this.shared.shared = shared;
    this.shared.selected = -1;
    this.settled();
    if (!this.table.hidden) this.showTable(true);
    const { peak, nodes } = this.data;
    this.say(shared ? `the plan, ${size(peak)}` : `a buffer for each node, ${size(nodes)}`);
  }

  // ---- moving

  /** Zoom around a point of the chart, its selection or its middle if none is given. */
  zoom(/** @type {number} */ factor, /** @type {number} */ px = NaN, /** @type {number} */ py = NaN) {
    const { window, chart } = this;
    if (!window || !chart) return;
    const life = this.lives[this.shared.selected];
    const seen = life && chart.shows(life);
    let [x, y] = [(window.x0 + window.x1) / 2, (window.y0 + window.y1) / 2];
    if (!Number.isNaN(px)) {
      x = window.x0 + (px - chart.x(window.x0)) / chart.across;
      y = window.y0 + (chart.y(window.y0) - py) / chart.up;
    } else if (seen) {
      [x, y] = [(life.first + life.end) / 2, life.base + life.bytes / 2];
    }
    const by = 1 / factor;
    this.window = {
      ...this.moved(x, window.x0, window.x1, by, "x"),
      ...this.moved(y, window.y0, window.y1, by, "y"),
    };
    this.draw();
  }

  /** One side of a window, zoomed around a point and kept inside of everything. @private @returns {any} */
  moved(
    /** @type {number} */ at,
    /** @type {number} */ low,
    /** @type {number} */ high,
    /** @type {number} */ by,
    /** @type {"x" | "y"} */ name,
  ) {
    const whole = this.whole();
    const most = whole[`${name}1`];
    const span = Math.min(most, Math.max((high - low) * by, name === "x" ? 2 : most / 5000));
    const share = (at - low) / (high - low);
    const begin = Math.min(most - span, Math.max(0, at - share * span));
    return { [`${name}0`]: begin, [`${name}1`]: begin + span };
  }

  fit() {
    this.window = this.whole();
    this.draw();
  }

  /** Move the window so far that it shows a life. @private */
  reveal(/** @type {number} */ place) {
    const life = this.lives[place];
    const { window } = this;
    if (!window || this.chart?.shows(life)) return;
    const [w, t] = [window.x1 - window.x0, window.y1 - window.y0];
    const whole = this.whole();
    const x0 = Math.min(whole.x1 - w, Math.max(0, (life.first + life.end - w) / 2));
    const y0 = Math.min(whole.y1 - t, Math.max(0, life.base + life.bytes / 2 - t / 2));
    this.window = { x0, x1: x0 + w, y0, y1: y0 + t };
    this.draw();
  }

  /** @private */
  listen() {
    /** @type {{ x: number, y: number, window: Window } | null} */
    let drag = null;
    let moved = false;
    const { field } = this;
    field.addEventListener("pointerdown", (/** @type {PointerEvent} */ e) => {
      if (e.button !== 0 || !this.window) return;
      drag = { x: e.clientX, y: e.clientY, window: this.window };
      moved = false;
    });
    field.addEventListener("pointermove", (/** @type {PointerEvent} */ e) => {
      const { chart } = this;
      if (!drag || !chart) return;
      const [dx, dy] = [e.clientX - drag.x, e.clientY - drag.y];
      if (!moved && Math.abs(dx) + Math.abs(dy) < 5) return;
      moved = true;
      const { x0, x1, y0, y1 } = drag.window;
      const whole = this.whole();
      const right = Math.min(whole.x1 - x1, Math.max(-x0, -dx / chart.across));
      const up = Math.min(whole.y1 - y1, Math.max(-y0, dy / chart.up));
      this.window = { x0: x0 + right, x1: x1 + right, y0: y0 + up, y1: y1 + up };
      this.draw();
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) {
      field.addEventListener(name, () => (drag = null));
    }
    field.addEventListener("click", (/** @type {MouseEvent} */ e) => {
      if (moved) return;
      const frame = field.getBoundingClientRect();
      this.select(this.chart?.at(e.clientX - frame.left, e.clientY - frame.top) ?? -1);
    });
    const wheel = (/** @type {WheelEvent} */ e) => {
      if (!e.ctrlKey && !e.metaKey) return; // the page scrolls
      e.preventDefault();
      const frame = field.getBoundingClientRect();
      this.zoom(Math.exp(-e.deltaY / 300), e.clientX - frame.left, e.clientY - frame.top);
    };
    field.addEventListener("wheel", wheel, { passive: false });
  }

  /** @private */
  keyed(/** @type {KeyboardEvent} */ event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.follow(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Do what a key means; false when it means nothing here. @private */
  follow(/** @type {string} */ key) {
    const { selected } = this.shared;
    if (key.startsWith("Arrow")) {
      const place = next(key, selected, this.lives);
      if (place >= 0) this.select(place);
    } else if (key === "Enter") {
      if (selected >= 0) this.say(inWords(this.lives[selected], this.lives));
    } else if (key === "+" || key === "=") this.zoom(1.4);
    else if (key === "-") this.zoom(1 / 1.4);
    else if (key === "0") this.fit();
    else if (key === "b") this.share(!this.shared.shared);
    else if (key === "Escape" && selected >= 0) this.select(-1);
    else if (key === "Escape") {
      const cell = /** @type {HTMLElement | null} */ (this.root.closest(".jp-Cell"));
      if (cell) cell.focus();
      else this.field.blur();
    } else return false;
    return true;
  }

  // ---- other forms

  /** Tell those who listen instead of looking. */
  say(/** @type {string} */ text) {
    this.speech.textContent = text;
  }

  showTable(open = this.table.hidden) {
    this.table.hidden = !open;
    const go = (/** @type {number} */ i) => this.select(i);
    const { plan, data } = this;
    this.table.replaceChildren(...(open ? [lifeTable(data.title, plan, go)] : []));
    this.numbers.setAttribute("aria-pressed", String(open));
  }

  /** Give the reader the plan as a file. */
  async save(/** @type {string} */ kind) {
    const { title } = this.data;
    await save(kind, `memory-${title}`, {
      svg: () => this.picture(),
      html: () => page(`Memory of ${title}`, this.parts()),
      csv: () => this.csv(),
    });
  }

  /** @private */
  picture() {
    const chart = /** @type {Chart} */ (this.chart);
    const { theme, width } = chart;
    const [paper, colour] = [theme.paper, theme.ink];
    const text = this.data.sentence.split(": ")[0];
    const title = { kind: /** @type {"label"} */ ("label"), x: 10, y: 16, text, colour, size: 15, bold: true };
    const { sentence } = this.data;
    const whole = svg({ width, height: HEIGHT + 30, paper, sentence, shapes: [title] });
    const inner = `<g transform="translate(0 30)">${chart.markup(this.shared.selected)}</g>`;
    return whole.replace(/<\/svg>$/, `${inner}</svg>`);
  }

  /** @private */
  csv() {
    const quoted = (/** @type {any} */ v) => `"${String(v).replace(/"/g, '""')}"`;
    const rows = this.lives.map((l) => [
      ...[l.operator, l.nodes.join(" "), l.shape.join("×"), l.dtype, l.bytes],
      ...[l.lane, l.first, l.last, l.over >= 0 ? "yes" : ""],
    ]);
    const head = ["operator", "nodes", "shape", "dtype", "bytes", "buffer", "first", "last", "in_place"];
    return `${[head, ...rows].map((row) => row.map(quoted).join(",")).join("\n")}\n`;
  }
}
