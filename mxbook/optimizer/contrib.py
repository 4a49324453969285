"""`mx.optimizer.contrib`: optimizers that MXNet offers on trial."""

from typing import Any

from mxbook import ndarray as nd
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import zeros
from mxbook.ndarray.ndarray import NDArray

from .optimizer import Index, Optimizer, register

__all__ = ["GroupAdaGrad", "NDArray", "Optimizer", "register", "zeros"]


@register
class GroupAdaGrad(Optimizer):
    """AdaGrad with one learning rate for each row, for tables of embeddings.

    `h += mean(g^2)` over a row, `weight -= lr g / sqrt(h + eps)`.  With row_sparse gradients only
    the rows change that have one.  There is no weight decay; the weight has two axes.

    Source: MXNet 1.6, `mxnet.optimizer.contrib.GroupAdaGrad`; Duchi, Hazan, Singer, 2011.
    """

    def __init__(self, eps: float = 1e-5, **kwargs: Any):
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """The sum of mean squares of each row, zeros at first: (rows, 1)."""
        if len(weight.shape) != 2:
            raise ShapeError(f"a weight of shape {weight.shape}", rule="GroupAdaGrad needs rows")
        shape = (weight.shape[0], 1)
        return zeros(shape, weight.context, dtype=weight.dtype, stype=weight.stype)

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Make a step; raises ParameterError where there is weight decay."""
        options = self._begin_step(index)
        if options.pop("wd"):
            raise ParameterError("Weight decay is not supported for GroupAdaGrad")
        options["epsilon"] = self.float_stable_eps
        nd.contrib.group_adagrad_update(weight, grad, state, out=weight, **options)
