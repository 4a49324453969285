"""How far the program may run ahead of the engine.

Without a bound, a loop that only pushes would fill the memory with results that nobody has computed
yet.  So a push waits while too much is unfinished, and goes on when a quarter has been worked off:
going on at once would cost two thread switches for every single operation.
"""

from .core import Core


class RunAhead:
    """The bound: a number of unfinished operations, and of bytes that they are to write."""

    __slots__ = ("nbytes", "operations")

    def __init__(self, operations: int, nbytes: int):
        self.operations = operations
        self.nbytes = nbytes

    def full(self, core: Core) -> bool:
        """Whether a push has to wait.  It never does when nothing is unfinished, however large."""
        count = len(core.live)
        return count > 0 and (count >= self.operations or core.nbytes >= self.nbytes)

    def low(self, core: Core) -> bool:
        """Whether waiting pushes may go on."""
        count = len(core.live)
        few = count * 4 <= self.operations * 3 and core.nbytes * 4 <= self.nbytes * 3
        return count == 0 or (few and not self.full(core))
