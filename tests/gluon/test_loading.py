"""Bringing the names in a file and in a network together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.gluon import Parameter, loading

LENGTHS = st.lists(st.integers(1, 4), min_size=1, max_size=6)


def both(lengths, rename):
    params = {f"{i}.weight": Parameter(f"p{i}", shape=(n,)) for i, n in enumerate(lengths)}
    arrays = {rename(i): mx.nd.zeros(n) for i, n in enumerate(lengths)}
    return params, arrays


@given(LENGTHS)
def test_guesses_fit_and_are_used_once(lengths):
    params, arrays = both(lengths, lambda i: f"old_dense{i}_weight")
    found = loading._guesses(params, arrays, list(params), list(arrays))
    assert len(set(found.values())) == len(found) == len(lengths)
    for new, old in found.items():
        assert params[new].shape == arrays[old].shape


@given(LENGTHS)
def test_one_kind_of_name_differs_only_by_the_prefix(lengths):
    params, arrays = both(lengths, lambda i: f"old{i}.weight")
    found = loading._guesses(params, arrays, list(params), list(arrays))
    assert found == {f"{i}.weight": f"old{i}.weight" for i in range(len(lengths))}


def test_shapes_that_fit_nowhere_have_no_guess():
    error = loading.mismatch(
        {"a": Parameter("a", shape=(2, 0))}, {"b": mx.nd.zeros(3)}, ["a"], ["b"], "f"
    )
    text = str(error)
    assert "a (2, ?)" in text
    assert "b (3,)" in text
    assert "allow_missing=True" in error.hint


def test_long_tables_are_cut():
    params, arrays = both([1] * 50, lambda i: f"x{i}")
    error = loading.mismatch(params, arrays, list(params), list(arrays), "f")
    assert dict(error.values)["names"].count("\n") == loading.SHOWN
    assert "50 rows" in str(error)


def test_files_without_names(tmp_path):
    path = str(tmp_path / "a.params")
    mx.nd.save(path, [mx.nd.ones(1)])
    with pytest.raises(FileFormatError, match="without names"):
        loading.named_arrays(path)
    mx.nd.save(path, {"arg:x": mx.nd.ones(1), "aux:y": mx.nd.ones(2)})
    assert sorted(loading.named_arrays(path)) == ["x", "y"]


def test_an_empty_file_lacks_every_parameter(tmp_path):
    path = str(tmp_path / "a.params")
    mx.nd.save(path, {})
    net = mx.gluon.nn.Dense(2, in_units=2)
    with pytest.raises(ParameterError, match=r"2 parameter\(s\) missing"):
        net.load_parameters(path)
    mx.gluon.nn.Flatten().load_parameters(path)
