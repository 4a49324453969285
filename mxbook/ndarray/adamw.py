"""`mx.nd.contrib.adamw_update` and its kin: AdamW's steps, with the gradient's scale as a number or
as an array.

As an array the scale may still be computed while the step is asked for; where it is 0, infinite
or NaN (a loss that overflowed in float16), the step changes nothing.
"""

from collections.abc import Sequence
from typing import Any

from . import registry as F
from .creation import full
from .ndarray import NDArray

__all__ = ["adamw_update", "mp_adamw_update", "multi_adamw_update", "multi_mp_adamw_update"]


def _scale(rescale_grad: Any, weight: NDArray) -> NDArray:
    """The scale as an array where the weight is."""
    if isinstance(rescale_grad, NDArray):
        return rescale_grad.as_in_context(weight.context)
    return full((1,), rescale_grad, ctx=weight.context)


def adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    rescale_grad: "NDArray | float",
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: NDArray | None = None,
    name: str | None = None,
    **kwargs: Any,
) -> NDArray:
    """A step of AdamW for one weight, as the operator `_adamw_update` describes it.

    `g = rescale_grad * grad`, clipped; `mean = beta1 * mean + (1 - beta1) * g`,
    `var = beta2 * var + (1 - beta2) * g^2`, then
    `weight - eta * (lr * mean / (sqrt(var) + epsilon) + wd * weight)`.

    `rescale_grad` is a number or an array of one.  `mean` and `var` are changed in place; give the
    weight also as `out`.

    Source: MXNet 1.6, `mx.nd.contrib.adamw_update`.
    """
    scale = _scale(rescale_grad, weight)
    rates = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "wd": wd}
    rates["clip_gradient"] = clip_gradient
    return F._adamw_update(weight, grad, mean, var, scale, out=out, **rates, **kwargs)


def mp_adamw_update(
    weight: NDArray,
    grad: NDArray,
    mean: NDArray,
    var: NDArray,
    weight32: NDArray,
    rescale_grad: "NDArray | float",
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: NDArray | None = None,
    name: str | None = None,
    **kwargs: Any,
) -> NDArray:
    """`adamw_update` of a float16 weight, computed on `weight32`, its copy in float32.

    Source: MXNet 1.6, `mx.nd.contrib.mp_adamw_update`.
    """
    scale = _scale(rescale_grad, weight)
    rates = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "wd": wd}
    rates["clip_gradient"] = clip_gradient
    arrays = (weight, grad, mean, var, weight32, scale)
    return F._mp_adamw_update(*arrays, out=out, **rates, **kwargs)


def multi_adamw_update(
    weights: Sequence[NDArray],
    grads: Sequence[NDArray],
    mean: Sequence[NDArray],
    var: Sequence[NDArray],
    rescale_grad: "NDArray | float",
    lrs: Sequence[float],
    wds: Sequence[float],
    etas: Sequence[float],
    out: Sequence[NDArray] | None = None,
    name: str | None = None,
    size: int = 0,
    **kwargs: Any,
) -> Any:
    """`adamw_update` of many weights in one operation; every argument is a list.

    Source: MXNet 1.6, `mx.nd.contrib.multi_adamw_update`.
    """
    arrays = _in_turn(size, weights, grads, mean, var)
    rates = {"lrs": lrs, "wds": wds, "etas": etas, "num_weights": size or len(weights)}
    scale = _scale(rescale_grad, weights[0])
    return F._multi_adamw_update(*arrays, scale, out=out, **rates, **kwargs)


def multi_mp_adamw_update(
    weights: Sequence[NDArray],
    grads: Sequence[NDArray],
    mean: Sequence[NDArray],
    var: Sequence[NDArray],
    weights32: Sequence[NDArray],
    rescale_grad: "NDArray | float",
    lrs: Sequence[float],
    wds: Sequence[float],
    etas: Sequence[float],
    out: Sequence[NDArray] | None = None,
    name: str | None = None,
    size: int = 0,
    **kwargs: Any,
) -> Any:
    """`mp_adamw_update` of many weights in one operation; every argument is a list.

    Source: MXNet 1.6, `mx.nd.contrib.multi_mp_adamw_update`.
    """
    arrays = _in_turn(size, weights, grads, mean, var, weights32)
    rates = {"lrs": lrs, "wds": wds, "etas": etas, "num_weights": size or len(weights)}
    scale = _scale(rescale_grad, weights[0])
    return F._multi_mp_adamw_update(*arrays, scale, out=out, **rates, **kwargs)


def _in_turn(size: int, *lists: Sequence[NDArray]) -> list[NDArray]:
    """The first of every list, then the second of every list, ..."""
    groups = list(zip(*lists, strict=True))[: size or None]
    return [array for group in groups for array in group]
