"""Names, shapes and parts of batches."""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError
from mxbook.module.data_shapes import (
    batch_axes,
    batch_slices,
    check_names,
    described,
    device_groups,
)


@given(st.integers(1, 40), st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_slices_are_a_partition(size, loads):
    try:
        slices = batch_slices(size, loads)
    except ParameterError:
        assert size < len(loads) * sum(loads)  # with more of them rounding leaves some for all
        return
    assert [i for s in slices for i in range(s.start, s.stop)] == list(range(size))
    assert len(slices) == len(loads)


@given(st.integers(1, 5), st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_loads_are_shares(times, loads):
    slices = batch_slices(times * sum(loads), loads)
    assert [s.stop - s.start for s in slices] == [times * load for load in loads]


def test_descriptions():
    data, labels = described(["x"], ["y"], [("x", (2, 3))], [mx.io.DataDesc("y", (2,))])
    assert [(d.name, d.shape) for d in (*data, *labels)] == [("x", (2, 3)), ("y", (2,))]
    assert described(["x"], [], [("x", (2,))], None)[1] is None
    assert batch_axes([mx.io.DataDesc("x", (3, 2), layout="TN"), data[0]]) == [1, 0]
    with pytest.raises(ParameterError, match="don't match"):
        described(["x"], [], [("z", (2,))], None)
    with pytest.warns(UserWarning, match="label_shapes"):
        described(["x"], ["y"], [("x", (2,))], None)


def test_names():
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=1, name="fc")
    with pytest.raises(ParameterError, match=r"'dat'(.|\n)*Did you mean one of:\n\tdata$"):
        check_names(net, ["dat"], "data", True)
    with pytest.warns(UserWarning, match="label"):
        check_names(net, ["label"], "label", False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_names(net, ["data", "fc_bias"], "data", True)


def test_groups():
    a, b = mx.cpu(0), mx.cpu(1)
    assert device_groups(None, 2) == [{}, {}]
    assert device_groups({"g": [a, b], "h": a}, 2) == [{"g": a, "h": a}, {"g": b, "h": a}]
    assert device_groups([{"g": a}, {"g": b}], 2) == [{"g": a}, {"g": b}]
    for wrong in ({"g": [a, b]}, [{"g": a}] * 2):
        with pytest.raises(ParameterError):
            device_groups(wrong, 3)
