// One view of a graph: toolbar, stage, details.  It draws; what is open and selected is shared with
// other views and with Python.

import { h } from "../core/dom.js";
import { page } from "../core/page.js";
import { save } from "../core/save.js";
import { choose } from "../core/selection.js";
import { colourOf } from "../memory/chart.js";
import { themeAt, watchTheme } from "../core/theme.js";
import { groupPanel, inWords, nodePanel, nodeTable } from "./details.js";
import { Pen } from "./draw.js";
import { picture } from "./export.js";
import { HELP, next } from "./keyboard.js";
import { legend, warm } from "./overlays.js";
import { Relations, find, shutOf, viewOf } from "./scene.js";
import { Stage } from "./stage.js";
import { Stepper } from "./stepper.js";
import { toolbar } from "./toolbar.js";

/**
 * @typedef {import("./scene.js").Data} Data
 * @typedef {import("./overlays.js").Overlay} Overlay
 * @typedef {{ open: Set<number>, selected: number, overlay: string, overlays: Overlay[],
 *   changed: Set<() => void> }} Shared  what all views of a widget show; `overlay` is a title or ""
 * @typedef {import("../core/page.js").Parts} Parts
 */

export class View {
  /**
   * @param {HTMLElement} place
   * @param {Data} data
   * @param {Shared} shared
   * @param {string} key  names the widget among those of the page
   * @param {() => void} settled  called when the reader opened or selected something
   * @param {() => Parts} parts  what a page of its own is made from
   */
  constructor(place, data, shared, key, settled, parts) {
    Object.assign(this, { data, shared, key, settled, parts });
    this.data = data;
    this.shared = shared;
    this.key = key;
    this.settled = settled;
    this.parts = parts;
    this.relations = Relations.ofNodes(data);
    this.itemRelations = Relations.ofItems(data);
    /** @type {Map<number, number>} */
    this.itemOf = new Map();
    data.items.forEach((item, i) => {
      if (item.number >= 0) item.stands.forEach((n) => this.itemOf.set(n, i));
    });
    this.chosen = ""; // key of the selected part
    this.lightUp = "both";
    /** @type {number[]} */
    this.found = [];
    this.turn = -1;
    this.stage = new Stage(
      (k, node) => this.pick(k, node),
      (k) => this.toggle(Number(k.slice(1))),
    );
    this.tools = toolbar(this);
    this.stepper = data.steps?.length ? new Stepper(this) : null;
    this.build();
    place.append(this.root);
    const renew = () => this.draw();
    shared.changed.add(renew);
    const unwatch = watchTheme(renew);
    const sizes = new ResizeObserver(() => this.resized());
    sizes.observe(this.stage.root);
    this.cleanup = () => {
      shared.changed.delete(renew);
      unwatch();
      sizes.disconnect();
      this.stepper?.stop();
      cancelAnimationFrame(this.stage.frame);
      this.root.remove();
    };
    this.draw(true);
  }

  /** @private */
  build() {
    this.side = h("div", { class: "mxg-side", tabindex: "0", role: "region", "aria-label": "details" });
    this.table = h("div", { class: "mxg-table", hidden: true, tabindex: "0" });
    this.speech = h("div", { class: "mxg-speech mxb-spoken", "aria-live": "polite" });
    this.field = h(
      "div",
      {
        class: "mxg-field",
        tabindex: "0",
        role: "group",
        "aria-roledescription": "interactive graph",
        "aria-description": HELP,
        "aria-label": this.data.sentence,
        onkeydown: (/** @type {KeyboardEvent} */ e) => this.keyed(e),
      },
      this.stage.root,
    );
    const [title, ...facts] = this.data.sentence.split(": ");
    const hint = "click: details · double click: open or close · drag: move · Ctrl-wheel: zoom";
    this.root = h(
      "section",
      { class: "mxb-widget mxb-graph", "aria-label": "graph" },
      h("div", { class: "mxg-head" }, h("span", { class: "mxg-title" }, title), h("span", {}, facts.join(": "))),
      this.tools.root,
      h("div", { class: "mxg-body" }, this.field, this.side),
      ...(this.stepper ? [this.stepper.root] : []),
      this.data.problem ? h("pre", { class: "mxg-error" }, this.data.problem) : "",
      this.table,
      h("div", { class: "mxg-hint" }, hint),
      this.speech,
    );
  }

  /** Lay out and draw what is open now. */
  draw(fit = false) {
    const theme = themeAt(this.root);
    this.root.classList.toggle("mxb-dark", theme.side === 1);
    const begin = performance.now();
    this.view = viewOf(this.data, this.shared.open);
    this.laidOut = performance.now() - begin; // milliseconds, for those who measure
    this.pen = new Pen(this.data, this.view, theme);
    this.chosen = this.keyOf(this.shared.selected) || (this.chosen[0] === "g" ? this.chosen : "");
    if (this.chosen && !this.view.layout.parts.has(this.chosen)) this.chosen = "";
    this.stage.show(this.pen, this.marks(), fit || !this.width);
    this.panel();
    this.tools.show(this.found.length, !this.table.hidden, this.shared.overlay);
  }

  /** @private */
  resized() {
    const width = this.stage.root.clientWidth;
    if (width === this.width) return;
    const first = !this.width;
    this.width = width;
    if (first) this.stage.fit();
    if (this.stage.large) this.stage.request();
  }

  /** The key of the part that shows a node now; empty when there is none. */
  keyOf(/** @type {number} */ node) {
    const item = this.itemOf.get(node);
    if (item === undefined) return "";
    const { group } = this.data.items[item];
    const shut = group >= 0 ? shutOf(this.data, this.shared.open)[group] : -1;
    return shut >= 0 ? `g${shut}` : `i${item}`;
  }

  /** @private */
  marks() {
    const found = new Set(this.found.map((n) => this.keyOf(n)).filter(Boolean));
    return { chosen: this.chosen, lit: this.litKeys(), found };
  }

  /** @private @returns {Set<string> | null} */
  litKeys() {
    if (this.stepper?.lit) return this.stepper.lit;
    if (!this.chosen || this.lightUp === "neither") return null;
    const shut = shutOf(this.data, this.shared.open);
    const keys = this.data.items.map(({ group }, i) => {
      const closed = group >= 0 ? shut[group] : -1;
      return closed >= 0 ? `g${closed}` : `i${i}`;
    });
    const lit = new Set([this.chosen]);
    const items = this.chosenItems(keys);
    const { itemRelations: r, lightUp } = this;
    if (lightUp !== "readers") r.ancestors(...items).forEach((i) => lit.add(keys[i]));
    if (lightUp !== "inputs") r.descendants(...items).forEach((i) => lit.add(keys[i]));
    return lit;
  }

  /** The items of the chosen part, which may be an open group. @private */
  chosenItems(/** @type {string[]} */ keys) {
    const { boxes, items } = this.data;
    const number = Number(this.chosen.slice(1));
    if (this.chosen[0] === "i") return [number];
    const inside = (/** @type {number} */ group) => {
      for (let g = group; g >= 0; g = boxes[g].parent) if (g === number) return true;
      return false;
    };
    return keys.map((_, i) => i).filter((i) => inside(items[i].group));
  }

  /** @private */
  panel() {
    const { selected } = this.shared;
    const go = (/** @type {number} */ n) => this.goTo(n);
    if (this.chosen[0] === "g" && !(this.keyOf(selected) === this.chosen && selected >= 0)) {
      const number = Number(this.chosen.slice(1));
      const open = this.shared.open.has(number);
      this.side.replaceChildren(groupPanel(this.data, number, open, () => this.toggle(number)));
    } else if (selected >= 0) {
      const node = this.data.nodes[selected];
      this.side.replaceChildren(nodePanel(this.data, node, this.relations.after[selected], go));
    } else {
      const kinds = new Set(this.data.items.map((i) => i.kind));
      const names = Object.entries(this.data.kinds).filter(([kind]) => kinds.has(kind));
      const look = (/** @type {string} */ kind) => `background:${this.pen?.colour(kind)}`;
      const colours = names.map(([kind, { name }]) =>
        h("li", {}, h("span", { class: "mxg-key", style: look(kind) }), name),
      );
      const over = this.data.overlay;
      const lane = (/** @type {number} */ n) => colourOf(n, /** @type {Pen} */ (this.pen).theme);
      const above = over ? [legend(this.data, over, lane, go)] : [];
      this.side.replaceChildren(...above, h("h4", {}, "Kinds"), h("ul", {}, ...colours));
    }
  }

  // ---- choosing

  /** A part was clicked: select the node in it, or the group. */
  pick(/** @type {string} */ key, /** @type {number} */ node) {
    this.chosen = key;
    this.shared.selected = node;
    this.stage.mark(this.marks());
    this.panel();
    this.settled();
    this.tell();
  }

  /** Select a node, open what hides it, and bring it into sight. */
  goTo(/** @type {number} */ node) {
    const role = this.data.nodes[node].role;
    let shown = node;
    if (!this.itemOf.has(node) && ["parameter", "state"].includes(role)) {
      shown = this.relations.after[node].find((n) => this.itemOf.has(n)) ?? node;
    }
    const item = this.itemOf.get(shown);
    let changed = false;
    for (let g = item === undefined ? -1 : this.data.items[item].group; g >= 0; g = this.data.boxes[g].parent) {
      changed ||= !this.shared.open.has(g);
      this.shared.open.add(g);
    }
    this.shared.selected = node;
    this.chosen = this.keyOf(shown);
    if (changed) this.draw();
    this.chosen = this.keyOf(shown);
    this.stage.mark(this.marks());
    this.panel();
    this.stage.reveal(this.chosen);
    this.settled();
    this.tell();
  }

  /** Tell other widgets, and those who listen. @private */
  tell() {
    const node = this.data.nodes[this.shared.selected];
    if (node) {
      this.say(inWords(this.data, node));
      choose({ from: this.key, name: node.op, layer: node.layer || node.name, line: node.site });
    } else if (this.chosen) {
      const box = this.data.boxes[Number(this.chosen.slice(1))];
      this.say(`group ${box.label}, ${box.sub}${box.times > 1 ? `, ${box.times} times` : ""}`);
    }
  }

  /** Another widget has chosen something: select the node that did it. */
  heard(/** @type {import("../core/selection.js").Choice} */ { layer, name }) {
    const plain = (layer ?? "").replace(/ \(backward\)$/, "");
    const own = (/** @type {import("./scene.js").Node} */ n) => (n.layer || n.name) === plain;
    const same = this.data.nodes.filter((n) => plain && own(n) && n.role === "operator");
    const node = same.find((n) => n.op === name) ?? same[0];
    if (!node) return;
    this.shared.selected = node.number;
    this.draw();
    this.stage.reveal(this.chosen);
  }

  /** Open or close a group. */
  toggle(/** @type {number} */ number) {
    const { open } = this.shared;
    if (!open.delete(number)) open.add(number);
    this.chosen = `g${number}`;
    this.shared.selected = -1;
    this.draw();
    this.stage.reveal(this.chosen);
    this.settled();
    this.say(`${this.data.boxes[number].label} ${open.has(number) ? "opened" : "closed"}`);
  }

  /** Open these groups and close all others. */
  setOpen(/** @type {number[]} */ numbers) {
    this.shared.open.clear();
    numbers.forEach((n) => this.shared.open.add(n));
    this.draw(true);
    this.settled();
  }

  /** What is lit beside the selected node. */
  light(/** @type {string} */ what) {
    this.lightUp = what;
    this.stage.mark(this.marks());
  }

  /** Draw other numbers over the graph; "" for none. */
  overlay(/** @type {string} */ title) {
    const { shared, data } = this;
    shared.overlay = title;
    warm(data, shared.overlays.find((o) => o.title === title) ?? null);
    this.draw();
    this.settled();
    this.say(title ? `showing ${title}` : "showing no numbers");
  }

  // ---- searching

  search(/** @type {string} */ words) {
    this.found = find(this.data, words).map((n) => n.number);
    this.turn = -1;
    this.stage.mark(this.marks());
    this.tools.show(this.found.length, !this.table.hidden, this.shared.overlay);
    this.say(words ? `${this.found.length} found` : "");
  }

  nextFound() {
    if (!this.found.length) return;
    this.turn = (this.turn + 1) % this.found.length;
    this.goTo(this.found[this.turn]);
  }

  leaveSearch() {
    this.tools.search.value = "";
    this.search("");
    this.field.focus();
  }

  // ---- the keyboard

  /** @private */
  keyed(/** @type {KeyboardEvent} */ event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.view) return;
    if (!this.follow(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Do what a key means; false when it means nothing here. @private */
  follow(/** @type {string} */ key) {
    const view = /** @type {import("./scene.js").View} */ (this.view);
    if (key.startsWith("Arrow")) {
      const part = next(key, view.layout.parts.get(this.chosen), view.layout, view.links);
      if (part) {
        const number = Number(part.key.slice(1));
        const node = part.key[0] === "i" ? this.data.items[number].stands[0] : -1;
        this.pick(part.key, node);
        this.stage.reveal(part.key);
      }
    } else if (key === "Enter" && this.chosen[0] === "g") this.toggle(Number(this.chosen.slice(1)));
    else if (key === "Enter") this.tell();
    else if (key === "+" || key === "=") this.stage.zoom(1.3);
    else if (key === "-") this.stage.zoom(1 / 1.3);
    else if (key === "0") this.stage.fit();
    else if (key === "/") this.tools.search.focus();
    else if (key === "n") this.nextFound();
    else if (key === "Escape") this.leave();
    else return this.stepper?.keyed(key) ?? false;
    return true;
  }

  /** End the selection, or give the focus back to the notebook's cell. @private */
  leave() {
    if (this.chosen) {
      this.pick("", -1);
      return;
    }
    const cell = /** @type {HTMLElement | null} */ (this.root.closest(".jp-Cell"));
    if (cell) cell.focus();
    else this.field.blur();
  }

  // ---- other forms

  /** Tell those who listen instead of looking. */
  say(/** @type {string} */ text) {
    this.speech.textContent = text;
  }

  showTable() {
    this.table.hidden = !this.table.hidden;
    const go = (/** @type {number} */ n) => this.goTo(n);
    this.table.replaceChildren(...(this.table.hidden ? [] : [nodeTable(this.data, go)]));
    this.tools.show(this.found.length, !this.table.hidden, this.shared.overlay);
  }

  /** Give the reader the graph as a file. */
  async save(/** @type {string} */ kind) {
    const { title } = this.data;
    await save(kind, title, {
      svg: () => picture(/** @type {Pen} */ (this.pen)),
      html: () => page(title, this.parts()),
    });
  }
}
