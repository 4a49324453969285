"""Metrics made of a function."""

from collections.abc import Callable
from typing import Any

import numpy

from mxbook.base.errors import MXNetError
from mxbook.ndarray import NDArray

from .base import Arrays, PairMetric, host, register

Function = Callable[[numpy.ndarray, numpy.ndarray], Any]


@register
class CustomMetric(PairMetric):
    """A metric made of `feval(label, pred)` on NumPy arrays.

    It returns the value for one update, or a pair (sum, number of instances).  With
    `allow_extra_outputs` there may be more predictions than labels.

    >>> from mxbook import nd
    >>> metric = CustomMetric(lambda label, pred: abs(label - pred).max(), name="worst")
    >>> metric.update([nd.array([1, 2])], [nd.array([1, 5])])
    >>> metric.get()
    ('worst', 3.0)

    Source: MXNet 1.6, `mxnet.metric.CustomMetric`.
    """

    def __init__(
        self,
        feval: Function,
        name: str | None = None,
        allow_extra_outputs: bool = False,
        output_names=None,
        label_names=None,
    ):
        if name is None:
            name = getattr(feval, "__name__", type(feval).__name__)
            name = f"custom({name})" if "<" in name else name
        super().__init__(name, output_names, label_names)
        self._feval = feval
        self._allow_extra_outputs = allow_extra_outputs

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch into account: labels and predictions, each an array or a list of arrays."""
        super().update(labels, preds[: len(labels)] if self._allow_extra_outputs else preds)

    def _count(self, label: NDArray, pred: NDArray) -> None:
        found = self._feval(host(label), host(pred))
        total, count = found if isinstance(found, tuple) else (found, 1)
        self._add(float(total), count)

    def get_config(self) -> dict[str, Any]:
        """Raises MXNetError: a function cannot be written down."""
        raise MXNetError(
            f"{type(self).__name__} {self.name} cannot be serialized: it is a function"
        )


def np(
    numpy_feval: Function, name: str | None = None, allow_extra_outputs: bool = False
) -> CustomMetric:
    """A CustomMetric of a function on NumPy arrays, named like it.

    >>> def largest(label, pred):
    ...     return pred.max()
    >>> np(largest).name
    'largest'

    Source: MXNet 1.6, `mxnet.metric.np`.
    """
    return CustomMetric(numpy_feval, name or numpy_feval.__name__, allow_extra_outputs)
