"""Gradient descent: SGD, with and without momentum, and its relatives."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.ndarray.ndarray import NDArray

from .optimizer import HALF, Index, Optimizer, register, zeros_for

__all__ = ["DCASGD", "NAG", "SGD", "SGLD", "Signum", "Test", "ccSGD"]


class Momentum(Optimizer):
    """What SGD and its relatives share: one momentum array a weight, none when `momentum` is 0."""

    momentum = 0.0
    lazy_update = False

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The momentum, zeros at first; None without momentum.

        It is row_sparse for a row_sparse weight of which only rows are updated.
        """
        if self.momentum == 0.0:
            return None
        return zeros_for(weight, weight.stype if self.lazy_update else "default")

    def create_state_multi_precision(self, index: Index, weight: NDArray) -> Any:
        """Momentum and float32 copy of a float16 weight where `multi_precision` is on."""
        if not self._keeps_master(weight):
            return self.create_state(index, weight)
        master = weight.astype(np.float32)
        return (self.create_state(index, master), master)


def aggregation_size() -> int:
    """How many weights SGD and LARS change in one operation: 64, or what MXNet's variable says.

    (MXNet's own default is 4.  The numbers are the same, and calls cost time.)
    """
    return int(os.environ.get("MXNET_OPTIMIZER_AGGREGATION_SIZE", "64"))


def all_dense(arrays: Sequence[NDArray]) -> bool:
    """Whether none of the arrays is sparse; only then one operation can change several weights."""
    return all(array.stype == "default" for array in arrays)


def step_together(
    kind: str, weights: Sequence, grads: Sequence, states: Sequence, *rates: NDArray, **options: Any
) -> None:
    """Steps of SGD for several weights in one operation, `kind` being the first part of its name.

    Rates are among `options`, or `rates` are arrays of them for a `kind` that is preloaded.
    """
    momentum = "_mom" if "momentum" in options else ""
    arrays: list[NDArray] = []
    for weight, grad, state in zip(weights, grads, states, strict=True):
        parts = state if isinstance(state, tuple) else (state,)
        arrays += [weight, grad, *(part for part in parts if part is not None)]
    step = getattr(nd, f"{kind}sgd{momentum}_update")
    step(*arrays, *rates, out=list(weights), num_weights=len(weights), **options)


def step_alone(kind: str, weight: NDArray, grad: NDArray, state: Any, **options: Any) -> None:
    """A step of SGD; see `step_together`."""
    momentum = "_mom" if "momentum" in options else ""
    parts = [p for p in (state if isinstance(state, tuple) else (state,)) if p is not None]
    getattr(nd, f"{kind}sgd{momentum}_update")(weight, grad, *parts, out=weight, **options)


@register
class SGD(Momentum):
    """Stochastic gradient descent.

    `v = momentum * v - lr * (grad + wd * weight)`, `weight += v`, where `grad` is rescaled and
    clipped.

    momentum     how much of the last step is kept
    lazy_update  with row_sparse gradients, leave rows without gradient alone: neither momentum nor
                 weight decay moves them

    >>> sgd = SGD(learning_rate=0.5)
    >>> w = nd.array([1.0])
    >>> sgd.update(0, w, nd.array([1.0]), sgd.create_state(0, w))
    >>> w.asnumpy()
    array([0.5], dtype=float32)
    """

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lazy_update = lazy_update
        self.aggregate_num = aggregation_size()

    def update(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Make a step of one weight, or of all in a list."""
        if isinstance(index, list | tuple):
            self._update_all("multi_", index, weight, grad, state)
            return
        options = self._begin_step(index)
        options["lazy_update"] = self.lazy_update
        if state is None:
            nd.sgd_update(weight, grad, out=weight, **options)
        else:
            options["momentum"] = self.momentum
            nd.sgd_mom_update(weight, grad, state, out=weight, **options)

    def _update_all(
        self, kind: str, indices: Sequence, weights: Sequence, grads: Sequence, states: Sequence
    ) -> None:
        """Make a step of several weights in one operation; one by one where some are sparse."""
        if not all_dense([*weights, *grads]):
            for each in zip(indices, weights, grads, states, strict=True):
                self.update_multi_precision(*each)
            return
        self._update_count(indices)
        rates = {"lrs": tuple(self._get_lrs(indices)), "wds": tuple(self._get_wds(indices))}
        options = {**rates, **self._common()}
        if self.momentum != 0.0:
            options["momentum"] = self.momentum
        step_together(kind, weights, grads, states, **options)

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Make a step, on the float32 copy where there is one."""
        several = isinstance(index, list | tuple)
        if not (self.multi_precision and (weight[0] if several else weight).dtype == HALF):
            self.update(index, weight, grad, state)
            return
        if several:
            self._update_all("multi_mp_", index, weight, grad, state)
            return
        options = self._begin_step(index)
        momentum, master = state
        if momentum is None:
            nd.mp_sgd_update(weight, grad, master, out=weight, **options)
        else:
            options["momentum"] = self.momentum
            nd.mp_sgd_mom_update(weight, grad, momentum, master, out=weight, **options)


@register
class ccSGD(SGD):  # noqa: N801 - MXNet's name
    """SGD under the name that old programs use."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)


@register
class NAG(Momentum):
    """Nesterov's accelerated gradient: the gradient is corrected by the step that momentum will
    make.

    `v = momentum * v + g`, `weight -= lr * (g + momentum * v)`, with `g = grad + wd * weight`.

    Source: Sutskever et al., On the importance of initialization and momentum in deep learning,
    2013.
    """

    def __init__(self, momentum: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.momentum = momentum

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        options = self._begin_step(index)
        if state is None:
            nd.sgd_update(weight, grad, out=weight, **options)
        else:
            options["momentum"] = self.momentum
            nd.nag_mom_update(weight, grad, state, out=weight, **options)

    def update_multi_precision(
        self, index: Index, weight: NDArray, grad: NDArray, state: Any
    ) -> None:
        """Make a step, on the float32 copy where there is one."""
        if self.multi_precision and weight.dtype == HALF:
            state = (state[1], state[0])  # the base class has the copy first
        super().update_multi_precision(index, weight, grad, state)


@register
class Signum(Momentum):
    """A step of one length for all weights: only the sign of the momentum counts.

    `v = momentum * v - (1 - momentum) * (grad + wd * weight)`, then `weight = (1 - lr * wd_lh) *
    weight + lr * sign(v)`.  Without momentum (signSGD) `weight = (1 - lr * (wd + wd_lh)) * weight -
    lr * sign(grad)`.

    wd_lh  weight decay outside of the sign

    >>> signum = Signum(learning_rate=0.5)
    >>> w = nd.array([1.0, 1.0])
    >>> signum.update(0, w, nd.array([0.01, -100.0]), signum.create_state(0, w))
    >>> w.asnumpy().tolist()
    [0.5, 1.5]

    Source: Bernstein et al., signSGD: Compressed Optimisation for Non-Convex Problems, 2018.
    """

    create_state_multi_precision = Optimizer.create_state_multi_precision

    def __init__(
        self,
        learning_rate: float = 0.01,
        momentum: float = 0.9,
        wd_lh: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum
        self.wd_lh = wd_lh

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        options = self._begin_step(index)
        if state is None:
            options["wd"] += self.wd_lh
            nd.signsgd_update(weight, grad, out=weight, **options)
        else:
            options.update(momentum=self.momentum, wd_lh=self.wd_lh)
            nd.signum_update(weight, grad, state, out=weight, **options)


@register
class DCASGD(Momentum):
    """SGD for workers that do not wait for each other: makes up for a weight that has moved on.

    With `g = grad + wd * weight`: `v = momentum * v - lr * (g + lamda * grad^2 * (weight -
    previous weight))`, `weight += v`, where `grad` is rescaled and clipped.

    Source: Zheng et al., Asynchronous Stochastic Gradient Descent with Delay Compensation, 2016.
    (MXNet 1.6 fails with momentum; this does not.)
    """

    create_state_multi_precision = Optimizer.create_state_multi_precision

    def __init__(self, momentum: float = 0.0, lamda: float = 0.04, **kwargs: Any):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.weight_previous: dict[Index, NDArray] = {}  # in MXNet's files, always empty
        self.lamda = lamda

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The momentum (None without), and the weight as it was at the last step."""
        return super().create_state(index, weight), weight.copy()

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        self._update_count(index)
        lr, wd = self._get_lr(index), self._get_wd(index)
        grad = grad * self.rescale_grad
        if self.clip_gradient is not None:
            grad = nd.clip(grad, -self.clip_gradient, self.clip_gradient)
        momentum, previous = state
        step = -lr * (grad + wd * weight + self.lamda * grad * grad * (weight - previous))
        if momentum is not None:
            momentum[:] = step = self.momentum * momentum + step
        previous[:] = weight
        weight[:] += step


@register
class SGLD(Optimizer):
    """Stochastic gradient Langevin dynamics: SGD with noise, which samples from the posterior.

    `weight += -lr / 2 * (grad + wd * weight) + N(0, sqrt(lr))`.

    Source: Welling and Teh, Bayesian Learning via Stochastic Gradient Langevin Dynamics, 2011.
    """

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        self._update_count(index)
        lr, wd = self._get_lr(index), self._get_wd(index)
        grad = grad * self.rescale_grad
        if self.clip_gradient is not None:
            grad = nd.clip(grad, -self.clip_gradient, self.clip_gradient)
        noise = nd.random.normal(
            0, lr**0.5, shape=weight.shape, dtype=weight.dtype, ctx=weight.context
        )
        weight[:] += -lr / 2 * (grad + wd * weight) + noise


@register
class Test(Optimizer):
    """Adds the gradient to the weight, to see in tests what arrives at an updater."""

    __test__ = False  # not a class of tests, whatever its name

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """Zeros; then a copy of the weight."""
        return zeros_for(weight)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        weight[:] += grad * self.rescale_grad
        state[:] = weight
