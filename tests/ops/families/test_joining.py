"""Putting together and taking apart undo each other, in gradients too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.registry import operators

DATA = np.arange(48, dtype="float32").reshape(2, 6, 4)


@given(st.lists(st.integers(0, 6), max_size=3).map(sorted))
def test_concat_undoes_split(cuts):
    x = mx.nd.array(DATA)
    x.attach_grad()
    with mx.autograd.record():
        parts = F._split_v2(x, indices=(0, *cuts), axis=1)
        parts = parts if isinstance(parts, list) else [parts]
        whole = F.Concat(*parts, dim=1)
    expected = np.split(DATA, cuts, 1)
    for part, want in zip(parts, expected, strict=True):
        np.testing.assert_array_equal(part.asnumpy(), want)
    np.testing.assert_array_equal(whole.asnumpy(), DATA)
    whole.backward(mx.nd.array(DATA))
    np.testing.assert_array_equal(x.grad.asnumpy(), DATA)


@pytest.mark.parametrize("axis", [0, 1, 2, 3, -1, -4])
def test_stack_is_numpys_stack(axis):
    found = F.stack(mx.nd.array(DATA), mx.nd.array(-DATA), axis=axis)
    np.testing.assert_array_equal(found.asnumpy(), np.stack([DATA, -DATA], axis))


@pytest.mark.parametrize("used", [[0], [2], [0, 2], [0, 1, 2]])
def test_pieces_that_nobody_used_have_no_gradient(used):
    x = mx.nd.array(DATA)
    x.attach_grad()
    with mx.autograd.record():
        parts = F.SliceChannel(x, num_outputs=3, axis=1)
        total = F.add_n(*[parts[i] * (i + 1) for i in used])
    total.backward()
    expected = np.zeros_like(DATA)
    for i in used:
        expected[:, 2 * i : 2 * i + 2] = i + 1
    np.testing.assert_array_equal(x.grad.asnumpy(), expected)


def test_squeezed_pieces_lose_the_axis():
    parts = F.SliceChannel(mx.nd.array(DATA), num_outputs=2, axis=0, squeeze_axis=True)
    assert [p.shape for p in parts] == [(6, 4), (6, 4)]


def test_concat_completes_unknown_lengths():
    op = operators["Concat"]
    p = op.values({"num_args": 2, "dim": 1})
    ins, outs = op.shape_rule(p, (2, 3, None), (None, 4, 5))
    assert ins == [(2, 3, 5), (2, 4, 5)]
    assert outs == [(2, 7, 5)]
    assert op.shape_rule(p, (2, 3), None) == ([(2, 3), (2, None)], [(2, None)])


@pytest.mark.parametrize(
    ("name", "inputs", "params", "error"),
    [
        ("Concat", [(2, 3), (3, 3)], {"dim": 1}, ShapeError),
        ("Concat", [(2, 3), (2, 3, 1)], {"dim": 1}, ShapeError),
        ("Concat", [(2, 3)], {"dim": 5}, ShapeError),
        ("stack", [(2, 3), (3, 3)], {}, ShapeError),
        ("stack", [(2, 3)], {"axis": 3}, ShapeError),
        ("add_n", [(2, 3), (3, 2)], {}, ShapeError),
        ("SliceChannel", [(2, 3)], {"num_outputs": 2}, ShapeError),
        ("SliceChannel", [(2, 4)], {"num_outputs": 2, "squeeze_axis": True}, ShapeError),
        ("_split_v2", [(2, 4)], {"indices": (0, 9)}, ParameterError),
        ("_split_v2", [(2, 4)], {"indices": (0, 3, 1)}, ParameterError),
        ("_split_v2", [(2, 4)], {"indices": (), "sections": 3}, ShapeError),
        ("_split_v2", [(2, 4)], {"indices": (0, 2), "squeeze_axis": True}, ShapeError),
    ],
)
def test_what_does_not_fit(name, inputs, params, error):
    with pytest.raises(error):
        getattr(F, name)(*map(mx.nd.zeros, inputs), **params)
