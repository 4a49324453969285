"""One batch: samples by their indices, put together.  And what can go wrong with workers."""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook.base.errors import MXNetError


class LoaderTimeoutError(MXNetError, TimeoutError):
    """A batch did not come in time; the message names the sample that is still being loaded."""


class WorkerDiedError(MXNetError, RuntimeError):
    """A worker process ended in the middle of its work; the message says which, how and where."""


class WorkerError(MXNetError, RuntimeError):
    """What a worker raised cannot be sent to the program as it is; this says what it was."""


class NoThreadsWarning(UserWarning):
    """Worker threads cannot be started here; the program loads its batches itself."""


class NoProcessesWarning(UserWarning):
    """Worker processes cannot be used here; threads load the batches instead."""


class Stopped(Exception):  # noqa: N818 - it is no error
    """Ends a batch that nobody wants any more."""


def load(
    dataset: Any,
    batchify: Callable[[list], Any],
    indices: Sequence[Any],
    begin: Callable[[int], None] | None = None,
) -> Any:
    """The batch of the samples at `indices`; `begin(position)` is called before each.

    What the data set or `batchify` raises gets a note that says at which sample.
    """
    samples = []
    for position, index in enumerate(indices):
        if begin:
            begin(position)
        try:
            samples.append(dataset[index])
        except Exception as error:
            error.add_note(f"while loading sample {index} of {type(dataset).__name__}")
            raise
    try:
        return batchify(samples)
    except Exception as error:
        error.add_note(f"while putting samples {_listed(indices)} together to a batch")
        raise


def _listed(indices: Sequence[Any]) -> str:
    shown = ", ".join(str(i) for i in indices[:8])
    return shown + ", ..." if len(indices) > 8 else shown


def too_late(timeout: float, slow: list[tuple[float, str, Any]]) -> LoaderTimeoutError:
    """The error about a batch that does not come.

    `slow` are the workers at work: for how many seconds at which sample, with their names.
    """
    slow = sorted(slow, key=lambda found: -found[0])
    which = f"sample {slow[0][2]}" if slow else "the batch"
    return LoaderTimeoutError(
        f"no batch within {timeout:g} seconds: {which} is still being loaded",
        values=[
            (name, f"at sample {index} for {since:.1f} seconds") for since, name, index in slow
        ],
        hint="look at what the data set and its transforms do with this sample, or give the "
        "DataLoader a larger timeout",
    )
