"""From an exception inside an operation to the error that somebody sees.

The exception is kept as a `Failure` in every variable that the operation should have written, and
travels on to what depends on these.  Whoever waits for one of them gets an error that tells what
failed, where it was pushed and where it was noticed.
"""

from collections.abc import Iterable
from typing import Any

from mxbook.base.errors import CancelledError, EngineError, MXNetError, OperationError
from mxbook.base.sites import Site, here

from .core import Operation, Variable

LISTED = 16  # failures that are kept for one `wait_for_all`


class Failure:
    """Why a variable has no value: the operation that failed, and the exception."""

    __slots__ = ("cause", "name", "number", "pushed", "rows", "shown", "site", "skipped")

    def __init__(self, op: Operation, cause: BaseException, rows: Iterable[tuple[str, str]] = ()):
        self.number = op.number
        self.name = op.name
        self.site = op.site
        self.pushed = op.pushed  # perf_counter_ns
        self.cause = cause
        self.rows = tuple(rows)
        self.skipped = 0  # operations that were not run because they needed a result
        self.shown = False  # raised at some wait

    @property
    def title(self) -> str:
        """`operation #1843 Embedding failed: index 10042 is outside a table of 10000 rows`."""
        cause = self.cause
        verb = "was cancelled" if isinstance(cause, CancelledError) else "failed"
        text = cause.message if isinstance(cause, MXNetError) else str(cause)
        if not isinstance(cause, MXNetError | ValueError | RuntimeError) or not text:
            text = f"{type(cause).__name__}: {text}" if text else type(cause).__name__
        return f"operation {numbered(self.number, self.name)} {verb}: {text}"

    def __repr__(self) -> str:
        return f"<Failure: {self.title}>"


def described(detail: Any) -> list[tuple[str, str]]:
    """The rows (label, text) that tell what the inputs of an operation were."""
    if callable(detail):
        try:
            detail = detail()
        except Exception as error:
            # The failure itself matters more than its description.
            return [("inputs", f"could not be described ({type(error).__name__}: {error})")]
    if detail is None:
        return []
    return [("inputs", detail)] if isinstance(detail, str) else [tuple(row) for row in detail]


def resolved(site: Any) -> Site | None:
    """A site that was given as such, as its two fields, or as a function that finds it."""
    if callable(site):
        site = site()
    return site if site is None else Site(*site)


def doomed(failure: Failure, live: Iterable[Operation]) -> int:
    """How many of the unfinished operations, in push order, will not run because of a failure."""
    healthy: dict[Variable, bool] = {}  # as far as the operations so far have changed it
    found = 0
    for op in live:
        bad = any(not healthy.get(v, v.error is not failure) for v in op.inputs)
        found += bad
        healthy.update(dict.fromkeys(op.outputs, not bad))
    return found


def error_of(failure: Failure, now: int, count: int, skipped: int) -> EngineError:
    """The error to raise for a failure, in the user's line that notices it.

    `now` is the present time, `count` the number of operations pushed so far, `skipped` how many
    of them needed the result.
    """
    failure.shown = True
    cause = failure.cause
    known = cause if isinstance(cause, MXNetError) else MXNetError()
    place = list(known.place)
    pushed, noticed = resolved(failure.site), here(2)
    if pushed is not None:
        place.append(("pushed", str(pushed)))
    if noticed is not None:
        later = f"{duration(now - failure.pushed)} and {counted(count - failure.number)} later"
        place.append(("noticed", f"{noticed}     {later}"))
    if skipped:
        verb = "was" if skipped == 1 else "were"
        place.append(("also", f"{counted(skipped)} that needed its result {verb} not run"))
    cancelled = isinstance(cause, CancelledError)
    error = (CancelledError if cancelled else OperationError)(
        failure.title,
        rule=known.rule,
        values=[*known.values, *failure.rows],
        place=place,
        hint=known.hint,
    )
    if not cancelled:
        error.__cause__ = cause
    return error


def named(variable: Variable) -> str:
    """A variable in words."""
    return f"variable {variable.name or variable.key}"


def deleted(variable: Variable, user: str = "") -> EngineError:
    """The error for using a variable after its deletion."""
    values = [("used by", user)] if user else []
    return EngineError(f"{named(variable)} has been deleted", values=values)


def endless_wait(op: Operation, obstacle: Operation, variable: Variable) -> EngineError:
    """The error for a wait inside `op` for what cannot happen before `op` ends."""
    if obstacle is op or variable in op.outputs:
        rule = "an operation cannot wait for what it writes itself"
    else:
        other = f"operation {numbered(obstacle.number, obstacle.name)}"
        rule = f"{other} uses that variable, and cannot finish before this one has"
    title = numbered(op.number, op.name)
    return EngineError(
        f"operation {title} waits for {named(variable)}: that would never end", rule=rule
    )


class Unseen:
    """Failures that nobody has been shown yet, the first ones of them; for `wait_for_all`.

    Both methods are called under the engine's lock, so neither lets go of a failure: what `add`
    returns is to be dropped outside.
    """

    __slots__ = ("_failures", "_more")

    def __init__(self) -> None:
        self._failures: list[Failure] = []
        self._more = 0

    def add(self, failure: Failure) -> list[Failure]:
        """Remember a failure; beyond a number that anybody would read, only count it."""
        before = self._failures
        if len(before) == LISTED:
            self._failures = [f for f in before if not f.shown]
        if len(self._failures) < LISTED:
            self._failures.append(failure)
        else:
            self._more += 1
        return before

    def take(self) -> tuple[list[Failure], int]:
        """All failures, those already shown included, and how many more; then none is left."""
        failures, more = self._failures, self._more
        self._failures, self._more = [], 0
        return failures, more


def list_others(error: EngineError, others: Iterable[Failure], more: int) -> None:
    """Add a note to an error for each other failure that nobody was shown yet."""
    for failure in others:
        if not failure.shown:
            site = resolved(failure.site)
            error.add_note(failure.title + (f"  (pushed {site})" if site is not None else ""))
            failure.shown = True
    if more:
        error.add_note(f"and {more} more")


def numbered(number: int, name: str) -> str:
    """An operation in words.

    >>> numbered(812, "dot")
    '#812 dot'
    """
    return f"#{number} {name}".rstrip()


def duration(nanoseconds: float) -> str:
    """A time as people say it.

    >>> duration(2_100_000_000), duration(430_000), duration(1_900)
    ('2.1 s', '0.43 ms', '1.9 us')
    """
    for unit, size in (("s", 1e9), ("ms", 1e6)):
        if nanoseconds >= size / 10:
            return (
                f"{nanoseconds / size:.2g} {unit}"
                if nanoseconds < 10 * size
                else (f"{nanoseconds / size:.0f} {unit}")
            )
    return f"{nanoseconds / 1e3:.2g} us"


def counted(number: int, word: str = "operation") -> str:
    """A number with its noun.

    >>> counted(1), counted(36)
    ('1 operation', '36 operations')
    """
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
