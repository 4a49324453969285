"""Several numbers side by side in one register of the processor, for kernels.

A register holds `LANES` float32 numbers, and one instruction works on all of them.  In simple loops
the compiler arranges that by itself.  Not so where many sums are to stay in registers all the time,
as in a product of matrices; there a kernel says it with these functions:

    total = load(b, i)               b[i], b[i + 1], ..., as many as there are lanes
    total = add(a, j, x, total)      total + a[j] * x, in every lane
    store(total, out, i)

Nothing checks that i and j lie within the arrays.

Numba does not notice a change of this file when it looks for compiled kernels in `__pycache__`.
"""

from typing import Any

from llvmlite import binding, ir
from numba.core import types
from numba.extending import intrinsic, models, register_model


def _lanes() -> int:
    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        return 16
    return 8 if features.get("avx") else 4


LANES = _lanes()
VECTOR = ir.VectorType(ir.FloatType(), LANES)
ALIGNED = 4  # bytes: anywhere in an array of float32


class Lanes(types.Type):
    """Numba's type of `LANES` numbers."""


lanes = Lanes(name=f"{LANES} lanes")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):
    """To the compiler they are a vector of floats."""

    def __init__(self, manager: Any, kind: Lanes):
        super().__init__(manager, kind, VECTOR)


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    """The address of an element."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [index])


@intrinsic
def load(_typing, array, index):
    """The numbers of an array from an index on."""

    def build(context, builder, signature, args):
        place = _place(context, builder, signature.args[0], *args)
        return builder.load(builder.bitcast(place, VECTOR.as_pointer()), align=ALIGNED)

    return lanes(array, types.intp), build


@intrinsic
def store(_typing, value, array, index):
    """Write the numbers to an array, from an index on."""

    def build(context, builder, signature, args):
        place = _place(context, builder, signature.args[1], *args[1:])
        builder.store(args[0], builder.bitcast(place, VECTOR.as_pointer()), align=ALIGNED)
        return context.get_dummy_value()

    return types.void(lanes, array, types.intp), build


@intrinsic
def add(_typing, array, index, x, total):
    """`total + array[index] * x`: one number of the array, times the numbers of x."""

    def build(context, builder, signature, args):
        place = _place(context, builder, signature.args[0], *args[:2])
        none, zeros = ir.Constant(VECTOR, ir.Undefined), ir.VectorType(ir.IntType(32), LANES)
        first = builder.insert_element(none, builder.load(place), ir.Constant(ir.IntType(32), 0))
        same = builder.shuffle_vector(first, none, ir.Constant(zeros, [0] * LANES))
        product = builder.fmul(same, args[2], flags=("contract",))
        return builder.fadd(product, args[3], flags=("contract",))

    return lanes(array, types.intp, lanes, lanes), build
