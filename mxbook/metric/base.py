"""What all metrics have in common: the running average, the names, several metrics as one."""

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mxbook import engine
from mxbook.base.errors import OperationError, ParameterError, ShapeError, nearest
from mxbook.base.registries import table
from mxbook.ndarray import NDArray

Arrays = NDArray | list[NDArray]


class EvalMetric:
    """A number averaged over what `update` was given: `sum_metric / num_inst`.

    There are two averages: one since `reset_local` (or `reset`), which `get` returns, and one since
    `reset`, which `get_global` returns.  A metric of one's own defines `update` and calls `_add`:

    >>> class Largest(EvalMetric):
    ...     def update(self, labels, preds):
    ...         self._add(preds.max().asscalar(), 1)

    `output_names` and `label_names` choose what `update_dict` uses; further keyword arguments are
    what a subclass was made with, for `get_config`.

    Source: MXNet 1.6, `mxnet.metric.EvalMetric`.
    """

    def __init__(
        self,
        name: str,
        output_names: list[str] | None = None,
        label_names: list[str] | None = None,
        **kwargs: Any,
    ):
        self.name = str(name)
        self.output_names = output_names
        self.label_names = label_names
        self._has_global_stats = kwargs.pop("has_global_stats", False)
        self._kwargs = kwargs
        self.reset()

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """Arguments of `create` that make a metric like this one."""
        return {
            **self._kwargs,
            "metric": type(self).__name__,
            "name": self.name,
            "output_names": self.output_names,
            "label_names": self.label_names,
        }

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch into account: labels and predictions, each an array or a list of arrays."""
        raise TypeError(f"{type(self).__name__} must define update(labels, preds)")

    def update_dict(self, label: dict[str, NDArray], pred: dict[str, NDArray]) -> None:
        """`update` with named arrays; `label_names` and `output_names` choose among them."""
        self.update(_chosen(label, self.label_names), _chosen(pred, self.output_names))

    def reset(self) -> None:
        """Forget everything."""
        self.num_inst: float = 0
        self.sum_metric = 0.0
        self.global_num_inst: float = 0
        self.global_sum_metric = 0.0

    def reset_local(self) -> None:
        """Forget what `get` tells, but not what `get_global` tells."""
        self.num_inst = 0
        self.sum_metric = 0.0

    def get(self) -> tuple[Any, Any]:
        """Name and average since `reset_local`; NaN before the first update."""
        return self.name, self._value(self.sum_metric, self.num_inst)

    def get_global(self) -> tuple[Any, Any]:
        """Name and average since `reset`."""
        if not self._has_global_stats:
            return self.get()
        return self.name, self._value(self.global_sum_metric, self.global_num_inst)

    def get_name_value(self) -> list[tuple[str, Any]]:
        """`get` as a list of pairs, one for each metric in it."""
        return _pairs(self.get())

    def get_global_name_value(self) -> list[tuple[str, Any]]:
        """`get_global` as a list of pairs."""
        return _pairs(self.get_global())

    def _value(self, total: float, count: float) -> float:
        return total / count if count else math.nan

    def _add(self, total: float, count: float) -> None:
        """Count `total`, the sum over `count` instances, in both averages."""
        self.sum_metric += total
        self.num_inst += count
        self.global_sum_metric += total
        self.global_num_inst += count


def _chosen(arrays: dict[str, NDArray], names: list[str] | None) -> list[NDArray]:
    if names is None:
        return list(arrays.values())
    missing = [n for n in names if n not in arrays]
    if missing:
        raise ParameterError(
            f"the metric needs {', '.join(missing)}", values=[("given", ", ".join(arrays))]
        )
    return [arrays[n] for n in names]


def _pairs(found: tuple[Any, Any]) -> list[tuple[str, Any]]:
    names, values = found
    if not isinstance(names, list):
        return [(names, values)]
    return list(zip(names, values, strict=True))


class PairMetric(EvalMetric):
    """A metric that looks at each array of labels and its predictions by themselves.

    Subclasses define `_count(label, pred)`, which calls `_add`.
    """

    def __init__(self, name: str, output_names: Any, label_names: Any, **kwargs: Any):
        super().__init__(name, output_names, label_names, has_global_stats=True, **kwargs)

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch into account: labels and predictions, each an array or a list of arrays."""
        for label, pred in zip(*check_label_shapes(labels, preds, wrap=True), strict=True):
            self._count(label, pred)

    def _count(self, label: NDArray, pred: NDArray) -> None:
        raise TypeError(f"{type(self).__name__} must define _count(label, pred)")


class RunningMetric(EvalMetric):
    """A metric that is computed from everything seen, and so keeps more than a sum.

    `_local` is what was seen since `reset_local`, `_whole` since `reset`: two objects of the class
    `_seen`, which has a method `add(label, pred)`.
    """

    _seen: type

    def reset(self) -> None:
        """Forget everything."""
        super().reset()
        self._local, self._whole = self._seen(), self._seen()

    def reset_local(self) -> None:
        """Forget what `get` tells, but not what `get_global` tells."""
        super().reset_local()
        self._local = self._seen()

    def _grow(self, label: np.ndarray, pred: np.ndarray) -> None:
        self._local.add(label, pred)
        self._whole.add(label, pred)


# ---- labels and predictions


def check_label_shapes(
    labels: Any, preds: Any, wrap: bool = False, shape: bool = False
) -> tuple[Any, Any]:
    """Labels and predictions, after a check that there are equally many.

    With `shape` their shapes must agree; with `wrap` single arrays come back as lists.  Raises
    ShapeError.

    >>> check_label_shapes([1, 2], [3, 4])
    ([1, 2], [3, 4])
    """
    found = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if found[0] != found[1]:
        raise ShapeError(
            f"Shape of labels {found[0]} does not match shape of predictions {found[1]}"
        )
    if wrap:
        labels = [labels] if isinstance(labels, NDArray) else labels
        preds = [preds] if isinstance(preds, NDArray) else preds
    return labels, preds


def host(array: Any) -> np.ndarray:
    """An array in host memory; waits for it."""
    return array.asnumpy() if isinstance(array, NDArray) else np.asarray(array)


def wait_once(*given: Any) -> None:
    """Wait for several arrays together, so that a batch interrupts the program only once.

    Errors stay where they are, for who looks at the arrays.
    """
    pending = [a._var for a in given if isinstance(a, NDArray) and a._var and a._var.pending]
    if len(pending) > 1:
        both = engine.new_variable()
        engine.push(lambda: None, pending, [both], name="wait for a metric")
        with contextlib.suppress(OperationError):
            engine.wait_for_var(both)


def classes(scores: Any, label: Any, axis: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Predicted and true class numbers, flat; scores have one axis more, along which the best wins.

    Raises ShapeError when there are not equally many.
    """
    if scores.shape != label.shape:
        if axis >= len(scores.shape):
            raise ShapeError(
                f"predictions of the shape {scores.shape} have no axis {axis} of classes",
                rule="one score for each class, or class numbers in the shape of the labels",
                values=[("labels", str(label.shape))],
            )
        scores = scores.argmax(axis=axis)  # where it is, before anything is copied
    wait_once(scores, label)
    pred, true = host(scores).astype("int32").ravel(), host(label).astype("int32").ravel()
    check_label_shapes(true, pred)
    return pred, true


# ---- names

_registry = table(EvalMetric)


def register(klass: type[EvalMetric], name: str | None = None) -> type[EvalMetric]:
    """Make a class known to `create` under its own name (or another); usable as a decorator."""
    _registry[(name or klass.__name__).lower()] = klass
    return klass


def alias(*names: str) -> Callable[[type[EvalMetric]], type[EvalMetric]]:
    """A decorator that makes a class known under further names."""

    def decorate(klass: type[EvalMetric]) -> type[EvalMetric]:
        for name in names:
            register(klass, name)
        return klass

    return decorate


def create(metric: Any, *args: Any, **kwargs: Any) -> EvalMetric:
    """A metric by its name, from a function `f(label, pred)`, from a list of these, or as it is.

    Further arguments go to its constructor.  Raises ParameterError for an unknown name.

    >>> create("acc").get()
    ('accuracy', nan)
    >>> create(["mse", "mae"]).get()[0]
    ['mse', 'mae']
    """
    if isinstance(metric, EvalMetric):
        if args or kwargs:
            raise ParameterError("metric is already an instance. Additional arguments are invalid")
        return metric
    if isinstance(metric, list):
        return _composite(metric, *args, **kwargs)
    if isinstance(metric, dict):  # from get_config
        return create(**metric)
    if isinstance(metric, str):
        if metric[:1] in "[{":
            return _from_json(metric)
        if metric.lower() not in _registry:
            raise ParameterError(
                f"there is no metric {metric!r}",
                rule="one of " + ", ".join(sorted(_registry)),
                hint=nearest(metric.lower(), _registry),
            )
        return _registry[metric.lower()](*args, **kwargs)
    if callable(metric):
        from .custom import CustomMetric

        return CustomMetric(metric, *args, **kwargs)
    raise ParameterError(
        f"a metric cannot be made of {metric!r}", rule="a name, a function, a metric or a list"
    )


def _composite(metrics: list, *args: Any, **kwargs: Any) -> "CompositeEvalMetric":
    found = CompositeEvalMetric(*args, **kwargs)
    for metric in metrics:
        found.add(metric)
    return found


def _from_json(text: str) -> EvalMetric:
    """From `["name", {arguments}]` or `{"metric": "name", arguments}`."""
    import json

    found = json.loads(text)
    return create(**found) if isinstance(found, dict) else create(found[0], **found[1])


@alias("composite")
@register
class CompositeEvalMetric(EvalMetric):
    """Several metrics that are updated together; names and values come as lists.

    >>> both = CompositeEvalMetric(["acc", "ce"])
    >>> both.get()
    (['accuracy', 'cross-entropy'], [nan, nan])
    """

    def __init__(
        self, metrics: list | None = None, name="composite", output_names=None, label_names=None
    ):
        self.metrics = [create(m) for m in metrics or []]
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def add(self, metric: Any) -> None:
        """Append a metric: anything that `create` accepts."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> EvalMetric:
        """The metric at a position.  Raises ParameterError when there is none."""
        if not 0 <= index < len(self.metrics):
            raise ParameterError(f"there is no metric {index}; there are {len(self.metrics)}")
        return self.metrics[index]

    def update_dict(self, labels: dict[str, NDArray], preds: dict[str, NDArray]) -> None:
        """Update all with named arrays, of which each metric chooses its own."""
        if self.label_names is not None:
            labels = {n: a for n, a in labels.items() if n in self.label_names}
        if self.output_names is not None:
            preds = {n: a for n, a in preds.items() if n in self.output_names}
        for metric in self.metrics:
            metric.update_dict(labels, preds)

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Update all."""
        for metric in self.metrics:
            metric.update(labels, preds)

    def reset(self) -> None:
        """Reset all."""
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        """Reset what `get` tells, for all."""
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[list[str], list[Any]]:
        """Names and averages of all."""
        return _joined(m.get() for m in self.metrics)

    def get_global(self) -> tuple[list[str], list[Any]]:
        """Names and averages since `reset` of all."""
        return _joined(m.get_global() for m in self.metrics)

    def get_config(self) -> dict[str, Any]:
        """Arguments of `create` that make the same metrics."""
        return {**super().get_config(), "metrics": [m.get_config() for m in self.metrics]}


def _joined(found: Iterator[tuple[Any, Any]]) -> tuple[list[str], list[Any]]:
    pairs = [pair for one in found for pair in _pairs(one)]
    return [name for name, _ in pairs], [value for _, value in pairs]
