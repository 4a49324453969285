"""Tables of what took how long: MXNet's, and by block and by source line."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from mxbook.explain.chrome import WAITS
from mxbook.explain.timeline import Timeline

from .session import Mark, Sample

SECONDS = ("Time (ms)", "Min Time (ms)", "Max Time (ms)", "Avg Time (ms)")
BYTES = ("Min Use  (kB)", "Max Use  (kB)", "Avg Use  (kB)")
VALUES = ("Last Value", "Min Value", "Max Value", "Avg Value")
MEMORY = "Device Storage"


class Row(NamedTuple):
    """Values of one kind: how many there were, their sum, and so on."""

    name: str
    count: int
    total: float
    min: float
    max: float
    last: float

    @property
    def avg(self) -> float:
        """The mean."""
        return self.total / self.count


class Section(NamedTuple):
    """Rows under a title; `unit` is "ms", "kB" or "" (values of counters)."""

    title: str
    unit: str
    rows: list[Row]


def rows_of(pairs: Iterable[tuple[str, float]], sort_by: str, ascending: bool) -> list[Row]:
    """A row for each name, from pairs of a name and a value.

    >>> rows_of([("a", 1.0), ("b", 5.0), ("a", 2.0)], "count", False)[0]
    Row(name='a', count=2, total=3.0, min=1.0, max=2.0, last=2.0)
    """
    values: dict[str, list[float]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    rows = [Row(n, len(v), sum(v), min(v), max(v), v[-1]) for n, v in values.items()]
    return sorted(rows, key=lambda row: getattr(row, sort_by), reverse=not ascending)


def sections(
    timeline: Timeline,
    marks: Sequence[Mark],
    samples: Sequence[Sample],
    sort_by: str,
    ascending: bool,
) -> list[Section]:
    """Everything that was seen, by category, as MXNet groups it: memory, then times by name.

    A graph that ran as one operation is listed as `program`; its instructions are operators.
    """
    graphs = {p.number for p in timeline.parts}
    found: dict[tuple[str, str], list[tuple[str, float]]] = {}

    def add(title: str, unit: str, name: str, value: float) -> None:
        found.setdefault((title, unit), []).append((name, value))

    for sample in samples:
        add(MEMORY, "kB", f"Memory: {sample.device}", sample.nbytes / 1000)
    for event in timeline.events:
        title = "program" if event.number in graphs else "operator"
        add(title, "ms", event.name or "operation", event.duration / 1e6)
    for part in timeline.parts:
        add("operator", "ms", part.name, (part.ended - part.started) / 1e6)
    for wait in timeline.waits:
        add("wait", "ms", WAITS[wait.kind], (wait.ended - wait.started) / 1e6)
    for mark in marks:
        title, unit = CATEGORIES[mark.kind]
        value = float(mark.value) if mark.kind == "counter" else (mark.ended - mark.started) / 1e6
        add(title.format(mark.domain), unit, mark.name, value)
    order = sorted(found, key=lambda key: (key[1] != "kB", key[0]))
    return [Section(*key, rows_of(found[key], sort_by, ascending)) for key in order]


# Under which title and in which unit the marks of users stand; the domain's name is filled in.
CATEGORIES = {
    "task": ("{}", "ms"),
    "frame": ("{},frame", "ms"),
    "event": ("event", "ms"),
    "marker": ("{},instant_marker", "ms"),
    "counter": ("{},counter", ""),
}


def table(found: Sequence[Section]) -> str:
    """The sections as MXNet prints them."""
    lines = ["", "Profile Statistics:", "\tNote the difference in units for different entries."]
    for section in found:
        heads: Sequence[str] = {"ms": SECONDS, "kB": BYTES, "": VALUES}[section.unit]
        heads = ("Total Count", *heads)
        lines += [section.title, "================="]
        lines += [_line("Name", heads), _line("----", ["-" * len(h) for h in heads])]
        for row in section.rows:
            numbers = [f"{value:.4f}" for value in _numbers(section.unit, row)]
            lines.append(_line(row.name, [str(row.count), *numbers]))
        lines.append("")
    return "\n".join([*lines, ""])


def _numbers(unit: str, row: Row) -> list[float]:
    first = {"ms": [row.total], "kB": [], "": [row.last]}[unit]
    return [*first, row.min, row.max, row.avg]


def _line(name: str, cells: Sequence[str]) -> str:
    return f"{name:<25} {cells[0]:>15}" + "".join(f" {cell:>16}" for cell in cells[1:])


def as_json(found: Sequence[Section]) -> str:
    """The sections as JSON, in MXNet's form: `Time`, `Memory`, `Unit`; values of counters stand
    under `Counter`."""
    import json

    groups: dict[str, dict[str, Any]] = {"Time": {}, "Memory": {}}
    for section in found:
        group = {"ms": "Time", "kB": "Memory", "": "Counter"}[section.unit]
        groups.setdefault(group, {})[section.title] = {
            row.name: _jsonable(section.unit, row) for row in section.rows
        }
    return json.dumps({**groups, "Unit": {"Time": "ms", "Memory": "kB"}}, indent=4)


def _jsonable(unit: str, row: Row) -> dict[str, Any]:
    first = {"ms": {"Total": row.total}, "kB": {}, "": {"Last": row.last}}[unit]
    return {"Count": row.count, **first, "Min": row.min, "Max": row.max, "Avg": row.avg}


# ---- by block and by line


def pieces(timeline: Timeline) -> list[tuple[str, str, float]]:
    """Layer, line and milliseconds of every operation, of graphs of every instruction."""
    graphs = {p.number for p in timeline.parts}
    lines = {e.number: str(e.site) if e.site is not None else "" for e in timeline.events}
    found = [
        (e.layer, lines[e.number], e.duration / 1e6)
        for e in timeline.events
        if e.number not in graphs
    ]
    found += [
        (p.layer, lines.get(p.number, ""), (p.ended - p.started) / 1e6) for p in timeline.parts
    ]
    return found


def shares(
    title: str, pairs: Iterable[tuple[str, float]], sort_by: str, ascending: bool, form: str
) -> str:
    """A table or JSON of what takes which share of the time, from names and milliseconds."""
    rows = rows_of(pairs, sort_by, ascending)
    whole = sum(row.total for row in rows) or 1.0
    if form == "json":
        import json

        return json.dumps(
            {row.name: {**_jsonable("ms", row), "Share": row.total / whole} for row in rows},
            indent=4,
        )
    width = max([len(title), *(len(row.name) for row in rows)])
    cells: Callable = "{:<{width}} {:>7} {:>11} {:>6} {:>11} {:>11} {:>11}".format
    heads = ("count", "total (ms)", "share", "min (ms)", "max (ms)", "avg (ms)")
    lines = [cells(title, *heads, width=width)]
    for r in rows:
        times = [f"{t:.4f}" for t in (r.total, r.min, r.max, r.avg)]
        share = f"{r.total / whole:.1%}"
        lines.append(cells(r.name, r.count, times[0], share, *times[1:], width=width))
    return "\n".join(lines)
