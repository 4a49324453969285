"""The engine's core with workers that take as long as somebody says."""

from os import PathLike
from typing import Any, NamedTuple

from mxbook.base.errors import ParameterError
from mxbook.engine.core import READY, RUNNING, Core, Operation, Variable
from mxbook.engine.log import read as record_read
from mxbook.engine.log import record_of
from mxbook.explain.timeline.queues import MAY_RUN, RUNS, WAITS, Entry, Queue
from mxbook.explain.timeline.record import Timeline, timeline

from .words import read

TICK = 1_000_000  # nanoseconds that one tick is in a timeline
MOST_WORKERS, MOST_COST, MOST_OPERATIONS = 8, 99, 200
PYTHON = "MainThread"
EXAMPLES = {
    "two chains": ["a = load() : 3", "b = load() : 3", "a = tanh(a) : 2", "b = tanh(b) : 2",
                   "c = a + b : 1"],
    "many readers": ["x = load() : 2", "a = sin(x) : 2", "b = cos(x) : 3", "c = exp(x) : 2",
                     "x += 1 : 1", "d = sin(x) : 2"],
    "reuse of memory": ["y = f(x1) : 3", "z1 = g(y) : 2", "y = f(x2) : 3", "z2 = g(y) : 2"],
    "training step": ["h = dot(x, w) : 3", "loss = mean(h) : 1", "dh = grad(loss) : 1",
                      "dw = dot_back(x, dh) : 4", "m = momentum(dw) : 1", "w -= m : 1",
                      "h = dot(x, w) : 3"],
}  # fmt: skip


class Action(NamedTuple):
    """What somebody did: pushed a line of text, or let one event happen."""

    text: str = ""
    cost: int = 0
    priority: int = 0


class Happened(NamedTuple):
    """One event."""

    time: int  # ticks
    what: str  # "pushed", "started" or "ended"
    number: int
    name: str
    lane: str = ""

    def __str__(self) -> str:
        where = f" on {self.lane}" if self.lane else ""
        return f"{self.time:>3}  #{self.number} {self.name} {self.what}{where}"


def playground(*, workers: int = 2, example: str = "") -> "Playground":
    """A place to push operations of your own; see `mxbook.explain.playground`.

    With no workers it is the naive engine, which runs everything at its push.  `example` fills it:
    one of "two chains", "many readers", "reuse of memory", "training step".

    >>> p = playground(workers=1)
    >>> p.push("c = a + b", cost=2)
    >>> p.run()
    >>> p.now, p.events[-1].what
    (2, 'ended')
    """
    found = Playground(workers)
    if example:
        found.load(example)
    return found


class Playground:
    """The engine's core, some workers and a clock that goes in ticks."""

    def __init__(self, workers: int = 2):
        self.actions: list[Action] = []
        self.reset(workers)

    def reset(self, workers: int | None = None) -> None:
        """Forget everything; from now on there are so many workers."""
        if workers is not None and not 0 <= workers <= MOST_WORKERS:
            raise ParameterError(f"{workers} workers", rule=f"0 to {MOST_WORKERS}")
        self.workers = self.workers if workers is None else workers
        self.actions = []
        self._begin()

    def _begin(self) -> None:
        self.core = Core()
        self.now = 0
        self.variables: dict[str, Variable] = {}
        self.operations: list[Operation] = []
        self.events: list[Happened] = []
        self._cost: dict[int, int] = {}  # by number of operation
        self._free = [f"worker {i + 1}" for i in range(self.workers)]
        self._ends: list[tuple[int, int, Operation]] = []  # when what is running ends

    # ---- doing something

    def push(self, text: str, *, cost: int = 1, priority: int = 0) -> None:
        """Push an operation, told as a line like "c = a + b" or "w -= grad : 3" (its cost).

        Variables are made when they are first named.  Raises ParameterError for what cannot be
        understood.
        """
        line, _, given = text.partition(":")
        cost = int(given) if given.strip().isdigit() else cost
        if given.strip() and not given.strip().isdigit():
            raise ParameterError(f"cannot understand {given.strip()!r}", rule="ticks after a colon")
        if not 1 <= cost <= MOST_COST:
            raise ParameterError(f"a cost of {cost}", rule=f"1 to {MOST_COST} ticks")
        if len(self.operations) >= MOST_OPERATIONS:
            raise ParameterError("too many operations", rule=f"at most {MOST_OPERATIONS}")
        self._push(Action(line.strip(), cost, priority))

    def _push(self, action: Action) -> None:
        name, reads, writes = read(action.text)
        used = [[self._variable(n) for n in names] for names in (reads, writes)]
        op = Operation(None, *used, name, priority=action.priority)
        self.actions.append(action)
        self.operations.append(op)
        naive = not self.workers
        self.core.push(op, self.now, PYTHON if naive else None)
        self._cost[op.number] = action.cost
        self._note("pushed", op)
        if naive:
            self._start(op, "Python")
            self._end()

    def _variable(self, name: str) -> Variable:
        return self.variables.setdefault(name, Variable(name))

    def step(self) -> Happened | None:
        """Let one event happen: an operation starts, or the next one ends; None if all is done."""
        if not self._next():
            return None
        self.actions.append(Action())
        return self.events[-1]

    def _next(self) -> bool:
        op = self.core.take("worker") if self._free else None
        if op is not None:
            self._start(op, self._free.pop(0))
        elif self._ends:
            self._end()
        else:
            return False
        return True

    def _start(self, op: Operation, lane: str) -> None:
        op.started, op.lane = self.now, lane
        self._ends.append((self.now + self._cost[op.number], op.number, op))
        self._note("started", op, lane)

    def _end(self) -> None:
        self._ends.sort(key=lambda end: end[:2])
        self.now, _, op = self._ends.pop(0)
        op.end(self.now)
        self.core.complete(op, None)
        if op.lane != "Python":
            self._free = sorted([*self._free, op.lane])
        self._note("ended", op)

    def _note(self, what: str, op: Operation, lane: str = "") -> None:
        self.events.append(Happened(self.now, what, op.number, op.name, lane))

    def run(self) -> None:
        """Let everything happen."""
        while self.step() is not None:
            pass

    def back(self) -> None:
        """Undo what was done last, a push or a step."""
        actions = self.actions[:-1]
        self.actions = []
        self._begin()
        for action in actions:
            if action.text:
                self._push(action)
            else:
                self.step()

    def load(self, example: str) -> None:
        """Begin afresh with an example.  Raises ParameterError for an unknown name."""
        if example not in EXAMPLES:
            raise ParameterError(f"no example {example!r}", rule="one of " + ", ".join(EXAMPLES))
        self.reset()
        for text in EXAMPLES[example]:
            self.push(text)

    # ---- looking

    @property
    def idle(self) -> bool:
        """Whether nothing is left to do."""
        return not self.core.live

    def queues(self) -> list[Queue]:
        """The queue of each variable: who reads or writes it and has not finished."""
        found = []
        for name, variable in self.variables.items():
            live = [op for op in self.core.live.values() if variable in (*op.reads, *op.writes)]
            states = {READY: MAY_RUN, RUNNING: RUNS}
            entries = [
                Entry(op.number, op.name, variable in op.writes, states.get(op.state, WAITS))
                for op in live
            ]
            found.append(Queue(variable.key, name, variable.version, entries))
        return found

    def timeline(self) -> Timeline:
        """What has run so far, and what is running until now; a tick is a millisecond."""
        records = []
        for op in self.operations:
            if not op.lane:
                continue
            times = [op.pushed, op.ready, op.started, op.ended]
            if op.state == RUNNING:
                times[3] = max(self.now, op.started)
            pushed, ready, started, ended = (t * TICK for t in times)
            lane = PYTHON if op.lane == "Python" else op.lane
            record = record_read(record_of(op))
            records.append(
                record._replace(pushed=pushed, ready=ready, started=started, ended=ended, lane=lane)
            )
        return timeline(records)

    def sentence(self) -> str:
        """Where it is, in one sentence."""
        waiting = len(self.core.live) - len(self._ends)
        last = f"; last: {str(self.events[-1]).strip()}" if self.events else ""
        words = "all done" if self.idle else f"{len(self._ends)} running, {waiting} waiting"
        return f"tick {self.now}: {words if self.operations else 'nothing pushed yet'}{last}"

    def text(self) -> str:
        """The sentence, and a line for each variable."""
        return "\n".join([self.sentence(), *map(str, self.queues())])

    __str__ = text

    def svg(self, *, theme: str = "light") -> str:
        """The queues and the lanes as SVG."""
        from mxbook.explain import svg

        from .chart import picture

        return svg.draw(picture(self, theme=theme))

    def png(self, *, theme: str = "light") -> bytes:
        """The queues and the lanes as PNG; needs Pillow."""
        from mxbook.explain import png

        from .chart import picture

        return png.draw(picture(self, theme=theme))

    def save(self, path: str | PathLike) -> None:
        """Write the picture; the ending is .png, .svg or .txt.  Raises ParameterError otherwise."""
        from mxbook.explain.output import write

        write(path, "a playground", {".png": self.png, ".svg": self.svg, ".txt": self.text})

    def _repr_mimebundle_(self, **_wanted: Any):
        """The widget where it can live, and always a picture."""
        from mxbook.explain.output import widgets_here

        package = widgets_here()
        if package is not None:
            return package.Playground(self)._repr_mimebundle_()
        return picture_bundle(self)


def picture_bundle(machine: Playground) -> tuple[dict, dict]:
    """Data and metadata for a notebook without the widget."""
    from mxbook.explain.output import with_png

    words = machine.text()
    data = {"image/svg+xml": machine.svg(), "text/plain": words}
    return with_png(data, machine.png, words.partition("\n")[0])
