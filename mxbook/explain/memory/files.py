"""A memory plan in files, in notebook outputs, and as the data of the widget."""

import json
from collections.abc import Sequence
from os import PathLike
from typing import Any

from mxbook.explain.output import widgets_here, with_png, write

from .lives import Life, apart, letters, shared
from .plan import MemoryPlan, Value

FORMAT = "mxbook memory plan 1"
HEAD = "operator nodes shape dtype bytes buffer first last in_place".split()


def data(plan: MemoryPlan) -> dict[str, Any]:
    """Everything about a plan and its drawing as texts and numbers, ready for JSON."""
    lives, sizes = shared(plan)
    before, alone = apart(plan)
    return {
        "format": FORMAT,
        "title": plan.title,
        "sentence": plan.sentence(),
        "train": plan.train,
        "steps": plan.steps,
        "forward": plan.forward,
        "peak": plan.peak,
        "nodes": plan.nodes,
        "alive": plan.alive,
        "buffers": plan.buffers,
        "sizes": sizes,
        "values": _rows(plan.values, lives),
        "alone": alone,
        "before": _rows(plan.before, before),
        "before_steps": plan.before_steps,
        "before_forward": plan.before_forward,
    }


def _rows(values: Sequence[Value], lives: Sequence[Life]) -> list[dict[str, Any]]:
    return [
        {
            **{k: v for k, v in value._asdict().items() if k != "spec"},
            "shape": list(value.spec.shape),
            "dtype": value.spec.dtype.name,
            "bytes": value.spec.nbytes,
            **{k: getattr(life, k) for k in ("base", "end", "lane", "over")},
        }
        for value, life in zip(values, lives, strict=True)
    ]


def csv(plan: MemoryPlan) -> str:
    """The values as comma-separated text with a header line; instructions count from 0."""
    import csv as writer
    import io

    text = io.StringIO()
    out = writer.writer(text, lineterminator="\n")
    out.writerow(HEAD)
    for value, life in zip(plan.values, shared(plan)[0], strict=True):
        spec = value.spec
        shape = "×".join(map(str, spec.shape))
        row = [value.operator, " ".join(value.nodes), shape, spec.dtype.name, spec.nbytes]
        own = letters(life.lane)
        out.writerow([*row, own, value.first, value.last, "yes" if life.over >= 0 else ""])
    return text.getvalue()


def html(plan: MemoryPlan) -> str:
    """One interactive page that needs no network; the picture where scripts are forbidden."""
    from mxbook.explain import page

    state = {"_key": "page", "_plan": json.dumps(data(plan)), "selected": -1}
    return page.interactive("memory", f"Memory of {plan.title}", plan.svg(), state, {})


def save(plan: MemoryPlan, path: str | PathLike) -> None:
    """Write a plan in the form that the file's ending names; see `MemoryPlan.save`."""
    writers = {
        ".png": plan.png,
        ".svg": plan.svg,
        ".html": lambda: html(plan),
        ".json": lambda: json.dumps(data(plan), indent=1),
        ".csv": lambda: csv(plan),
        ".txt": lambda: plan.text() + "\n",
    }
    write(path, "a memory plan", writers)


def bundle(plan: MemoryPlan) -> tuple[dict, dict]:
    """Data and metadata for a notebook: the live widget if it can be, PNG, SVG, and words."""
    package = widgets_here()
    return picture_bundle(plan) if package is None else package.Memory(plan)._repr_mimebundle_()


def picture_bundle(plan: MemoryPlan) -> tuple[dict, dict]:
    """The same without the widget."""
    data = {"image/svg+xml": plan.svg(), "text/plain": plan.text()}
    return with_png(data, plan.png, plan.sentence())
