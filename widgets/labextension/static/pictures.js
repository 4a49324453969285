// A trusted notebook that is opened again asks for its widgets before it looks for anything else, and
// where the kernel has gone it says "Error displaying widget: model not found".  Our outputs hold a
// picture beside the widget: this extension of JupyterLab shows it in place of that line.
//
// It is loaded as it is, without a build: JupyterLab wants a container with `init` and `get`.

(() => {
  const ERROR = "Error displaying widget";

  /** The output that an element belongs to: its data and metadata. */
  function outputAt(app, node) {
    for (const panel of app.shell.widgets("main")) {
      for (const cell of panel.content?.widgets ?? []) {
        const area = cell.outputArea;
        const index = area?.widgets?.findIndex((widget) => widget.node.contains(node)) ?? -1;
        if (index >= 0) return area.model.get(index);
      }
    }
    return null;
  }

  /** The picture of an output as an element; null if it has none. */
  function pictureOf({ data, metadata }) {
    const [png, svg] = ["image/png", "image/svg+xml"].map((type) => data[type]);
    if (!png && !svg) return null;
    const image = document.createElement("img");
    const text = (value) => (Array.isArray(value) ? value.join("") : String(value));
    image.src = png
      ? `data:image/png;base64,${text(png).replace(/\s/g, "")}`
      : `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text(svg))}`;
    const { width, height } = metadata["image/png"] ?? {};
    if (png && width) Object.assign(image, { width, height });
    image.alt = text(data["text/plain"] ?? "").split("\n")[0];
    image.className = "mxbook-stored";
    image.style.maxWidth = "100%";
    image.title = "a stored picture: run the cell again to make it live";
    return image;
  }

  function mend(app, node) {
    if (node.childElementCount || !node.textContent.startsWith(ERROR)) return;
    const output = outputAt(app, node);
    const picture = output && pictureOf(output);
    if (picture) node.replaceChildren(picture);
  }

  const plugin = {
    id: "mxbook-widgets:pictures",
    description: "Shows stored pictures in place of widgets that are gone.",
    autoStart: true,
    activate(app) {
      new MutationObserver((changes) => {
        for (const { target } of changes) {
          if (target.classList?.contains("jupyter-widgets")) mend(app, target);
        }
      }).observe(document.body, { childList: true, subtree: true });
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB["mxbook-widgets"] = {
    init() {}, // nothing of JupyterLab's packages is needed
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
})();
