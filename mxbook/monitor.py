"""`mx.monitor`: numbers about the arrays inside of a network, every few batches.

monitor = mx.monitor.Monitor(100, pattern=".*weight")
module.fit(data, monitor=monitor)
"""

import logging
import re
from collections.abc import Callable
from math import sqrt
from typing import Any

from .ndarray import NDArray

__all__ = ["Monitor"]


def _size(x: NDArray) -> NDArray:
    """The root of the mean square."""
    return x.norm() / sqrt(x.size)


class Monitor:
    """Watches executors: results of operators, arguments and states, one number for each.

    interval     how many batches from one look to the next
    stat_func    the number (or a list of numbers) for an array: the root of the mean square
    pattern      only names that match this regular expression
    sort         give the names in order
    monitor_all  the inputs of operators, too

    >>> import mxbook as mx
    >>> monitor = Monitor(1, stat_func=lambda x: x.max())
    >>> executor = (mx.sym.var("x") * 2).bind(mx.cpu(), {"x": mx.nd.array([1, 3])})
    >>> monitor.install(executor)
    >>> monitor.tic()
    >>> _ = executor.forward()
    >>> [(step, value) for step, _, value in monitor.toc()]
    [(1, '6.0\\t'), (1, '3.0\\t')]

    Source: MXNet 1.6, `mxnet.monitor.Monitor`.
    """

    def __init__(
        self,
        interval: int,
        stat_func: Callable[[NDArray], Any] | None = None,
        pattern: str = ".*",
        sort: bool = False,
        monitor_all: bool = False,
    ):
        self.interval = interval
        self.stat_func = stat_func or _size
        self.activated = False
        self.queue: list[tuple[int, str, Any]] = []
        self.step = 0
        self.exes: list[Any] = []
        self.re_prog = re.compile(pattern)
        self.sort = sort
        self.monitor_all = monitor_all

    def stat_helper(self, name: str, array: NDArray) -> None:
        """What the executors call for each result."""
        if self.activated and self.re_prog.match(name):
            self.queue.append((self.step, name, self.stat_func(array)))

    def install(self, exe: Any) -> None:
        """Watch an executor."""
        exe.set_monitor_callback(self.stat_helper, self.monitor_all)
        self.exes.append(exe)

    def tic(self) -> None:
        """A batch begins; before `forward`."""
        if self.step % self.interval == 0:
            self.queue = []
            self.activated = True
        self.step += 1

    def toc(self) -> list[tuple[int, str, str]]:
        """A batch is over: step, name and numbers as text; none where it is not looked at."""
        if not self.activated:
            return []
        for exe in self.exes:
            for name, array in {**exe.arg_dict, **exe.aux_dict}.items():
                self.stat_helper(name, array)
        self.activated = False
        found = sorted(self.queue, key=lambda row: row[1]) if self.sort else self.queue
        self.queue = []
        return [(step, name, _text(value)) for step, name, value in found]

    def toc_print(self) -> None:
        """`toc`, logged."""
        for step, name, text in self.toc():
            logging.info("Batch: %7d %-30s %s", step, name, text)


def _text(value: Any) -> str:
    """Numbers with a tabulator behind each."""
    values = value if isinstance(value, list) else [value]
    return "".join(f"{_shown(v)}\t" for v in values)


def _shown(value: Any) -> str:
    if not isinstance(value, NDArray):
        return str(value)
    return str(value.asscalar()) if value.shape in ((), (1,)) else str(value.asnumpy())
