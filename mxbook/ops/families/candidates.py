"""Sampling candidates: some of many classes, each at most once."""

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops.params import Int, Shape
from mxbook.ops.registry import operator


@operator(
    "_sample_unique_zipfian",
    Int("range_max", doc="Number of classes to choose from."),
    Shape("shape", None, doc="(rows, classes in a row)."),
    outputs=("output0", "output1"),
    uses_random=True,
    cost=lambda p, ins, outs: 40 * shapes.size(outs[0]),
)
def sample_unique_zipfian(k, p):
    """Classes drawn without replacement, the small numbers most often, for sampled softmax.

    Row by row numbers are drawn with probability about
    `log((c + 3/2) / (c + 1/2)) / log(range_max)` for class c, until there are enough different
    ones.  This fits a dictionary sorted by falling frequency.

    output0  (rows, classes in a row) int64: each class at most once in a row
    output1  (rows,) int64: how many draws that took, which tells how often a class is expected

    Errors: ShapeError for other shapes, ParameterError where more classes are asked for than there
    are.  Source: MXNet 1.6, `_sample_unique_zipfian`.
    """
    classes, tries = k.random.unique_zipfian(p.range_max, p.shape)
    return k.to_device(classes), k.to_device(tries)


@sample_unique_zipfian.shapes
def _(p):
    if p.shape is None or len(p.shape) != 2:
        raise ShapeError(f"the shape is {p.shape}", rule="(rows, classes in a row)")
    if p.shape[1] > p.range_max:
        raise ParameterError(
            f"{p.shape[1]} different classes cannot be drawn from {p.range_max}",
            rule="shape[1] is at most range_max",
        )
    return [], [p.shape, p.shape[:1]]


@sample_unique_zipfian.types
def _(p):
    return [], [TYPES["int64"], TYPES["int64"]]


sample_unique_zipfian.example(range_max=20, shape=(3, 5)).not_smooth("random numbers")
sample_unique_zipfian.example(range_max=2, shape=(2, 2)).not_smooth("random numbers")
