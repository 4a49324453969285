"""What a chapter in the repository has to keep to, as far as it can be seen without running it."""

import base64
import difflib
from collections.abc import Iterator
from pathlib import Path

from . import glossary, links, variants
from .chapters import Notebook, code_cells, declared_seconds
from .tidy import Places, tidy

IMAGE_BYTES = 150_000
FILE_BYTES = 500_000
PATIENCE = 3  # a chapter may take so many times the time it declares
AGAIN = "; `python -m mxbook.book run` mends it"


def problems(path: Path, notebook: Notebook, where: Places = ()) -> list[str]:
    """What is wrong with the notebook at `path`, one sentence each."""
    return [
        *_card(notebook),
        *_untidy(notebook, where),
        *_not_executed(notebook),
        *_too_large(path, notebook),
        *_stopping(notebook),
        *_pictures(notebook),
        *_text(path, notebook),
        *variants.problems(path.stem, notebook),
    ]


def _card(notebook: Notebook) -> Iterator[str]:
    if declared_seconds(notebook) is None:
        yield 'the first cell does not declare the running time, such as "60 s to run"'


def _untidy(notebook: Notebook, where: Places) -> Iterator[str]:
    """Everything that `tidy` would change."""
    clean = tidy(notebook, where)
    if notebook["nbformat_minor"] != clean["nbformat_minor"]:
        yield f"the format is 4.{notebook['nbformat_minor']} in place of 4.5{AGAIN}"
    extra = [k for k, v in notebook["metadata"].items() if v != clean["metadata"].get(k)]
    missing = [k for k in clean["metadata"] if k not in notebook["metadata"]]
    if extra:
        yield f"forbidden metadata of the notebook: {', '.join(extra)}{AGAIN}"
    if missing:
        yield f"missing metadata of the notebook: {', '.join(missing)}{AGAIN}"
    for number, (old, new) in enumerate(zip(notebook["cells"], clean["cells"], strict=True), 1):
        if old["metadata"] != new["metadata"]:
            extra = [k for k in old["metadata"] if k not in new["metadata"]]
            yield f"cell {number}: forbidden metadata: {', '.join(extra)}{AGAIN}"
        if old.get("outputs") != new.get("outputs"):
            yield (
                f"cell {number}: the outputs hold widget views, object addresses or folders "
                f"of one machine{AGAIN}"
            )


def _not_executed(notebook: Notebook) -> Iterator[str]:
    cells = code_cells(notebook)
    missing = [str(n) for n, cell in cells if cell.get("execution_count") is None]
    if missing:
        yield f"cell {', '.join(missing)}: not executed{AGAIN}"
        return
    if [cell["execution_count"] for _, cell in cells] != list(range(1, len(cells) + 1)):
        yield f"the cells were not executed once each from top to bottom{AGAIN}"
    if cells and not any(cell["outputs"] for _, cell in cells):
        yield "no outputs are committed: readers on the web would see no results"


def _too_large(path: Path, notebook: Notebook) -> Iterator[str]:
    size = path.stat().st_size
    if size > FILE_BYTES:
        yield f"the file has {size // 1000} KB; at most {FILE_BYTES // 1000}"
    for number, cell in code_cells(notebook):
        for output in cell["outputs"]:
            for kind, data in output.get("data", {}).items():
                size = image_size(kind, data)
                if size > IMAGE_BYTES:
                    limit = IMAGE_BYTES // 1000
                    yield f"cell {number}: {kind} of {size // 1000} KB; at most {limit}"


def image_size(kind: str, data: str) -> int:
    """Bytes of a picture in an output; 0 for what is none."""
    if not kind.startswith("image/"):
        return 0
    return len(data.encode()) if kind == "image/svg+xml" else len(base64.b64decode(data))


def _stopping(notebook: Notebook) -> Iterator[str]:
    """Cells at which *Run All* of JupyterLab would stop."""
    for number, cell in code_cells(notebook):
        if "raises-exception" in cell["metadata"].get("tags", ()):
            yield f"cell {number}: an error stops Run All; show it with mx.book.mistake()"


def _pictures(notebook: Notebook) -> Iterator[str]:
    """Pictures in outputs that say nothing to those who cannot see them."""
    for number, cell in code_cells(notebook):
        for output in cell["outputs"]:
            kinds = [k for k in output.get("data", {}) if k.startswith("image/")]
            told = [v for k, v in output.get("metadata", {}).items() if k.startswith("image/")]
            if kinds and not any(about.get("alt") for about in told):
                yield f"cell {number}: the picture has no alternative text (`alt` in its metadata)"


def _text(path: Path, notebook: Notebook) -> Iterator[str]:
    for number, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] == "markdown":
            source = cell["source"]
            for picture in links.without_alt(source):
                yield f"cell {number}: the picture {picture} has no alternative text"
            for target in links.targets(source):
                unknown = glossary.unknown(target, path)
                if unknown:
                    yield f"cell {number}: {unknown}"
                elif links.dead(target, path, notebook):
                    yield f"cell {number}: the link {target} leads nowhere"


def stale(old: Notebook, new: Notebook) -> Iterator[str]:
    """Cells tagged `stable` that print something else now than the file says."""
    for (number, before), (_, after) in zip(code_cells(old), code_cells(new), strict=True):
        if "stable" in before["metadata"].get("tags", ()):
            a, b = texts(before), texts(after)
            if a != b:
                lines = list(difflib.unified_diff(a, b, "in the file", "now", lineterm="", n=0))
                changes = "\n".join(lines[:12])
                yield f"cell {number} is tagged stable and prints something else now\n{changes}"


def texts(cell: dict) -> list[str]:
    """The lines that a cell printed or returned."""
    found = []
    for output in cell["outputs"]:
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        found += text.rstrip().splitlines()
    return found
