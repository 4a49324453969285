"""A run as one HTML page that needs no network: the live widget without a kernel."""

import base64
import html
import importlib.util
import json
from pathlib import Path

from .frames import snapshot
from .run import Run

# Stands in for the model that a notebook gives to a widget: it holds the data and forgets changes
# when the page is closed.
SHIM = """
const text = (id) => document.getElementById(id).textContent;
const bytes = Uint8Array.from(atob(JSON.parse(text("data"))), (c) => c.charCodeAt(0));
const state = { ...JSON.parse(text("state")), _snapshot: new DataView(bytes.buffer) };
const model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; },
  on() {}, off() {}, send() {}, save_changes() {},
};
const source = new Blob([JSON.parse(text("module"))], { type: "text/javascript" });
const { default: widget } = await import(URL.createObjectURL(source));
const place = document.getElementById("place");
const picture = place.firstElementChild;
widget.initialize({ model });
const live = document.createElement("div");
await widget.render({ model, el: live });
picture.replaceWith(live);
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
body {{ margin: 1.5rem auto; max-width: 60rem; padding: 0 1rem; font-family: system-ui, sans-serif;
  background: Canvas; color: CanvasText; }}
{css}
</style>
</head>
<body>
<div id="place">{svg}</div>
{scripts}
</body>
</html>
"""


def page(run: Run) -> str:
    """The text of the page: interactive where the package `mxbook_widgets` is installed.

    Without it, and wherever scripts are forbidden, the page shows the picture.
    """
    static = static_folder()
    scripts, css = "", ""
    if static is not None:
        css = (static / "curves.css").read_text(encoding="utf-8")
        state = {
            "_key": "page",
            "log_x": run.log_x,
            "log_y": run.log_y,
            "smooth": run.smooth,
        }
        module = (static / "curves.js").read_text(encoding="utf-8")
        scripts = "\n".join(
            [
                _data("module", module),
                _data("state", state),
                _data("data", base64.b64encode(snapshot(run)).decode()),
                f'<script type="module">{SHIM}</script>',
            ]
        )
    return PAGE.format(title=html.escape(run.title), css=css, svg=run.svg(), scripts=scripts)


def _data(name: str, value) -> str:
    # "<" is escaped so that no text can end the script element.
    text = json.dumps(value).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def static_folder() -> Path | None:
    """Where the built browser code lies; None when `mxbook_widgets` is not installed."""
    spec = importlib.util.find_spec("mxbook_widgets")  # looks, imports nothing
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "static"
    return folder if (folder / "curves.js").exists() else None
