"""How many floating point operations a call takes; a multiplication with an addition counts two."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from mxbook.graph.memory import RESHAPING

Shapes = Sequence[tuple[int, ...]]


def flops(name: str, p: Any, ins: Shapes, outs: Shapes) -> int:
    """Floating point operations of a call, from the shapes of its inputs and outputs.

    Operators without a line in the table count one for each element that they read or write,
    whichever are more.

    >>> flops("FullyConnected", None, [(8, 100), (10, 100), (10,)], [(8, 10)])
    16080
    """
    if name in RESHAPING or name in MOVING or not outs:
        return 0
    if name in COUNTS:
        return COUNTS[name](p, ins, outs)
    return max(math.prod(outs[0]), max(map(math.prod, ins), default=0))


# What only moves elements.
MOVING = {
    *("transpose", "SwapAxis", "Concat", "stack", "SliceChannel", "slice", "slice_axis", "Pad"),
    *(
        "_zeros",
        "_ones",
        "_full",
        "identity",
        "Embedding",
        "take",
        "repeat",
        "tile",
        "broadcast_to",
    ),
    *("reverse", "UpSampling", "slice_like", "broadcast_like", "gather_nd", "_split_v2"),
}


def _convolution(_p: Any, ins: Shapes, outs: Shapes) -> int:
    weight, out = ins[1], math.prod(outs[0])
    return out * (2 * math.prod(weight[1:]) + (len(ins) > 2))


def _deconvolution(_p: Any, ins: Shapes, _outs: Shapes) -> int:
    return 2 * math.prod(ins[0]) * math.prod(ins[1][1:])


def _fully_connected(_p: Any, ins: Shapes, outs: Shapes) -> int:
    return math.prod(outs[0]) * (2 * ins[1][-1] + (len(ins) > 2))


def _product(p: Any, ins: Shapes, outs: Shapes) -> int:
    turned = getattr(p, "transpose_a", False)
    inner = ins[0][-2 if turned and len(ins[0]) > 1 else -1]
    return 2 * math.prod(outs[0]) * inner


def _recurrent(_p: Any, ins: Shapes, _outs: Shapes) -> int:
    steps, batch = ins[0][:2]
    return 2 * steps * batch * math.prod(ins[1])


def _pooling(p: Any, ins: Shapes, outs: Shapes) -> int:
    if p.global_pool:
        return math.prod(ins[0])
    return math.prod(outs[0]) * math.prod(p.kernel)


COUNTS: dict[str, Callable[[Any, Shapes, Shapes], int]] = {
    "Convolution": _convolution,
    "Deconvolution": _deconvolution,
    "FullyConnected": _fully_connected,
    **dict.fromkeys(("dot", "batch_dot", "_linalg_gemm2", "_linalg_gemm", "_npi_matmul"), _product),
    "RNN": _recurrent,
    "Pooling": _pooling,
    "BatchNorm": lambda p, ins, outs: 4 * math.prod(outs[0]),
    "LayerNorm": lambda p, ins, outs: 8 * math.prod(outs[0]),
    **dict.fromkeys(
        ("softmax", "log_softmax", "SoftmaxOutput"), lambda p, ins, outs: 5 * math.prod(outs[0])
    ),
}
