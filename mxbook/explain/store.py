"""A folder of runs: what was tried, with which settings, and how it went.

    with mx.explain.curves("wide", store="runs", params={"width": 256}) as c:
        ...
    mx.explain.runs("runs").compare("narrow", "wide")

A run is one JSON file (`Run.save`), so the folder can be copied, mailed and put under version
control; nothing else is kept.
"""

import re
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from mxbook.base.errors import IndexingError, ParameterError, nearest

from .run import Run
from .style import COLOURS, MARKERS
from .ticks import duration, number


def runs(folder: str | PathLike = "runs") -> "Runs":
    """The runs in a folder, which need not be there yet."""
    return Runs(folder)


class Runs:
    """Runs by name, in the order in which they were saved.

    >>> import tempfile
    >>> found = Runs(tempfile.mkdtemp())
    >>> for rate in (0.1, 0.5):
    ...     run = Run(f"rate {rate}", params={"rate": rate})
    ...     run.log(loss=1 - rate)
    ...     print(found.save(run))
    rate-0.1
    rate-0.5
    >>> found.compare().names
    ['rate-0.1 loss', 'rate-0.5 loss']
    """

    def __init__(self, folder: str | PathLike):
        self.folder = Path(folder)

    @property
    def names(self) -> list[str]:
        """The names of all runs, those saved first first."""
        files = [(p.stat().st_mtime_ns, p.stem) for p in self.folder.glob("*.json")]
        return [name for _, name in sorted(files)]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Run]:
        return (self[name] for name in self.names)

    def __getitem__(self, name: str) -> Run:
        path = self.folder / f"{name}.json"
        if not path.exists():
            raise IndexingError(f"no run {name!r} in {self.folder}", hint=nearest(name, self.names))
        return Run.load(path)

    def save(self, run: Run, name: str = "") -> str:
        """Keep a run and give its name: `name`, which replaces an older run, or one that is free,
        made from the title.
        """
        plain = re.sub(r"[^\w.-]+", "-", name or run.title).strip("-") or "run"
        self.folder.mkdir(parents=True, exist_ok=True)
        found, count = plain, 1
        while not name and (self.folder / f"{found}.json").exists():
            count += 1
            found = f"{plain}-{count}"
        run.save(self.folder / f"{found}.json")
        return found

    def compare(self, *names: str, curves: str | tuple[str, ...] = ()) -> Run:
        """Some runs (the newest six, if none are named) in one picture, with a colour for each.

        `curves` are the names of those to draw; all, if there are none.  What comes back is drawn,
        shown and saved like any run.  Raises ParameterError when the runs have no such curve.
        """
        chosen = list(names) or self.names[-len(COLOURS) :]
        wanted = (curves,) if isinstance(curves, str) else curves
        found = Run(f"{self.folder.name}: {', '.join(chosen)}")
        found.status = "finished"
        found.summary = f"{len(chosen)} runs"
        for place, name in enumerate(chosen):
            _add(found, self[name], name, place, wanted)
        if not found.names:
            raise ParameterError(f"no curves {', '.join(wanted) or 'at all'} in {chosen}")
        return found

    def table(self) -> list[dict[str, str | float]]:
        """A row for each run: its name, status, steps, seconds, settings, and the best (or else
        the last) value of each curve.
        """
        rows: list[dict[str, str | float]] = []
        for name in self.names:
            run = self[name]
            row: dict[str, str | float] = {"run": name, "status": run.status, "steps": run.step}
            row["seconds"] = round(run.elapsed, 3)
            row.update(run.params)
            for curve in run.names:
                point = run.best(curve) or run[curve].latest
                if point is not None:
                    row[curve] = point[1]
            rows.append(row)
        return rows

    def csv(self) -> str:
        """The table as comma-separated text with a header line."""
        import csv as writer
        import io

        rows = self.table()
        columns = list(dict.fromkeys(name for row in rows for name in row))
        text = io.StringIO()
        out = writer.DictWriter(text, columns, restval="", lineterminator="\n")
        out.writeheader()
        out.writerows(rows)
        return text.getvalue()

    def __repr__(self) -> str:
        rows = self.table()
        if not rows:
            return f"no runs in {self.folder}"
        columns = list(dict.fromkeys(name for row in rows for name in row))
        cells = [columns, *([_cell(row.get(name, ""), name) for name in columns] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
        return "\n".join(line.rstrip() for line in lines)


def _cell(value: str | float, name: str) -> str:
    if name == "seconds":
        return duration(float(value))
    return value if isinstance(value, str) else number(float(value))


def _add(found: Run, run: Run, name: str, place: int, wanted: tuple[str, ...]) -> None:
    """Draw the curves of a run in another one, in the colour of the run's place."""
    for look, series in zip(run.styles.values(), run._series, strict=True):
        if wanted and look.name not in wanted:
            continue
        several = look.base != look.panel  # loss/generator beside loss/critic
        own = f"{name} {look.base}" if several else name
        label = own if look.role == "train" else f"{own} {look.role}"
        own_look = look._replace(
            name=f"{name} {look.name}",
            base=own,
            label=label,
            colour=COLOURS[place % len(COLOURS)],
            marker=MARKERS[place % len(MARKERS)],
        )
        found.adopt(own_look, series)
