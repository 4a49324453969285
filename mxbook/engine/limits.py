"""How far the program may run ahead of the engine.

Without a bound, a loop that only pushes would fill the memory with results that nobody has computed
yet.  So a push waits while too much is unfinished, and goes on when a quarter has been worked off:
going on at once would cost two thread switches for every single operation.

The bound on bytes is small, because memory that was just used is still in the processor's cache: a
program that runs far ahead computes everything in cold memory.  But a few operations may always be
under way, however large, or the workers would have nothing to do side by side.
"""

from .core import Core


class RunAhead:
    """The bound: a number of unfinished operations, and of bytes that they are to write."""

    __slots__ = ("least", "nbytes", "operations")

    def __init__(self, operations: int, nbytes: int, least: int = 1):
        self.operations = operations
        self.nbytes = nbytes
        self.least = least  # so many operations are let through, however large

    def full(self, core: Core) -> bool:
        """Whether a push has to wait.  It never does when nothing is unfinished."""
        count = len(core.live)
        large = count >= self.least and core.nbytes >= self.nbytes
        return count > 0 and (count >= self.operations or large)

    def low(self, core: Core) -> bool:
        """Whether waiting pushes may go on."""
        count = len(core.live)
        light = count < self.least or core.nbytes * 4 <= self.nbytes * 3
        few = count * 4 <= self.operations * 3 and light
        return count == 0 or (few and not self.full(core))
