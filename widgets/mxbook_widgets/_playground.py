"""The widget of the engine's playground."""

import uuid
from pathlib import Path
from typing import Any

import traitlets

from mxbook.base.errors import MXNetError
from mxbook.explain.playground import Playground as Machine
from mxbook.explain.playground.machine import EXAMPLES, MOST_WORKERS, picture_bundle

from ._pictured import Pictured

STATIC = Path(__file__).parent / "static"
LOGGED = 40  # events that the reader sees


class Playground(Pictured):
    """Push operations by buttons and text, and watch the engine's own core schedule them.

    Python decides and draws; the browser shows the picture and says what the reader wants.

    >>> Playground(Machine(2))._state["workers"]
    2
    """

    _esm = (STATIC / "playground.js").read_text(encoding="utf-8")
    _css = (STATIC / "playground.css").read_text(encoding="utf-8")
    _key = traitlets.Unicode().tag(sync=True)
    _state = traitlets.Dict().tag(sync=True)

    def __init__(self, machine: Machine):
        self.machine = machine
        super().__init__(_key=uuid.uuid4().hex, _state=state_of(machine))
        self.on_msg(self._asked)

    def _asked(self, _widget: Any, content: dict, _buffers: Any) -> None:
        """Do what the reader wants; what cannot be done is told, with the rule."""
        error = ""
        try:
            act(self.machine, content)
        except MXNetError as found:
            error = str(found)
        self._state = {**state_of(self.machine), "error": error, "answer": content.get("id", 0)}

    def _pictures(self) -> tuple[dict, dict]:
        return picture_bundle(self.machine)


def act(machine: Machine, wanted: dict) -> None:
    """One thing that the reader asked for.  Raises ParameterError for what cannot be understood."""
    match wanted.get("kind"):
        case "push":
            cost = wanted.get("cost")
            machine.push(str(wanted.get("text", "")), cost=int(cost) if cost else 1)
        case "step":
            machine.step()
        case "run":
            machine.run()
        case "back":
            machine.back()
        case "reset":
            machine.reset()
        case "workers":
            machine.reset(int(wanted.get("workers", 1)))
        case "example":
            machine.load(str(wanted.get("example", "")))


def state_of(machine: Machine) -> dict[str, Any]:
    """Everything that is shown."""
    return {
        "svg": [machine.svg(theme="light"), machine.svg(theme="dark")],
        "sentence": machine.sentence(),
        "log": [str(event) for event in machine.events[-LOGGED:]],
        "workers": machine.workers,
        "most": MOST_WORKERS,
        "examples": list(EXAMPLES),
        "idle": machine.idle,
        "first": not machine.actions,
        "error": "",
        "answer": 0,
    }
