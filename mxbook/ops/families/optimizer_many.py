"""Optimizer steps of many weights in one call, which saves the cost of a call for each.

Called as `multi_sgd_update(w0, g0, w1, g1, lrs=(0.1, 0.1), wds=(0, 0), num_weights=2, out=[w0,
w1])`: the arrays of one weight stand together.  The formulas are those of optimizer.py.
"""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from mxbook.base.dtypes import DEFAULT
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.base.shapes import known, size, text
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.kernels.blocks import in_blocks
from mxbook.ops.operator import Operator
from mxbook.ops.params import Count, Rates
from mxbook.ops.registry import operator, register

from .optimizer import (
    CLIP,
    MOMENTUM,
    RESCALE,
    WHY,
    in_float32,
    momentum_sgd,
    on_master,
    options_value,
    sgd,
)
from .optimizer_adaptive import (
    BETA1,
    BETA2,
    EPSILON,
    adam,
    adam_value,
    adamw,
    adamw_value,
    scale_shape,
    unchanged,
    usable_scale,
)

LRS = Rates("lrs", doc="Learning rates, one a weight.")
WDS = Rates("wds", doc="Weight decays, one a weight: `wd * weight` is added to the gradient.")
ETAS = Rates("etas", doc="Schedules of the learning rates, one a weight: factors of whole steps.")
COUNT = Count("num_weights", 1, doc="How many weights.")


class Layout:
    """Which arrays a call takes: for each weight the weight, its gradient, its states and, with
    `master`, its float32 copy; then `tail`, float32 arrays for all weights together."""

    def __init__(self, states: tuple[str, ...], master: bool, tail: tuple[str, ...]):
        self.changing = (*states, "weight32") if master else states
        self.each = ("weight", "grad", *self.changing)
        self.master, self.tail = master, tail

    def names(self, p: Any) -> list[str]:
        """The names of all arrays of a call."""
        return [f"{n}{i}" for i in range(p.num_weights) for n in self.each] + [*self.tail]

    def changed(self, p: Any) -> list[str]:
        """The names of those that are changed in place."""
        return [f"{n}{i}" for i in range(p.num_weights) for n in self.changing]

    def split(self, items: Sequence) -> tuple[list[Sequence], Sequence]:
        """What belongs to one weight, for every weight, and the tail."""
        step, end = len(self.each), len(items) - len(self.tail)
        return [items[i : i + step] for i in range(0, end, step)], items[end:]

    def shapes(self, p: Any, *ins: Any) -> tuple[list, list]:
        """The arrays of one weight have the same shape; see `rules`."""
        _check_rates(p)
        groups, tail = self.split(ins)
        common = [rules.same_shape(p, *group)[1][0] for group in groups]
        full = [shape for shape in common for _ in self.each]
        full += [_tail_shape(p, n, s) for n, s in zip(self.tail, tail, strict=True)]
        return full, common

    def types(self, p: Any, *ins: Any) -> tuple[list, list]:
        """One type for all weights; float32 for the states, too, where there is a copy."""
        low = 2 if self.master else len(self.each)
        groups, tail = self.split(ins)
        _, (common,) = rules.float_type(p, *[dtype for group in groups for dtype in group[:low]])
        full = [d for group in groups for d in ([common] * low + in_float32(group[low:]))]
        return full + in_float32(tail), [common] * len(groups)


def _check_rates(p: Any) -> None:
    """Raise ParameterError unless there is one rate for each weight."""
    for name, value in p.items():
        if name in ("lrs", "wds", "etas") and len(value) != p.num_weights:
            raise ParameterError(
                f"{name} has {len(value)} number(s) for {p.num_weights} weight(s)",
                rule=f"{name}: one number for each weight",
            )


def _tail_shape(p: Any, name: str, shape: Any) -> Any:
    """The shape of `lrs`, `wds` or `rescale_grad`, where that is known or follows."""
    if name == "rescale_grad":
        return scale_shape(shape)
    if known(shape) and size(shape) != p.num_weights:
        raise ShapeError(
            f"{name} is {text(shape)} for {p.num_weights} weight(s)",
            rule=f"{name}: one number for each weight",
        )
    return (p.num_weights,) if shape is None else shape


# How the parameters of one weight come about: `(k, p, *tail)` gives those of all, as a formula
# takes them, or None where nothing is to be done.


def _given(_k, p):
    """The rates are parameters."""
    common = dict(p.items())
    return [SimpleNamespace(**common, lr=lr, wd=wd) for lr, wd in zip(p.lrs, p.wds, strict=True)]


def _loaded(k, p, lrs, wds):
    """The rates are in arrays."""
    lrs, wds = (k.to_host(a).reshape(-1).tolist() for a in (lrs, wds))
    common = dict(p.items())
    return [SimpleNamespace(**common, lr=lr, wd=wd) for lr, wd in zip(lrs, wds, strict=True)]


def _scaled(k, p, rescale_grad):
    """Rates and schedules are parameters; the scale of the gradients is in an array."""
    scale = usable_scale(k, rescale_grad)
    if scale is None:
        return None
    common = dict(p.items(), rescale_grad=scale)
    rates = zip(p.lrs, p.wds, p.etas, strict=True)
    return [SimpleNamespace(**common, lr=lr, wd=wd, eta=eta) for lr, wd, eta in rates]


def many(
    name: str,
    params: tuple,
    formula: Callable,
    spare: int,
    settings: Callable,
    doc: str,
    states: tuple[str, ...] = (),
    *,
    master: bool = False,
) -> Operator:
    """Register an operator that makes the step `formula` for many weights."""
    tail = settings.__code__.co_varnames[2 : settings.__code__.co_argcount]
    layout = Layout(states, master, tail)

    def kernel(k, p, *data, outs=None):
        groups, rest = layout.split(data)
        found = settings(k, p, *rest)
        # As in MXNet, the copy of a weight that is float32 itself is left alone.
        mixed = master and data[0].dtype != DEFAULT
        step = on_master(formula) if mixed else formula
        results = []
        for i, (weight, grad, *others) in enumerate(groups):
            out = None if outs is None else outs[i]
            if found is None:
                results.append(unchanged(k, weight, out))
                continue
            if master:
                *others, copy = others
                others = [copy, *others] if mixed else others
            results.append(in_blocks(k, found[i], step, spare, out, weight, grad, *others))
        return results

    arrays = ", ".join([*layout.each, "the same for the next weight", *layout.tail])
    return register(
        Operator(
            name,
            kernel,
            (*params, COUNT),
            variadic="num_weights",
            counts=False,
            takes=layout.names,
            mutates=layout.changed,
            outputs=lambda p: [f"output{i}" for i in range(p.num_weights if p else 1)],
            shape=layout.shapes,
            type=layout.types,
            doc=f"{doc}\n\nInputs: {arrays}.  All weights have the same element type.  Give the "
            f"weights also as `out`.\n\nSource: MXNet 1.6, `{name}`.",
            source=many,
        )
    )


_SGD = (RESCALE, CLIP)
_MOMENTUM = (MOMENTUM, RESCALE, CLIP)
_ADAMW = (LRS, BETA1, BETA2, EPSILON, WDS, ETAS, CLIP)
_LOADED = "  The rates are arrays, which other operators (such as `multi_lars`) can compute."
_MASTER = "  It is computed on `weight32`, the float32 copy of a weight of another element type."

multi_sgd_update = many(
    "multi_sgd_update", (LRS, WDS, *_SGD), sgd, 1, _given, "`sgd_update` of many weights."
)
multi_sgd_mom_update = many(
    "multi_sgd_mom_update",
    (LRS, WDS, *_MOMENTUM),
    momentum_sgd,
    1,
    _given,
    "`sgd_mom_update` of many weights.",
    ("mom",),
)
multi_mp_sgd_update = many(
    "multi_mp_sgd_update",
    (LRS, WDS, *_SGD),
    sgd,
    1,
    _given,
    "`mp_sgd_update` of many weights." + _MASTER,
    master=True,
)
multi_mp_sgd_mom_update = many(
    "multi_mp_sgd_mom_update",
    (LRS, WDS, *_MOMENTUM),
    momentum_sgd,
    1,
    _given,
    "`mp_sgd_mom_update` of many weights." + _MASTER,
    ("mom",),
    master=True,
)
preloaded_multi_sgd_update = many(
    "preloaded_multi_sgd_update", _SGD, sgd, 1, _loaded, "`sgd_update` of many weights." + _LOADED
)
preloaded_multi_sgd_mom_update = many(
    "preloaded_multi_sgd_mom_update",
    _MOMENTUM,
    momentum_sgd,
    1,
    _loaded,
    "`sgd_mom_update` of many weights." + _LOADED,
    ("mom",),
)
preloaded_multi_mp_sgd_update = many(
    "preloaded_multi_mp_sgd_update",
    _SGD,
    sgd,
    1,
    _loaded,
    "`mp_sgd_update` of many weights." + _LOADED + _MASTER,
    master=True,
)
preloaded_multi_mp_sgd_mom_update = many(
    "preloaded_multi_mp_sgd_mom_update",
    _MOMENTUM,
    momentum_sgd,
    1,
    _loaded,
    "`mp_sgd_mom_update` of many weights." + _LOADED + _MASTER,
    ("mom",),
    master=True,
)
multi_adam_update = many(
    "_multi_adam_update",
    (LRS, BETA1, BETA2, EPSILON, WDS, RESCALE, CLIP),
    adam,
    2,
    _given,
    "`adam_update` of many weights.  MXNet has no such operator.",
    ("mean", "var"),
)
multi_adamw_update = many(
    "_multi_adamw_update",
    _ADAMW,
    adamw,
    2,
    _scaled,
    "`_adamw_update` of many weights.",
    ("mean", "var"),
)
multi_mp_adamw_update = many(
    "_multi_mp_adamw_update",
    _ADAMW,
    adamw,
    2,
    _scaled,
    "`_mp_adamw_update` of many weights." + _MASTER,
    ("mean", "var"),
    master=True,
)


def _array_names(p):
    return [f"data{i}" for i in range(p.num_arrays)]


@operator(
    "reset_arrays",
    Count("num_arrays", doc="How many arrays."),
    variadic="num_arrays",
    counts=False,
    mutates=_array_names,
    outputs=(),
    bools=True,
)
def reset_arrays(_k, _p, *data):
    """Fill all arrays with zeros, in place; there is no result.

    Of any shapes and element types; made for gradients with `grad_req="add"`.  Source: MXNet 1.6,
    `mx.nd.reset_arrays`.
    """
    for array in data:
        array.fill(0)
    return ()


@reset_arrays.shapes
def _(_p, *ins):
    return list(ins), []


@reset_arrays.types
def _(_p, *ins):
    return list(ins), []


# ---- examples: formulas in float64

_W, _V, _HALF = (2, 3), (4,), In((2, 3), dtype="float16")
_POSITIVE = In((2, 3), 0.1, 1)
_RATES = {"lrs": 0.1, "wds": 0.01}
_OPTIONS = {"rescale_grad": 0.5, "clip_gradient": 0.3}
_TWO = {"lrs": (0.1, 0.2), "wds": (0.01, 0.0), "num_weights": 2, **_OPTIONS}


def _sgd_value(w, g, lr=0.1, wd=0.01):
    return w - lr * (options_value(w, g) + (wd - 0.01) * w)


def _momentum_value(w, g, m, lr=0.1, wd=0.01):
    return 0.9 * m + _sgd_value(w, g, lr, wd)


for _op, _inputs, _params, _value in (
    (
        multi_sgd_update,
        (_W, _W, _V, _V),
        _TWO,
        lambda w, g, v, h: [_sgd_value(w, g), _sgd_value(v, h, 0.2, 0)],
    ),
    (
        multi_sgd_mom_update,
        (_W, _W, _W, _V, _V, _V),
        {"momentum": 0.9, **_TWO},
        lambda w, g, m, v, h, n: [_momentum_value(w, g, m), _momentum_value(v, h, n, 0.2, 0)],
    ),
    (
        multi_mp_sgd_update,
        (_HALF, _HALF, _W),
        {**_RATES, **_OPTIONS},
        lambda w, g, w32: _sgd_value(w32, g),
    ),
    (
        multi_mp_sgd_mom_update,
        (_HALF, _HALF, _W, _W),
        {**_RATES, "momentum": 0.9, **_OPTIONS},
        lambda w, g, m, w32: _momentum_value(w32, g, m),
    ),
    (
        preloaded_multi_sgd_update,
        (_W, _W, _V, _V, [0.1, 0.2], [0.01, 0]),
        {"num_weights": 2, **_OPTIONS},
        lambda w, g, v, h, *_: [_sgd_value(w, g), _sgd_value(v, h, 0.2, 0)],
    ),
    (
        preloaded_multi_sgd_mom_update,
        (_W, _W, _W, [0.1], [0.01]),
        {"momentum": 0.9, **_OPTIONS},
        lambda w, g, m, *_: _momentum_value(w, g, m),
    ),
    (
        preloaded_multi_mp_sgd_update,
        (_HALF, _HALF, _W, [0.1], [0.01]),
        _OPTIONS,
        lambda w, g, w32, *_: _sgd_value(w32, g),
    ),
    (
        preloaded_multi_mp_sgd_mom_update,
        (_HALF, _HALF, _W, _W, [0.1], [0.01]),
        {"momentum": 0.9, **_OPTIONS},
        lambda w, g, m, w32, *_: _momentum_value(w32, g, m),
    ),
    (
        multi_adam_update,
        (_W, _W, _W, _POSITIVE),
        {**_RATES, **_OPTIONS},
        adam_value,
    ),
    (
        multi_adamw_update,
        (_W, _W, _W, _POSITIVE, _W, _W, _W, _POSITIVE, [0.5]),
        {
            "lrs": (0.1, 0.1),
            "wds": (0.01, 0.01),
            "etas": (0.5, 0.5),
            "clip_gradient": 0.3,
            "num_weights": 2,
        },
        lambda *a: [adamw_value(*a[:4], a[8]), adamw_value(*a[4:])],
    ),
    (
        multi_mp_adamw_update,
        (_HALF, _HALF, _W, _POSITIVE, _W, [0.5]),
        {**_RATES, "etas": 0.5, "clip_gradient": 0.3},
        adamw_value,
    ),
    (
        multi_adamw_update,
        (_W, _W, _W, _POSITIVE, [0]),
        {**_RATES, "etas": 0.5},
        lambda w, *_: w,
    ),
):
    _op.example(*_inputs, **_params).gives(_value).not_smooth(WHY)
reset_arrays.example(_W, In((4,), -9, 9, "int32"), num_arrays=2).gives(lambda *_: [])
