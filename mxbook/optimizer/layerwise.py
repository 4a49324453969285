"""Optimizers for large batches: how far a layer moves depends on how large its weights are."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.ndarray.ndarray import NDArray

from .descent import Momentum, aggregation_size, all_dense, step_alone, step_together
from .optimizer import HALF, Index, Optimizer, register, zeros_for

__all__ = ["LAMB", "LARS", "LBSGD"]


@register
class LAMB(Optimizer):
    """Adam whose step has a length in proportion to the weight's.

    With Adam's means, corrected for starting at 0: `step = m / (sqrt(v) + epsilon) + wd * weight`,
    then `weight -= lr * |weight| / |step| * step`.

    lower_bound, upper_bound  bounds of `|weight|` in this; None for none
    bias_correction           whether the means are corrected

    >>> lamb = LAMB(learning_rate=0.1)
    >>> w = nd.array([3.0, 4.0])
    >>> lamb.update(0, w, nd.array([1.0, 1.0]), lamb.create_state(0, w))
    >>> w.asnumpy().round(3)  # a tenth of the length, which is 5
    array([2.646, 3.646], dtype=float32)

    Source: You et al., Large Batch Optimization for Deep Learning: Training BERT in 76 minutes,
    2020.  (In MXNet 1.6 the float32 copy of a float16 weight never changes; here it does.)
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-6,
        lower_bound: float | None = None,
        upper_bound: float | None = None,
        bias_correction: bool = True,
        **kwargs: Any,
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound
        self.bias_correction = bias_correction

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The means of gradients and of squares, zeros at first."""
        return zeros_for(weight), zeros_for(weight)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        options = self._begin_step(index)
        rate = options.pop("lr")
        step = nd.lamb_update_phase1(weight, grad, *state, **self._direction(index), **options)
        self._move(weight, step, rate)

    def update_multi_precision(
        self, index: Index, weight: NDArray, grad: NDArray, state: Any
    ) -> None:
        """Make a step, on the float32 copy where there is one."""
        if not (self.multi_precision and weight.dtype == HALF):
            self.update(index, weight, grad, state)
            return
        options = self._begin_step(index)
        rate = options.pop("lr")
        master, means = state
        options.update(self._direction(index))
        step = nd.mp_lamb_update_phase1(weight, grad, *means, master, **options)
        self._move(master, step, rate)
        master.copyto(weight)

    def _direction(self, index: Index) -> dict[str, Any]:
        """What only the first half of a step takes."""
        return {
            "t": self._index_update_count[index],
            "beta1": self.beta1,
            "beta2": self.beta2,
            "epsilon": self.epsilon,
            "bias_correction": self.bias_correction,
        }

    def _move(self, weight: NDArray, step: NDArray, rate: float) -> None:
        """The second half of a step."""
        bounds = {"lower_bound": self.lower_bound, "upper_bound": self.upper_bound}
        given = {name: bound for name, bound in bounds.items() if bound}
        nd.lamb_update_phase2(
            weight, step, weight.norm(), step.norm(), out=weight, lr=rate, **given
        )


@register
class LARS(Momentum):
    """SGD whose learning rate suits each layer: `lr * eta * |w| / (|grad| + wd * |w| + eps)`.

    Parameters whose names end with `gamma`, `beta` or `bias` have the plain learning rate.  Takes
    lists of indices, weights, gradients and states, too.

    momentum             how much of the last step is kept
    eta                  the trust: which part of its norm a weight may change in a step
    eps                  keeps the divisor away from 0
    momentum_correction  where the learning rate changes, scale the momentum as it does

    >>> lars = LARS(learning_rate=1, eta=0.1)
    >>> w = nd.array([3.0, 4.0])
    >>> lars.update(0, w, nd.array([0.0, 7.0]), None)
    >>> w.asnumpy()  # a tenth of the length, which is 5
    array([3. , 3.5], dtype=float32)

    Source: You, Gitman and Ginsburg, Large Batch Training of Convolutional Networks, 2017.
    """

    _DECAYED = ("_weight",)

    def __init__(
        self,
        momentum: float = 0.0,
        lazy_update: bool = True,
        eta: float = 0.001,
        eps: float = 0,
        momentum_correction: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.momentum_correction = momentum_correction
        self.lazy_update = lazy_update
        self.aggregate_num = aggregation_size()
        self.eta = eta
        self.eps = eps
        self.skip = 0  # in MXNet's files, always 0
        self.last_lr: float | None = None  # of the step before; None before the first
        self.cur_lr: float | None = None

    def _get_lrs(self, indices: Sequence[Index]) -> list[float]:
        now = self.learning_rate
        self.last_lr = now if self.cur_lr is None else self.cur_lr
        self.cur_lr = now
        return [self._scaled(now, i, "lr_mult") for i in indices]

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Make a step of one weight, or of all in a list."""
        self._step("", index, weight, grad, state)

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Make a step, on the float32 copy where there is one."""
        first = weight[0] if isinstance(index, list | tuple) else weight
        mixed = self.multi_precision and first.dtype == HALF
        self._step("mp_" if mixed else "", index, weight, grad, state)

    def _step(self, kind: str, index: Any, weight: Any, grad: Any, state: Any) -> None:
        if not isinstance(index, list | tuple):
            index, weight, grad, state = [index], [weight], [grad], [state]
        self._update_count(index)
        decays = nd.array(self._get_wds(index), weight[0].context)
        rates = self._rates(index, weight, grad, decays)
        options = self._common()
        if self.momentum != 0.0:
            options["momentum"] = self.momentum * self._correction()
        if all_dense([*weight, *grad]):
            kind = f"preloaded_multi_{kind}"
            step_together(kind, weight, grad, state, rates, decays, **options)
            return
        for w, g, s, lr, wd in zip(weight, grad, state, rates, decays, strict=True):
            lr, wd = lr.asscalar(), wd.asscalar()
            step_alone(kind, w, g, s, lr=lr, wd=wd, lazy_update=self.lazy_update, **options)

    def _correction(self) -> float:
        """The factor of the momentum."""
        if not self.momentum_correction or not self.last_lr:
            return 1.0
        return self.cur_lr / self.last_lr  # type: ignore[operator]

    def _rates(
        self, indices: Sequence, weights: Sequence, grads: Sequence, decays: NDArray
    ) -> NDArray:
        """The learning rates, one for each weight; computed where the weights are."""
        layers = [self._is_layer(i) for i in indices]
        count, ctx = len(indices), weights[0].context
        of_weights = nd.multi_sum_sq(*map(_values, weights), num_arrays=count)
        of_grads = nd.multi_sum_sq(*map(_values, grads), num_arrays=count)
        return nd.multi_lars(
            nd.array(self._get_lrs(indices), ctx),
            of_weights * nd.array(layers, ctx),  # nothing for the norm: the plain learning rate
            of_grads,
            decays,
            eta=self.eta,
            eps=self.eps,
            rescale_grad=self.rescale_grad,
        )

    def _is_layer(self, index: Index) -> bool:
        name = self.idx2name.get(index, str(index))
        return not name.endswith(("gamma", "beta", "bias"))


def _values(array: NDArray) -> NDArray:
    """The elements of an array; of a sparse one those that are stored, as the others are 0."""
    return array if array.stype == "default" else array.data  # type: ignore[attr-defined]


@register
class LBSGD(Optimizer):
    """SGD that adds up the gradients of `batch_scale` batches, with a warm-up of the learning rate.

    While the number of updates `n` is below `warmup_epochs * updates_per_epoch`, the learning rate
    grows from itself to `batch_scale` times itself.  Only every `batch_scale`-th update moves the
    weight along the gradients; the ones between do so by 0.

    momentum           how much of the last step is kept
    warmup_strategy    how it grows: `linear`, `power2` (like `n^2`), `sqrt`, or `lars`: the factor
                       is not from the warm-up but `|w| / sqrt(|grad|^2 + wd * |w|^2)`, within 0.01
                       and 100; with any other text, not at all before the end
    begin_epoch        the epoch that training starts in, for counting updates
    num_epochs         is accepted for MXNet's sake

    Source: MXNet 1.6, `mx.optimizer.LBSGD`.
    """

    def __init__(
        self,
        momentum: float = 0.0,
        multi_precision: bool = False,
        warmup_strategy: str = "linear",
        warmup_epochs: int = 5,
        batch_scale: float = 1,
        updates_per_epoch: int = 32,
        begin_epoch: int = 0,
        num_epochs: int = 60,
        **kwargs: Any,
    ):
        super().__init__(multi_precision=multi_precision, **kwargs)
        self.momentum = momentum
        self.warmup_strategy = warmup_strategy
        self.warmup_epochs = warmup_epochs
        self.batch_scale = batch_scale
        self.updates_per_epoch = updates_per_epoch
        self.init_updates = begin_epoch * updates_per_epoch
        self.num_epochs = num_epochs
        self.lbmult = 1  # this and the next three as MXNet's files have them
        self.cumgrads: dict[Index, dict[str, Any]] = {}
        self.adaptive = False
        self.admult = 1

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The momentum, zeros at first; None without momentum."""
        if self._keeps_master(weight):
            master = weight.astype(np.float32)
            return (self.create_state(index, master), master)
        return zeros_for(weight) if self.momentum != 0.0 else None

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Add the gradient to the sum, and make a step when it is that of a large batch."""
        lr, wd = self._get_lr(index), self._get_wd(index)
        self._update_count(index)
        found = self.cumgrads.setdefault(index, {"cum_grad": 0, "num_cums": self.init_updates})
        total, count = found["cum_grad"] + grad, found["num_cums"] + 1
        complete = count % self.batch_scale == 0
        self.cumgrads[index] = {"cum_grad": 0 if complete else total, "num_cums": count}
        if not complete:
            return
        grad = total / self.batch_scale
        of_layer = self.warmup_strategy == "lars"
        lr *= _trust(weight, grad, wd) if of_layer else self._warmup(count)
        options = {"lr": lr, "wd": wd, **self._common()}
        if self.momentum != 0.0:
            options["momentum"] = self.momentum
        step_alone("mp_" if isinstance(state, tuple) else "", weight, grad, state, **options)

    def _warmup(self, count: int) -> float:
        """The factor of the learning rate after so many updates."""
        until = self.warmup_epochs * self.updates_per_epoch
        if count >= until:
            return float(self.batch_scale)
        part = count / until
        curves = {"linear": part, "power2": part * part, "sqrt": math.sqrt(part)}
        return 1.0 + (self.batch_scale - 1) * curves.get(self.warmup_strategy, 0.0)


def _trust(weight: NDArray, grad: NDArray, wd: float) -> float:
    """How far a weight may move in comparison with its gradient."""
    squares = nd.multi_sum_sq(weight, grad, num_arrays=2).asnumpy().tolist()
    return min(100.0, max(0.01, math.sqrt(squares[0] / (squares[1] + wd * squares[0] + 1e-18))))
