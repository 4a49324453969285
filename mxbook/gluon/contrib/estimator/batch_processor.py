"""What is done with one batch.  Source: MXNet 1.6, `mxnet.gluon.contrib.estimator`."""

from typing import Any

from mxbook import autograd
from mxbook.base.context import Context
from mxbook.base.errors import DTypeError, ShapeError
from mxbook.gluon.utils import split_and_load
from mxbook.ndarray import NDArray

__all__ = ["BatchProcessor"]

Arrays = list[NDArray]


class BatchProcessor:
    """Forward and backward of a batch; make a class of your own for another kind of training.

    Both methods give data, labels, predictions and losses, each a list with one array for each
    device.  The estimator's handlers update parameters and metrics with them.

    >>> class Mixed(BatchProcessor):
    ...     def fit_batch(self, estimator, train_batch, batch_axis=0):
    ...         x, y = train_batch
    ...         mixed = [0.9 * x + 0.1 * x[::-1], y]
    ...         return super().fit_batch(estimator, mixed, batch_axis)
    """

    def __init__(self) -> None:
        pass

    def _get_data_and_label(
        self, batch: Any, ctx: list[Context], batch_axis: int = 0
    ) -> tuple[Arrays, Arrays]:
        """The parts of a batch, cut into slices for the devices."""
        if not isinstance(batch, list | tuple) or len(batch) < 2:
            raise DTypeError(
                f"a batch is a {type(batch).__name__}",
                rule="a list of data and labels",
                hint="an ArrayDataset of two arrays gives them; for batches of another kind make a "
                "BatchProcessor of your own",
            )
        try:
            data, label = (split_and_load(part, ctx, batch_axis) for part in batch[:2])
        except ShapeError as error:
            if len(ctx) > 1:
                error.hint = (
                    f"another batch size, and last_batch='discard' in the DataLoader: the last "
                    f"batch of a pass, too, is shared by {len(ctx)} devices"
                )
            raise
        return data, label

    def fit_batch(
        self, estimator: Any, train_batch: Any, batch_axis: int = 0
    ) -> tuple[Arrays, Arrays, Arrays, Arrays]:
        """Compute predictions, losses and gradients.

        Raises DTypeError for a batch that has no labels, ShapeError for one that the devices cannot
        share evenly.
        """
        data, label = self._get_data_and_label(train_batch, estimator.context, batch_axis)
        with autograd.record():
            pred = [estimator.net(x) for x in data]
            loss = [estimator.loss(p, y) for p, y in zip(pred, label, strict=True)]
        autograd.backward(loss)
        return data, label, pred, loss

    def evaluate_batch(
        self, estimator: Any, val_batch: Any, batch_axis: int = 0
    ) -> tuple[Arrays, Arrays, Arrays, Arrays]:
        """Compute predictions and losses; raises what `fit_batch` raises."""
        data, label = self._get_data_and_label(val_batch, estimator.context, batch_axis)
        pred = [estimator.val_net(x) for x in data]
        loss = [estimator.val_loss(p, y) for p, y in zip(pred, label, strict=True)]
        return data, label, pred, loss
