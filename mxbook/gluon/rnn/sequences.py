"""Sequences as cells take and give them: one array with an axis of time, or a list of its steps.

A layout such as "NTC" names the axes: N the examples, T the time, C the features.  The arrays of a
list have no axis of time.  All functions take arrays and symbols alike.
"""

from typing import Any

from mxbook import ndarray as nd
from mxbook import symbol as sym
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.symbol import Symbol


def caller(value: Any) -> Any:
    """`mx.sym` for a Symbol or a list of them, `mx.nd` for arrays."""
    first = value[0] if isinstance(value, list | tuple) else value
    return sym if isinstance(first, Symbol) else nd


def time_axis(layout: str) -> int:
    """The place of T in a layout; raises ParameterError where T or N is missing.

    >>> time_axis("NTC"), time_axis("TNC")
    (1, 0)
    """
    if "T" not in layout or "N" not in layout:
        raise ParameterError(
            f"the layout {layout!r} of a sequence",
            rule="a letter for each axis, among them T for time and N for the examples",
            hint='"NTC" or "TNC"',
        )
    return layout.index("T")


def split(length: int, inputs: Any, layout: str) -> list:
    """The steps of a sequence as a list.

    Raises ShapeError unless there are `length` of them, at least 1.

    >>> [step.shape for step in split(3, nd.zeros((2, 3, 4)), "NTC")]
    [(2, 4), (2, 4), (2, 4)]
    """
    axis = time_axis(layout)
    if isinstance(inputs, list | tuple):
        steps = list(inputs)
        count = len(steps)
    else:
        # How long a symbol is becomes known when it is computed.
        count = inputs.shape[axis] if isinstance(inputs, NDArray) else length
        steps = []
    if count != length or length < 1:
        raise ShapeError(
            f"a sequence of {count} steps is to be unrolled over {length}",
            rule="as many steps as there are, at least 1",
        )
    if steps:
        return steps
    found = caller(inputs).split(inputs, num_outputs=length, axis=axis, squeeze_axis=1)
    return [found] if length == 1 else list(found)


def merged(inputs: Any, layout: str) -> Any:
    """A list of steps as one array or symbol; one that is merged already as it is.

    >>> merged([nd.zeros((2, 4))] * 3, "NTC").shape
    (2, 3, 4)
    """
    if not isinstance(inputs, list | tuple):
        return inputs
    return caller(inputs).stack(*inputs, axis=time_axis(layout))


def masked(inputs: Any, lengths: Any, layout: str) -> Any:
    """A sequence, merged, with zeros behind the end of each example.

    >>> masked(nd.ones((2, 3, 1)), nd.array([1, 3]), "NTC").asnumpy()[:, :, 0]
    array([[1., 0., 0.],
           [1., 1., 1.]], dtype=float32)
    """
    whole = merged(inputs, layout)
    axis = time_axis(layout)
    return caller(whole).SequenceMask(whole, lengths, use_sequence_length=True, axis=axis)


def arranged(steps: list, layout: str, merge: bool | None, lengths: Any) -> Any:
    """The steps of an output in the form that `unroll` promises for its `merge_outputs`.

    Where there are lengths, zeros stand behind the ends; None then means merged, else a list.
    """
    if lengths is None:
        return merged(steps, layout) if merge else steps
    whole = masked(steps, lengths, layout)
    return split(len(steps), whole, layout) if merge is False else whole


def last(steps: list, lengths: Any) -> Any:
    """For each example the last step that counts.

    >>> last([nd.array([[1], [2]]), nd.array([[3], [4]])], nd.array([1, 2])).asnumpy()
    array([[1.],
           [4.]], dtype=float32)
    """
    whole = merged(steps, "TNC")
    return caller(steps).SequenceLast(whole, lengths, use_sequence_length=True, axis=0)


def backwards(steps: list, lengths: Any = None) -> list:
    """The steps in reverse order; with lengths those that count, for each example.

    >>> steps = [nd.array([[1], [2]]), nd.array([[3], [4]])]
    >>> [step.asnumpy().ravel().tolist() for step in backwards(steps, nd.array([1, 2]))]
    [[1.0, 4.0], [3.0, 2.0]]
    """
    if lengths is None:
        return steps[::-1]
    whole = merged(steps, "TNC")
    turned = caller(whole).SequenceReverse(whole, lengths, use_sequence_length=True)
    return split(len(steps), turned, "TNC")
