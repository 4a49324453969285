"""Gradient descent: SGD, with and without momentum, and its relatives."""

from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.ndarray.ndarray import NDArray

from .optimizer import HALF, Index, Optimizer, register

__all__ = ["NAG", "SGD", "SGLD", "Test", "ccSGD"]


class _Momentum(Optimizer):
    """What SGD and NAG share: one momentum array a weight, none when `momentum` is 0."""

    momentum = 0.0

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The momentum, zeros at first; None without momentum."""
        return nd.zeros_like(weight) if self.momentum != 0.0 else None

    def create_state_multi_precision(self, index: Index, weight: NDArray) -> Any:
        """Momentum and float32 copy of a float16 weight where `multi_precision` is on."""
        if not self._keeps_master(weight):
            return self.create_state(index, weight)
        master = weight.astype(np.float32)
        return (self.create_state(index, master), master)


@register
class SGD(_Momentum):
    """Stochastic gradient descent.

    `v = momentum * v - lr * (grad + wd * weight)`, `weight += v`, where `grad` is rescaled and
    clipped.

    momentum     how much of the last step is kept
    lazy_update  with row_sparse gradients, leave rows without gradient alone

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

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        options = self._begin_step(index)
        if state is None:
            nd.sgd_update(weight, grad, out=weight, **options)
        else:
            options["momentum"] = self.momentum
            nd.sgd_mom_update(weight, grad, state, out=weight, **options)

    def update_multi_precision(
        self, index: Index, weight: NDArray, grad: NDArray, state: Any
    ) -> None:
        """Make a step, on the float32 copy where there is one."""
        if not (self.multi_precision and weight.dtype == HALF):
            self.update(index, weight, grad, state)
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
class NAG(_Momentum):
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
        return nd.zeros_like(weight)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        weight[:] += grad * self.rescale_grad
        state[:] = weight
