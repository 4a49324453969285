"""A run in files and in notebook outputs."""

import json
import math
import os
from os import PathLike

import numpy as np

from mxbook.base.errors import FileFormatError

from .frames import point
from .output import with_png, write
from .run import Run
from .series import COUNT, HIGH, LAST, LOW, Series, means
from .style import Style, style

FORMAT = "mxbook run 1"
FIELDS = ("title", "total", "log_x", "log_y", "smooth", "status", "reason", "step", "rows")
LATER = ("params", "summary")  # fields that files of older versions do not have


def save(run: Run, path: str | PathLike) -> None:
    """Write a run in the form that the file's ending names; see `Run.save`."""
    from .page import page

    writers = {
        ".png": run.png,
        ".svg": run.svg,
        ".html": lambda: page(run),
        ".csv": lambda: csv(run),
        ".json": lambda: to_json(run),
        ".txt": lambda: run.text() + "\n",
    }
    write(path, "a run", writers)


def table(run: Run) -> list[dict[str, float]]:
    """Rows of a table: step, epoch, and a value for each curve that has one at the step.

    Where neighbours were merged the value is their mean, with `NAME min` and `NAME max` beside.
    """
    found: dict[tuple[float, int], dict[str, float]] = {}
    with run.reading() as curves:
        for look, series in curves:
            repeats, previous = 0, None
            values = means(series.buckets).tolist()
            for bucket, value in zip(series.buckets.tolist(), values, strict=True):
                step = bucket[LAST]
                repeats = repeats + 1 if step == previous else 0
                previous = step
                row = found.setdefault((step, repeats), {"step": step})
                row[look.name] = value
                if bucket[COUNT] > 1:
                    row[f"{look.name} min"] = bucket[LOW]
                    row[f"{look.name} max"] = bucket[HIGH]
    ends = [step for _, step, _ in run.epochs]
    rows = [found[key] for key in sorted(found)]
    for row in rows:
        place = int(np.searchsorted(ends, row["step"]))
        if place < len(ends):
            row["epoch"] = run.epochs[place][0]
    return rows


def csv(run: Run) -> str:
    """The table as comma-separated text with a header line; numbers keep all their digits."""
    import csv as writer
    import io

    rows = table(run)
    used = {name for row in rows for name in row}
    names = [f"{name}{part}" for name in run.names for part in ("", " min", " max")]
    columns = [name for name in ("step", "epoch", *names) if name in used]
    text = io.StringIO()
    out = writer.writer(text, lineterminator="\n")
    out.writerow(columns)
    out.writerows([[_cell(row.get(name)) for name in columns] for row in rows])
    return text.getvalue()


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(value)


def to_json(run: Run) -> str:
    """Everything about a run as JSON; NaN is null."""
    with run.reading() as curves:
        found = {
            "format": FORMAT,
            **{name: getattr(run, name) for name in (*FIELDS, *LATER)},
            "elapsed": run.elapsed,
            "spent": run.spent,
            "epochs": [list(mark) for mark in run.epochs],
            "closed": run.closed,
            "times": _jsonable(run.times.state()),
            "curves": [
                {"name": look.name, "look": look._asdict(), **_jsonable(series.state())}
                for look, series in curves
            ],
        }
    return json.dumps(found, allow_nan=False, indent=1)


def _jsonable(state: dict) -> dict:
    columns = [[v if math.isfinite(v) else None for v in column] for column in state["columns"]]
    points = {n: point(v) for n, v in state.items() if isinstance(v, tuple)}
    return state | points | {"columns": columns}


def load(cls: type[Run], path: str | PathLike) -> Run:
    """Read what `to_json` wrote."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        found = json.loads(text)
        if found["format"] != FORMAT:
            raise ValueError(f"its format is {found['format']!r}")
        return _rebuilt(cls, found)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise FileFormatError(
            f"cannot read a run from {os.fspath(path)!r}",
            rule=f"a file written by Run.save('NAME.json'), format {FORMAT!r}",
            values=[("found", f"{type(error).__name__}: {error}")],
        ) from error


def _rebuilt(cls: type[Run], found: dict) -> Run:
    run = cls(clock=lambda: 0.0)
    for name in FIELDS:
        setattr(run, name, found[name])
    for name in LATER:
        setattr(run, name, found.get(name, getattr(run, name)))
    for curve in found["curves"]:
        look = style(curve["name"], run._bases)
        run.styles[look.name] = _look(look, curve)
        run._index[look.name] = len(run._series)
        run._series.append(Series.restore(curve))
        latest = run._series[-1].latest
        run._last[look.name] = latest[0] if latest else 0
    if "times" in found:  # files of older versions have none
        run.times = Series.restore(found["times"])
    run.epochs = [(epoch, step, seconds) for epoch, step, seconds in found["epochs"]]
    run.closed, run.spent, run._now = found["closed"], found["spent"], found["elapsed"]
    return run


def _look(look: Style, curve: dict) -> Style:
    if "look" not in curve:  # of an older version
        return look._replace(better=curve["better"])
    given = {**curve["look"], "colour": tuple(curve["look"]["colour"])}
    return look._replace(**{**given, "dash": tuple(given["dash"])})


def bundle(run: Run) -> tuple[dict, dict]:
    """Data and metadata for a notebook: PNG if Pillow is there, SVG, and words."""
    words = run.text()
    data = {"image/svg+xml": run.svg(), "text/plain": words}
    return with_png(data, run.png, words.partition("\n")[0])
