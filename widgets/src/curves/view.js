// One view of a run: title row, read-out, charts, table.  It draws; the data is the record's.

import { h } from "../core/dom.js";
import { number } from "../core/format.js";
import { page } from "../core/page.js";
import { save } from "../core/save.js";
import { choose } from "../core/selection.js";
import { themeAt, watchTheme } from "../core/theme.js";
import { Chips } from "./chips.js";
import { stepAxis } from "./curve.js";
import { picture, png } from "./export.js";
import { HELP, follow } from "./keyboard.js";
import { PanelView } from "./panel.js";
import { nearest, pointInWords, prepare } from "./prepare.js";
import { csv, table } from "./table.js";
import { toolbar } from "./toolbar.js";

/**
 * @typedef {import("./record.js").Record} Record
 * @typedef {import("./prepare.js").Settings} Settings
 * @typedef {import("./prepare.js").Scene} Scene
 * @typedef {import("./prepare.js").Drawn} Drawn
 */

export class View {
  /**
   * @param {HTMLElement} place
   * @param {Record} record
   * @param {Settings} settings     shared with Python and with other views of the same run
   * @param {() => void} settled    called when the reader changed a setting
   * @param {string} key            names the run among the widgets of the page
   * @param {() => import("../core/page.js").Parts} parts  what a page of its own is made from
   */
  constructor(place, record, settings, settled, key, parts) {
    this.key = key;
    this.parts = parts;
    this.record = record;
    this.settings = settings;
    this.settled = settled;
    /** @type {import("./keyboard.js").Cursor} */
    this.cursor = { step: null, curve: null };
    /** @type {PanelView[]} */
    this.views = [];
    this.kinds = ""; // what the charts were built for; another kind needs other charts
    this.frame = 0;
    this.spoken = "";
    /** @type {Scene | null} */
    this.scene = null;
    this.chips = new Chips((name) => this.toggle(name));
    this.tools = toolbar(this);
    this.build();
    place.append(this.root);
    const redraw = () => this.request();
    record.listeners.add(redraw);
    const sizes = new ResizeObserver(redraw);
    sizes.observe(this.plots);
    const unwatch = watchTheme(redraw);
    this.cleanup = () => {
      record.listeners.delete(redraw);
      sizes.disconnect();
      unwatch();
      cancelAnimationFrame(this.frame);
      this.views.forEach((view) => view.destroy());
      this.root.remove();
    };
    this.draw();
  }

  /** @private */
  build() {
    this.title = h("span", { class: "mxb-title" });
    this.headline = h("span", { class: "mxb-headline" });
    this.bar = h("div", { class: "mxb-done" });
    this.progress = h("div", { class: "mxb-progress", role: "progressbar" }, this.bar);
    this.plots = h("div", {
      class: "mxb-plots",
      tabindex: "0",
      role: "group",
      "aria-roledescription": "interactive chart",
      "aria-description": HELP,
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.keyed(event),
    });
    this.table = h("div", { class: "mxb-table", hidden: true, tabindex: "0" });
    this.speech = h("div", { class: "mxb-speech mxb-spoken", "aria-live": "polite" });
    this.foot = h("div", { class: "mxb-foot" });
    this.root = h(
      "section",
      { class: "mxb-widget mxb-curves", "aria-label": "training curves" },
      h("div", { class: "mxb-head" }, this.title, this.headline),
      this.progress,
      this.chips.root,
      this.plots,
      this.table,
      h("div", { class: "mxb-row" }, this.foot, this.tools.root),
      this.speech,
    );
  }

  /** Draw at the next chance; many requests make one drawing. */
  request() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  /** Change settings as the reader wishes. */
  set(/** @type {Partial<Settings>} */ change) {
    Object.assign(this.settings, change);
    this.settled();
    this.request();
  }

  /** Draw everything now. */
  draw() {
    const { record } = this;
    const width = Math.max(280, Math.floor(this.plots.clientWidth || 720));
    this.scene = prepare(record, this.settings, width, themeAt(this.root));
    this.words();
    this.charts();
    this.tools.show(this.settings);
    this.readOut();
    if (!this.table.hidden) this.table.replaceChildren(table(record));
    if (record.status.status !== "running") this.say(record.status.sentence);
  }

  /** @private */
  words() {
    const { status, coarse, missing } = this.record;
    const points = status.points ?? this.record.rows;
    const { theme } = /** @type {Scene} */ (this.scene);
    this.root.classList.toggle("mxb-dark", theme.side === 1);
    this.root.classList.toggle("mxb-stopped", ["failed", "interrupted"].includes(status.status));
    this.title.textContent = status.title;
    this.headline.textContent = status.headline;
    const done = status.progress;
    this.progress.classList.toggle("mxb-hidden", done === null);
    if (done !== null) {
      this.bar.style.width = `${100 * done}%`;
      const text = { min: "0", max: "100", now: String(Math.round(100 * done)) };
      for (const [key, value] of Object.entries(text)) {
        this.progress.setAttribute(`aria-value${key}`, value);
      }
      this.progress.setAttribute("aria-label", "progress of training");
    }
    this.plots.setAttribute("aria-label", status.sentence);
    const cost = `logging takes ${number(100 * status.cost, 2)} % of the time`;
    const coarser = coarse ? " · less detail for now" : "";
    const part = missing ? " · waiting for missing points" : coarser;
    this.foot.textContent = points
      ? `${number(points)} points · ${cost}${part} · click: choose a step · drag: zoom`
      : "waiting for the first value";
  }

  /** Build the charts anew, or only give them newer data. @private */
  charts() {
    const scene = /** @type {Scene} */ (this.scene);
    const marks = this.record.marks();
    const curves = scene.panels.map((p) => [p.y.log, p.drawn.map((d) => [d.style.name, d.dense])]);
    const { left, right, theme, x } = scene;
    const kinds = JSON.stringify([curves, x.log, left, right, theme]);
    if (kinds === this.kinds) {
      this.views.forEach((view) => view.update(scene, marks));
    } else {
      this.kinds = kinds;
      this.views.forEach((view) => view.destroy());
      const events = {
        hover: (/** @type {number | null} */ step) => this.point({ ...this.cursor, step }),
        zoom: (/** @type {[number, number]} */ zoom) => this.set({ zoom }),
        reset: () => this.set({ zoom: null }),
        choose: (/** @type {number} */ step) => this.choose(this.stepNear(step)),
      };
      this.views = scene.panels.map((_, i) => new PanelView(this.plots, scene, i, marks, events));
    }
    this.views.forEach((view) => view.point(this.cursor.step));
  }

  /** Move the cursor of all charts. */
  point(/** @type {import("./keyboard.js").Cursor} */ cursor) {
    this.cursor = cursor;
    this.views.forEach((view) => view.point(cursor.step));
    this.readOut();
  }

  /** @private */
  readOut() {
    const styles = this.record.curves().map(({ style }) => style);
    this.chips.show(styles, /** @type {Scene} */ (this.scene), this.cursor, this.settings.hidden);
  }

  /** Hide or show a curve. */
  toggle(/** @type {string} */ name) {
    const hidden = new Set(this.settings.hidden);
    if (!hidden.delete(name)) hidden.add(name);
    this.set({ hidden });
  }

  /** @private */
  keyed(/** @type {KeyboardEvent} */ event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.scene) return;
    const axis = stepAxis(
      this.record.series.filter((s) => s.used),
      this.settings.logX,
    );
    const result = follow(event, this.scene, this.cursor, [axis.low, axis.high]);
    if (!result) return;
    event.preventDefault();
    event.stopPropagation();
    if (result.leave) this.leave();
    if (result.zoom !== undefined) this.set({ zoom: result.zoom });
    if (result.cursor) {
      this.point(result.cursor);
      this.say(this.pointWords());
    }
    if (result.say) {
      this.say(`${this.pointWords()}. ${this.record.status.sentence}`, true);
      this.choose(this.cursor.step);
    }
    if (result.leave || result.cursor?.step === null) this.mark(null);
  }

  /** The step, of those that were logged, nearest to a place of the axis. @private */
  stepNear(/** @type {number} */ step) {
    const drawn = (this.scene?.panels ?? []).flatMap((p) => p.drawn);
    const steps = drawn.map((d) => d.cut.step[nearest(d, step)]).filter((s) => s !== undefined);
    return steps.reduce((a, b) => (Math.abs(b - step) < Math.abs(a - step) ? b : a), Infinity);
  }

  /** Choose a step: timelines of the page move to it. */
  choose(/** @type {number | null} */ step) {
    if (step === null || !Number.isFinite(step)) return;
    const last = Math.round(step);
    this.mark(last);
    const { status } = this.record;
    const stretch = this.record.stretch(last);
    if (!stretch || status.zero === null || status.zero === undefined) return;
    const [begin, end] = stretch.map((seconds) => 1e9 * (seconds + Number(status.zero)));
    choose({ from: this.key, moment: [begin, end] });
  }

  /** Another widget has chosen something: show the step that it was part of. */
  heard(/** @type {import("../core/selection.js").Choice} */ { moment }) {
    const { zero } = this.record.status;
    if (!moment || zero === null || zero === undefined) return;
    const step = this.record.stepAt(moment[0] / 1e9 - zero);
    if (step !== null) this.mark(step);
  }

  /** Mark a step in all views of the run; null for none. @private */
  mark(/** @type {number | null} */ step) {
    if (this.settings.chosen === step) return;
    this.settings.chosen = step;
    this.record.listeners.forEach((listener) => listener());
  }

  /** Give the focus back to the notebook's cell, or to the page. @private */
  leave() {
    const cell = /** @type {HTMLElement | null} */ (this.root.closest(".jp-Cell"));
    if (cell) cell.focus();
    else this.plots.blur();
  }

  /** The point under the cursor in words. @private */
  pointWords() {
    const { step, curve } = this.cursor;
    const drawn = this.scene?.panels.flatMap((p) => p.drawn).find((d) => d.style.name === curve);
    if (!drawn || step === null) return "";
    return pointInWords(drawn, nearest(drawn, step));
  }

  /** Tell those who listen instead of looking; the same thing only once unless `again`. */
  say(/** @type {string} */ text, again = false) {
    if (text === this.spoken && !again) return;
    this.spoken = text;
    this.speech.textContent = text;
  }

  /** Show or hide the numbers. */
  showTable(/** @type {boolean} */ shown) {
    this.table.hidden = !shown;
    if (shown) this.table.replaceChildren(table(this.record));
  }

  /** Give the reader the run as a file. */
  async save(/** @type {"png" | "svg" | "csv" | "html"} */ kind) {
    const { title } = this.record.status;
    await save(kind, title, {
      svg: () => picture(this.record, /** @type {Scene} */ (this.scene)),
      html: () => page(title, this.parts()),
      csv: () => csv(this.record),
    });
  }
}
