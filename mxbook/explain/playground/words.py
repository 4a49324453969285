"""From a line of text to what an operation reads and writes."""

import re
from typing import NamedTuple

from mxbook.base.errors import ParameterError

RULE = "like  c = a + b,  d = tanh(c),  a += 1,  x, y = split(c)  or  print(a)"
SIGNS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "@": "dot"}
_NAME = r"[A-Za-z_]\w*"


class Line(NamedTuple):
    """An operation in words: its name and the names of its variables."""

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]


def read(text: str) -> Line:
    """What a line of text asks for; raises ParameterError if that is not clear.

    >>> read("c = a + b")
    Line(name='add', reads=('a', 'b'), writes=('c',))
    >>> read("w -= grad"), read("show(a)").writes
    (Line(name='subtract', reads=('grad',), writes=('w',)), ())
    """
    left, sign, right = _split(text)
    writes = tuple(name.strip() for name in left.split(",") if name.strip())
    called = re.findall(rf"({_NAME})\s*\(", right)
    names = re.sub(rf"{_NAME}\s*\(|['\"].*?['\"]", " ", right)
    found = dict.fromkeys(n for n in re.findall(rf"(?<![\w.]){_NAME}", names))
    # What is written is not also read: the engine asks for the right to write, which is more.
    reads = tuple(name for name in found if name not in writes)
    bad = [name for name in writes if not re.fullmatch(_NAME, name)]
    if bad or not (writes or reads):
        raise ParameterError(f"cannot understand {text.strip()!r}", rule=RULE)
    return Line(_title(called, sign, right, bool(found)), reads, writes)


def _split(text: str) -> tuple[str, str, str]:
    """Left side, the sign of `+=` or "", and right side."""
    match = re.match(r"^([^=()]*?)\s*([-+*/@]?)=(?!=)(.*)$", text.strip())
    return match.groups() if match else ("", "", text)  # type: ignore[return-value]


def _title(called: list[str], sign: str, right: str, reads: bool) -> str:
    if called:
        return called[0]
    inside = next((SIGNS[c] for c in right if c in SIGNS), "")
    return SIGNS.get(sign, "") or inside or ("copy" if reads else "set")
