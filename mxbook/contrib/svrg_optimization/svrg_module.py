"""SVRGModule: a Module whose gradients have less noise.

The gradient of a batch differs from that of all data.  How much, is known for weights of some time
ago, where both were computed; that difference is taken off:

    gradient  =  gradient of the batch  -  gradient of the batch at the old weights
                                        +  mean gradient of all batches at the old weights

Its mean is that of the plain gradient, its variance is small while the weights are near the old
ones.  Every `update_freq` epochs the old weights become the present ones, at the price of one more
pass over the data.

Source: Johnson and Zhang, Accelerating Stochastic Gradient Descent using Predictive Variance
Reduction, 2013; MXNet 1.6, `mxnet.contrib.svrg_optimization`.
"""

import logging
from collections.abc import Sequence
from typing import Any

from mxbook import ndarray as nd
from mxbook.base.context import Context
from mxbook.base.errors import ParameterError
from mxbook.io import DataIter
from mxbook.module import Module
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.symbol import Symbol

__all__ = ["SVRGModule"]


class SVRGModule(Module):
    """A Module that trains with stochastic variance-reduced gradients (see above).

    `update_freq` is after how many epochs `fit` computes the gradient of all data anew; who writes
    the loop calls `update_full_grads` for it.  The other arguments are those of Module.

    >>> import mxbook as mx
    >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=1)
    >>> module = SVRGModule(mx.sym.LinearRegressionOutput(net, name="lro"),
    ...                     label_names=["lro_label"], update_freq=2)
    >>> x = mx.nd.random.normal(shape=(8, 3))
    >>> data = mx.io.NDArrayIter(x, x.sum(axis=1), batch_size=4, label_name="lro_label")
    >>> module.fit(data, num_epoch=20, eval_metric="mse", optimizer_params={"learning_rate": 0.1})
    >>> module.score(data, "mse")[0][1] < 0.1
    True

    Raises ParameterError unless `update_freq` is a whole number above 0.
    """

    def __init__(
        self,
        symbol: Symbol,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Context | Sequence[Context] = Context("cpu", 0),  # noqa: B008 - a constant
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
        update_freq: int | None = None,
    ):
        if not isinstance(update_freq, int) or update_freq < 1:
            raise ParameterError(
                f"update_freq cannot be {update_freq!r}", rule="a number of epochs, at least 1"
            )
        arguments = (symbol, data_names, label_names, logger, context, work_load_list)
        further = (fixed_param_names, state_names, group2ctxs, compression_params)
        super().__init__(*arguments, *further)
        self.update_freq = update_freq
        self._mod_aux = Module(*arguments, *further)  # the same network with the old weights
        self._full: list[list[NDArray | None]] = []  # mean gradients there, by parameter and device

    def bind(
        self,
        data_shapes: list,
        label_shapes: list | None = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: Any = None,
        grad_req: Any = "write",
    ) -> None:
        """Make arrays for data of these shapes; see `Module.bind`."""
        given = (for_training, inputs_need_grad, force_rebind, shared_module, grad_req)
        super().bind(data_shapes, label_shapes, *given)
        if for_training:
            shapes = (data_shapes, label_shapes)
            self._mod_aux.bind(*shapes, inputs_need_grad=inputs_need_grad, force_rebind=True)

    def reshape(self, data_shapes: list, label_shapes: list | None = None) -> None:
        """Go on with data of other shapes; parameters stay."""
        super().reshape(data_shapes, label_shapes)
        if self._mod_aux.binded:
            self._mod_aux.reshape(data_shapes, label_shapes)

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs, when training also at the old weights."""
        super().forward(data_batch, is_train)
        if self._full and (self.for_training if is_train is None else is_train):
            self._mod_aux.forward(data_batch, True)

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients, also at the old weights."""
        super().backward(out_grads)
        if self._full:
            self._mod_aux.backward(out_grads)

    def update(self) -> None:
        """Let the optimizer change the parameters by the gradients with less noise."""
        if self._full:
            for ours, theirs, means in zip(
                self._group.grad_arrays, self._mod_aux._group.grad_arrays, self._full, strict=True
            ):
                for grad, old, mean in zip(ours, theirs, means, strict=True):
                    if grad is not None:
                        grad[:] = grad - old + mean
        super().update()

    def update_full_grads(self, train_data: DataIter) -> None:
        """Make the present weights the old ones, and compute the mean gradient of all data there.

        `train_data` starts again before and after.  As in MXNet, the mean of the time before is
        added to the sum, which does not matter once it is small.
        """
        args, states = self.get_params()
        old = self._mod_aux
        old.init_params(arg_params=args, aux_params=states, force_init=True)
        zeros = [[None if g is None else nd.zeros_like(g) for g in block] for block in self._grads]
        totals = self._full or zeros
        train_data.reset()
        batches = 0.0
        for batch in train_data:
            old.forward(batch, is_train=True)
            old.backward()
            for sums, block in zip(totals, self._grads, strict=True):
                for total, grad in zip(sums, block, strict=True):
                    if total is not None:
                        total += grad  # in place
            batches += 1 - (batch.pad or 0) / train_data.batch_size
        self._full = [[t if t is None else t / batches for t in sums] for sums in totals]
        train_data.reset()

    @property
    def _grads(self) -> list[list[NDArray | None]]:
        """The gradients at the old weights, by parameter and device."""
        return self._mod_aux._group.grad_arrays

    def _epoch(self, epoch: int, train_data: DataIter, *args: Any) -> None:
        if epoch % self.update_freq == 0:
            self.update_full_grads(train_data)
        super()._epoch(epoch, train_data, *args)
