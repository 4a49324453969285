"""How a curve looks, decided by its name alone, so that every picture and widget agrees.

`loss` and `val_loss` share a colour and a panel; the second is dashed.  Names before a slash
(`loss/generator`) choose the panel; otherwise the last word does (`g_loss`, `d_loss`).
"""

import re
from typing import NamedTuple, TypeVar

Curve = TypeVar("Curve")

# Colours on light and on dark paper.  Chosen so that each pair of neighbours stays apart for the
# three common kinds of colour blindness, and so that text in them is readable (contrast >= 4.5);
# tests/explain/test_style.py proves both.
COLOURS = (
    ("#0067A5", "#5AB4F0"),  # blue
    ("#B84700", "#FF9A4D"),  # vermillion
    ("#00744F", "#4FD1A5"),  # green
    ("#9C3F80", "#E88BC6"),  # purple
    ("#6B5B00", "#E3CF4A"),  # olive
    ("#50565F", "#C3CAD4"),  # grey
)
MARKERS = ("circle", "square", "triangle", "diamond", "cross", "plus")

# Length of strokes and gaps in pixels.
DASHES = {"train": (), "validation": (6.0, 3.0), "test": (1.5, 2.5)}

ROLES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "eval": "validation",
    "dev": "validation",
    "test": "test",
}
LARGER_IS_BETTER = {
    *("accuracy", "acc", "f1", "auc", "precision", "recall", "score", "mcc", "map", "iou", "dice"),
    *("r2", "correlation", "pearsonr", "pearsoncorrelation", "bleu", "psnr", "ssim"),
    *("reward", "return", "likelihood", "similarity"),
}
# What somebody sets by a rule; smoothing would hide its steps.
SET_BY_RULE = {"lr", "rate", "momentum", "wd", "decay", "temperature", "epsilon", "scale", "epoch"}
NEITHER_IS_BETTER = SET_BY_RULE | {
    *("norm", "time", "seconds", "speed", "memory", "bytes", "samples", "throughput"),
    *("weight", "bias", "mean", "std", "variance"),
}


class Style(NamedTuple):
    """The look of one curve.

    `label` names it inside its panel, `role` is train, validation or test, `colour` holds the
    colours for light and dark paper, `dash` strokes and gaps in pixels, `better` is min, max
    or empty when no value is better than another; `exact` curves are never smoothed.
    """

    name: str
    base: str
    panel: str
    label: str
    role: str
    colour: tuple[str, str]
    dash: tuple[float, ...]
    marker: str
    better: str
    exact: bool


def split(name: str) -> tuple[str, str, str]:
    """Panel, base name and role of a curve's name.

    >>> split("val_loss")
    ('loss', 'loss', 'validation')
    >>> split("loss/generator"), split("top5_accuracy")
    (('loss', 'generator', 'train'), ('accuracy', 'top5_accuracy', 'train'))
    """
    panel, slash, rest = name.strip().partition("/")
    if slash and panel.lower() in ROLES:  # train/loss, val/loss
        panel, rest, slash = "", name.replace("/", " "), ""
    base = rest if slash else name.strip().replace("/", " ")
    head = re.match(r"([A-Za-z]+)[\s_\-.]+(?=\S)", base)
    role = ROLES.get(head.group(1).lower(), "") if head else ""
    if head and role:
        base = base[head.end() :]
    words = [w for w in _words(base) if not w.isdigit()]
    if not slash:
        panel = words[-1] if words else base
    return panel, base, role or "train"


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[\s_\-./]+", name.lower()) if word]


def better(base: str) -> str:
    """Which end of a curve is the good one: "max" for an accuracy, "min" for a loss, or "".

    >>> better("top_k_accuracy_5"), better("cross-entropy"), better("learning_rate")
    ('max', 'min', '')
    """
    words = set(_words(base))
    if words & LARGER_IS_BETTER:
        return "max"
    return "" if words & NEITHER_IS_BETTER else "min"


def style(name: str, bases: list[str]) -> Style:
    """The look of the curve `name`; `bases` collects the base names of a run in their order.

    >>> bases = []
    >>> style("loss", bases).colour == style("val_loss", bases).colour
    True
    >>> style("val_loss", bases).dash
    (6.0, 3.0)
    """
    panel, base, role = split(name)
    key = f"{panel}/{base.lower()}"
    if key not in bases:
        bases.append(key)
    place = bases.index(key)
    return Style(
        name=name,
        base=base,
        panel=panel,
        label=base if role == "train" else f"{base} {role}",
        role=role,
        colour=COLOURS[place % len(COLOURS)],
        dash=DASHES[role],
        marker=MARKERS[place % len(MARKERS)],
        better=better(base),
        exact=bool(set(_words(base)) & SET_BY_RULE),
    )


def by_panel(curves: list[tuple[Style, Curve]]) -> dict[str, list[tuple[Style, Curve]]]:
    """Curves sorted into their panels, in order of appearance."""
    panels: dict[str, list[tuple[Style, Curve]]] = {}
    for look, curve in curves:
        panels.setdefault(look.panel, []).append((look, curve))
    return panels
