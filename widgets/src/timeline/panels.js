// What is told below the lanes: details of a box, sums of an area, what-if, queues.

import { h } from "../core/dom.js";
import { place } from "../core/source.js";
import { partner } from "./compare.js";
import { Steps, pairs } from "./queues.js";
import { OPERATION, PART, WAIT } from "./record.js";
import { schedule, workOf } from "./schedule.js";
import { sums } from "./sums.js";
import { PLACE, boxInWords, facts } from "./words.js";
import { duration } from "./viewport.js";

/** @typedef {import("./view.js").View} View */

const MOST = 12; // links or rows of a list

/** Details of the selected box. @param {View} view */
export function details(view) {
  const { shown, chosen } = view;
  const list = h("dl", {});
  for (const [label, text] of facts(shown, chosen)) {
    list.append(h("dt", {}, label), h("dd", {}, label === PLACE ? place(text) : text));
  }
  const link = (/** @type {number} */ box) =>
    h(
      "button",
      { type: "button", onclick: () => view.select(box, true) },
      `${shown.label(box)} ${shown.text(box)}`,
    );
  const add = (/** @type {string} */ label, /** @type {number[]} */ boxes) => {
    const known = boxes.filter((box) => box >= 0);
    if (!known.length) return;
    const more = known.length > MOST ? [` and ${known.length - MOST} more`] : [];
    list.append(h("dt", {}, label), h("dd", {}, ...known.slice(0, MOST).map(link), ...more));
  };
  const number = shown.number[chosen];
  if (shown.what[chosen] === OPERATION) {
    const marks = (/** @type {import("./record.js").Lists} */ lists) =>
      pairs(lists, chosen).map(([key, version]) => `x${key} v${version}`);
    if (shown.details) {
      const { reads, writes } = shown.details;
      if (marks(reads).length) list.append(h("dt", {}, "reads"), h("dd", {}, marks(reads).join(", ")));
      if (marks(writes).length) {
        list.append(h("dt", {}, "makes"), h("dd", {}, marks(writes).join(", ")));
      }
    }
    if (shown.comparison) list.append(...partner(view, link));
    add("needed", shown.needs(chosen).map((n) => shown.boxOf(n)));
    add("needed by", shown.feeds(chosen));
  } else if (shown.what[chosen] === WAIT || shown.what[chosen] === PART) {
    add(shown.what[chosen] === WAIT ? "waits for" : "part of", [shown.boxOf(number)]);
  }
  return [h("h4", {}, boxInWords(shown, chosen)), list];
}

/** Sums of the marked area. @param {View} view */
export function areaSums(view) {
  const { shown, area } = view;
  if (!area) return [];
  const found = sums(shown, area);
  const span = area.end - area.begin;
  const busy = (100 * found.utilisation).toFixed(0);
  const head = `${duration(area.begin)} to ${duration(area.end)}: ${duration(span)}, lanes ${busy}% busy`;
  const column = (
    /** @type {string} */ title,
    /** @type {import("./sums.js").Sum[]} */ rows,
    /** @type {(row: import("./sums.js").Sum) => string} */ last,
  ) =>
    h(
      "table",
      {},
      h("caption", {}, title),
      h(
        "tbody",
        {},
        ...rows
          .slice(0, MOST)
          .map((row) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, row.name),
              h("td", {}, duration(row.took)),
              h("td", {}, last(row)),
            ),
          ),
      ),
    );
  const times = (/** @type {import("./sums.js").Sum} */ row) => `${row.count} x`;
  const share = (/** @type {import("./sums.js").Sum} */ row) =>
    `${((100 * row.took) / span).toFixed(0)}%`;
  const tables = [column("by operator", found.operators, times)];
  if (found.blocks.length > 1) tables.push(column("by block", found.blocks, times));
  tables.push(column("by lane", found.lanes, share));
  return [h("h4", {}, head), h("div", { class: "mxt-columns" }, ...tables)];
}

/** The work on other engines: a bar for each; choose one to see it. @param {View} view */
export function whatIf(view) {
  const work = workOf(view.record);
  const total = [...work.took.values()].reduce((a, b) => a + b, 0);
  /** @type {[string, string, number][]} */
  const plans = [["NaiveEngine", "naive engine", 1]];
  for (const n of [1, 2, 3, 4, 6, 8, 16]) plans.push(["ThreadedEngine", `${n} worker${n > 1 ? "s" : ""}`, n]);
  const found = plans.map(([engine, title, n]) => ({
    title,
    engine,
    workers: n,
    ...schedule(work, engine, n),
  }));
  const most = Math.max(view.record.span, ...found.map((f) => f.span));
  const row = (
    /** @type {string} */ title,
    /** @type {number} */ span,
    /** @type {() => void} */ choose,
    /** @type {boolean} */ on,
  ) =>
    h(
      "button",
      { type: "button", class: "mxt-plan", "aria-pressed": String(on), onclick: choose },
      h("span", { class: "mxt-plan-name" }, title),
      h("span", { class: "mxt-plan-bar" }, bar((100 * span) / most)),
      h("span", { class: "mxt-plan-time" }, `${duration(span)}, ${(total / span || 0).toFixed(1)} at a time`),
    );
  const rows = found.map((plan) =>
    row(plan.title, plan.span, () => view.showPlan(plan), view.plan?.title === plan.title),
  );
  const real = row("as it was", view.record.span, () => view.showPlan(null), !view.plan);
  const words =
    "The same operations, as long as they took, scheduled by the rules of the engine. " +
    "Real workers also slow each other down, and handing work over takes time.";
  return [h("h4", {}, "what if"), h("p", {}, words), h("div", { class: "mxt-plans" }, real, ...rows)];
}

/** @param {number} percent */
function bar(percent) {
  const found = h("span", {});
  found.style.width = `${percent}%`;
  return found;
}

/** Queues of variables, step by step. */
export class QueuePanel {
  constructor(/** @type {View} */ view) {
    this.view = view;
    this.steps = new Steps(view.shown);
    this.step = 0;
    this.timer = 0;
    const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {any} */ onclick) =>
      h("button", { type: "button", title, "aria-label": title, onclick }, text);
    this.play = button("play", "play or stop", () => this.toggle());
    this.slider = h("input", {
      type: "range",
      min: 0,
      max: this.steps.changes.length,
      "aria-label": "event",
      oninput: () => this.to(Number(this.slider.value)),
    });
    this.words = h("div", { class: "mxt-step", "aria-live": "polite" });
    this.list = h("div", { class: "mxt-queues" });
    const buttons = h(
      "div",
      { class: "mxt-steps" },
      button("‹", "previous event", () => this.to(this.step - 1)),
      button("›", "next event", () => this.to(this.step + 1)),
      this.play,
      this.slider,
    );
    this.parts = [h("h4", {}, "queues of variables"), buttons, this.words, this.list];
    this.to(0);
  }

  /** Show the queues after so many events. */
  to(/** @type {number} */ step) {
    const { changes } = this.steps;
    this.step = Math.min(Math.max(0, step), changes.length);
    this.slider.value = String(this.step);
    const change = changes[this.step - 1];
    const { shown } = this.view;
    const what = change
      ? `${duration(change.time)}: ${shown.label(change.box)} ${shown.text(change.box)} ${change.what}`
      : "at the beginning";
    this.words.textContent = `${this.step} of ${changes.length} · ${what}`;
    const busy = this.steps.at(this.step).filter(({ entries }) => entries.length);
    this.list.replaceChildren(...busy.slice(0, 40).map((queue) => this.queue(queue)));
    if (!busy.length) this.list.append(h("p", {}, "all queues are empty"));
    this.view.point(change ? change.time : null, change ? change.box : -1);
  }

  /** @private */
  queue(/** @type {import("./queues.js").Queue} */ { key, version, entries }) {
    const signs = /** @type {any} */ ({ runs: "●", "may run": "○", waits: "·" });
    const chips = entries.map(({ box, number, name, writes, state }) =>
      h(
        "button",
        {
          type: "button",
          class: `mxt-entry mxt-${state.replace(" ", "-")}`,
          title: `#${number} ${name} ${writes ? "writes" : "reads"} x${key} and ${state}`,
          onclick: () => this.view.select(box, true),
        },
        `${signs[state]} ${writes ? "W" : "R"} #${number} ${name}`,
      ),
    );
    return h("div", { class: "mxt-queue" }, h("b", {}, `x${key} v${version}`), ...chips);
  }

  toggle() {
    if (this.timer) return this.stop();
    if (this.step >= this.steps.changes.length) this.to(0);
    this.timer = window.setInterval(() => {
      this.to(this.step + 1);
      if (this.step >= this.steps.changes.length) this.stop();
    }, 400);
    this.play.textContent = "stop";
    return undefined;
  }

  stop() {
    window.clearInterval(this.timer);
    this.timer = 0;
    this.play.textContent = "play";
  }
}
