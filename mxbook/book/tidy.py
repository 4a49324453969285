"""Taking out of a notebook what changes with every run or every machine.

Kept: sources, outputs, tags, what is hidden.  Removed: versions, times, the state and the views of
widgets (their pictures stay), object addresses, folders of this machine.
"""

import copy
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import mxbook

from .chapters import Notebook, name_cells

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = ("jupyter", "slideshow", "tags")
WIDGET = "application/vnd.jupyter.widget-view+json"
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")
CELL_FILE = re.compile(r"[^\s\"'(]*ipykernel_\d+[/\\]\d+\.py")

Places = Sequence[tuple[str, str]]
ENDS = (("/", ""), ("\\", ""), ("", "."))  # what may follow the name of a folder


def places(folder: Path | None = None) -> Places:
    """Folders of this machine and what stands for them: the chapters', the package's, one's own."""
    inner = [] if folder is None else [folder.resolve()]
    inner.append(Path(mxbook.__file__).resolve().parents[1])
    found = [(str(path) + end, short) for path in inner for end, short in ENDS]
    return [*found, (str(Path.home()), "~")]


def tidy(notebook: Notebook, where: Places = ()) -> Notebook:
    """A copy of a notebook without what changes; doing it again changes nothing."""
    notebook = copy.deepcopy(notebook)
    notebook["metadata"] = copy.deepcopy(METADATA)
    notebook["nbformat_minor"] = 5
    name_cells(notebook)
    for cell in notebook["cells"]:
        kept = {key: cell["metadata"][key] for key in CELL_METADATA if cell["metadata"].get(key)}
        cell["metadata"] = kept
        if cell["cell_type"] == "code":
            cell["outputs"] = [_output(o, where) for o in joined(cell["outputs"])]
    return notebook


def joined(outputs: Iterable[dict]) -> list[dict]:
    """Outputs in which neighbouring pieces of one stream are one; a carriage return overwrites."""
    merged: list[dict] = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        else:
            merged.append(copy.deepcopy(output))
    for output in merged:
        if output["output_type"] == "stream":
            output["text"] = re.sub(r"[^\n]*\r(?!\n)", "", output["text"])
    return merged


def _output(output: dict, where: Places) -> dict:
    if output["output_type"] in ("display_data", "execute_result"):
        data = {kind: value for kind, value in output["data"].items() if kind != WIDGET}
        output["metadata"] = {k: v for k, v in output["metadata"].items() if k != WIDGET}
        output["data"] = {
            kind: _clean(value, where) if kind.startswith("text/") else value
            for kind, value in data.items()
        }
        return output
    return {key: _clean(value, where) for key, value in output.items()}


def _clean(value: Any, where: Places) -> Any:
    """Texts without addresses and folders; in an error also those of the traceback."""
    if isinstance(value, list):
        return [_clean(v, where) for v in value]
    if not isinstance(value, str):
        return value
    value = CELL_FILE.sub("cell", ADDRESS.sub("0x…", value))
    for folder, short in where:
        value = value.replace(folder, short)
    return value
