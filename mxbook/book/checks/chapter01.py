"""The exercises of chapter 01: looking inside."""

import numpy as np

from mxbook.book.doctor import Report, Row
from mxbook.explain.timeline import Event, Timeline

from .answers import call, exercise, number, require, shown, unwritten

# The network of the chapter: 20 and 50 stencils of 5 × 5, then 500 and 10 sums, each with a bias.
LAYERS = {
    "first convolution": 20 * 1 * 25 + 20,
    "second convolution": 50 * 20 * 25 + 50,
    "first dense layer": 500 * 800 + 500,
    "second dense layer": 10 * 500 + 10,
}


@exercise("01.1", "the report is a list, and you picked the rows that were not found.")
def missing(answer, random):
    """A list of the names of all rows that were not found."""
    for _ in range(4):
        rows = [
            Row(name, bool(random.integers(2)), "text", needed=bool(random.integers(2)))
            for name in ("Python", "NumPy", "Engine", "GPU", "Pillow")
        ]
        rows += [Row("Extra", False, "text"), Row("Base", True, "text", needed=True)]
        got = call(answer, Report(rows))
        require(
            isinstance(got, list | tuple),
            f"it must return a list of names, and returned {shown(got)}",
        )
        require(
            not any(isinstance(item, Row) for item in got),
            "the list holds whole rows; the name of a row is row.name",
        )
        found = [row.name for row in rows if row.found]
        wanted = [row.name for row in rows if not row.found]
        require(
            sorted(map(str, got)) != sorted(found),
            "these are the rows that were found; wanted are the others",
        )
        needless = [row.name for row in rows if not row.found and not row.needed]
        require(
            sorted(map(str, got)) == sorted(wanted) or list(got) != needless,
            "a row that is needed can be missing as well; only `found` decides",
        )
        require(
            sorted(map(str, got)) == sorted(wanted),
            f"for a report in which {', '.join(wanted)} were not found it returned {shown(got)}",
        )


@exercise("01.2", "nearly all that this network learns is in one layer, the first dense one.")
def counted(answer, random):
    """The numbers that are learned, in all and in the layer that has most of them."""
    keys = ("in all", "in the largest layer")
    require(
        isinstance(answer, dict) and set(answer) == set(keys),
        f"the answer must be a dictionary with the keys {keys[0]!r} and {keys[1]!r}",
    )
    assert not any(map(unwritten, answer.values()))
    total, largest = (number(answer[k], f"the number {k}") for k in keys)
    most = LAYERS["first dense layer"]
    require(
        largest != most - 500,
        "in the largest layer you counted the weights and forgot the 500 biases; "
        "the node has two chips, weight and bias",
    )
    require(
        largest == most,
        f"{largest:,.0f} is not the largest layer; it has one weight for each of 800 inputs "
        "and each of 500 outputs, and a bias for each output",
    )
    weights = sum(LAYERS.values()) - 20 - 50 - 500 - 10
    require(total != weights, "in all you counted the weights without the biases")
    require(
        total == sum(LAYERS.values()),
        f"the layers have {', '.join(f'{n:,}' for n in LAYERS.values())} learned numbers, "
        f"and they do not add up to {total:,.0f}",
    )


@exercise("01.3", "from start to end it computes; what comes before the start is waiting.")
def longest(answer, random):
    """The name of the operation that computed longest."""
    for _ in range(4):
        events = _events(random)
        got = call(answer, Timeline(events, [], []))
        require(
            not isinstance(got, Event),
            "it returned the whole event; its name is event.name",
        )
        wanted = max(events, key=lambda e: e.ended - e.started).name
        waited = max(events, key=lambda e: e.ended - e.pushed).name
        latest = max(events, key=lambda e: e.ended).name
        require(
            got == wanted or got != waited,
            f"{got} took longest from when it was pushed; "
            "but while it waited it did not compute: count from `started`",
        )
        require(
            got == wanted or got != latest,
            f"{got} ended last; that does not say how long it ran",
        )
        require(got == wanted, f"{wanted} computed longest, and it returned {shown(got)}")


def _events(random: np.random.Generator) -> list[Event]:
    """Three operations: one computes longest, another waits longest, the third ends last."""
    base = int(random.integers(1000))
    times = {"dot": (0, 10, 510), "exp": (0, 700, 760), "sum": (690, 770, 790)}
    names = [str(name) for name in random.permutation(list(times))]
    return [
        Event(
            *(i, name, "", "worker", base + times[name][0], base + times[name][0]),
            *(base + times[name][1], base + times[name][2], "done", 8, (), (), (), None),
        )
        for i, name in enumerate(names)
    ]
