"""Devices as text: what is written is read again, and anything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.context import Context, context_of, current_context, make_current
from mxbook.base.errors import ContextError

KINDS = st.sampled_from(sorted(Context.devstr2type))


@given(KINDS, st.integers(0, 99))
def test_what_is_written_is_read_again(kind, number):
    ctx = Context(kind, number)
    assert context_of(str(ctx)) == context_of(ctx) == ctx
    assert context_of(kind) == Context(kind, 0)


@given(KINDS, st.text("()-1x ", max_size=4))
def test_other_texts_name_no_device(kind, rest):
    text = kind + rest
    try:
        ctx = context_of(text)
    except ContextError:
        return
    assert text in (kind, str(ctx), f"{kind}({rest[1:-1]})")
    assert not rest or rest[1:-1].isdecimal()


@pytest.mark.parametrize("given", ["abc", 7, -1, "cpu()", "cpu(0", "(0)", "cpu(0))", (0,), 1e30])
def test_what_is_no_device(given):
    with pytest.raises(ContextError):
        context_of(given)


def test_nothing_is_the_current_device():
    with Context("cpu", 3) as ctx:
        assert context_of(None) == context_of("") == current_context() == ctx


def test_another_one_from_now_on():
    make_current(Context("cpu", 4))
    try:
        assert current_context() == Context("cpu", 4)
        with Context("cpu", 1):
            assert current_context() == Context("cpu", 1)
        assert current_context() == Context("cpu", 4)
    finally:
        make_current(Context("cpu", 0))
