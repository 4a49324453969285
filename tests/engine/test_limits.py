"""The bound on running ahead."""

from hypothesis import given
from hypothesis import strategies as st

from mxbook.engine.core import Core, Operation
from mxbook.engine.limits import RunAhead

sizes = st.lists(st.integers(0, 50), max_size=12)


@given(st.integers(0, 10), st.integers(0, 100), sizes)
def test_full_and_low(operations, nbytes, pushed):
    limits, core = RunAhead(operations, nbytes), Core()
    for size in pushed:
        core.push(Operation(None, nbytes=size), 0)
    full, low = limits.full(core), limits.low(core)
    assert full == (bool(pushed) and (len(pushed) >= operations or sum(pushed) >= nbytes))
    assert not (full and low)
    if not pushed:
        assert low  # otherwise a waiting push would never go on
    if low and pushed:
        assert len(pushed) <= 0.75 * operations
        assert sum(pushed) <= 0.75 * nbytes
