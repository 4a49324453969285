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

/**
 * Brightness of a colour, 0 to 1; of `#rgb`, `#rrggbb`, `rgb(...)`, `white` and `black`.
 *
 * @param {string} colour
 */
export function brightness(colour) {
  const named = { white: 1, black: 0 }[colour.toLowerCase()];
  if (named !== undefined) return named;
  let parts = colour.match(/[\d.]+/g)?.map(Number) ?? [255, 255, 255];
  if (colour.startsWith("#")) {
    const hex = colour.slice(1);
    const wide = hex.length < 6 ? [...hex].map((c) => c + c).join("") : hex;
    parts = [0, 2, 4].map((i) => parseInt(wide.slice(i, i + 2), 16));
  }
  return (0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2]) / 255;
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
