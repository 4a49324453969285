"""A timeline in files and in notebook outputs."""

import base64
from os import PathLike

from mxbook.explain.output import widgets_here, with_png, write

from .columns import Columns
from .compare import Comparison
from .record import Timeline

LARGEST_SVG = 25_000  # characters; a larger one is not stored in a notebook beside the PNG
HEAD = ("number", "name", "block", "lane", "pushed", "ready", "started", "ended", "outcome")
MARKS = ("bytes", "reads", "writes", "after", "line")


def save(timeline: Timeline, path: str | PathLike) -> None:
    """Write a timeline in the form that the file's ending names; see `Timeline.save`."""
    import gzip

    writers = {
        ".png": timeline.png,
        ".svg": timeline.svg,
        ".html": lambda: page(timeline),
        ".csv": lambda: csv(timeline),
        ".json": lambda: to_json(timeline),
        ".json.gz": lambda: gzip.compress(to_json(timeline).encode(), mtime=0),
        ".txt": lambda: timeline.text() + "\n",
    }
    write(path, "a timeline", writers)


def save_comparison(comparison: Comparison, path: str | PathLike) -> None:
    """The same for two timelines; see `Comparison.save`."""
    writers = {
        ".png": comparison.png,
        ".svg": comparison.svg,
        ".html": lambda: page(comparison),
        ".csv": lambda: csv_of_pairs(comparison),
        ".txt": lambda: comparison.text() + "\n",
    }
    write(path, "a comparison", writers)


def to_json(timeline: Timeline) -> str:
    """The Chrome trace as text."""
    import json

    return json.dumps(timeline.to_chrome(), separators=(",", ":"))


def csv(timeline: Timeline) -> str:
    """A row for each operation; times in nanoseconds from the beginning.

    Versions of variables are written as key:version.
    """
    import csv as writer
    import io

    zero = timeline.start
    text = io.StringIO()
    out = writer.writer(text, lineterminator="\n")
    out.writerow([*HEAD, *MARKS])
    for e in timeline.events:
        times = [t - zero for t in (e.pushed, e.ready, e.started, e.ended)]
        reads, writes = (" ".join(f"{k}:{v}" for k, v in marks) for marks in (e.reads, e.writes))
        after = " ".join(map(str, e.after))
        row = [e.number, e.name, e.layer, e.lane, *times, e.outcome, e.nbytes]
        out.writerow([*row, reads, writes, after, e.where])
    return text.getvalue()


def csv_of_pairs(comparison: Comparison) -> str:
    """A row for each operation of either record; empty fields where one has none.  Nanoseconds."""
    import csv as writer
    import io

    text = io.StringIO()
    out = writer.writer(text, lineterminator="\n")
    fields = ("number", "block", "duration", "line")
    out.writerow(["name", *(f"{field} in {n}" for n in comparison.names for field in fields)])
    for pair in comparison.pairs:
        row: list = [pair.any.name]
        for e in pair:
            row += ["", "", "", ""] if e is None else [e.number, e.layer, e.duration, e.where]
        out.writerow(row)
    return text.getvalue()


def page(timeline: Timeline | Comparison) -> str:
    """One HTML page that needs no network: interactive where `mxbook_widgets` is installed."""
    from mxbook.explain.page import interactive

    from .frame import frames

    boxes, details = frames(timeline.columns())
    data = {"_boxes": base64.b64encode(boxes).decode()}
    if details:
        data["_details"] = base64.b64encode(details).decode()
    state = {"_key": "page", "title": "", "by": "operator"}
    return interactive("timeline", timeline.sentence(), timeline.svg(), state, data)


def bundle(timeline: Timeline | Comparison) -> tuple[dict, dict]:
    """Data and metadata for a notebook: the live widget if it can be, PNG, SVG, and words."""
    package = widgets_here()
    something = isinstance(timeline, Comparison) or timeline.events
    if package is not None and something:
        return package.Timeline(timeline)._repr_mimebundle_()
    return picture_bundle(timeline)


def picture_bundle(timeline: Timeline | Comparison | Columns, title: str = "") -> tuple[dict, dict]:
    """The same without the widget."""
    from mxbook.explain import png, svg

    from .chart import picture

    columns = timeline if isinstance(timeline, Columns) else timeline.columns()
    drawn = picture(columns, title=title)
    words = columns.sentence if isinstance(timeline, Columns) else timeline.text()
    data, metadata = with_png(
        {"text/plain": words}, lambda: png.draw(drawn), words.partition("\n")[0]
    )
    text = svg.draw(drawn)
    if not metadata or len(text) <= LARGEST_SVG:
        data["image/svg+xml"] = text
    return data, metadata
