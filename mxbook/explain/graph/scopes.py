"""Groups out of names: `stage1_conv0_fwd` stands in `stage1`, `stage1_conv0`.

Graphs from files have nothing but names.  A name is cut at `_`, `/` and `.`; what several
operators have in common at the beginning makes a group.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from .model import Path


def paths(names: Sequence[str]) -> list[Path]:
    """The groups of each name, outermost first.

    A beginning makes a group when two or more names have it, but not all.

    >>> paths(["net_a_x", "net_a_y", "net_b"])
    [('a',), ('a',), ()]
    """
    cut = [_words(name) for name in names]
    common = _common(cut)
    cut = [words[common:] for words in cut]
    counts = Counter(tuple(words[:k]) for words in cut for k in range(1, len(words)))
    found = []
    for words in cut:
        path, before, begin = [], 0, 0
        for k in range(1, len(words)):
            count = counts[tuple(words[:k])]
            if count < 2:
                break
            if count != before and _splits(words, k, counts):
                path.append("_".join(words[begin:k]))
                begin = k
            before = count
        found.append(tuple(path))
    return found


def _splits(words: Sequence[str], k: int, counts: Counter) -> bool:
    """Whether names that agree in the first k words go apart at the next one."""
    return counts.get(tuple(words[: k + 1]), 0) < counts[tuple(words[:k])]


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[_/.:]+", name) if word] or [name]


def _common(cut: Sequence[Sequence[str]]) -> int:
    """How many words all names of several words have in common at the beginning."""
    several = [words for words in cut if len(words) > 1]
    if len(several) < 2:
        return 0
    count = 0
    while all(len(words) > count + 1 for words in several):
        if len({words[count] for words in several}) > 1:
            break
        count += 1
    return count


def automatic(name: str, op: str) -> bool:
    """Whether a name was made from the operator's: it says nothing about where the node belongs.

    >>> automatic("_plus0", "elemwise_add"), automatic("expand_dims3", "expand_dims")
    (True, True)
    >>> automatic("stage1_conv0", "Convolution")
    False
    """
    stem = name.rstrip("0123456789")
    if stem == name:
        return False
    return stem.startswith("_") or stem.replace("_", "") in op.lower().replace("_", "")


def adopted(
    paths: Mapping[int, Path], readers: Mapping[int, Sequence[int]], sources: Mapping[int, Sequence]
) -> dict[int, Path]:
    """Paths for those that have none (None): the group that all its readers or sources are in."""
    found = dict(paths)
    for near in (readers, sources, readers):
        order = list(found) if near is sources else list(reversed(found))
        for k in order:
            if found[k] is None:
                known = [found[j] for j in near.get(k, ()) if found.get(j) is not None]
                if known:
                    found[k] = _shared(known)
    return {k: path or () for k, path in found.items()}


def _shared(paths: Sequence[Path]) -> Path:
    first, last = min(paths), max(paths)
    count = 0
    while count < min(len(first), len(last)) and first[count] == last[count]:
        count += 1
    return first[:count]
