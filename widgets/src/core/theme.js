// Colours of the page for things that style sheets do not reach: canvases and exported pictures.

/**
 * @typedef {object} Theme
 * @property {0 | 1} side  which of a curve's two colours fits: 0 on light paper, 1 on dark
 * @property {string} paper
 * @property {string} ink
 * @property {string} faint
 * @property {string} grid
 * @property {string} track
 * @property {string} done
 * @property {string} alert
 */

/** Full colours on light and on dark paper: COLOURS of mxbook/explain/style.py. */
export const COLOURS = [
  ["#0067A5", "#5AB4F0"],
  ["#B84700", "#FF9A4D"],
  ["#00744F", "#4FD1A5"],
  ["#9C3F80", "#E88BC6"],
  ["#6B5B00", "#E3CF4A"],
  ["#50565F", "#C3CAD4"],
];

/** The same as THEMES in mxbook/explain/shapes.py. @type {Theme[]} */
export const THEMES = [
  {
    side: 0,
    paper: "#FFFFFF",
    ink: "#1B1F24",
    faint: "#5C636D",
    grid: "#E4E7EB",
    track: "#E4E7EB",
    done: "#0067A5",
    alert: "#B3261E",
  },
  {
    side: 1,
    paper: "#15181D",
    ink: "#E8EAED",
    faint: "#A0A7B1",
    grid: "#30363E",
    track: "#30363E",
    done: "#5AB4F0",
    alert: "#FF8A80",
  },
];

/**
 * The theme at an element: light or dark by the colour behind it, and the notebook's own paper
 * and ink where it has them. A view is made before it is put into the page; until then the page
 * itself answers.
 *
 * @param {Element} element
 * @returns {Theme}
 */
export function themeAt(element) {
  const style = getComputedStyle(element.isConnected ? element : document.body);
  const own = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const paper = own("--jp-layout-color0") || own("--jp-layout-color1");
  const system = globalThis.matchMedia?.("(prefers-color-scheme: dark)").matches;
  const dark = paper ? brightness(paper) < 0.5 : Boolean(system);
  const theme = THEMES[dark ? 1 : 0];
  return paper ? { ...theme, paper, grid: own("--jp-border-color2") || theme.grid } : theme;
}

/** @param {string} colour  `#rgb`, `#rrggbb`, `rgb(...)`, `white` or `black` @returns {number[]} */
function channels(colour) {
  const named = { white: [255, 255, 255], black: [0, 0, 0] }[colour.toLowerCase()];
  if (named) return named;
  if (!colour.startsWith("#")) return (colour.match(/[\d.]+/g) ?? ["255", "255", "255"]).slice(0, 3).map(Number);
  const hex = colour.slice(1);
  const wide = hex.length < 6 ? [...hex].map((c) => c + c).join("") : hex;
  return [0, 2, 4].map((i) => parseInt(wide.slice(i, i + 2), 16));
}

/** Brightness of a colour, 0 to 1. @param {string} colour */
export function brightness(colour) {
  const [red, green, blue] = channels(colour);
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}

/** The colour that `over` with this opacity has on `under`. */
export function mix(/** @type {string} */ over, /** @type {string} */ under, /** @type {number} */ opacity) {
  const [o, u] = [channels(over), channels(under)];
  const hex = o.map((v, i) => Math.round(v * opacity + u[i] * (1 - opacity)).toString(16).padStart(2, "0"));
  return `#${hex.join("")}`;
}

/**
 * Call `changed` whenever the page or the system switches between light and dark.
 *
 * @param {() => void} changed
 * @returns {() => void} stops it
 */
export function watchTheme(changed) {
  const observer = new MutationObserver(changed);
  const filter = ["class", "style", "data-jp-theme-light", "data-jp-theme-name", "data-theme"];
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true, attributeFilter: filter });
  }
  const system = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  system?.addEventListener?.("change", changed);
  return () => {
    observer.disconnect();
    system?.removeEventListener?.("change", changed);
  };
}
