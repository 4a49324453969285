"""When handlers are called.

A handler is an object of a class that inherits from one or more of these.  It is called with the
estimator, and for a batch with `batch=`; at the end of a batch also with `label=`, `pred=` and
`loss=`, lists with an array for each device.

    train_begin
        epoch_begin
            batch_begin, forward and backward, batch_end    for each batch
        epoch_end
    train_end

A handler that returns something true at the end of a batch ends the epoch, at the end of an epoch
training.  Handlers with a smaller attribute `priority` (0 where there is none) are called first,
others in the order in which they were given.
"""

from typing import Any


class EventHandler:
    """Base of all handlers."""


class TrainBegin(EventHandler):
    """Called before training."""

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> Any:
        """Training begins."""


class TrainEnd(EventHandler):
    """Called after training, if nothing went wrong."""

    def train_end(self, estimator: Any, *args: Any, **kwargs: Any) -> Any:
        """Training is over."""


class EpochBegin(EventHandler):
    """Called before each epoch, also that of an evaluation."""

    def epoch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> Any:
        """An epoch begins."""


class EpochEnd(EventHandler):
    """Called after each epoch, also that of an evaluation."""

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> Any:
        """An epoch is over; something true ends training."""


class BatchBegin(EventHandler):
    """Called before each batch."""

    def batch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> Any:
        """A batch is next."""


class BatchEnd(EventHandler):
    """Called after each batch: gradients are there, and parameters change in this event."""

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> Any:
        """A batch was computed; something true ends the epoch."""
