"""Two timelines as the arrays of one picture: the lanes of one below those of the other, both from
the same beginning on."""

import numpy as np

from .columns import Columns, Details, Group
from .compare import Comparison
from .events import Lists, indexed


def joint(comparison: Comparison) -> Columns:
    """The columns of both.  Numbers of the second come after those of the first: `shift` tells
    from where on; `partner` is for each box the number of the same operation in the other."""
    a, b = comparison.first.columns(), comparison.second.columns()
    assert a.details is not None and b.details is not None
    shift = int(a.number.max(initial=0))
    names, name = _merged(a.names, a.name, b.names, b.name)
    layers, layer = _merged(a.layers, a.details.layer, b.layers, b.details.layer)
    places, place = _merged(a.places, a.details.place, b.places, b.details.place)
    details = Details(
        *(_both(getattr(a.details, f), getattr(b.details, f)) for f in ("pushed", "ready")),
        _both(a.details.nbytes, b.details.nbytes),
        layer,
        place,
        _both(a.details.outcome, b.details.outcome),
        _lists(a.details.after, b.details.after, shift),
        *(_lists(getattr(a.details, f), getattr(b.details, f), 0) for f in ("reads", "writes")),
    )
    lanes = len(a.titles)
    groups = [Group(t, lane, c.span) for t, lane, c in zip(comparison.names, (0, lanes), (a, b),
              strict=True) if c.count]  # fmt: skip
    number = _both(a.number, np.where(b.number > 0, b.number + shift, 0))
    return Columns(
        max(a.span, b.span),
        a.lanes + b.lanes,
        a.kinds + b.kinds,
        a.titles + b.titles,
        [*a.rows, *(r._replace(lane=r.lane + lanes, begin=r.begin + a.count, end=r.end + a.count)
                    for r in b.rows)],
        _both(a.start, b.start),
        _both(a.length, b.length),
        name,
        _both(a.what, b.what),
        number.astype(np.uint32),
        names,
        layers,
        places,
        [*a.critical, *(n + shift for n in b.critical)],
        details,
        comparison.sentence(),
        0.0,  # there is no common beginning
        groups,
        shift,
        _partners(comparison, number, shift),
        comparison,
    )  # fmt: skip


def _both(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.concatenate([a, b])


def _merged(
    texts: list[str], index: np.ndarray, others: list[str], other: np.ndarray
) -> tuple[list[str], np.ndarray]:
    """The different texts of both, and for each box the index."""
    merged, place = indexed([*texts, *others])
    found = np.concatenate([place[: len(texts)][index], place[len(texts) :][other]])
    return merged[: 2**16], np.minimum(found, 2**16 - 1).astype(np.uint16)


def _lists(a: Lists, b: Lists, shift: int) -> Lists:
    """The lists of both, with numbers of the second shifted."""
    offsets = np.concatenate([a.offsets, b.offsets[1:] + a.offsets[-1]])
    items = np.concatenate([a.items, b.items + np.uint32(shift)])
    return Lists(offsets.astype(np.uint32), items.astype(np.uint32))


def _partners(comparison: Comparison, number: np.ndarray, shift: int) -> np.ndarray:
    """For each box the number of the same operation in the other record; 0 if there is none."""
    both = [(p.first.number, p.second.number + shift) for p in comparison.pairs
            if p.first is not None and p.second is not None]  # fmt: skip
    pairs = np.array(both, np.int64).reshape(-1, 2)
    table = np.zeros(int(number.max(initial=0)) + 1, np.uint32)
    table[pairs[:, 0]] = pairs[:, 1]
    table[pairs[:, 1]] = pairs[:, 0]
    return table[number]
