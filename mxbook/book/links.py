"""Links and pictures in the text of a chapter."""

import re
from pathlib import Path
from urllib.parse import unquote

from .chapters import Notebook, read

# [text](target "title") and ![alt](target); a target may stand in angle brackets.
MARKDOWN = re.compile(r"(!?)\[([^\]]*)\]\(\s*(<[^>]*>|[^)\s]+)(?:\s+[\"'][^)]*)?\)")
TAG = re.compile(r"<(img|a)\b([^>]*)>", re.IGNORECASE | re.DOTALL)
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+).+?\1", re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def prose(source: str) -> str:
    """Markdown without its pieces of code."""
    return CODE.sub("", FENCED.sub("", source))


def targets(source: str) -> list[str]:
    """Where the links and pictures of a text lead."""
    text = prose(source)
    found = [match[3].strip("<>") for match in MARKDOWN.finditer(text)]
    for match in TAG.finditer(text):
        found += [attribute(match[2], name) or "" for name in ("src", "href") if name in match[2]]
    return found


def without_alt(source: str) -> list[str]:
    """Pictures of a text that say nothing to those who cannot see them.

    >>> without_alt("![](a.png) ![a cat](b.png)")
    ['a.png']
    """
    text = prose(source)
    found = [m[3] for m in MARKDOWN.finditer(text) if m[1] and not m[2].strip()]
    tags = [m[2] for m in TAG.finditer(text) if m[1].lower() == "img"]
    silent = [tag for tag in tags if not (attribute(tag, "alt") or "").strip()]
    return found + [attribute(tag, "src") or "<img>" for tag in silent]


def attribute(tag: str, name: str) -> str | None:
    """The value of an attribute in the inside of a tag."""
    match = re.search(rf"""\b{name}\s*=\s*("([^"]*)"|'([^']*)')""", tag, re.IGNORECASE)
    return None if match is None else match[2] if match[2] is not None else match[3]


def anchors(notebook: Notebook) -> set[str]:
    """The headings of a notebook as JupyterLab names them in links: spaces become dashes."""
    text = "\n".join(c["source"] for c in notebook["cells"] if c["cell_type"] == "markdown")
    return {h.replace(" ", "-") for h in HEADING.findall(FENCED.sub("", text))}


def dead(target: str, path: Path, notebook: Notebook) -> bool:
    """Whether a link in the notebook at `path` leads nowhere; other sites are not asked."""
    if ELSEWHERE.match(target) or target.startswith(("//", "attachment:")):
        return False
    name, _, anchor = unquote(target).partition("#")
    file = path.parent / name if name else path
    if not file.exists():
        return True
    if not anchor or file.suffix != ".ipynb":
        return False
    return anchor not in anchors(notebook if file == path else read(file))
