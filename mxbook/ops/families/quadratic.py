"""The quadratic function, MXNet's own example of how an operator is written."""

from mxbook.base.dtypes import FLOATS
from mxbook.ops import rules
from mxbook.ops.params import Float
from mxbook.ops.registry import operator


@operator(
    "_contrib_quadratic",
    Float("a", 0.0, doc="Factor of the square."),
    Float("b", 0.0, doc="Factor of the data."),
    Float("c", 0.0, doc="What is added."),
    shape=rules.same_shape,
)
def quadratic(k, p, data):
    """`a x^2 + b x + c`, element by element; of whole numbers without its fraction.

    Source: MXNet 1.6, `mx.nd.contrib.quadratic`, and the tutorial on adding an operator.
    """
    x = data if data.dtype in FLOATS else data.astype("float64")
    return ((p.a * x + p.b) * x + p.c).astype(data.dtype, copy=False)


@quadratic.gradient("data")
def _(F, p, dy, data):
    return dy * F._contrib_quadratic(data, b=2 * p.a, c=p.b)


quadratic.example((2, 3), a=1.5, b=-0.7, c=0.6).gives(lambda x: 1.5 * x * x - 0.7 * x + 0.6)
quadratic.example((4,)).gives(lambda x: 0 * x)
