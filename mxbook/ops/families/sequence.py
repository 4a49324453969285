"""Sequences of different lengths in one array: hide what is behind their ends, find the last step.

A batch of sequences has an axis of time and an axis of examples, the first two in either order, and
as many steps as its longest sequence.  `sequence_length` says how many steps of each example are
meant; those behind are padding.
"""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import IndexingError, ShapeError
from mxbook.ops.params import Bool, Float, Int, Shape
from mxbook.ops.registry import operator
from mxbook.ops.rules import elementwise_cost
from mxbook.ops.tables import as_scalar

from .shape import copied, result_cost

LENGTHS = Bool(
    "use_sequence_length", False, doc="Whether `sequence_length` is given; else all steps count."
)
AXIS = Int("axis", 0, low=0, high=1, doc="The axis of time; the examples lie along the other one.")


def _counted(lengths: Any, low: int, steps: int) -> Any:
    """How far the lengths are above `low`, as int64; IndexingError for one that is not or that is
    above `steps`.

    On a GPU this waits for the lengths.
    """
    above = lengths.astype("int64")
    if low:
        above -= low
    if above.size and above.view("uint64").max() > steps - low:  # -1 is large without a sign
        wrong = lengths[(above < 0) | (above > steps - low)]
        raise IndexingError(
            f"a sequence has the length {int(wrong[0])}",
            rule=f"from {low} to {steps}, which is the length of data along the axis of time",
        )
    return above


def _examples(p, data, lengths):
    """The shapes of the inputs: there is a length for each example."""
    if data is not None and len(data) < 2:
        raise ShapeError(
            f"data has the shape {shapes.text(data)}",
            rule="an axis of time and an axis of examples, others behind them",
        )
    if not p.use_sequence_length:
        return [data]
    return [data, lengths if data is None else shapes.unify(lengths, (data[1 - p.axis],))]


def _same_shape(p, data, lengths=None):
    return _examples(p, data, lengths), [data]


def _last_shape(p, data, lengths=None):
    ins = _examples(p, data, lengths)
    if data is None:
        return ins, [None]
    shapes.check_filled(data[p.axis : p.axis + 1], "a sequence")
    return ins, [(*data[: p.axis], *data[p.axis + 1 :])]


def _types(p, data, lengths=None):
    return [data, lengths or data][: 2 if p.use_sequence_length else 1], [data]


def sequences(name: str, *params: Any, shape: Any = _same_shape, cost: Any = elementwise_cost):
    """Decorator: an operator on data and, where `use_sequence_length` says so, lengths."""
    return operator(
        name,
        LENGTHS,
        *params,
        shape=shape,
        type=_types,
        cost=cost,
        input_count=lambda p: 2 if p.use_sequence_length else 1,
    )


@sequences("SequenceMask", Float("value", 0.0, doc="What stands behind the ends."), AXIS)
def sequence_mask(k, p, data, sequence_length=None, *, out=None):
    """The data with `value` in all steps behind the end of each sequence.

    data             (steps, examples, ...), or (examples, steps, ...) with `axis=1`
    sequence_length  (examples,): so many steps of each example stay

    Errors: ShapeError where there is not one length for each example.
    Source: MXNet 1.6, `mx.nd.SequenceMask`.
    """
    result = copied(k, data, out)
    if sequence_length is not None:
        steps = k.xp.expand_dims(k.xp.arange(data.shape[p.axis]), 1 - p.axis)
        behind = steps >= k.xp.expand_dims(sequence_length.astype("int64"), p.axis)
        behind = behind.reshape(*data.shape[:2], *(1,) * (data.ndim - 2))
        k.xp.copyto(result, as_scalar(p.value, data.dtype), where=behind)
    return result


@sequence_mask.gradient("data")
def _(F, p, dy, sequence_length):
    if sequence_length is None:
        return dy
    return F.SequenceMask(dy, sequence_length, use_sequence_length=True, axis=p.axis)


def _last_step(k, p, shape, lengths):
    """Where the last step of each example is in data of a shape."""
    steps, examples = shape[p.axis], k.xp.arange(shape[1 - p.axis])
    last = steps - 1 if lengths is None else _counted(lengths, 1, steps)
    return (last, examples) if p.axis == 0 else (examples, last)


@sequences("SequenceLast", AXIS, shape=_last_shape, cost=result_cost)
def sequence_last(k, p, data, sequence_length=None):
    """The last step of each sequence.

    data             (steps, examples, ...), or (examples, steps, ...) with `axis=1`
    sequence_length  (examples,): lengths from 1 to the number of steps
    output           (examples, ...)

    Errors: IndexingError for other lengths.  Source: MXNet 1.6, `mx.nd.SequenceLast`.
    """
    return data[_last_step(k, p, data.shape, sequence_length)]


@sequence_last.gradient("data")
def _(F, p, dy, sequence_length, data_shape):
    given = () if sequence_length is None else (sequence_length,)
    return F._backward_SequenceLast(
        dy, *given, use_sequence_length=p.use_sequence_length, axis=p.axis, shape=data_shape
    )


def _whole_shape(p, last, lengths=None):
    return [last, *_examples(p, p.shape, lengths)[1:]], [p.shape]


@sequences(
    "_backward_SequenceLast", AXIS, Shape("shape", doc="Shape of the data."), shape=_whole_shape
)
def sequence_last_gradient(k, p, last, sequence_length=None):
    """Zeros of `shape` in which `last` stands at the last step of each sequence."""
    result = k.xp.zeros(p.shape, last.dtype)
    result[_last_step(k, p, p.shape, sequence_length)] = last
    return result


@sequence_last_gradient.gradient("last")
def _(F, p, dy, sequence_length):
    given = () if sequence_length is None else (sequence_length,)
    return F.SequenceLast(dy, *given, use_sequence_length=p.use_sequence_length, axis=p.axis)


@sequences("SequenceReverse", Int("axis", 0, low=0, high=0, doc="The axis of time, always 0."))
def sequence_reverse(k, _p, data, sequence_length=None):
    """The steps of each sequence in reverse order; padding stays where it is.

    data             (steps, examples, ...)
    sequence_length  (examples,): lengths from 0 to the number of steps

    Errors: IndexingError for other lengths.  Source: MXNet 1.6, `mx.nd.SequenceReverse`.
    """
    if sequence_length is None:
        return copied(k, k.xp.flip(data, 0))
    lengths = _counted(sequence_length, 0, len(data))
    steps = k.xp.arange(len(data))[:, None]
    source = k.xp.where(steps < lengths, lengths - 1 - steps, steps)
    return data[source, k.xp.arange(data.shape[1])]


@sequence_reverse.gradient("data")
def _(F, p, dy, sequence_length):
    given = () if sequence_length is None else (sequence_length,)
    return F.SequenceReverse(dy, *given, use_sequence_length=p.use_sequence_length)


COUNTS = [1.0, 3.0, 2.0]  # lengths of three sequences
ENDS = np.array([0, 2, 1])
MEANT = np.arange(4)[:, None] <= ENDS


def _reversed(x, n):
    return np.stack([np.r_[x[: e + 1, i][::-1], x[e + 1 :, i]] for i, e in enumerate(ENDS)], 1)


for operation, whole, part in (
    (sequence_mask, lambda x: x, lambda x, n: x * MEANT[:, :, None]),
    (sequence_last, lambda x: x[-1], lambda x, n: x[ENDS, range(3)]),
    (sequence_reverse, lambda x: x[::-1], _reversed),
):
    operation.example((4, 3, 2)).gives(whole)
    operation.example((4, 3, 2), COUNTS, use_sequence_length=True).gives(part)
sequence_mask.example((3, 4), COUNTS, use_sequence_length=True, value=-1.5, axis=1).gives(
    lambda x, n: np.where(MEANT.T, x, -1.5)
)
sequence_last.example((3, 4, 2), COUNTS, use_sequence_length=True, axis=1).gives(
    lambda x, n: x[range(3), ENDS]
)
sequence_last_gradient.example((3,), COUNTS, use_sequence_length=True, shape=(4, 3)).gives(
    lambda x, n: x * (np.arange(4)[:, None] == ENDS)
)
sequence_last_gradient.example((3, 2), axis=1, shape=(3, 4, 2)).gives(
    lambda x: np.stack([*np.zeros((3, 3, 2)), x], 1)
)
