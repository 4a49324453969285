"""Optimizers that "follow the leader": the best weight for all gradients so far, by a model."""

from typing import Any

from mxbook import ndarray as nd
from mxbook.ndarray.ndarray import NDArray

from .optimizer import Index, Optimizer, register, zeros_for

__all__ = ["FTML", "Ftrl"]


@register
class Ftrl(Optimizer):
    """Follow the regularized leader: many weights become exactly 0, which suits sparse features.

    `z += g - (sqrt(n + g^2) - sqrt(n)) weight / lr`, `n += g^2`, then `weight = -sign(z) max(|z| -
    lamda1, 0) / ((beta + sqrt(n)) / lr + wd)`, where `g` is the gradient, rescaled and clipped.

    lamda1  how strongly weights are drawn to 0 (L1)
    beta    slows down the first steps

    >>> ftrl = Ftrl(lamda1=1)
    >>> w = nd.array([0.5, 0.5])
    >>> ftrl.update(0, w, nd.array([0.1, -3.0]), ftrl.create_state(0, w))
    >>> [round(float(v), 3) for v in w.asnumpy()]
    [0.0, 0.425]

    Source: McMahan et al., Ad Click Prediction: a View from the Trenches, 2013.
    """

    def __init__(
        self, lamda1: float = 0.01, learning_rate: float = 0.1, beta: float = 1, **kwargs: Any
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.lamda1 = lamda1
        self.beta = beta

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """z and n, zeros at first; row_sparse where the weight is."""
        return zeros_for(weight, weight.stype), zeros_for(weight, weight.stype)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        options = self._begin_step(index)
        nd.ftrl_update(
            weight, grad, *state, out=weight, lamda1=self.lamda1, beta=self.beta, **options
        )


@register
class FTML(Optimizer):
    """Follow the moving leader: like Adam, with the new weight from a mean over all past ones.

    With `g = grad + wd * weight`: `v = beta2 v + (1 - beta2) g^2`, `new_d = (1 - beta1^t) / lr *
    (sqrt(v / (1 - beta2^t)) + epsilon)`, `z = beta1 z + (1 - beta1) g - (new_d - beta1 d) weight`,
    and the weight becomes `-z / new_d`.

    Source: Zheng and Kwok, Follow the Moving Leader in Deep Learning, 2017.
    """

    def __init__(
        self, beta1: float = 0.6, beta2: float = 0.999, epsilon: float = 1e-8, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """d, v and z, zeros at first."""
        return zeros_for(weight), zeros_for(weight), zeros_for(weight)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step."""
        options = self._begin_step(index)
        options.update(beta1=self.beta1, beta2=self.beta2, epsilon=self.epsilon)
        if "clip_gradient" in options:  # the operator has another name for it
            options["clip_grad"] = options.pop("clip_gradient")
        t = self._index_update_count[index]
        nd.ftml_update(weight, grad, *state, out=weight, t=t, **options)
