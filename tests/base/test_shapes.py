"""Shapes: what partly known ones say together, and stretching as NumPy does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.base.spec import spec_of

FULL = st.lists(st.integers(0, 5), max_size=4).map(tuple)


@given(FULL, st.data())
def test_unify_completes_what_it_can(shape, data):
    hide = st.lists(st.booleans(), min_size=len(shape), max_size=len(shape))
    a, b = (
        tuple(None if h else d for h, d in zip(data.draw(hide), shape, strict=True))
        for _ in range(2)
    )
    both = shapes.unify(a, b)
    assert both == shapes.unify(b, a)
    for x, y, z in zip(a, b, both, strict=True):
        assert z == (y if x is None else x)
    assert shapes.unify(None, a) == a
    assert shapes.unify(a, shape) == shape


@given(FULL, FULL)
def test_contradictions_are_errors(a, b):
    if a == b:
        assert shapes.unify(a, b) == a
    else:
        with pytest.raises(ShapeError):
            shapes.unify(a, b)


SHORT = st.lists(st.integers(1, 3), max_size=3).map(tuple)


@given(SHORT, SHORT)
def test_broadcast_is_numpys(a, b):
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ShapeError):
            shapes.broadcast(a, b)
    else:
        assert shapes.broadcast(a, b) == expected


@given(FULL)
def test_a_spec_exists_once(shape):
    assert spec_of(shape) is spec_of(shape)
    assert spec_of(shape).size == int(np.prod(shape))


@given(st.lists(st.none() | st.integers(-2, 3), max_size=40).map(tuple))
def test_lengths_of_an_array(shape):
    possible = len(shape) <= shapes.MOST_AXES and all(d is None or d >= 0 for d in shape)
    if possible:
        shapes.check_lengths(shape)
    else:
        with pytest.raises(ShapeError):
            shapes.check_lengths(shape)


@given(FULL, st.integers(0, 4))
def test_what_a_rule_may_ask_for(shape, least):
    for check, holds in (
        (lambda: shapes.check_axes(shape, least), len(shape) >= least),
        (lambda: shapes.check_filled(shape), 0 not in shape),
        (lambda: shapes.check_fits(shape, (2, 3), "x"), shape == (2, 3)),
    ):
        if holds:
            check()
        else:
            with pytest.raises(ShapeError):
                check()
