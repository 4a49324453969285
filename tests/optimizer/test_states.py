"""Optimizer states as files, which real MXNet reads and writes too."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook import optimizer as opt
from mxbook.base.errors import FileFormatError
from mxbook.lr_scheduler import PolyScheduler
from mxbook.optimizer import states

ARRAYS = hnp.arrays(
    st.sampled_from(["float32", "float16", "int32"]), hnp.array_shapes(max_dims=2, max_side=3)
)
STATES = st.recursive(
    st.one_of(st.none(), ARRAYS.map(lambda a: mx.nd.array(a, dtype=a.dtype))),
    lambda inner: st.tuples(inner, inner) | st.lists(inner, max_size=2),
    max_leaves=4,
)
# {0: mx.nd.array([1, 2])}, written by MXNet 1.6.
OF_MXNET = (
    b"\x80\x04\x95\x84\x00\x00\x00\x00\x00\x00\x00}\x94K\x00\x8c\x15mxnet.ndarray.ndarray\x94\x8c"
    b"\x07NDArray\x94\x93\x94N\x85\x94R\x94}\x94\x8c\x06handle\x94\x8c\x08builtins\x94\x8c\t"
    b"bytearray\x94\x93\x94C(\xc9\xfa\x93\xf9\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x00"
    b"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80?\x00\x00\x00@\x94"
    b"\x85\x94R\x94sbs."
)


def plain(value):
    """Nested states with NumPy arrays as lists."""
    if isinstance(value, mx.nd.NDArray):
        return (value.dtype, value.asnumpy().tolist())
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


@given(st.dictionaries(st.integers(0, 9) | st.text(max_size=3), STATES, max_size=3))
def test_there_and_back(original):
    found, optimizer = states.loads(states.dumps(original))
    assert optimizer is None
    assert {k: repr(plain(v)) for k, v in found.items()} == {
        k: repr(plain(v)) for k, v in original.items()
    }


def test_the_bytes_are_those_of_mxnet():
    assert states.dumps({0: mx.nd.array([1, 2])}) == OF_MXNET
    assert states.loads(OF_MXNET)[0][0].asnumpy().tolist() == [1, 2]


def test_with_the_optimizer():
    made = opt.Adam(learning_rate=0.5, lr_scheduler=PolyScheduler(5, base_lr=0.5))
    made._update_count([0, 1, 0])
    data = states.dumps({}, made)
    assert b"mxnet.optimizer.optimizer" in data
    assert b"mxnet.lr_scheduler" in data
    assert b"mxbook" not in data
    found = states.loads(data)[1]
    assert (type(found), found.num_update, found.learning_rate) == (opt.Adam, 2, made.learning_rate)


@given(st.integers(0, len(OF_MXNET) - 1))
def test_a_file_cut_anywhere(length):
    with pytest.raises(FileFormatError):
        states.loads(OF_MXNET[:length])


@given(st.integers(0, len(OF_MXNET) - 1), st.integers(0, 255))
def test_a_file_with_a_wrong_byte_is_read_or_refused(place, byte):
    data = bytearray(OF_MXNET)
    data[place] = byte
    try:
        found, _ = states.loads(bytes(data))
    except FileFormatError:
        return
    assert isinstance(found, dict)


class Evil:
    def __reduce__(self):
        return print, ("code from a file has run",)


@pytest.mark.parametrize("content", [Evil(), [1], ({}, 3), {0: Evil()}, "text"])
def test_other_pickles_are_refused(content, capsys):
    with pytest.raises(FileFormatError):
        states.loads(pickle.dumps(content))
    assert capsys.readouterr().out == ""


@opt.register
class Mine(opt.SGD):
    pass


def test_an_optimizer_of_ones_own():
    assert type(states.loads(states.dumps({}, Mine()))[1]) is Mine


def test_arrays_inside_of_the_optimizer():
    made, w = opt.LBSGD(batch_scale=3, learning_rate=1, warmup_epochs=0), mx.nd.zeros(2)
    made.update(0, w, mx.nd.ones(2), None)
    again = states.loads(states.dumps({}, made))[1]
    for kept in (made, again):
        kept.update(0, w, mx.nd.ones(2), None)
        assert kept.cumgrads[0]["cum_grad"].asnumpy().tolist() == [2, 2]


def test_where_mxnet_looks_for_the_classes():
    assert b"mxnet.optimizer.contrib" in states.dumps({}, opt.contrib.GroupAdaGrad())
    assert b"mxnet.optimizer.optimizer" in states.dumps({}, opt.LARS())
    assert type(states.loads(states.dumps({}, opt.contrib.GroupAdaGrad()))[1]).__name__ == (
        "GroupAdaGrad"
    )
