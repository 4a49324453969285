"""The glossary: a notebook whose headings are the terms, and rules that keep it whole.

Chapters link a term as `[gradient](glossary.ipynb#Gradient)`.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from mxbook.base.errors import nearest

from . import links
from .chapters import Notebook, inside, read

NAME = "glossary.ipynb"
TERM = re.compile(r"^### (.+)$", re.MULTILINE)
BELONGS = re.compile(r"\((?:\[(\d\d) [^\]]*\]\([^)]*\)|(\d\d) [^()]*)\)\s*$")


def terms(notebook: Notebook) -> list[str]:
    """The terms in the order of the page."""
    return [term for cell in notebook["cells"] for term in TERM.findall(cell["source"])]


def problems(path: Path, notebook: Notebook) -> Iterator[str]:
    """What is wrong with the glossary at `path`."""
    found = terms(notebook)
    for before, term in pairwise(found):
        if before.lower() == term.lower():
            yield f"the term {term} is there twice"
        elif before.lower() > term.lower():
            yield f"the term {term} stands behind {before}; the alphabet has it before"
    there = {chapter.name[:2] for chapter in inside(path.parent)}
    for cell in notebook["cells"]:
        for term, words in _entries(cell["source"]):
            belongs = BELONGS.search(words)
            if belongs is None:
                yield f"the term {term} does not end with its chapter, such as (02 Arrays)"
            elif belongs[2] in there:
                yield f"the term {term}: chapter {belongs[2]} is written, but not linked"
        for target in links.targets(cell["source"]):
            if links.dead(target, path, notebook):
                yield f"the link {target} leads nowhere"


def _entries(source: str) -> list[tuple[str, str]]:
    """The terms of a cell with their explanations."""
    pieces = TERM.split(source)[1:]
    return list(zip(pieces[::2], pieces[1::2], strict=True))


def unknown(target: str, path: Path) -> str:
    """What to say about a link of the chapter at `path` to a term that is not there; else ""."""
    name, _, anchor = target.partition("#")
    file = path.parent / name
    if Path(name).name != NAME or not anchor or not file.exists():
        return ""
    known = {term.replace(" ", "-") for term in terms(read(file))}
    if anchor in known:
        return ""
    hint = nearest(anchor, sorted(known))
    return f"the term {anchor} is not in the glossary" + (f"; {hint}" if hint else "")
