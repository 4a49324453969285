"""Convolution as a matrix product, against the formula, and the three products' symmetry."""

import itertools
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbook.ops.kernels import convolution as kernels
from mxbook.ops.kernels.convolution import Geometry


@st.composite
def cases(draw):
    """A geometry, spatial lengths that its window fits into, channels and filters."""
    spatial = draw(st.integers(1, 3))

    def numbers(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(spatial))

    kernel, stride, dilate, pad = numbers(1, 3), numbers(1, 3), numbers(1, 2), numbers(0, 2)
    geometry = Geometry(kernel, stride, dilate, pad, draw(st.integers(1, 2)), draw(st.booleans()))
    reach = [d * (k - 1) + 1 for d, k in zip(dilate, kernel, strict=True)]
    lengths = tuple(
        max(1, r - 2 * p) + draw(st.integers(0, 3)) for r, p in zip(reach, pad, strict=True)
    )
    channels = geometry.groups * draw(st.integers(1, 3))
    return geometry, lengths, channels, geometry.groups * draw(st.integers(1, 2))


def arrays(case, examples=3):
    """Data, weight, and something like the output."""
    geometry, lengths, channels, filters = case
    rng = np.random.default_rng(0)
    x = rng.normal(size=geometry.shape(examples, channels, lengths))
    w = rng.normal(size=geometry.shape(filters, channels // geometry.groups, geometry.kernel))
    y = rng.normal(size=geometry.shape(examples, filters, geometry.places(lengths)))
    return x, w, y


def by_formula(x, w, g):
    """The convolution of arrays with channels first, summed up term by term."""
    padded = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in g.pad)])
    places = g.places(x.shape[2:])
    y = np.zeros((len(x), len(w), *places))
    per_group, filters = x.shape[1] // g.groups, len(w) // g.groups
    for offset in itertools.product(*map(range, g.kernel)):
        index = tuple(
            slice(o * d, o * d + (count - 1) * s + 1, s)
            for o, d, s, count in zip(offset, g.dilate, g.stride, places, strict=True)
        )
        seen = padded[(..., *index)]
        for i in range(g.groups):
            inputs = seen[:, i * per_group : (i + 1) * per_group]
            part = w[i * filters : (i + 1) * filters][(..., *offset)]
            y[:, i * filters : (i + 1) * filters] += np.einsum("nc...,oc->no...", inputs, part)
    return y


@contextmanager
def work_cut(chunk, wide):
    """Other sizes of the pieces in which work is done."""
    before = kernels.CHUNK, kernels.WIDE
    kernels.CHUNK, kernels.WIDE = chunk, wide
    try:
        yield
    finally:
        kernels.CHUNK, kernels.WIDE = before


@given(cases(), st.sampled_from([1, 512]))
def test_agrees_with_the_formula(case, wide):
    geometry = case[0]
    x, w, _ = arrays(case)
    with work_cut(2**18, wide):
        found = geometry.planes(kernels.convolve(np, x, w, None, geometry))
    np.testing.assert_allclose(found, by_formula(geometry.planes(x), geometry.planes(w), geometry))


@given(cases(), st.sampled_from([1, 40, 2**18]), st.sampled_from([1, 512]))
def test_the_gradients_are_the_transposed_maps(case, chunk, wide):
    """<y, conv(x, w)> = <x, conv_data(y, w)> = <w, conv_weight(y, x)>, however work is cut."""
    geometry, lengths = case[:2]
    x, w, y = arrays(case)
    with work_cut(chunk, wide):
        value = np.vdot(y, kernels.convolve(np, x, w, None, geometry))
        through_data = np.vdot(x, kernels.convolve_data(np, y, w, geometry, lengths))
        through_weight = np.vdot(w, kernels.convolve_weight(np, y, x, geometry))
    assert through_data == pytest.approx(value)
    assert through_weight == pytest.approx(value)


@given(cases())
@settings(max_examples=30)
def test_writes_to_out(case):
    geometry, lengths = case[:2]
    x, w, y = arrays(case)
    out, back = np.full_like(y, np.nan), np.full_like(x, np.nan)
    bias = np.arange(len(w), dtype=float)
    assert kernels.convolve(np, x, w, bias, geometry, out) is out
    plain = kernels.convolve(np, x, w, None, geometry)
    np.testing.assert_allclose(
        geometry.planes(out), geometry.planes(plain) + bias.reshape(-1, *(1,) * len(lengths))
    )
    assert kernels.convolve_data(np, y, w, geometry, lengths, back) is back
    np.testing.assert_allclose(back, kernels.convolve_data(np, y, w, geometry, lengths))


def test_all_orders_of_columns_occur():
    """Small maps with many channels keep windows together, wide maps rows."""
    first = Geometry((3, 3), (1, 1), (1, 1), (1, 1), 1, False)
    assert first.order(64, (8, 8)) == kernels.BY_PIXEL
    assert first.order(64, (32, 32)) == kernels.BY_EXAMPLE
    assert first.order(1, (8, 8)) == kernels.BY_ROW
    assert first._replace(last=True).order(64, (32, 32)) == kernels.BY_PIXEL
    assert first._replace(groups=2).order(64, (32, 32)) == kernels.BY_ROW
