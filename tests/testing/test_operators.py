"""The operator checks find what is wrong: each broken operator below breaks exactly one rule."""

from fractions import Fraction

import numpy as np
import pytest

import mxbook as mx
from mxbook.ops import rules
from mxbook.ops.operator import Operator
from mxbook.ops.params import Int, Param
from mxbook.testing import check_operator, operators
from mxbook.testing.cases import cases_of


def square(k, _p, data):
    """The square of each element."""
    return k.xp.square(data)


def twice(F, p, dy, data):
    return dy * data * 2


def make(kernel=square, gradient=twice, params=(), value=np.square, **fields):
    """A correct operator, unless something else is asked for."""
    fields = {"shape": rules.same_shape, "type": rules.float_type, **fields}
    op = Operator("_under_test", kernel, tuple(params), **fields)
    if gradient is not None:
        op.gradient("data")(gradient)
    op.example((2, 3)).gives(value)
    return op


def test_a_correct_operator_passes(strict_gpu):
    check_operator(make(), mx.gpu(1))


def test_by_name():
    check_operator("exp")


def wrong_second_derivative(F, p, dy, data):
    return dy * F.BlockGrad(data) * 2


def mutating(k, _p, data):
    """The square of each element."""
    result = k.xp.square(data)
    data += 1
    return result


def with_out(k, _p, data, *, out=None):
    """The square of each element, with a forgotten `out`."""
    return k.xp.square(data) if out is None else out


def of_one_more(_p, data):
    return [data], [data and (*data, 1)]


def guess(_p, data):
    return [data], [data if data is not None and None not in data else (1, 1)]


BROKEN = {
    "value": ({"value": np.exp}, "is wrong at"),
    "gradient": ({"gradient": lambda F, p, dy, data: dy * data}, "finite differences"),
    "no gradient": ({"gradient": None, "zero_gradient": True}, "finite differences"),
    "second derivative": ({"gradient": wrong_second_derivative}, "derivative of the gradient"),
    "input changed": ({"kernel": mutating}, "was changed"),
    "view": ({"kernel": lambda k, p, data: data, "value": np.array, "doc": "A view."}, "shares"),
    "number": ({"kernel": lambda k, p, data: 1.0, "doc": "A number.", "value": None}, "a float"),
    "order": (
        {"kernel": lambda k, p, data: k.xp.asfortranarray(k.xp.square(data)), "doc": "Order."},
        "C order",
    ),
    "shape": ({"shape": of_one_more}, "inferred"),
    "guessed shape": ({"shape": guess}, "from a part"),
    "type": ({"type": lambda p, d: ([d], [np.dtype("int32")])}, "inferred"),
    "out": ({"kernel": with_out}, "out="),
    "no documentation": ({"kernel": lambda k, p, data: k.xp.square(data)}, "no documentation"),
    "no word about a parameter": ({"params": [Int("n", 1)]}, "no documentation of n"),
    "both gradients": ({"zero_gradient": True}, "a gradient and zero_gradient"),
}


@pytest.mark.parametrize(("fields", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken(fields, message):
    with pytest.raises(AssertionError, match=message):
        check_operator(make(**fields))


def test_no_example():
    op = make()
    op.examples.clear()
    with pytest.raises(AssertionError, match="no example"):
        check_operator(op)


class Rounded(Param):
    """A parameter whose text loses digits."""

    def convert(self, value):
        return Fraction(value)

    def format(self, value):
        return f"{float(value):.3f}"


def test_text_that_loses_the_value():
    op = make(params=[Rounded("q", "1/3", doc="A fraction.")])
    with pytest.raises(AssertionError, match="after the text"):
        operators.check_text(cases_of(op)[0])


def test_half_precision_that_overflows():
    def kernel(k, _p, data):
        """The square of each element, by a detour through large numbers."""
        return k.xp.square(data * 1000) / 1e6

    with np.errstate(all="ignore"), pytest.raises(AssertionError, match="float16"):
        operators.check_types(cases_of(make(kernel))[0])


def test_a_kernel_for_the_host_only(strict_gpu):
    def kernel(k, _p, data):
        """The square of each element, with NumPy."""
        return np.square(data)

    with pytest.raises(TypeError):
        check_operator(make(kernel), mx.gpu(0))


def test_values_that_differ_on_a_device(strict_gpu):
    def kernel(k, _p, data):
        """The square of each element, elsewhere the same number."""
        return k.xp.square(data) + (k.xp is not np)

    with pytest.raises(AssertionError, match=r"gpu\(1\)"):
        check_operator(make(kernel), mx.gpu(1))


def test_of_several_outputs_each_has_its_gradient():
    op = Operator(
        "_two",
        lambda k, p, data: (k.xp.square(data), k.xp.exp(data)),
        (),
        shape=lambda p, d: ([d], [d, d]),
        type=rules.float_type,
        outputs=("a", "b"),
        doc="The square and the exponential.",
    )

    def forgets_b_alone(F, p, dys, data):
        if dys[0] is None:
            return [F.zeros_like(data)]
        return [dys[0] * data * 2 + (0 if dys[1] is None else dys[1] * F.exp(data))]

    op.gradient(forgets_b_alone)
    op.example((2, 3)).gives(lambda x: [np.square(x), np.exp(x)])
    with pytest.raises(AssertionError, match="finite differences"):
        check_operator(op)
