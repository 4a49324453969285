"""Doing the next pieces of work on a thread before they are asked for."""

import threading
from collections import deque
from collections.abc import Iterator
from typing import Any


class Ahead:
    """The items of an iterator, made on a thread that is at most `depth` of them ahead.

    What the iterator raises is raised where its item would come.  `close` ends the thread; so does
    forgetting this object.  Where no thread can be started, items are made when asked for.

    >>> list(Ahead(iter([1, 2, 3]), 2))
    [1, 2, 3]
    """

    def __init__(self, items: Iterator, depth: int):
        self._line = _Line(items, max(1, depth))
        self.thread: threading.Thread | None = threading.Thread(
            target=self._line.work, name="mxbook-ahead", daemon=True
        )
        try:
            self.thread.start()
        except RuntimeError:  # a system without threads, or out of them
            self.thread = None

    def __iter__(self) -> "Ahead":
        return self

    def __next__(self) -> Any:
        return next(self._line.items) if self.thread is None else self._line.take()

    def close(self) -> None:
        """End the thread, after the item it is at, and the iterator with it."""
        self._line.stop()
        if self.thread is not None:
            self.thread.join()
            self.thread = None
        close = getattr(self._line.items, "close", None)
        if close is not None:
            close()

    def __del__(self) -> None:
        self._line.stop()


class _Line:
    """What consumer and thread share: items that are ready, in order."""

    def __init__(self, items: Iterator, depth: int):
        self.items = items
        self._depth = depth
        self._ready: deque = deque()
        self._end: BaseException | None = None
        self._stopped = False
        self._changed = threading.Condition()

    def work(self) -> None:
        """The life of the thread."""
        end: BaseException = StopIteration()
        try:
            for item in self.items:
                with self._changed:
                    self._ready.append(item)
                    del item  # what is handed over is not kept here
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: self._stopped or len(self._ready) < self._depth)
                    if self._stopped:
                        break
        except BaseException as error:  # an exit, too, must reach the consumer
            end = error
        with self._changed:
            self._end = end
            self._changed.notify_all()

    def take(self) -> Any:
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._end)
            if not self._ready:
                raise self._end or StopIteration
            item = self._ready.popleft()
            self._changed.notify_all()
            return item

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
