"""Operations of a timeline: one after the other as `Event`s, and all at once as arrays.

The log holds a tuple for each operation.  Making a million `Event`s of them takes seconds, and who
draws needs none: so `Events` is a sequence that makes an event when it is asked for one, and a
`Table` reads the tuples column by column.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, count
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from mxbook.base.sites import Site
from mxbook.engine.failures import resolved
from mxbook.engine.log import OperationRecord, read

Mark = tuple[int, int]  # key of a variable and a version of it


class Event(NamedTuple):
    """One operation.  `after` are the numbers of the operations that had to end before.

    `place` is the user's line in words, where it is read from a file and there is no `site`.
    """

    number: int
    name: str
    layer: str
    lane: str
    pushed: int
    ready: int
    started: int
    ended: int
    outcome: str
    nbytes: int
    reads: tuple[Mark, ...]
    writes: tuple[Mark, ...]
    after: tuple[int, ...]
    site: Site | None
    place: str = ""

    @property
    def duration(self) -> int:
        """Nanoseconds from start to end."""
        return self.ended - self.started

    @property
    def where(self) -> str:
        """The user's line that asked for it; empty if unknown."""
        return self.site.where if self.site is not None else self.place

    @property
    def line(self) -> str:
        """The same with the text of the line, as far as it is known."""
        return str(self.site) if self.site is not None else self.place


def event_of(record: OperationRecord, after: tuple[int, ...]) -> Event:
    """A record of the log as an event."""
    names = ("number", "name", "layer", "lane", "pushed", "ready", "started", "ended", "outcome")
    rest = (record.nbytes, record.reads, record.writes, after, record.where)
    return Event(*[getattr(record, name) for name in names], *rest)


class Lists(NamedTuple):
    """A list of numbers for each row: those of row `i` are `items[offsets[i]:offsets[i + 1]]`."""

    offsets: np.ndarray
    items: np.ndarray

    def of(self, i: int) -> np.ndarray:
        """The list of one row."""
        return self.items[self.offsets[i] : self.offsets[i + 1]]

    def owners(self) -> np.ndarray:
        """For each item the row that it belongs to."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))


def lists_of(each: Sequence[Sequence[int]]) -> Lists:
    """Lists as arrays.

    >>> lists_of([(7,), (), (8, 9)]).offsets.tolist()
    [0, 1, 1, 3]
    """
    offsets = np.zeros(len(each) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, each), np.int64, len(each)), out=offsets[1:])
    return Lists(offsets, np.fromiter(chain.from_iterable(each), np.int64, int(offsets[-1])))


# Fields that are read together: who looks at a row for one of them has the others at hand.
NUMBERS = (("number", "pushed", "started", "ended"), ("ready", "nbytes"))
TEXTS = (("name", "lane"), ("layer", "outcome"))


class Table:
    """Operations column by column; each column is made when it is first asked for.

    `rows` are tuples with these fields, in the order of their numbers; `raw` tells that they are
    the log's own, in which a write holds the version that it replaced.
    """

    def __init__(self, rows: Sequence[tuple], fields: Sequence[str], raw: bool = False):
        self.rows, self.raw = rows, raw
        self._place = {field: i for i, field in enumerate(fields)}
        self._found: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, *fields: str) -> Iterator[Any]:
        """The values of one field, or tuples of those of several."""
        return map(itemgetter(*[self._place[field] for field in fields]), self.rows)

    def numbers(self, field: str) -> np.ndarray:
        """One field as whole numbers."""
        if field not in self._found:
            fields = next(group for group in NUMBERS if field in group)
            flat = chain.from_iterable(self.column(*fields))
            found = np.fromiter(flat, np.int64, len(fields) * len(self))
            self._found.update(zip(fields, found.reshape(-1, len(fields)).T.copy(), strict=True))
        return self._found[field]

    def texts(self, field: str) -> tuple[list[str], np.ndarray]:
        """The different texts of one field, and for each row the index of its text."""
        if field not in self._found:
            fields = next(group for group in TEXTS if field in group)
            pairs, of = indexed(self.column(*fields))
            for place, name in enumerate(fields):
                different, index = indexed(pair[place] for pair in pairs)
                self._found[name] = different, index[of]
        return self._found[field]

    def marks(self, field: str) -> tuple[Lists, np.ndarray]:
        """Keys that are read or written ("reads" or "writes"), and the version of each."""
        if field not in self._found:
            each = list(self.column(field))
            offsets = np.zeros(len(each) + 1, np.int64)
            np.cumsum(np.fromiter(map(len, each), np.int64, len(each)), out=offsets[1:])
            flat = chain.from_iterable(chain.from_iterable(each))
            pairs = np.fromiter(flat, np.int64, 2 * int(offsets[-1])).reshape(-1, 2)
            made = self.raw and field == "writes"
            self._found[field] = Lists(offsets, pairs[:, 0]), pairs[:, 1] + made
        return self._found[field]

    @cached_property
    def places(self) -> tuple[list[str], np.ndarray]:
        """The different lines that asked for operations, and for each row the index of its own."""
        lines, line = indexed_sites(self.column("site"))
        if not self.known:
            return lines, line
        words, word = indexed(self.column("place"))  # where there is no site
        texts, index = indexed([*lines, *words])
        unknown = np.array([not text for text in lines], bool)
        chosen = np.where(unknown[line], len(lines) + word, line) if lines else line
        return texts, index[chosen]

    @property
    def known(self) -> bool:
        """Whether rows tell what they needed and where they were asked for in words."""
        return "after" in self._place

    @cached_property
    def after(self) -> Lists:
        """For each row the rows that had to end before it, ascending."""
        if not self.known:
            return needed(self.marks("reads"), self.marks("writes"))
        found = lists_of(list(self.column("after")))
        row, source = found.owners(), self.find(found.items)
        keep = (source >= 0) & (source < row)
        return _edges(source[keep], row[keep], len(self))

    def find(self, numbers: np.ndarray) -> np.ndarray:
        """The rows of the operations with these numbers; -1 where there is none."""
        own = self.numbers("number")
        if not len(own):
            return np.full(len(numbers), -1)
        order = None if (own[1:] > own[:-1]).all() else np.argsort(own, kind="stable")
        at = np.minimum(np.searchsorted(own, numbers, sorter=order), len(own) - 1)
        at = at if order is None else order[at]
        return np.where(own[at] == numbers, at, -1)

    def event(self, i: int) -> Event:
        """One row as an event."""
        row = self.rows[i]
        if self.known:
            return row  # type: ignore[return-value]
        record = read(row) if self.raw else OperationRecord._make(row)
        return event_of(record, tuple(self.numbers("number")[self.after.of(i)].tolist()))

    def critical(self) -> list[int]:
        """The rows of the chain that takes longest, each of which needs the one before."""
        return longest(self.after, self.numbers("ended") - self.numbers("started"))


class Events(Sequence[Event]):
    """The events of a table; each is made when it is first looked at."""

    def __init__(self, table: Table):
        self.table = table
        self._made: list[Event] | None = None

    def _all(self) -> list[Event]:
        if self._made is None:
            self._made = list(map(self.table.event, range(len(self.table))))
        return self._made

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, place):
        if self._made is not None or isinstance(place, slice):
            return self._all()[place]
        return self.table.event(range(len(self.table))[place])

    def __iter__(self) -> Iterator[Event]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._all())


def in_order(rows: list[tuple]) -> list[tuple]:
    """Records of the log in the order of their numbers; of two with one number the later."""
    number = np.fromiter(map(itemgetter(0), rows), np.int64, len(rows))
    if (number[1:] > number[:-1]).all():
        return rows
    order = np.argsort(number, kind="stable")
    last = np.append(np.diff(number[order]) > 0, True)
    return list(map(rows.__getitem__, order[last].tolist()))


def table_of(events: Sequence[Event]) -> Table:
    """The table of a timeline's events, whichever way they are held."""
    return events.table if isinstance(events, Events) else Table(events, Event._fields)


def indexed(texts: Iterable[Hashable]) -> tuple[list, np.ndarray]:
    """Different texts in the order of their appearance, and for each text its index.

    >>> texts, index = indexed(["dot", "tanh", "dot"])
    >>> texts, index.tolist()
    (['dot', 'tanh'], [0, 1, 0])
    """
    seen: defaultdict[Hashable, int] = defaultdict(count().__next__)
    index = np.fromiter(map(seen.__getitem__, texts), np.int64)
    return list(seen), index


def indexed_sites(sites: Iterable[Any]) -> tuple[list[str], np.ndarray]:
    """The same for the lines of sites; each is looked up once, for that is slow."""
    sites = list(sites)
    if set(map(type, sites)) <= {Site, tuple}:
        # A code object is compared by all that is in it; its identity is enough here.
        keys = zip(map(id, map(itemgetter(0), sites)), map(itemgetter(1), sites), strict=True)
    else:
        keys = (
            site and ((id(site[0]), site[1]) if isinstance(site, tuple) else site) for site in sites
        )
    different, index = indexed(keys)
    first = np.zeros(len(different), np.int64)
    first[index[::-1]] = np.arange(len(index))[::-1]
    lines = [resolved(sites[i]) for i in first.tolist()]
    texts, text = indexed("" if line is None else str(line) for line in lines)
    return texts, text[index] if texts else index


def needed(reads: tuple[Lists, np.ndarray], writes: tuple[Lists, np.ndarray]) -> Lists:
    """For each operation those that it had to wait for, by their places, of keys and versions.

    Who reads a version needs the operation that made it; who makes one needs the operation that
    made the version before, and all that read that.
    """
    (read_keys, seen), (made_keys, made) = reads, writes
    key, reader = made_keys.items, read_keys.owners()
    order = np.argsort(_code(key, made), kind="stable")
    code, maker = _code(key, made)[order], made_keys.owners()[order]
    rows = len(made_keys.offsets) - 1
    if not rows or not len(code):
        return Lists(np.zeros(rows + 1, np.int64), np.zeros(0, np.int64))
    # Sorted by variable and version, the maker of a version stands right before its replacer.
    wanted = _code(read_keys.items, seen)
    next_one = np.searchsorted(code, wanted, side="right")
    before, there = np.maximum(next_one - 1, 0), np.minimum(next_one, len(code) - 1)
    is_made = (next_one > 0) & (code[before] == wanted)
    is_replaced = (next_one < len(code)) & (code[there] == wanted + 1)
    follows = np.flatnonzero(code[1:] == code[:-1] + 1)
    source = [maker[before[is_made]], reader[is_replaced], maker[follows]]
    target = [reader[is_made], maker[there[is_replaced]], maker[follows + 1]]
    source, target = np.concatenate(source), np.concatenate(target)
    keep = source < target
    return _edges(source[keep], target[keep], rows)


def _code(key: np.ndarray, version: np.ndarray) -> np.ndarray:
    """Key and version in one number."""
    return (key << 32) + version


def _edges(source: np.ndarray, target: np.ndarray, rows: int) -> Lists:
    """The sources of each target, ascending and each once."""
    code = np.sort((target << 32) + source)
    code = code[np.diff(code, prepend=-1) != 0]
    offsets = np.zeros(rows + 1, np.int64)
    np.cumsum(np.bincount(code >> 32, minlength=rows), out=offsets[1:])
    return Lists(offsets, code & (2**32 - 1))


def longest(after: Lists, took: np.ndarray) -> list[int]:
    """The chain of rows, each of which comes after the one before, that takes longest together."""
    if not len(took):
        return []
    before = [0] * len(took)  # how long the chain before each row takes
    own = took.tolist()
    for source, target in zip(after.items.tolist(), after.owners().tolist(), strict=True):
        total = before[source] + own[source]
        if total > before[target]:
            before[target] = total
    total = np.array(before) + took
    path, row = [], int(total.argmax())
    while True:
        path.append(row)
        sources = after.of(row)
        if not len(sources):
            return path[::-1]
        row = int(sources[total[sources].argmax()])


def dependencies(records: Sequence[OperationRecord]) -> list[tuple[int, ...]]:
    """For each operation the numbers of those that it had to wait for, among these; `needed` tells
    the rule.  The records are in the order of their numbers.
    """
    table = Table(records, OperationRecord._fields)
    number, after = table.numbers("number"), table.after
    return [tuple(number[after.of(i)].tolist()) for i in range(len(records))]
