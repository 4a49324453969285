"""The workers as plain data: who is awake, who sleeps, and whom to wake.

Everything here happens under the engine's lock.  Sets instead of counters, because adding twice is
no more than adding once: that way a step that an interrupt tore apart can simply be repaired.
"""

from .gates import Lane


class Crew:
    """The worker threads.  `most` may be awake at a time; with 0 there are none."""

    __slots__ = ("alone", "closing", "coming", "idle", "launched", "members", "most", "waiting")

    def __init__(self, most: int = 0):
        self.most = most
        self.members: set[Lane] = set()
        self.idle: list[Lane] = []  # asleep for want of work; the last one is woken first
        self.coming: set[Lane] = set()  # woken or started, but not here yet
        self.waiting: set[Lane] = set()  # asleep inside an operation
        self.launched = 0  # ever; for the names
        self.alone = False  # no further thread can be had
        self.closing = False

    def awake(self) -> int:
        """How many are at work, or on their way."""
        return len(self.members) - len(self.idle) - len(self.waiting)

    def too_many(self) -> bool:
        """Whether one should stop: others woke up from waits, or the setting was lowered."""
        return self.awake() > max(self.most, 1)

    def summon(self, ready: int, own: Lane) -> list[Lane]:
        """Wake workers for this many ready operations.

        Returns the workers whose threads are to be started, outside the lock.  Where nobody can
        be woken or started, that is the lane of the calling thread itself: it has to work.
        """
        if not self.most:
            return [own]
        fresh: list[Lane] = []
        while ready > len(self.coming) and self.awake() < self.most:
            if self.idle:
                worker = self.idle[-1]
                self.coming.add(worker)
                worker.gate.open()
                self.idle.pop()
            elif self.alone:
                return fresh if self.awake() else [own]
            else:
                self.launched += 1
                worker = Lane(f"mxbook-worker-{self.launched}", worker=True)
                self.members.add(worker)
                self.coming.add(worker)
                fresh.append(worker)
        return fresh

    def arrive(self, worker: Lane) -> None:
        """A worker that was woken or started is here."""
        self.members.add(worker)
        self.coming.discard(worker)

    def lose(self, worker: Lane) -> None:
        """A worker could not be started, or goes home."""
        self.members.discard(worker)
        self.coming.discard(worker)

    def forget_unstarted(self) -> None:
        """Do not count on threads that an interrupt kept from being started."""
        for worker in [w for w in self.members if w.thread is None or not w.thread.is_alive()]:
            self.lose(worker)

    def wake_all(self) -> None:
        """Let every sleeper look for itself what there is to do."""
        for worker in self.idle:
            worker.gate.open()
        self.idle = []
        self.coming = set()
