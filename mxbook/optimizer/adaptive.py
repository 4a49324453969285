"""Optimizers whose step adapts to the size of past gradients: Adam, RMSProp and their relatives."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

from mxbook import ndarray as nd
from mxbook.ndarray.ndarray import NDArray

from .descent import aggregation_size, all_dense
from .optimizer import HALF, Index, Optimizer, register, zeros_for

__all__ = ["AdaDelta", "AdaGrad", "Adam", "Adamax", "Nadam", "RMSProp"]


def _two_zeros(weight: NDArray, stype: str = "default") -> tuple[NDArray, NDArray]:
    return zeros_for(weight, stype), zeros_for(weight, stype)


class _OnArrays(Optimizer):
    """An optimizer written with arithmetic on arrays; `clipped` prepares the gradient."""

    def _clipped(self, grad: NDArray) -> NDArray:
        """The gradient, rescaled and cut off."""
        grad = grad * self.rescale_grad
        if self.clip_gradient is not None:
            grad = nd.clip(grad, -self.clip_gradient, self.clip_gradient)
        return grad


@register
class Adam(Optimizer):
    """Means of gradients and of their squares, both corrected for starting at 0.

    `m = beta1 m + (1 - beta1) g`, `v = beta2 v + (1 - beta2) g^2`, `weight -= lr_t m / (sqrt(v) +
    epsilon)` with `lr_t = lr sqrt(1 - beta2^t) / (1 - beta1^t)` and `g = grad + wd * weight`.

    lazy_update  with row_sparse gradients, leave rows without gradient and their means alone

    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization, 2014.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        lazy_update: bool = True,
        **kwargs: Any,
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.lazy_update = lazy_update
        # Subclasses may have an `update` of their own, for one weight.
        self.aggregate_num = aggregation_size() if type(self) is Adam else 0

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The means of gradients and of squares, zeros at first.

        They are row_sparse for a row_sparse weight of which only rows are updated.
        """
        return _two_zeros(weight, weight.stype if self.lazy_update else "default")

    def update_multi_precision(self, index: Any, weight: Any, grad: Any, state: Any) -> None:
        """Make a step, on the float32 copy where there is one; of one weight, or of all in a
        list."""
        if not isinstance(index, list | tuple):
            super().update_multi_precision(index, weight, grad, state)
        elif all_dense([*weight, *grad]) and weight[0].dtype != HALF:
            self._update_all(index, weight, grad, state)
        else:
            for each in zip(index, weight, grad, state, strict=True):
                super().update_multi_precision(*each)

    def _corrected(self, index: Index) -> float:
        """The factor of the learning rate that makes up for means that started at 0."""
        t = self._index_update_count[index]
        return sqrt(1.0 - self.beta2**t) / (1.0 - self.beta1**t)

    def _update_all(
        self, indices: Sequence, weights: Sequence, grads: Sequence, states: Sequence
    ) -> None:
        """Make a step of several weights in one operation."""
        self._update_count(indices)
        rates = zip(self._get_lrs(indices), indices, strict=True)
        arrays = [
            a
            for weight, grad, means in zip(weights, grads, states, strict=True)
            for a in (weight, grad, *means)
        ]
        nd._internal._multi_adam_update(
            *arrays,
            out=list(weights),
            lrs=tuple([lr * self._corrected(i) for lr, i in rates]),
            wds=tuple(self._get_wds(indices)),
            num_weights=len(weights),
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            **self._common(),
        )

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        options = self._begin_step(index)
        options["lr"] *= self._corrected(index)
        mean, var = state
        nd.adam_update(
            weight,
            grad,
            mean,
            var,
            out=weight,
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            lazy_update=self.lazy_update,
            **options,
        )


@register
class RMSProp(_OnArrays):
    """Divides the gradient by the root of a moving mean of its squares.

    `n = gamma1 n + (1 - gamma1) g^2`, `weight -= lr g / sqrt(n + epsilon)`.  With `centered` the
    variance takes the place of the mean square, and the step has momentum `gamma2`.

    clip_weights  weights are cut off beyond +- this

    Source: Tieleman and Hinton, 2012; Graves, Generating Sequences With Recurrent Neural Networks,
    2013.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        gamma1: float = 0.9,
        gamma2: float = 0.9,
        epsilon: float = 1e-8,
        centered: bool = False,
        clip_weights: float | None = None,
        **kwargs: Any,
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.gamma1 = gamma1
        self.gamma2 = gamma2
        self.centered = centered
        self.epsilon = epsilon
        self.clip_weights = clip_weights

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The mean of squares; with `centered` also the mean of gradients and the last step."""
        count = 3 if self.centered else 1
        return tuple(zeros_for(weight, weight.stype) for _ in range(count))

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        options = self._begin_step(index)
        if self.centered:
            self._centered_step(weight, grad, state, options)
            return
        if self.clip_weights:
            options["clip_weights"] = self.clip_weights
        nd.rmsprop_update(
            weight,
            grad,
            *state,
            out=weight,
            gamma1=self.gamma1,
            epsilon=self.epsilon,
            **options,
        )

    def _centered_step(self, weight: NDArray, grad: NDArray, state: Any, options: dict) -> None:
        n, mean, step = state
        grad = grad * self.rescale_grad + options["wd"] * weight
        if self.clip_gradient:
            grad = nd.clip(grad, -self.clip_gradient, self.clip_gradient)
        n[:] = self.gamma1 * n + (1 - self.gamma1) * grad * grad
        mean[:] = self.gamma1 * mean + (1 - self.gamma1) * grad
        variance = n - mean * mean
        step[:] = self.gamma2 * step - options["lr"] * grad / nd.sqrt(variance + self.epsilon)
        weight[:] += step
        if self.clip_weights:
            weight[:] = nd.clip(weight, -self.clip_weights, self.clip_weights)


@register
class AdaGrad(_OnArrays):
    """Divides the gradient by the root of the sum of all its squares so far.

    `h += g^2`, `weight -= lr (g / sqrt(h + eps) + wd * weight)`.  With row_sparse gradients only
    the rows change that have one.

    Source: Duchi, Hazan, Singer, Adaptive Subgradient Methods, 2011.
    """

    def __init__(self, eps: float = 1e-7, **kwargs: Any):
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The sum of squares, zeros at first."""
        return zeros_for(weight, weight.stype)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        options = self._begin_step(index)
        if grad.stype == "row_sparse":
            options["epsilon"] = self.float_stable_eps
            nd.sparse.adagrad_update(weight, grad, state, out=weight, **options)
            return
        lr, wd = options["lr"], options["wd"]
        grad = self._clipped(grad)
        state[:] += grad * grad
        weight[:] -= lr * (grad / nd.sqrt(state + self.float_stable_eps) + wd * weight)


@register
class AdaDelta(_OnArrays):
    """Steps whose size follows from the sizes of past gradients and past steps; has no learning
    rate.

    Source: Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012.
    """

    def __init__(self, rho: float = 0.9, epsilon: float = 1e-5, **kwargs: Any):
        super().__init__(**kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The means of squared gradients and of squared steps, zeros at first."""
        return _two_zeros(weight)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        self._update_count(index)
        wd = self._get_wd(index)
        grad = self._clipped(grad)
        squares, steps = state
        squares[:] = self.rho * squares + (1 - self.rho) * grad * grad
        step = nd.sqrt(steps + self.epsilon) / nd.sqrt(squares + self.epsilon) * grad
        steps[:] = self.rho * steps + (1 - self.rho) * step * step
        weight[:] -= step + wd * weight


@register
class Adamax(_OnArrays):
    """Adam with the largest gradient so far in place of the mean square.

    Source: Kingma and Ba, 2014, section 7.
    """

    def __init__(
        self,
        learning_rate: float = 0.002,
        beta1: float = 0.9,
        beta2: float = 0.999,
        **kwargs: Any,
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The mean of gradients and the largest one, zeros at first."""
        return _two_zeros(weight)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        self._update_count(index)
        t = self._index_update_count[index]
        lr = self._get_lr(index) / (1.0 - self.beta1**t)
        grad = grad * self.rescale_grad + self._get_wd(index) * weight
        if self.clip_gradient is not None:
            grad = nd.clip(grad, -self.clip_gradient, self.clip_gradient)
        mean, largest = state
        mean[:] = self.beta1 * mean + (1.0 - self.beta1) * grad
        largest[:] = nd.maximum(self.beta2 * largest, nd.abs(grad))
        weight[:] -= lr * mean / largest


@register
class Nadam(_OnArrays):
    """Adam with Nesterov's momentum.

    Source: Dozat, Incorporating Nesterov Momentum into Adam, 2016.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        schedule_decay: float = 0.004,
        **kwargs: Any,
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.schedule_decay = schedule_decay
        self.m_schedule = 1.0

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The means of gradients and of squares, zeros at first."""
        return _two_zeros(weight)

    def _momentum(self, t: int) -> float:
        return self.beta1 * (1.0 - 0.5 * 0.96 ** (t * self.schedule_decay))

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        self._update_count(index)
        t = self._index_update_count[index]
        lr, wd = self._get_lr(index), self._get_wd(index)
        grad = grad * self.rescale_grad + wd * weight
        if self.clip_gradient is not None:
            grad = nd.clip(grad, -self.clip_gradient, self.clip_gradient)
        now, later = self._momentum(t), self._momentum(t + 1)
        self.m_schedule *= now
        mean, var = state
        mean[:] = self.beta1 * mean + (1.0 - self.beta1) * grad
        var[:] = self.beta2 * var + (1.0 - self.beta2) * grad * grad
        grad_part = grad / (1.0 - self.m_schedule)
        mean_part = mean / (1.0 - self.m_schedule * later)
        ahead = (1.0 - now) * grad_part + later * mean_part
        weight[:] -= lr * ahead / (nd.sqrt(var / (1.0 - self.beta2**t)) + self.epsilon)
