"""`mx.sym.contrib.adamw_update` and its kin: AdamW's steps with the gradient's scale as a number or
a symbol; see `mxbook/ndarray/adamw.py`."""

from typing import Any

from . import registry as F
from .creation import full
from .symbol import Symbol


def _scale(rescale_grad: Any) -> Symbol:
    return rescale_grad if isinstance(rescale_grad, Symbol) else full((1,), rescale_grad)


def adamw_update(
    weight,
    grad,
    mean,
    var,
    rescale_grad,
    lr,
    eta,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-8,
    wd=0,
    clip_gradient=-1,
    out=None,
    name=None,
    **kwargs,
):
    """A step of AdamW for one weight.  Source: MXNet 1.6, `mx.sym.contrib.adamw_update`."""
    rates = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "wd": wd}
    given = {**rates, "clip_gradient": clip_gradient, "out": out, "name": name, **kwargs}
    return F._adamw_update(weight, grad, mean, var, _scale(rescale_grad), **given)


def mp_adamw_update(
    weight,
    grad,
    mean,
    var,
    weight32,
    rescale_grad,
    lr,
    eta,
    beta1=0.9,
    beta2=0.999,
    epsilon=1e-8,
    wd=0,
    clip_gradient=-1,
    out=None,
    name=None,
    **kwargs,
):
    """The same for a float16 weight with a copy in float32.

    Source: MXNet 1.6, `mx.sym.contrib.mp_adamw_update`.
    """
    rates = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "wd": wd}
    given = {**rates, "clip_gradient": clip_gradient, "out": out, "name": name, **kwargs}
    return F._mp_adamw_update(weight, grad, mean, var, weight32, _scale(rescale_grad), **given)
