// What is selected in a memory plan, the buffers, and all values as a table.

import { h } from "../core/dom.js";
import { size } from "../core/format.js";
import { colourOf } from "./chart.js";
import { letters } from "./record.js";

/** @typedef {import("./record.js").Side} Side @typedef {(place: number) => void} Go */

const LANES = 12; // buffers in the list
const ROWS = 500; // of the table

const facts = (/** @type {[string, any[]][]} */ rows) =>
  h(
    "table",
    { class: "mxm-facts" },
    h(
      "tbody",
      {},
      ...rows.map(([name, cells]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, ...cells))),
    ),
  );

/** Everything about a value. @returns {HTMLElement} */
export function lifePanel(/** @type {Side} */ side, /** @type {number} */ place, /** @type {Go} */ go) {
  const { lives, sizes } = side;
  const life = lives[place];
  const link = (/** @type {number} */ i) => {
    const whose = lives[i].nodes[0] ? ` ${lives[i].nodes[0]}` : "";
    const text = `${lives[i].operator}${whose}`;
    return h("button", { type: "button", class: "mxm-link", onclick: () => go(i) }, text);
  };
  const lane = lives.map((l, i) => ({ l, i })).filter(({ l }) => l.lane === life.lane);
  const at = lane.findIndex(({ i }) => i === place);
  const [earlier, later] = [lane[at - 1]?.i, lane[at + 1]?.i];
  /** @type {[string, any[]][]} */
  const rows = [
    [life.nodes.length > 1 ? "nodes" : "node", [life.nodes.join(", ") || "not named"]],
    ["shape", [`${life.shape.join("×") || "scalar"}  ${life.dtype}`]],
    ["bytes", [life.bytes.toLocaleString("en")]],
    ["buffer", [`${letters(life.lane)}, ${size(sizes[life.lane])}`]],
    ["made by", [`instruction ${life.first}`]],
    ["last used by", [life.last > life.first ? `instruction ${life.last}` : "nothing"]],
  ];
  if (life.over >= 0) rows.push(["in place", ["written over ", link(life.over)]]);
  else if (earlier !== undefined) rows.push(["after", [link(earlier), ", which had died"]]);
  if (later !== undefined) {
    rows.push(["then", [lives[later].over === place ? "written over by " : "", link(later)]]);
  }
  return h("div", {}, h("h4", {}, life.operator), facts(rows));
}

/** The largest buffers. @returns {HTMLElement} */
export function lanePanel(
  /** @type {Side} */ { lives, sizes },
  /** @type {import("../core/theme.js").Theme} */ theme,
) {
  const count = sizes.map(() => 0);
  for (const life of lives) count[life.lane] += 1;
  const order = sizes.map((_, i) => i).sort((a, b) => sizes[b] - sizes[a] || a - b);
  const rows = order.slice(0, LANES).map((lane) => {
    const style = `background:${colourOf(lane, theme)}`;
    const values = `${count[lane]} value${count[lane] === 1 ? "" : "s"}`;
    return h(
      "li",
      {},
      h("span", { class: "mxm-key", style }),
      h("b", {}, letters(lane)),
      ` ${size(sizes[lane])}, ${values}`,
    );
  });
  const more = sizes.length > LANES ? [h("li", {}, `and ${sizes.length - LANES} smaller ones`)] : [];
  return h("div", {}, h("h4", {}, "Buffers"), h("ul", {}, ...rows, ...more));
}

/** All values as a table. @returns {HTMLElement} */
export function lifeTable(/** @type {string} */ title, /** @type {Side} */ { lives }, /** @type {Go} */ go) {
  const head = ["operator", "node", "shape", "bytes", "buffer", "made by", "last used by", "in place"];
  const rows = lives.slice(0, ROWS).map((l, i) => {
    const name = h("button", { type: "button", class: "mxm-link", onclick: () => go(i) }, l.operator);
    const over = l.over >= 0 ? `over ${lives[l.over].operator}` : "";
    const cells = [l.nodes.join(", "), l.shape.join("×") || "scalar", l.bytes.toLocaleString("en")];
    const all = [...cells, letters(l.lane), String(l.first), String(l.last), over];
    return h("tr", {}, h("th", { scope: "row" }, name), ...all.map((t) => h("td", {}, t)));
  });
  const more = lives.length > ROWS ? `; the first ${ROWS} of ${lives.length}` : "";
  return h(
    "table",
    {},
    h("caption", {}, `${title}: values between inputs and results${more}`),
    h("thead", {}, h("tr", {}, ...head.map((t) => h("th", { scope: "col" }, t)))),
    h("tbody", {}, ...rows),
  );
}
