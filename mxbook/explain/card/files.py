"""A card in files, in notebook outputs, and as the data of the widget."""

import json
from os import PathLike
from typing import Any

from mxbook.explain.output import widgets_here, with_png, write
from mxbook.ops.registry import operators
from mxbook.testing.cases import cases_of

from .card import SHOWN, Card
from .html import body, html
from .trial import SIMPLE, asked, tried

FORMAT = "mxbook operator card 1"


def data(card: Card) -> dict[str, Any]:
    """Everything on a card, ready for JSON, with the answers to its examples."""
    op = operators[card.name]
    names = list(op.inputs)
    known = []
    for case in cases_of(op)[:SHOWN]:
        texts, parameters = asked(case)
        taken = names if op.variadic else list(op.input_names(case.values))
        given = dict(zip(taken, texts, strict=False))
        answer = tried(op, given, parameters)
        known.append({"inputs": given, "parameters": parameters, "answer": answer._asdict()})
    return {
        "format": FORMAT,
        "name": card.name,
        "sentence": card.sentence,
        "body": body(card),
        "inputs": names,
        "roles": dict(card.inputs),
        "variadic": bool(op.variadic),
        "outputs": card.outputs,
        "parameters": [row[0] for row in card.parameters],
        "required": [p.name for p in op.params if p.required],
        "rule": SIMPLE.get(op.shape_rule, ""),
        "known": known,
    }


def page(card: Card) -> str:
    """One page that needs no network; with fields where `mxbook_widgets` is installed."""
    from mxbook.explain.page import interactive

    shown = {**data(card), "svg": [card.svg(), card.svg(theme="dark")]}
    state = {"_key": "page", "_card": json.dumps(shown), "_answer": {}}
    return interactive("card", card.name, html(card), state, {})


def to_json(card: Card) -> str:
    """What is on the card, as JSON."""
    rows = {k: v for k, v in vars(card).items() if not k.startswith("_")}
    rows["examples"] = [e._asdict() for e in card.examples]
    return json.dumps({"format": FORMAT, **rows}, indent=1)


def save(card: Card, path: str | PathLike) -> None:
    """Write a card in the form that the file's ending names; see `Card.save`."""
    writers = {
        ".png": card.png,
        ".svg": card.svg,
        ".html": lambda: page(card),
        ".json": lambda: to_json(card),
        ".txt": lambda: card.text() + "\n",
    }
    write(path, "a card", writers)


def bundle(card: Card) -> tuple[dict, dict]:
    """Data and metadata for a notebook: the live widget if it can be, HTML, PNG, and words."""
    package = widgets_here()
    return (
        picture_bundle(card) if package is None else package.OperatorCard(card)._repr_mimebundle_()
    )


def picture_bundle(card: Card) -> tuple[dict, dict]:
    """The same without the widget."""
    alt = f"{card.name}: {card.sentence}"
    return with_png({"text/html": html(card), "text/plain": card.text()}, card.png, alt)
