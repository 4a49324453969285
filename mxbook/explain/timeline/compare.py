"""Two records of nearly the same program side by side: which operation became slower, which is new.

    slow.compare(fast, ("eager", "hybridized"))

Operations are aligned by the order in which they were pushed and by their names; blocks may be
called otherwise in each.  Times of an operation are its own, without what ran inside it.
"""

from collections.abc import Callable, Hashable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

from mxbook.base.errors import ParameterError
from mxbook.engine.failures import counted, duration, numbered

from .area import own_time
from .events import Event
from .record import Timeline

if TYPE_CHECKING:
    from .columns import Columns

FARTHEST = 400  # operations that are skipped at once, in both together, to find the best alignment
MOST = 100  # rows of a table that are told to the browser
LISTED = 10  # rows of a table in a text
NO_BLOCK = "(no block)"


class Pair(NamedTuple):
    """The same operation in both records; None where one has none."""

    first: Event | None
    second: Event | None

    @property
    def any(self) -> Event:
        """The one that there is; the first of both."""
        found = self.first or self.second
        assert found is not None
        return found


class Change(NamedTuple):
    """Nanoseconds that an operator, a block or one operation took in each record, how often."""

    name: str
    counts: tuple[int, int]
    took: tuple[int, int]

    @property
    def difference(self) -> int:
        """How much longer the second took."""
        return self.took[1] - self.took[0]

    def row(self, width: int, *times: int) -> str:
        """As a line of a table whose names and times are so wide."""
        took = zip(self.took, times, strict=True)
        words = "  ".join(f"{duration(t):>{wide}}" for t, wide in took)
        before, after = self.counts
        often = f"{before} x" if before == after else f"{before} -> {after} x"
        return f"  {self.name:{width}}  {words}  {signed(self.difference):>9}  {often}"


class Comparison(NamedTuple):
    """Two timelines and their operations in pairs, in the order of both."""

    first: Timeline
    second: Timeline
    names: tuple[str, str]
    pairs: list[Pair]

    @property
    def spans(self) -> tuple[int, int]:
        """How long each took, in nanoseconds."""
        return self.first.end - self.first.start, self.second.end - self.second.start

    def operators(self) -> list[Change]:
        """Each operator in both, those that changed most first."""
        return self._changes(lambda pair: pair.any.name)

    def blocks(self) -> list[Change]:
        """Each block in both, by its name in the first."""
        return self._changes(lambda pair: pair.any.layer or NO_BLOCK)

    def operations(self) -> list[tuple[Pair, int]]:
        """Pairs that are in both, and how much longer the second took; what changed most first."""
        own = own_time(self.first.events), own_time(self.second.events)
        found = [
            (pair, own[1][pair.second.number] - own[0][pair.first.number])
            for pair in self.pairs
            if pair.first is not None and pair.second is not None
        ]
        return sorted(found, key=lambda each: (-abs(each[1]), each[0].any.number))

    def _changes(self, key: Callable[[Pair], str]) -> list[Change]:
        own = own_time(self.first.events), own_time(self.second.events)
        table: dict[str, list[int]] = {}
        for pair in self.pairs:
            row = table.setdefault(key(pair), [0, 0, 0, 0])
            for side, event in enumerate(pair):
                if event is not None:
                    row[side] += 1
                    row[2 + side] += own[side][event.number]
        found = [Change(name, (a, b), (c, d)) for name, (a, b, c, d) in table.items()]
        return sorted(found, key=lambda each: (-abs(each.difference), each.name))

    def data(self) -> dict[str, Any]:
        """Tables as texts and numbers, ready for JSON; each of at most MOST rows."""
        only = [sum(p.second is None for p in self.pairs), sum(p.first is None for p in self.pairs)]
        changes = [
            [pair.first.number, pair.second.number, change]
            for pair, change in self.operations()[:MOST]
            if pair.first is not None and pair.second is not None
        ]
        tables = {"operators": self.operators(), "blocks": self.blocks()}
        return {
            "names": list(self.names),
            "spans": list(self.spans),
            "both": len(self.pairs) - sum(only),
            "only": only,
            **{k: [[r.name, *r.counts, *r.took] for r in t[:MOST]] for k, t in tables.items()},
            "operations": changes,
        }

    def columns(self) -> "Columns":
        """Both as the arrays of one picture."""
        from .joint import joint

        return joint(self)

    # ---- showing

    def sentence(self) -> str:
        """The comparison in one sentence."""
        a, b = self.spans
        if not a or not b:
            return "there is nothing to compare"
        change = (b - a) / a
        words = f"{abs(change):.0%} {'more' if change > 0 else 'less'}"
        verdict = words if abs(change) >= 0.005 else "the same"
        return f"{self.names[0]}: {duration(a)}, {self.names[1]}: {duration(b)}, {verdict}"

    def text(self) -> str:
        """Tables of what changed most."""
        data = self.data()
        lines = [self.sentence(), f"{counted(data['both'])} in both"]
        for name, count in zip(self.names, data["only"], strict=True):
            lines[1] += f", {count} only in {name}" if count else ""
        for title, rows in (("operator", self.operators()), ("block", self.blocks())):
            width = max([len(title) + 3, *(len(row.name) for row in rows[:LISTED])])
            wide = [max(8, len(name)) for name in self.names]
            heads = "  ".join([*map(str.rjust, self.names, wide), "change".rjust(9)])
            lines.append(f"{f'by {title}':{width + 2}}  {heads}")
            lines += [row.row(width, *wide) for row in rows[:LISTED]]
        lines.append("operations that changed most:")
        for (a, b), change in self.operations()[:LISTED]:
            titles = f"{numbered(a.number, a.name)}, {numbered(b.number, '')}"
            lines.append(f"  {signed(change):>9}  {titles}  {b.layer}  {b.where}".rstrip())
        return "\n".join(lines)

    def svg(self, *, width: int = 760, theme: str = "light", title: str = "") -> str:
        """Both on one axis of time, and the table of differences, as SVG."""
        from mxbook.explain import svg

        from .chart import picture

        return svg.draw(picture(self.columns(), width=width, theme=theme, title=title))

    def png(self, *, width: int = 760, theme: str = "light", title: str = "") -> bytes:
        """The same as PNG with two pixels for each unit; needs Pillow."""
        from mxbook.explain import png

        from .chart import picture

        return png.draw(picture(self.columns(), width=width, theme=theme, title=title))

    def save(self, path: str | PathLike) -> None:
        """Write it; the ending decides what: .png .svg .html .csv .txt.

        Raises ParameterError for another ending.
        """
        from .files import save_comparison

        save_comparison(self, path)

    def _repr_mimebundle_(self, **_wanted):
        """What a notebook shows: the live widget where it is installed, and always a picture."""
        from .files import bundle

        return bundle(self)

    def _repr_pretty_(self, printer, _cycle: bool) -> None:
        """IPython would print every field of a tuple."""
        printer.text(self.text())

    def __repr__(self) -> str:
        return self.text()


def compare(
    first: Timeline, second: Timeline, names: tuple[str, str] = ("first", "second")
) -> Comparison:
    """Two timelines of nearly the same program.

    Raises ParameterError unless there are two different names.

    >>> empty = Timeline([], [], [])
    >>> print(compare(empty, empty).sentence())
    there is nothing to compare
    """
    if len(names) != 2 or names[0] == names[1]:
        raise ParameterError(
            f"cannot tell two timelines apart by the names {names!r}", rule="two different names"
        )
    a, b = first.events, second.events
    found = aligned([e.name for e in a], [e.name for e in b])
    pairs = [Pair(None if i < 0 else a[i], None if j < 0 else b[j]) for i, j in found]
    return Comparison(first, second, (str(names[0]), str(names[1])), pairs)


def signed(nanoseconds: int) -> str:
    """A difference as people say it.

    >>> signed(-1900), signed(0)
    ('-1.9 us', '0')
    """
    if not nanoseconds:
        return "0"
    return f"{'+' if nanoseconds > 0 else '-'}{duration(abs(nanoseconds))}"


def aligned(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Two sequences as pairs of places with the same in both; -1 where one has none.

    >>> aligned("abcd", "abxd")
    [(0, 0), (1, 1), (2, -1), (-1, 2), (3, 3)]
    """
    pairs: list[tuple[int, int]] = []
    x = y = 0
    for i, j in [*_matches(a, b), (len(a), len(b))]:
        pairs += [(k, -1) for k in range(x, i)]
        pairs += [(-1, k) for k in range(y, j)]
        if i < len(a):
            pairs.append((i, j))
        x, y = i + 1, j + 1
    return pairs


def _matches(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[tuple[int, int]]:
    """As many places with the same in both as can be had in order: Myers' algorithm (1986).

    Where the sequences differ by more than FARTHEST, what lies behind is settled and the search
    begins anew, so that the cost stays in proportion to the length.
    """
    found: list[tuple[int, int]] = []
    at = (0, 0)
    while at[0] < len(a) and at[1] < len(b):
        steps, at = _reach(a, b, at)
        found += steps
    return found


def _reach(
    a: Sequence[Hashable], b: Sequence[Hashable], begin: tuple[int, int]
) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """The matches up to the end, or as far as FARTHEST differences lead; and where that is."""
    x0, y0 = begin
    reached = {1: 0}  # for each diagonal how far along `a`
    history: list[dict[int, int]] = []
    width, height = len(a) - x0, len(b) - y0
    for far in range(FARTHEST + 1):
        history.append(dict(reached))
        for k in range(-far, far + 1, 2):
            down = k == -far or (k != far and reached[k - 1] < reached[k + 1])
            x = reached[k + 1] if down else reached[k - 1] + 1
            y = x - k
            while x < width and y < height and a[x0 + x] == b[y0 + y]:
                x, y = x + 1, y + 1
            reached[k] = x
            if x >= width and y >= height:
                return _back(history, k, x, begin), (len(a), len(b))
    inside = [k for k, x in reached.items() if 0 <= x <= width and 0 <= x - k <= height]
    k = max((k for k in inside if (k + FARTHEST) % 2 == 0), key=lambda k: 2 * reached[k] - k)
    x = reached[k]
    return _back(history, k, x, begin), (x0 + x, y0 + x - k)


def _back(
    history: list[dict[int, int]], k: int, x: int, begin: tuple[int, int]
) -> list[tuple[int, int]]:
    """The matches on the way to a point, found from its end."""
    x0, y0 = begin
    found = []
    for far in range(len(history) - 1, -1, -1):
        reached = history[far]
        down = k == -far or (k != far and reached[k - 1] < reached[k + 1])
        before = k + 1 if down else k - 1
        start = reached[before] if down else reached[before] + 1  # where the diagonal was entered
        found += [(x0 + i, y0 + i - k) for i in range(x - 1, start - 1, -1)]
        k, x = before, reached[before]
    return found[::-1]
