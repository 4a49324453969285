"""Parameters: what their text says, and what they refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.context import Context
from mxbook.ops.params import Device, Int, Shape


@given(st.integers(-(2**80), 2**80))
def test_whole_numbers_have_64_bits(number):
    if -(2**63) <= number < 2**63:
        assert Int("x").parse(number) == Int("x").parse(str(number)) == number
        assert Shape("x").parse((number,)) == (number,)
    else:
        for param in (Int("x"), Shape("x")):
            with pytest.raises(ValueError, match="whole number"):
                param.parse(number)


@given(st.sampled_from(sorted(Context.devstr2type)), st.integers(0, 9))
def test_devices(kind, number):
    ctx = Context(kind, number)
    param = Device("ctx", "")
    assert param.parse(ctx) == param.parse(str(ctx)) == param.format(ctx) == f"{kind}({number})"
    assert param.parse("") == ""
    with pytest.raises(ValueError, match="a device"):
        param.parse(kind + "()")
