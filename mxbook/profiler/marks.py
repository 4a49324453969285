"""What users mark themselves: tasks, frames, events, counters and moments."""

import threading
from collections.abc import Callable
from typing import Any, Self

from mxbook.base.errors import MXNetError, ParameterError

from .options import checked
from .session import Mark, session

SCOPES = ("global", "process", "thread", "task", "marker")


def _named(kind: str, name: Any) -> str:
    if not isinstance(name, str):
        raise ParameterError(f"the name of a {kind} cannot be {name!r}", rule="a text")
    return name


class Domain:
    """A group of what belongs together; the category of its tasks, frames, counters and markers.

    >>> str(Domain("reading"))
    'reading'
    """

    def __init__(self, name: str):
        self.name = _named("domain", name)

    def __str__(self) -> str:
        return self.name

    def new_task(self, name: str) -> "Task":
        """A task of this domain."""
        return Task(self, name)

    def new_frame(self, name: str) -> "Frame":
        """A frame of this domain."""
        return Frame(self, name)

    def new_counter(self, name: str, value: float | None = None) -> "Counter":
        """A counter of this domain, with a first value if there is one."""
        return Counter(self, name, value)

    def new_marker(self, name: str) -> "Marker":
        """A marker of this domain."""
        return Marker(self, name)


def _domain(domain: Any) -> Domain:
    if not isinstance(domain, Domain):
        raise ParameterError(f"{domain!r} is no Domain", hint='profiler.Domain("name")')
    return domain


class _Span:
    """Something with a start and a stop, each thread for itself; `with` does both."""

    _kind = ""

    def __init__(self, domain: str, name: str):
        self.name = _named(self._kind, name)
        self._domain = domain
        self._starts: dict[int, int | None] = {}  # by thread; None while nobody looks

    def start(self) -> None:
        """It begins now; starting again begins anew."""
        self._starts[threading.get_ident()] = session.clock() if session.active else None

    def stop(self) -> None:
        """It is over; raises MXNetError unless this thread has started it.

        It is noted if the profiler was running at the start and is running now.
        """
        thread = threading.get_ident()
        if thread not in self._starts:
            raise MXNetError(
                f"the {self._kind} {self.name!r} was not started", rule="start(), then stop()"
            )
        started = self._starts.pop(thread)
        if started is not None:
            lane = threading.current_thread().name
            times = (started, session.clock())
            session.mark(Mark(self._kind, self._domain, self.name, lane, *times))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def __str__(self) -> str:
        return self.name

    def __del__(self):
        self.__dict__.clear()  # nothing is noted of what has not stopped


class Task(_Span):
    """A piece of work of the user's own, such as reading a batch.

    >>> task = Domain("data").new_task("read")
    >>> with task:
    ...     total = sum(range(10))
    """

    _kind = "task"

    def __init__(self, domain: Domain, name: str):
        super().__init__(_domain(domain).name, name)


class Frame(_Span):
    """One round of something that repeats, such as a training step; each is noted by itself."""

    _kind = "frame"

    def __init__(self, domain: Domain, name: str):
        super().__init__(_domain(domain).name, name)


class Event(_Span):
    """Like a task, without a domain.

    >>> event = Event("load")
    >>> event.start()
    >>> event.stop()
    """

    _kind = "event"

    def __init__(self, name: str):
        super().__init__("event", name)


class Counter:
    """A number that changes in the course of time.

    >>> counter = Domain("data").new_counter("queued", 2)
    >>> counter += 3
    >>> counter.value
    5
    """

    def __init__(self, domain: Domain, name: str, value: float | None = None):
        self.name, self._domain = _named("counter", name), _domain(domain).name
        self.value: float = 0
        self._lock = threading.Lock()
        if value is not None:
            self.set_value(value)

    def set_value(self, value: float) -> None:
        """The number is this now.  Raises ParameterError for what is no number."""
        value = _number(self.name, value)
        self._change(lambda _: value)

    def increment(self, delta: float = 1) -> None:
        """The number grows."""
        delta = _number(self.name, delta)
        self._change(lambda value: value + delta)

    def decrement(self, delta: float = 1) -> None:
        """The number shrinks."""
        self.increment(-_number(self.name, delta))

    def _change(self, change: Callable[[float], float]) -> None:
        with self._lock:
            self.value = change(self.value)
            now, lane = session.clock(), threading.current_thread().name
            session.mark(Mark("counter", self._domain, self.name, lane, now, now, self.value))

    def __iadd__(self, delta: float) -> Self:
        self.increment(delta)
        return self

    def __isub__(self, delta: float) -> Self:
        self.decrement(delta)
        return self

    def __str__(self) -> str:
        return self.name

    def __del__(self):
        self.__dict__.clear()  # what was counted stays noted


def _number(name: str, value: Any) -> float:
    import numbers

    if not isinstance(value, numbers.Real):
        raise ParameterError(f"the counter {name!r} cannot take {value!r}", rule="a number")
    return int(value) if isinstance(value, numbers.Integral) else float(value)


class Marker:
    """A moment.

    >>> Domain("training").new_marker("learning rate halved").mark()
    """

    def __init__(self, domain: Domain, name: str):
        self.name, self.domain = _named("marker", name), _domain(domain)

    def mark(self, scope: str = "process") -> None:
        """It is now.  `scope` is what it concerns: global, process, thread, task or marker."""
        scope = checked("scope", scope, SCOPES)
        now, lane = session.clock(), threading.current_thread().name
        session.mark(Mark("marker", self.domain.name, self.name, lane, now, now, scope))
