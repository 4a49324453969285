// One view of a timeline: title row, legend, lanes, and what is told below them.

import { h } from "../core/dom.js";
import { page } from "../core/page.js";
import { save } from "../core/save.js";
import { choose } from "../core/selection.js";
import { svg } from "../core/shapes.js";
import { themeAt, watchTheme } from "../core/theme.js";
import { differences } from "./compare.js";
import { STRIP, atMoment } from "./counters.js";
import { draw, widthOf } from "./draw.js";
import { HELP, Walker, actionOf } from "./keyboard.js";
import { legend } from "./legend.js";
import { heard } from "./linking.js";
import { QueuePanel, areaSums, details, whatIf } from "./panels.js";
import { palette } from "./paint.js";
import { canvasPen, shapePen } from "./pens.js";
import { listen } from "./pointer.js";
import { MOST } from "./queues.js";
import { LARGEST, moved } from "./schedule.js";
import { csv, table } from "./table.js";
import { toolbar } from "./toolbar.js";
import { AXIS, RIGHT, ROW, TOP, Viewport, duration, places } from "./viewport.js";
import { boxInWords } from "./words.js";

/**
 * @typedef {import("./record.js").Record} Record
 * @typedef {{ title: string, slots: any, waits: any, span: number }} Plan
 * @typedef {"" | "details" | "sums" | "whatIf" | "queues" | "table" | "differences"} Panel
 */

export class View {
  /**
   * @param {HTMLElement} place
   * @param {Record} record
   * @param {string} key  names the data among the widgets of the page
   * @param {() => import("../core/page.js").Parts} parts  what a page of its own is made from
   */
  constructor(place, record, key, parts) {
    this.parts = parts;
    this.record = record;
    this.shown = record; // or the same work on another engine
    this.key = key;
    this.port = new Viewport();
    this.chosen = -1;
    /** @type {import("./sums.js").Area | null} */
    this.area = null;
    /** @type {Plan | null} */
    this.plan = null;
    /** @type {number | null} */
    this.cursor = null;
    this.settings = { critical: true, byBlock: false, follow: true, counters: true };
    /** @type {Set<number>} */
    this.lit = new Set();
    /** @type {Panel} */
    this.panel = "";
    /** @type {QueuePanel | null} */
    this.queues = null;
    this.frame = 0;
    this.height = 0;
    /** @type {number[]} */
    this.tops = [];
    this.known = -1; // the span that the viewport is for
    /** @type {number[]} */
    this.timings = []; // milliseconds of the last frames
    this.walker = new Walker(this);
    /** @type {import("../core/theme.js").Theme | null} */
    this.theme = null; // asking the page for its colours takes a while
    this.cleanup = () => {};
    /** @type {ReturnType<typeof toolbar>} */
    this.tools = toolbar(this);
    /** @type {HTMLElement} */
    this.root = this.build();
    place.append(this.root);
    listen(this);
    this.watch();
    this.renew();
    if (this.record.comparison) this.tell("differences");
  }

  /** @private */
  watch() {
    const renew = () => this.renew();
    const redraw = () => this.request();
    this.record.listeners.add(renew);
    const sizes = new ResizeObserver(redraw);
    sizes.observe(this.stage);
    const unwatch = watchTheme(() => {
      this.theme = null;
      this.words();
      this.request();
    });
    this.cleanup = () => {
      this.record.listeners.delete(renew);
      sizes.disconnect();
      unwatch();
      this.queues?.stop();
      cancelAnimationFrame(this.frame);
      this.root.remove();
    };
  }

  /** @private @returns {HTMLElement} */
  build() {
    this.title = h("span", { class: "mxt-title" });
    this.facts = h("span", { class: "mxt-facts" });
    this.keys = h("div", { class: "mxt-keys", role: "group", "aria-label": "highlight" });
    this.canvas = h("canvas", {});
    this.stage = h(
      "div",
      {
        class: "mxt-stage",
        tabindex: "0",
        role: "group",
        "aria-roledescription": "interactive timeline",
        "aria-description": HELP,
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.keyed(event),
      },
      this.canvas,
    );
    this.hint = h("div", { class: "mxt-hint" });
    this.below = h("div", { class: "mxt-below", hidden: true, tabindex: "0" });
    this.speech = h("div", { class: "mxt-speech mxb-spoken", "aria-live": "polite" });
    return h(
      "section",
      { class: "mxb-widget mxb-timeline", "aria-label": "timeline" },
      h("div", { class: "mxt-head" }, this.title, this.facts),
      this.keys,
      this.stage,
      h("div", { class: "mxt-row" }, this.hint, this.tools.root),
      this.below,
      this.speech,
    );
  }

  /** The data has changed. @private */
  renew() {
    if (this.plan) return; // what-if stays until the reader goes back
    this.shown = this.record;
    if (!this.record.live || this.settings.follow || this.known < 0) {
      const whole = this.known < 0 || this.port.all || this.record.live;
      this.port.span = this.record.span || 1;
      if (whole) this.port.whole();
      else this.port.show(this.port.begin, this.port.end);
      this.known = this.port.span;
      if (this.record.live) this.chosen = -1;
    }
    if (this.chosen >= this.shown.count) this.chosen = -1;
    this.words();
    this.request();
  }

  /** Title, facts and legend. */
  words() {
    const { record, plan } = this;
    this.theme ??= themeAt(this.root);
    this.root.classList.toggle("mxb-dark", this.theme.side === 1);
    const [head, ...rest] = record.sentence.split("; ");
    this.title.textContent = record.title || head;
    const facts = record.title ? [head, ...rest] : rest;
    if (plan) facts.unshift(`what if: ${plan.title}, ${duration(plan.span)}`);
    this.facts.textContent = facts.join(" · ");
    this.stage.setAttribute("aria-label", record.sentence);
    this.hint.textContent = "drag: area · click: select · Shift-drag: move · Ctrl-wheel: zoom · WASD";
    this.tools.show();
    this.keys.replaceChildren(...legend(this));
  }

  /** Draw at the next chance; many requests make one drawing. */
  request() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  /** @private @returns {import("./draw.js").Scene} */
  scene() {
    const { shown, port, settings, lit, chosen, area, cursor } = this;
    this.theme ??= themeAt(this.root);
    const { theme } = this;
    const byBlock = settings.byBlock && Boolean(shown.details);
    const slots = byBlock && shown.details ? shown.details.slots : shown.slots;
    return {
      record: shown,
      view: port,
      tops: this.tops,
      height: this.height,
      theme,
      paints: palette(slots, theme),
      byBlock,
      lit,
      chosen,
      area,
      critical: settings.critical,
      cursor,
      counters: this.counters(),
    };
  }

  /** The counters that are shown. */
  counters() {
    return this.settings.counters ? this.shown.counters() : [];
  }

  /** Draw everything now. */
  draw() {
    const begun = performance.now();
    const width = Math.max(280, Math.floor(this.stage.clientWidth || 720));
    const { tops, height: low } = places(this.shown.rows, this.shown.groups);
    const counters = this.counters();
    const height = low + counters.length * STRIP;
    const names = this.shown.titles.map((t) => widthOf(t, 12));
    names.push(...counters.map((c) => widthOf(c.title, 11)));
    this.port.left = Math.min(150, 22 + Math.max(30, ...names));
    this.port.width = width - this.port.left - RIGHT;
    Object.assign(this, { tops, height });
    const scale = globalThis.devicePixelRatio || 1;
    const { canvas } = this;
    const [across, down] = [Math.round(width * scale), Math.round((height + AXIS) * scale)];
    if (canvas.width !== across || canvas.height !== down) {
      Object.assign(canvas, { width: across, height: down });
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height + AXIS}px`;
    }
    const pen = canvas.getContext("2d");
    if (!pen) return;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height + AXIS);
    const scene = this.scene();
    draw(canvasPen(pen), scene);
    this.tools.show();
    this.timings.push(performance.now() - begun);
    if (this.timings.length > 200) this.timings.shift();
  }

  /** The stretch of time has changed. */
  moved() {
    this.settings.follow = false;
    if (this.panel === "table") this.tell("table");
    this.request();
  }

  showAll() {
    this.settings.follow = true;
    this.port.span = this.shown.span || 1;
    this.port.whole();
    if (this.panel === "table") this.tell("table");
    this.request();
  }

  /** The selection, or the area, as large as the screen. */
  fit() {
    const { shown, chosen, area, port } = this;
    if (chosen >= 0) {
      const [begin, end] = [shown.start[chosen], shown.end(chosen)];
      const margin = Math.max(10, 0.5 * (end - begin));
      port.show(begin - margin, end + margin);
    } else if (area) {
      port.show(area.begin, area.end);
    }
    this.moved();
  }

  /** Select a box; -1 for none. With `reveal`, move to where it can be seen. */
  select(/** @type {number} */ box, reveal = false) {
    this.chosen = box;
    if (box >= 0) {
      const { shown } = this;
      if (reveal) this.port.reveal(shown.start[box], shown.end(box));
      this.say(boxInWords(shown, box));
      if (this.panel !== "queues") this.tell("details");
      this.publish(box);
    } else if (this.panel === "details") {
      this.tell(this.record.comparison ? "differences" : "");
    }
    this.request();
  }

  /** Tell the other widgets of the page. @private */
  publish(/** @type {number} */ box) {
    const { shown } = this;
    const { details: d } = shown;
    choose({
      from: this.key,
      number: shown.shift ? undefined : shown.number[box],
      name: shown.text(box),
      layer: d ? d.layers[d.layer[box]] : undefined,
      line: d ? d.places[d.place[box]] : undefined,
      moment: shown.zero ? [shown.zero + shown.start[box], shown.zero + shown.end(box)] : undefined,
    });
  }

  /** Another widget has chosen something: let what belongs to it stand out. */
  heard(/** @type {import("../core/selection.js").Choice} */ choice) {
    heard(this, choice);
  }

  /** Where the strips of the counters begin. @private */
  stripsTop() {
    return this.height - this.counters().length * STRIP - TOP + 4;
  }

  /** The box under the pointer; -1 if there is none. @private */
  under(/** @type {number} */ x, /** @type {number} */ y) {
    const row = this.tops.findIndex((top) => y >= top && y < top + ROW);
    if (row < 0 || x < this.port.left || x > this.port.left + this.port.width) return -1;
    const slack = (2 * (this.port.end - this.port.begin)) / this.port.width;
    return this.shown.at(this.shown.rows[row], this.port.time(x), slack);
  }

  pick(/** @type {number} */ x, /** @type {number} */ y) {
    this.area = null;
    this.select(this.under(x, y));
  }

  hover(/** @type {number} */ x, /** @type {number} */ y) {
    const box = this.under(x, y);
    const strip = this.counters()[Math.floor((y - this.stripsTop()) / STRIP)];
    const told = strip && x >= this.port.left ? atMoment(strip, this.port.time(x)) : "";
    this.canvas.title = box < 0 ? told : boxInWords(this.shown, box);
    this.canvas.style.cursor = box < 0 ? "" : "pointer";
  }

  mark(/** @type {import("./sums.js").Area} */ area) {
    this.area = area;
    this.chosen = -1;
    this.request();
  }

  /** The area is complete. */
  marked() {
    this.tell("sums");
    this.say(this.below.querySelector("h4")?.textContent ?? "");
  }

  walk(/** @type {number} */ turn) {
    this.select(this.walker.along(turn), true);
  }

  climb(/** @type {number} */ turn) {
    this.select(this.walker.across(turn), true);
  }

  /** Go to the first box that the selection needed, or that needs it. */
  follow(/** @type {"needs" | "feeds"} */ way) {
    const { shown, chosen } = this;
    if (chosen < 0) return;
    const boxes =
      way === "needs" ? shown.needs(chosen).map((n) => shown.boxOf(n)) : shown.feeds(chosen);
    const last = way === "needs" ? latest(shown, boxes) : boxes[0];
    if (last !== undefined && last >= 0) this.select(last, true);
  }

  sayMore() {
    const text = this.chosen < 0 ? this.record.sentence : (this.below.innerText ?? "");
    this.say(`${text} `);
  }

  escape() {
    if (this.chosen >= 0 || this.area) {
      this.area = null;
      this.select(-1);
      if (this.panel === "sums") this.tell("");
      return;
    }
    const cell = /** @type {HTMLElement | null} */ (this.root.closest(".jp-Cell"));
    if (cell) cell.focus();
    else this.stage.blur();
  }

  toggle(/** @type {"critical" | "byBlock" | "follow" | "counters"} */ name) {
    this.settings[name] = !this.settings[name];
    if (name === "byBlock") this.lit = new Set();
    if (name === "follow" && this.settings.follow) this.renew();
    this.words();
    this.request();
  }

  /** Let a name (or block) stand out, or no longer. */
  light(/** @type {number} */ kind) {
    if (!this.lit.delete(kind)) this.lit.add(kind);
    this.words();
    this.request();
  }

  /** Open a panel, or close it when it is open. */
  switch(/** @type {Panel} */ panel) {
    this.tell(this.panel === panel ? "" : panel);
  }

  /** Show a panel below the lanes. */
  tell(/** @type {Panel} */ panel) {
    if (this.panel === "queues" && panel !== "queues") {
      this.queues?.stop();
      this.queues = null;
      this.cursor = null;
    }
    this.panel = panel;
    const { shown, port } = this;
    /** @type {any[]} */
    let parts = [];
    if (panel === "details") parts = details(this);
    if (panel === "sums") parts = areaSums(this);
    if (panel === "whatIf") parts = this.small(LARGEST) ?? whatIf(this);
    if (panel === "queues") {
      parts = this.small(MOST) ?? [];
      if (!parts.length) {
        this.queues = new QueuePanel(this);
        parts = this.queues.parts;
      }
    }
    if (panel === "differences") parts = differences(this);
    if (panel === "table") {
      parts = [table(shown, port.begin, port.end, (box) => this.select(box, true))];
    }
    this.below.hidden = !parts.length;
    this.below.replaceChildren(...parts);
    this.tools.show();
    this.request();
  }

  /** Why this cannot be done here; null if it can. @private */
  small(/** @type {number} */ limit) {
    if (!this.record.details) return [h("p", {}, "the details are still on their way")];
    if (this.record.count <= limit) return null;
    const words = "so many operations are too much for the browser: ";
    return [h("p", {}, words, h("code", {}, "Timeline.what_if(n)"), " and queues() in Python")];
  }

  /** A moment and a box to look at; used by the queues. */
  point(/** @type {number | null} */ time, /** @type {number} */ box) {
    this.cursor = time;
    this.chosen = box;
    if (time !== null) this.port.reveal(time, time);
    this.request();
  }

  /** Show the work on another engine; null: as it was. */
  showPlan(/** @type {Plan | null} */ plan) {
    this.plan = plan;
    this.chosen = -1;
    this.area = null;
    this.shown = plan ? moved(this.record, plan) : this.record;
    // One scale for all, so that bars can be compared.
    this.port.span = Math.max(this.record.span, plan?.span ?? 0) || 1;
    this.port.whole();
    this.words();
    this.tell("whatIf");
    this.say(plan ? `${plan.title}: ${duration(plan.span)}` : this.record.sentence);
  }

  /** @private */
  keyed(/** @type {KeyboardEvent} */ event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actionOf(event.key, this);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  /** Tell those who listen instead of looking. */
  say(/** @type {string} */ text) {
    this.speech.textContent = text;
  }

  /** What is shown, as SVG text. */
  picture() {
    const pen = shapePen();
    const scene = this.scene();
    draw(pen, scene);
    const width = this.port.left + this.port.width + RIGHT;
    const height = this.height + AXIS;
    const { sentence } = this.record;
    return svg({ width, height, paper: scene.theme.paper, sentence, shapes: pen.shapes });
  }

  /** Give the reader a file. */
  async save(/** @type {"png" | "svg" | "csv" | "html"} */ kind) {
    const title = this.record.title || "timeline";
    await save(kind, title, {
      svg: () => this.picture(),
      html: () => page(title, this.parts()),
      csv: () => csv(this.shown),
    });
  }
}

/** The box that ended last. @param {Record} record @param {number[]} boxes */
function latest(record, boxes) {
  return boxes.reduce((a, b) => (a < 0 || record.end(b) > record.end(a) ? b : a), -1);
}
