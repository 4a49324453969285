"""Every so many-th index."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.errors import ParameterError
from mxbook.gluon.contrib.data import IntervalSampler


@given(st.integers(1, 40), st.data(), st.booleans())
def test_passes(length, data, rollover):
    interval = data.draw(st.integers(1, length))
    sampler = IntervalSampler(length, interval, rollover)
    found = list(sampler)
    assert found == list(sampler)
    assert len(sampler) == len(found)
    first = list(range(0, length, interval))
    assert found[: len(first)] == first
    if rollover:
        assert sorted(found) == list(range(length))
        assert [i % interval for i in found] == sorted(i % interval for i in range(length))
    else:
        assert found == first


@pytest.mark.parametrize(("length", "interval"), [(3, 4), (3, 0), (0, 1), (3, -1)])
def test_intervals_that_cannot_be(length, interval):
    with pytest.raises(ParameterError, match=f"interval cannot be {interval}"):
        IntervalSampler(length, interval)
