"""The bound on running ahead."""

from hypothesis import given
from hypothesis import strategies as st

from mxbook.engine.core import Core, Operation
from mxbook.engine.limits import RunAhead

sizes = st.lists(st.integers(0, 50), max_size=12)


@given(st.integers(0, 10), st.integers(0, 100), st.integers(1, 4), sizes)
def test_full_and_low(operations, nbytes, least, pushed):
    limits, core = RunAhead(operations, nbytes, least), Core()
    for size in pushed:
        core.push(Operation(None, nbytes=size), 0)
    full, low = limits.full(core), limits.low(core)
    large = len(pushed) >= least and sum(pushed) >= nbytes
    assert full == (bool(pushed) and (len(pushed) >= operations or large))
    assert not (full and low)
    if not pushed:
        assert low  # otherwise a waiting push would never go on
    if low and pushed:
        assert len(pushed) <= 0.75 * operations
        assert sum(pushed) <= 0.75 * nbytes or len(pushed) < least
