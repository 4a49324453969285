"""Chapters: the notebooks of the course as files, and what their first cell says about them."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import mxbook
from mxbook.base.errors import FileFormatError, MXNetError
from mxbook.formats import atomic

Notebook = dict[str, Any]

PATTERN = "[0-9][0-9]-*.ipynb"
DECLARED = re.compile(r"(\d+)\s*s to run")


class Chapter(NamedTuple):
    """One notebook of the course."""

    path: Path

    @property
    def name(self) -> str:
        """`00-start-here`."""
        return self.path.stem


def needs(package: str):
    """Import a package of the extra `notebooks`; raises MXNetError that says how to get it."""
    import importlib

    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MXNetError(
            f"running chapters needs the package {package.partition('.')[0]}",
            values=[("python", str(error))],
            hint='pip install "mxbook[notebooks]"',
        ) from error


def home() -> Path:
    """The folder of the chapters: beside the package in a checkout, else `notebooks` around here.

    Raises MXNetError when there is none.
    """
    here = Path.cwd()
    beside = Path(mxbook.__file__).parents[1]
    for folder in (beside, here, *here.parents):
        if any((folder / "notebooks").glob(PATTERN)):
            return folder / "notebooks"
    raise MXNetError(
        "the chapters were not found",
        rule="a folder notebooks/ beside the package mxbook, or in this folder or one above it",
        hint="name a notebook or a folder: python -m mxbook.book check path/to/notebooks",
    )


def find(wanted: Iterable[str] = ()) -> list[Chapter]:
    """The chapters with these numbers or at these paths; all of them when nothing is named.

    Raises MXNetError for a number or path that does not exist.
    """
    wanted = list(wanted)
    if not wanted:
        return inside(home())
    return [chapter for word in wanted for chapter in _find_one(word)]


def inside(folder: Path) -> list[Chapter]:
    """The chapters of a folder in their order."""
    return [Chapter(path) for path in sorted(folder.glob(PATTERN))]


def _find_one(word: str) -> list[Chapter]:
    path = Path(word)
    if path.is_dir():
        found = inside(path)
        place = f"in {path}"
    elif path.suffix == ".ipynb":
        found = [Chapter(path)] if path.is_file() else []
        place = f"at {path}"
    else:
        known = inside(home())
        found = [c for c in known if c.name == word or c.name.startswith(word + "-")]
        place = f"{word}; there are " + ", ".join(c.name for c in known)
    if not found:
        raise MXNetError(f"there is no chapter {place}")
    return found


def read(path: Path) -> Notebook:
    """The notebook in a file; cells without an identifier get one.

    Raises FileFormatError for anything that is no notebook of format 4.
    """
    nbformat = needs("nbformat")
    try:
        notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        if notebook.get("nbformat") != 4:
            raise ValueError(f"it has format {notebook.get('nbformat')}")
        name_cells(notebook)
        nbformat.validate({**notebook, "nbformat_minor": 5})
    except (ValueError, KeyError, TypeError, AttributeError, nbformat.ValidationError) as error:
        raise FileFormatError(
            f"{path.name} is not a notebook of format 4",
            values=[("found", f"{type(error).__name__}: {str(error).splitlines()[0]}")],
            hint="open it in JupyterLab and save it",
        ) from error
    return notebook


def name_cells(notebook: Notebook) -> None:
    """Give every cell an identifier of its own; what is there and unique stays."""
    taken: set[str] = set()
    for number, cell in enumerate(notebook["cells"], 1):
        name = cell.get("id")
        if not name or name in taken:
            name = next(n for n in _names(number) if n not in taken)
            cell["id"] = name
        taken.add(name)


def _names(number: int) -> Iterable[str]:
    yield f"cell-{number}"
    extra = 1
    while True:
        extra += 1
        yield f"cell-{number}-{extra}"


def write(path: Path, notebook: Notebook) -> None:
    """Store a notebook as JupyterLab does; the file appears whole or not at all."""
    text = needs("nbformat").v4.writes(needs("nbformat").from_dict(notebook))
    atomic.write(path, [text.encode() if text.endswith("\n") else text.encode() + b"\n"])


def code_cells(notebook: Notebook) -> list[tuple[int, dict]]:
    """Number (counted from 1 over all cells) and cell of every piece of code."""
    cells = enumerate(notebook["cells"], 1)
    return [(n, c) for n, c in cells if c["cell_type"] == "code" and c["source"].strip()]


def declared_seconds(notebook: Notebook) -> int | None:
    """The running time that the card in the first cell promises ("60 s to run"), if it does."""
    cells = notebook["cells"]
    match = DECLARED.search(cells[0]["source"]) if cells else None
    return int(match[1]) if match else None
