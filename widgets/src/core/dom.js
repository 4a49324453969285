// Elements without ceremony.

/**
 * An element with attributes, listeners (`onclick`) and children.
 *
 * What can have the focus also tells JupyterLab to leave our keys alone: pressing d twice on a
 * button would delete the cell.  Only the focused element itself can say so.
 *
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (["button", "input"].includes(tag) || "tabindex" in attributes) {
    element.setAttribute("data-lm-suppress-shortcuts", "true");
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  const [name, seen] = [attributes["aria-label"], element.textContent ?? ""];
  // Who speaks to the browser says what is seen, so a button's name has to contain that.
  if (tag === "button" && name && !name.toLowerCase().includes(seen.toLowerCase())) {
    if (/\p{L}/u.test(seen)) element.setAttribute("aria-label", `${seen}: ${name}`);
  }
  return element;
}

/**
 * Give the reader a file.
 *
 * @param {string} name
 * @param {Blob} content
 */
export function download(name, content) {
  const address = URL.createObjectURL(content);
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser may still be reading; a minute is plenty.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
