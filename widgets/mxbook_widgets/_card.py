"""The widget of an operator's card."""

import json
import uuid
from pathlib import Path
from typing import Any

import traitlets

from mxbook.explain.card import Card
from mxbook.explain.card.files import data, picture_bundle

from ._pictured import Pictured

STATIC = Path(__file__).parent / "static"


class OperatorCard(Pictured):
    """A card with fields to try shapes and parameters in.

    Simple rules are applied in the browser, and what was asked before is remembered there; the
    rest is answered by Python as soon as it is idle.  Nothing is ever computed.

    >>> from mxbook.explain import operator
    >>> OperatorCard(operator("dot")).record.name
    'dot'
    """

    _esm = (STATIC / "card.js").read_text(encoding="utf-8")
    _css = (STATIC / "card.css").read_text(encoding="utf-8")
    _key = traitlets.Unicode().tag(sync=True)
    _card = traitlets.Unicode().tag(sync=True)
    _answer = traitlets.Dict().tag(sync=True)

    def __init__(self, record: Card):
        self.record = record
        found = {**data(record), "svg": [record.svg(), record.svg(theme="dark")]}
        super().__init__(_key=uuid.uuid4().hex, _card=json.dumps(found))
        self.on_msg(self._asked)

    def _asked(self, _widget: Any, content: dict, _buffers: Any) -> None:
        """Answer what the reader tries.  May run on another thread than cells."""
        if content.get("kind") != "try":
            return
        inputs = {str(k): str(v) for k, v in dict(content.get("inputs", {})).items()}
        answer = self.record.tried(inputs, str(content.get("parameters", "")))
        self._answer = {"key": content.get("key"), **answer._asdict()}

    def _pictures(self) -> tuple[dict, dict]:
        return picture_bundle(self.record)
