"""Pictures as HTML pages that need no network: the live widgets without a kernel."""

import base64
import html
import importlib.util
import json
from pathlib import Path
from typing import Any

from .frames import snapshot
from .run import Run

# Stands in for the model that a notebook gives to a widget: it holds the data and forgets changes
# when the page is closed.
SHIM = """
const text = (id) => document.getElementById(id).textContent;
const state = JSON.parse(text("state"));
for (const [name, data] of Object.entries(JSON.parse(text("data")))) {
  state[name] = new DataView(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer);
}
const model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; },
  on() {}, off() {}, send() {}, save_changes() {},
};
const source = new Blob([JSON.parse(text("module"))], { type: "text/javascript" });
const { default: widget } = await import(URL.createObjectURL(source));
const place = document.getElementById("place");
const picture = place.firstElementChild;
widget.initialize?.({ model });
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
    """The text of a run's page: interactive where the package `mxbook_widgets` is installed.

    Without it, and wherever scripts are forbidden, the page shows the picture.
    """
    state = {"_key": "page", "log_x": run.log_x, "log_y": run.log_y, "smooth": run.smooth}
    data = {"_snapshot": base64.b64encode(snapshot(run)).decode()}
    return interactive("curves", run.title, run.svg(), state, data)


def interactive(
    widget: str, title: str, svg: str, state: dict[str, Any], data: dict[str, str]
) -> str:
    """The page of a widget, "curves" for example, whose picture is `svg`.

    `state` are the traits that JSON can hold, `data` those that are bytes, in base 64.
    """
    static = static_folder(widget)
    scripts, css = "", ""
    if static is not None:
        css = (static / f"{widget}.css").read_text(encoding="utf-8")
        module = (static / f"{widget}.js").read_text(encoding="utf-8")
        parts = [("module", module), ("state", state), ("data", data)]
        pieces = [_data(name, value) for name, value in parts]
        scripts = "\n".join([*pieces, f'<script type="module">{SHIM}</script>'])
    return PAGE.format(title=html.escape(title), css=css, svg=svg, scripts=scripts)


def _data(name: str, value) -> str:
    # "<" is escaped so that no text can end the script element.
    text = json.dumps(value).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def static_folder(widget: str = "curves") -> Path | None:
    """Where the built code of a widget lies; None when `mxbook_widgets` is not installed."""
    spec = importlib.util.find_spec("mxbook_widgets")  # looks, imports nothing
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "static"
    return folder if (folder / f"{widget}.js").exists() else None
