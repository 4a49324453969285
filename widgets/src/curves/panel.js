// One panel: uPlot draws axes, bands and lines; the decorations are painted over it.

import uPlot from "uplot";

import { number, tickLabels } from "../core/format.js";
import { FONT, paint } from "../core/shapes.js";
import { decorations } from "./decorate.js";
import { TOP, nearest } from "./prepare.js";

/**
 * @typedef {import("./prepare.js").Scene} Scene
 * @typedef {import("./prepare.js").Drawn} Drawn
 *
 * @typedef {object} Events
 * @property {(step: number | null) => void} hover  the pointer is over a step, or left
 * @property {(zoom: [number, number]) => void} zoom  the reader marked a range of steps
 * @property {() => void} reset
 * @property {(step: number) => void} choose  the reader clicked at a step
 */

const BOTTOM = 40; // the x axis below the last panel
const NAME = 16; // its last line, "step"
const LINES = 4; // uPlot series for each curve: upper edge, lower edge, raw line, smoothed line

export class PanelView {
  /**
   * @param {HTMLElement} place
   * @param {Scene} scene
   * @param {number} index
   * @param {number[][]} epochs
   * @param {Events} events
   */
  constructor(place, scene, index, epochs, events) {
    this.scene = scene;
    this.index = index;
    this.epochs = epochs;
    this.events = events;
    this.plot = new uPlot(this.options(), this.data(), place);
    const { over } = this.plot;
    over.addEventListener("dblclick", () => events.reset());
    let from = 0;
    over.addEventListener("mousedown", (event) => (from = event.clientX));
    over.addEventListener("click", (event) => {
      if (Math.abs(event.clientX - from) > 3) return; // that was a drag
      events.choose(this.plot.posToVal(event.clientX - over.getBoundingClientRect().left, "x"));
    });
    // Not uPlot's cursor hook: that one also fires when data arrive, with a stale position.
    over.addEventListener("mousemove", (event) => {
      const place = event.clientX - over.getBoundingClientRect().left;
      events.hover(this.plot.posToVal(place, "x"));
    });
    over.addEventListener("mouseleave", () => events.hover(null));
  }

  get panel() {
    return this.scene.panels[this.index];
  }

  get last() {
    return this.index === this.scene.panels.length - 1;
  }

  get size() {
    const height = this.panel.height + TOP + (this.last ? BOTTOM : 6);
    return { width: this.scene.width, height };
  }

  /** Draw a newer scene with the same curves and kinds of axes. */
  update(/** @type {Scene} */ scene, /** @type {number[][]} */ epochs) {
    const old = this.size;
    this.scene = scene;
    this.epochs = epochs;
    const { width, height } = this.size;
    this.plot.batch(() => {
      if (old.width !== width || old.height !== height) this.plot.setSize(this.size);
      this.plot.setData(this.data());
    });
  }

  /** Show the cursor at a step without telling anybody; null hides it. */
  point(/** @type {number | null} */ step) {
    const left = step === null ? -10 : this.plot.valToPos(step, "x");
    this.plot.setCursor({ left, top: step === null ? -10 : 0 }, false);
  }

  destroy() {
    this.plot.destroy();
  }

  /** @private @returns {any} */
  data() {
    const { y, drawn } = this.panel;
    const tables = drawn.map((d) => table(d, y));
    // Columns of different curves rarely share their steps; join leaves `undefined` between them.
    return tables.length
      ? uPlot.join(
          tables,
          tables.map((t) => t.map(() => 2)),
        )
      : [[]];
  }

  /** @private @returns {uPlot.Options} */
  options() {
    const { panel, scene } = this;
    const { theme } = scene;
    const range = (/** @type {"x" | "y"} */ key) => () => {
      const axis = key === "x" ? this.scene.x : this.panel.y;
      return /** @type {[number, number]} */ ([axis.low, axis.high]);
    };
    const distr = (/** @type {boolean} */ log) => /** @type {1 | 3} */ (log ? 3 : 1);
    return {
      ...this.size,
      padding: [TOP, scene.right, this.last ? 0 : 6, 0],
      legend: { show: false },
      scales: {
        x: { time: false, distr: distr(scene.x.log), range: range("x") },
        y: { distr: distr(panel.y.log), range: range("y") },
      },
      axes: [this.axis("x"), this.axis("y")],
      series: [{}, ...panel.drawn.flatMap(lines)],
      bands: panel.drawn.map((d, i) => ({
        series: [1 + LINES * i, 2 + LINES * i],
        fill: d.dense ? `${d.colour}33` : "transparent",
      })),
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        dataIdx: (u, series, index, step) => (series ? this.nearestIndex(u, series, step) : index),
        points: {
          size: 9,
          width: 2,
          fill: () => theme.paper,
          stroke: (_u, series) => panel.drawn[Math.floor((series - 1) / LINES)].colour,
        },
      },
      hooks: {
        draw: [(u) => this.decorate(u)],
        setSelect: [(u) => this.selected(u)],
      },
    };
  }

  /** @private @returns {uPlot.Axis} */
  axis(/** @type {"x" | "y"} */ key) {
    const { theme } = this.scene;
    const across = key === "x";
    const found = () => (across ? this.scene.ticks : this.panel.ticks);
    const line = { stroke: across ? theme.faint : theme.grid, width: 1 };
    return {
      show: !across || this.last,
      scale: key,
      stroke: theme.faint,
      font: `11px ${FONT}`,
      size: across ? BOTTOM - NAME : this.scene.left,
      gap: across ? 4 : 6,
      label: across ? (this.scene.x.log ? "step (log)" : "step") : undefined,
      labelFont: `11px ${FONT}`,
      labelSize: NAME,
      labelGap: 0,
      grid: { show: !across, ...line },
      ticks: { show: across, size: 4, ...line },
      border: { show: across, ...line },
      splits: found,
      filter: (_u, splits) => splits,
      values: () => tickLabels(found()),
    };
  }

  /** @private */
  decorate(/** @type {uPlot} */ u) {
    const ratio = uPlot.pxRatio;
    const { left, top, width, height } = u.bbox;
    const area = {
      left: left / ratio,
      top: top / ratio,
      width: width / ratio,
      height: height / ratio,
    };
    u.ctx.save();
    u.ctx.scale(ratio, ratio);
    paint(u.ctx, decorations(this.scene, this.panel, area, this.epochs));
    u.ctx.restore();
  }

  /** @private */
  selected(/** @type {uPlot} */ u) {
    const { left, width } = u.select;
    if (width < 4) return;
    const zoom = /** @type {[number, number]} */ (
      [left, left + width].map((p) => u.posToVal(p, "x"))
    );
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.events.zoom(zoom);
  }

  /** The point of a curve nearest to the pointer, as an index into the joined data. @private */
  nearestIndex(/** @type {uPlot} */ u, /** @type {number} */ series, /** @type {number} */ step) {
    const drawn = this.panel.drawn[Math.floor((series - 1) / LINES)];
    const column = series % LINES === 0 && drawn ? nearest(drawn, step) : -1;
    if (column < 0) return /** @type {any} */ (null);
    return u.data[0].indexOf(drawn.cut.step[column]);
  }
}

/**
 * The numbers of one curve as uPlot wants them: null is a gap.
 *
 * @param {Drawn} d
 * @param {import("./curve.js").Axis} y
 * @returns {any}
 */
function table({ cut, line, dense }, y) {
  const shown = (/** @type {number} */ v) => (Number.isFinite(v) && (!y.log || v > 0) ? v : null);
  // What is not positive lies below every logarithmic axis.
  const low = cut.low.map((v, i) => (y.log && v <= 0 && cut.high[i] > 0 ? y.low : shown(v)));
  const edge = (/** @type {(number | null)[]} */ values) =>
    dense ? values : values.map(() => null);
  const high = cut.high.map(shown);
  const raw = dense ? high.map(() => null) : high;
  return [cut.step, edge(high), edge(low), raw, line.map(shown)];
}

/**
 * @param {Drawn} d
 * @returns {uPlot.Series[]}
 */
function lines(d) {
  const none = { points: { show: false } };
  const edge = { ...none, stroke: "transparent", width: 0 };
  return [
    edge,
    edge,
    { ...none, stroke: `${d.colour}4D`, width: 1 },
    {
      ...none,
      label: d.style.name,
      stroke: d.colour,
      width: 2,
      dash: [...d.style.dash],
      value: (_u, v) => (v === null ? "" : number(v)),
    },
  ];
}
