"""Row 10: why an array cannot be differentiated, one message for each cause."""

import pytest

import mxbook as mx
from mxbook import autograd, nd
from mxbook.base.errors import MXNetError


def variable():
    x = nd.array([1, 2, 3])
    x.attach_grad()
    return x


def never_recorded():
    return variable() * 2


def detached():
    x = variable()
    with autograd.record():
        y = x * 2
    return y.detach()


def freed():
    x = variable()
    with autograd.record():
        y = x * 2
    y.backward()
    return y


def paused():
    x = variable()
    with autograd.record(), autograd.pause():
        return x * 2


def through_the_host():
    x = variable()
    with autograd.record():
        return nd.array((x * 2).asnumpy())


def written_in_place():
    x, y = variable(), nd.zeros((3,))
    y[:] = x * 2
    return y


def from_constants():
    with autograd.record():
        return nd.ones((3,)) * 2


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (never_recorded, "never recorded"),
        (detached, "detached"),
        (freed, "freed by an earlier backward"),
        (paused, "autograd.pause()"),
        (through_the_host, "host data"),
        (written_in_place, "written in place"),
        (from_constants, "without a gradient"),
    ],
)
def test_row_10_each_cause_has_its_message_and_names_the_place(make, cause):
    array = make()
    with pytest.raises(MXNetError) as caught:
        array.backward()
    text = str(caught.value)
    assert cause in text
    assert "test_graphs.py, line" in text
    assert caught.value.hint


def test_writing_into_a_recorded_array_is_refused_at_the_write():
    x = variable()
    with autograd.record():
        y = x * 2
        for write in (
            lambda: y.__setitem__(slice(None), 0),
            lambda: y.__iadd__(1),
            lambda: y.__setitem__(0, 5),
            lambda: nd.exp(x, out=y),
            lambda: x.__imul__(2),
        ):
            with pytest.raises(MXNetError, match="overwrite"):
                write()
        z = (y * x).sum()
    z.backward()
    assert x.grad.asnumpy().tolist() == [4, 8, 12]
    with autograd.record(), autograd.pause():
        x *= 2
    assert x.asnumpy().tolist() == [2, 4, 6]
    assert mx.autograd.is_recording() is False
