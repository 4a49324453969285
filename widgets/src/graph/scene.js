// What is shown of a graph when some of its groups are open; the twin of
// mxbook/explain/graph/view.py, with searching and following.

import { textWidth } from "../core/shapes.js";
import { Part, layOut } from "./layout.js";

/**
 * @typedef {{ number: number, kind: string, title: string, sub: string }} Strip
 *
 * @typedef {object} Item  a node as it is drawn, with its strips and repetitions
 * @property {number} number
 * @property {number} group
 * @property {"box" | "circle" | "pill"} form
 * @property {string} kind
 * @property {string} title
 * @property {string} sub
 * @property {string[]} chips
 * @property {number} width
 * @property {number} height
 * @property {number[]} stands
 * @property {string} error
 * @property {Strip[]} strips
 * @property {number} heat
 * @property {string} reading
 * @property {{ width: number, height: number }} [plain]  without an overlay
 *
 * @typedef {object} Box  a group
 * @property {string} label
 * @property {string} kind
 * @property {number} parent
 * @property {string} sub
 * @property {number} times
 * @property {number} width
 * @property {number} height
 * @property {number[]} stands
 * @property {number} [heat]
 * @property {string} [reading]
 * @property {{ width: number, height: number }} [plain]
 *
 * @typedef {object} Node  everything about a node
 * @property {number} number
 * @property {string} name
 * @property {string} op
 * @property {string} title
 * @property {string} role
 * @property {string[]} path
 * @property {[number, number, string][]} inputs
 * @property {string[]} outputs
 * @property {{ [name: string]: string }} params
 * @property {number} size
 * @property {number} flops
 * @property {number} bytes
 * @property {string} layer
 * @property {string} site
 * @property {string} note
 * @property {string} error
 *
 * @typedef {object} Data  what Python sends; see files.py
 * @property {string} title
 * @property {string} sentence
 * @property {string} problem
 * @property {Item[]} items
 * @property {Box[]} boxes
 * @property {[number, number, string][]} links
 * @property {Node[]} nodes
 * @property {number[]} open
 * @property {import("./overlays.js").Overlay[]} [overlays]
 * @property {string} [shown]  title of the overlay that is chosen first
 * @property {import("./overlays.js").Overlay | null} [overlay]  the one that is drawn; see overlays.js
 * @property {{ [kind: string]: { name: string, colours: [string, string] } }} kinds
 * @property {any} [steps]
 *
 * @typedef {import("./layout.js").Layout} Layout
 * @typedef {{ open: Set<number>, layout: Layout, sources: string[], labels: string[],
 *   links: [string, string][] }} View
 */

export const DECK = 8;
export const TITLE = 13;

/** The title of an open group. */
export function titleOf(/** @type {Box} */ box) {
  const times = box.times > 1 ? `  × ${box.times}` : "";
  return `${box.label}${times}${saysMore(box) ? `  ${box.kind}` : ""}`;
}

/** Whether what a group is must be told beside its label. */
export function saysMore(/** @type {Box} */ box) {
  return Boolean(box.kind) && !box.label.startsWith(box.kind);
}

/** For each group, the outermost closed group that it is in or is; -1 when it is open. */
export function shutOf(/** @type {Data} */ data, /** @type {Set<number>} */ open) {
  /** @type {number[]} */
  const found = [];
  data.boxes.forEach((box, number) => {
    const outer = box.parent >= 0 ? found[box.parent] : -1;
    found.push(outer >= 0 ? outer : open.has(number) ? -1 : number);
  });
  return found;
}

/**
 * Lay out a graph with these groups open.
 *
 * @param {Data} data
 * @param {Set<number>} open
 * @param {(text: string) => number} [measure]  how wide the title of a group is
 * @returns {View}
 */
export function viewOf(data, open, measure = (text) => textWidth(text, TITLE - 1, true)) {
  const shut = shutOf(data, open);
  /** @type {Map<string, Part>} */
  const parts = new Map();
  /** @type {Part[]} */
  const roots = [];
  const put = (/** @type {Part} */ part, /** @type {number} */ parent) => {
    parts.set(part.key, part);
    (parent >= 0 ? (parts.get(`g${parent}`)?.children ?? roots) : roots).push(part);
  };
  data.boxes.forEach((box, number) => {
    if (box.parent >= 0 && shut[box.parent] >= 0) return;
    const part = new Part(`g${number}`, box.width, box.height);
    if (open.has(number)) {
      part.title = measure(titleOf(box)) + 20;
      part.width = part.height = 0;
      part.children = [];
      part.deck = box.times > 1 ? DECK : 0;
    } else {
      part.weight = Math.max(1, Math.floor(box.stands.length / Math.max(1, box.times)));
    }
    put(part, box.parent);
  });
  data.items.forEach((item, number) => {
    if (item.group >= 0 && shut[item.group] >= 0) return;
    put(new Part(`i${number}`, item.width, item.height), item.group);
  });
  const { wires, sources, labels } = wiresOf(data, shut);
  const links = wires.map((w) => /** @type {[string, string]} */ ([w.source, w.target]));
  return { open, layout: layOut(roots, wires), sources, labels, links };
}

function wiresOf(/** @type {Data} */ data, /** @type {number[]} */ shut) {
  const shown = (/** @type {number} */ number) => {
    const { group } = data.items[number];
    const closed = group >= 0 ? shut[group] : -1;
    return closed >= 0 ? `g${closed}` : `i${number}`;
  };
  /** @type {Map<string, number>} */
  const lines = new Map();
  /** @type {string[]} */
  const labels = [];
  /** @type {Map<string, import("./layout.js").Wire>} */
  const wires = new Map();
  for (const [from, to, label] of data.links) {
    const [source, target] = [shown(from), shown(to)];
    if (source === target) continue;
    let line = lines.get(source);
    if (line === undefined) {
      line = lines.size;
      lines.set(source, line);
      labels.push(label);
    } else if (labels[line] !== label) {
      labels[line] = "";
    }
    const key = `${source} ${target}`;
    if (!wires.has(key)) wires.set(key, { source, target, line });
  }
  return { wires: [...wires.values()], sources: [...lines.keys()], labels };
}

/** What comes before what: everything that a number leads to, or comes from, without itself. */
export class Relations {
  /**
   * @param {number} count
   * @param {Iterable<number[]>} pairs  (before, after)
   */
  constructor(count, pairs) {
    /** @type {number[][]} */
    this.before = Array.from({ length: count }, () => []);
    /** @type {number[][]} */
    this.after = Array.from({ length: count }, () => []);
    for (const [a, b] of pairs) {
      if (this.after[a].includes(b)) continue;
      this.after[a].push(b);
      this.before[b].push(a);
    }
  }

  /** Those of the nodes of a graph. */
  static ofNodes(/** @type {Data} */ { nodes }) {
    const pairs = nodes.flatMap((n) => n.inputs.map(([source]) => [source, n.number]));
    return new Relations(nodes.length, pairs);
  }

  /** Those of the items: a repeated part is there once, and leads only onwards. */
  static ofItems(/** @type {Data} */ { items, links }) {
    return new Relations(items.length, links.map(([a, b]) => [a, b]));
  }

  ancestors(/** @type {number[]} */ ...numbers) {
    return reached(numbers, this.before);
  }

  descendants(/** @type {number[]} */ ...numbers) {
    return reached(numbers, this.after);
  }

  /** A shortest way from one node to another; empty when there is none. */
  path(/** @type {number} */ begin, /** @type {number} */ end) {
    const came = new Map([[begin, begin]]);
    const todo = [begin];
    for (let i = 0; i < todo.length; i++) {
      for (const other of this.after[todo[i]]) {
        if (!came.has(other)) {
          came.set(other, todo[i]);
          todo.push(other);
        }
      }
    }
    if (!came.has(end)) return [];
    const way = [end];
    while (way[0] !== begin) way.unshift(/** @type {number} */ (came.get(way[0])));
    return way;
  }
}

function reached(/** @type {number[]} */ numbers, /** @type {number[][]} */ steps) {
  /** @type {Set<number>} */
  const seen = new Set();
  const todo = [...numbers];
  while (todo.length) {
    for (const other of steps[/** @type {number} */ (todo.pop())]) {
      if (!seen.has(other)) {
        seen.add(other);
        todo.push(other);
      }
    }
  }
  return seen;
}

/** The nodes that have all words in their name, operator, group, parameters or shapes. */
export function find(/** @type {Data} */ data, /** @type {string} */ words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  const found = data.nodes.filter((n) => {
    const params = Object.entries(n.params).map(([k, v]) => `${k}=${v}`);
    const all = [n.name, n.op, n.role, n.path.join("/"), ...n.outputs, ...params];
    const text = all.join(" ").toLowerCase();
    return wanted.every((w) => text.includes(w));
  });
  const rank = (/** @type {Node} */ n) => Number(n.role !== "operator");
  return found.sort((a, b) => rank(a) - rank(b) || a.number - b.number);
}

/** Make everything as wide as its words are in this browser's face. @returns {Data} */
export function fitted(/** @type {Data} */ data) {
  const bold = (/** @type {string} */ t, size = TITLE) => textWidth(t, size, true);
  for (const item of data.items) {
    const chips = item.chips.reduce((sum, t) => sum + textWidth(t, 10) + 20, -6);
    const strips = item.strips.map((s) => bold(s.title, 12) + textWidth(s.sub, 10) + 38);
    const inner = Math.max(bold(item.title), textWidth(item.sub, 11), chips) + 28;
    if (item.form === "box") item.width = Math.ceil(Math.max(item.width, inner, ...strips));
    if (item.form === "pill") {
      const shape = item.number >= 0 ? `  ${data.nodes[item.number].outputs[0]}` : "";
      item.width = Math.ceil(Math.max(item.width, textWidth(item.title + shape, 12) + 24));
    }
  }
  for (const box of data.boxes) {
    const kind = saysMore(box) ? textWidth(box.kind, 11) + 6 : 0;
    const head = bold(box.label) + kind + 28 + (box.times > 1 ? 40 : 20);
    box.width = Math.ceil(Math.max(box.width, head, textWidth(box.sub, 11) + 28));
  }
  return data;
}
