"""What all modules share: a network with parameters that is trained with `fit`.

A module goes through these states:

    bind            shapes are known, arrays are there
    init_params     parameters have values
    init_optimizer  it can be trained

and then computes with `forward`, `backward`, `update`.  `fit`, `score` and `predict` do all of it.
"""

import logging
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mxbook import metric
from mxbook import ndarray as nd
from mxbook.base.context import cpu
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.callback import BatchEndParam, call_each
from mxbook.checkpoint import Params, save_params, split
from mxbook.initializer import Initializer, Uniform
from mxbook.io import DataBatch, DataIter
from mxbook.ndarray import NDArray
from mxbook.symbol import Symbol

__all__ = ["BaseModule"]

Options = dict[str, Any] | tuple[tuple[str, Any], ...]
HOST = cpu()  # where to compute if nothing is said
SMALL = Uniform(0.01)  # the usual initializer


class BaseModule:
    """Base of all modules; subclasses define `bind`, `forward`, `backward`, `update` and others.

    `binded`, `params_initialized` and `optimizer_initialized` tell the state; `for_training` and
    `inputs_need_grad` are what `bind` was told.

    logger  where messages go
    """

    def __init__(self, logger: Any = logging):
        self.logger = logger
        self.binded = False
        self.for_training = False
        self.inputs_need_grad = False
        self.params_initialized = False
        self.optimizer_initialized = False
        self._symbol: Symbol | None = None

    def _require(self, *states: str) -> None:
        """Raise MXNetError unless the module is in these states."""
        before = {
            "binded": "bind(data_shapes, label_shapes)",
            "params_initialized": "init_params()",
            "optimizer_initialized": "init_optimizer()",
        }
        for state in states:
            if not getattr(self, state):
                raise MXNetError(
                    f"this {type(self).__name__} is not ready", rule=f"call {before[state]} before"
                )

    def _undefined(self, what: str) -> MXNetError:
        return MXNetError(f"{type(self).__name__} must define {what}")

    # ---- names and shapes

    @property
    def data_names(self) -> list[str]:
        """Names of the data."""
        raise self._undefined("data_names")

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        raise self._undefined("output_names")

    @property
    def data_shapes(self) -> list:
        """Names and shapes of the data, after `bind`."""
        raise self._undefined("data_shapes")

    @property
    def label_shapes(self) -> list | None:
        """Names and shapes of the labels, after `bind`; None without labels."""
        raise self._undefined("label_shapes")

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the outputs, after `bind`."""
        raise self._undefined("output_shapes")

    @property
    def symbol(self) -> Symbol | None:
        """The network; None where the module is none."""
        return self._symbol

    # ---- set up

    def bind(
        self,
        data_shapes: list,
        label_shapes: list | None = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: "BaseModule | None" = None,
        grad_req: Any = "write",
    ) -> None:
        """Make arrays for data of these shapes; defined by every subclass."""
        raise self._undefined("bind")

    def init_params(
        self,
        initializer: Initializer | Callable | None = SMALL,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Give values to the parameters; defined by every subclass."""
        raise self._undefined("init_params")

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Options = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Set up training; defined by every subclass."""
        raise self._undefined("init_optimizer")

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch the arrays inside; defined by every subclass."""
        raise self._undefined("install_monitor")

    # ---- a batch

    def prepare(self, data_batch: Any, sparse_row_id_fn: Callable | None = None) -> None:
        """Get ready for a batch that comes next; nothing to do here."""
        if sparse_row_id_fn is not None:
            warnings.warn("sparse_row_id_fn is not invoked for BaseModule.", stacklevel=2)

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs; defined by every subclass."""
        raise self._undefined("forward")

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients; defined by every subclass."""
        raise self._undefined("backward")

    def update(self) -> None:
        """Let the optimizer change the parameters; defined by every subclass."""
        raise self._undefined("update")

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric look at the outputs; defined by every subclass."""
        raise self._undefined("update_metric")

    def get_outputs(self, merge_multi_context: bool = True) -> list:
        """The outputs of the last `forward`; defined by every subclass."""
        raise self._undefined("get_outputs")

    def get_input_grads(self, merge_multi_context: bool = True) -> list:
        """The gradients of the data of the last `backward`; defined by every subclass."""
        raise self._undefined("get_input_grads")

    def get_states(self, merge_multi_context: bool = True) -> list:
        """The states; there are none here."""
        self._require("binded", "params_initialized")
        return []

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states; raises MXNetError where there are none but values are given."""
        self._require("binded", "params_initialized")
        if states or value:
            raise MXNetError(f"this {type(self).__name__} has no states")

    def forward_backward(self, data_batch: Any) -> None:
        """`forward` for training, then `backward`."""
        self.forward(data_batch, is_train=True)
        self.backward()

    # ---- parameters

    def get_params(self) -> tuple[Params, Params]:
        """Arguments and auxiliary states by name; defined by every subclass."""
        raise self._undefined("get_params")

    def set_params(
        self,
        arg_params: Params | None,
        aux_params: Params | None,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Give values to parameters, by name; see `init_params`."""
        self.init_params(
            initializer=None,
            arg_params=arg_params,
            aux_params=aux_params,
            allow_missing=allow_missing,
            force_init=force_init,
            allow_extra=allow_extra,
        )

    def save_params(self, fname: str) -> None:
        """Write all parameters into a file."""
        save_params(fname, *self.get_params())

    def load_params(self, fname: str) -> None:
        """Read what `save_params` wrote."""
        self.set_params(*split(nd.load(fname)))

    # ---- whole data sets

    def fit(
        self,
        train_data: DataIter,
        eval_data: DataIter | None = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Options = (("learning_rate", 0.01),),
        eval_end_callback: Any = None,
        eval_batch_end_callback: Any = None,
        initializer: Initializer | Callable | None = SMALL,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_missing: bool = False,
        force_rebind: bool = False,
        force_init: bool = False,
        begin_epoch: int = 0,
        num_epoch: int | None = None,
        validation_metric: Any = None,
        monitor: Any = None,
        sparse_row_id_fn: Callable | None = None,
    ) -> None:
        """Train for the epochs `begin_epoch` to `num_epoch - 1`.

        train_data, eval_data   data for training, and for an evaluation after each epoch
        eval_metric             watched while training, `validation_metric` (the same when None)
                                while evaluating
        ..._callback            functions, or lists of them; see `mx.callback`
        kvstore, optimizer, optimizer_params   see `init_optimizer`
        initializer, arg_params, aux_params, allow_missing, force_init   see `init_params`
        force_rebind            bind again, if bound before

        Raises ParameterError without `num_epoch`.
        """
        if num_epoch is None:
            raise ParameterError("please specify number of epochs", rule="fit(..., num_epoch=10)")
        shapes = (train_data.provide_data, train_data.provide_label)
        self.bind(*shapes, for_training=True, force_rebind=force_rebind)
        if monitor is not None:
            self.install_monitor(monitor)
        self.init_params(initializer, arg_params, aux_params, allow_missing, force_init)
        self.init_optimizer(kvstore, optimizer, optimizer_params)
        eval_metric = metric.create(eval_metric)
        for epoch in range(begin_epoch, num_epoch):
            self._epoch(
                epoch, train_data, eval_metric, batch_end_callback, monitor, sparse_row_id_fn
            )
            arg_params, aux_params = self.get_params()
            self.set_params(arg_params, aux_params)  # the same on all devices, also moving means
            call_each(epoch_end_callback, epoch, self.symbol, arg_params, aux_params)
            if eval_data is not None:
                watched = validation_metric or eval_metric
                callbacks = (eval_batch_end_callback, eval_end_callback)
                found = self.score(eval_data, watched, None, *callbacks, epoch=epoch)
                self._log(epoch, "Validation", found)
            train_data.reset()

    def _log(self, epoch: int, kind: str, values: list[tuple[str, float]]) -> None:
        for name, value in values:
            self.logger.info("Epoch[%d] %s-%s=%f", epoch, kind, name, value)

    def _epoch(
        self,
        epoch: int,
        train_data: DataIter,
        eval_metric: Any,
        batch_end_callback: Any,
        monitor: Any,
        sparse_row_id_fn: Callable | None,
    ) -> None:
        """Train with all batches."""
        begin, batches, nbatch = time.time(), iter(train_data), 0
        eval_metric.reset()
        data_batch = next(batches, None)
        if data_batch is None:
            raise MXNetError("there is no batch of training data", hint="train_data.reset()")
        while data_batch is not None:
            if monitor is not None:
                monitor.tic()
            self.forward_backward(data_batch)
            self.update()
            self._measure(eval_metric, data_batch)
            next_data_batch = next(batches, None)
            if next_data_batch is not None:
                self.prepare(next_data_batch, sparse_row_id_fn=sparse_row_id_fn)
            if monitor is not None:
                monitor.toc_print()
            values = eval_metric.get_global_name_value()  # the callback may reset it
            call_each(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
            data_batch = next_data_batch
            nbatch += 1
        self._log(epoch, "Train", values)
        self.logger.info("Epoch[%d] Time cost=%.3f", epoch, time.time() - begin)

    def _measure(self, eval_metric: Any, batch: Any) -> None:
        if isinstance(batch, list):  # one for each device
            self.update_metric(eval_metric, [b.label for b in batch], pre_sliced=True)
        else:
            self.update_metric(eval_metric, batch.label)

    def score(
        self,
        eval_data: DataIter,
        eval_metric: Any,
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        score_end_callback: Any = None,
        reset: bool = True,
        epoch: int = 0,
        sparse_row_id_fn: Callable | None = None,
    ) -> list[tuple[str, float]]:
        """Names and values of a metric for some data.

        num_batch  only so many batches
        reset      start the data from the beginning
        epoch      is handed to the callbacks
        """
        eval_metric = metric.create(eval_metric)
        eval_metric.reset()
        count = 0
        for nbatch, eval_batch in self._batches(eval_data, num_batch, reset, sparse_row_id_fn):
            self._measure(eval_metric, eval_batch)
            call_each(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
            count = nbatch + 1
        call_each(score_end_callback, BatchEndParam(epoch, count, eval_metric, locals()))
        return eval_metric.get_name_value()

    def _batches(
        self, data: DataIter, num_batch: int | None, reset: bool, row_ids: Callable | None
    ) -> Iterator[tuple[int, Any]]:
        """Number and batch, each after its `forward`."""
        self._require("binded", "params_initialized")
        if reset:
            data.reset()
        for nbatch, batch in enumerate(data):
            if nbatch == num_batch:
                return
            self.prepare(batch, sparse_row_id_fn=row_ids)
            self.forward(batch, is_train=False)
            yield nbatch, batch

    def iter_predict(
        self,
        eval_data: DataIter,
        num_batch: int | None = None,
        reset: bool = True,
        sparse_row_id_fn: Callable | None = None,
    ) -> Iterator[tuple[list[NDArray], int, Any]]:
        """Outputs, number and batch, one batch after the other; without what only fills up."""
        for nbatch, batch in self._batches(eval_data, num_batch, reset, sparse_row_id_fn):
            pad = batch.pad or 0
            yield [out[: out.shape[0] - pad] for out in self.get_outputs()], nbatch, batch

    def predict(
        self,
        eval_data: Any,
        num_batch: int | None = None,
        merge_batches: bool = True,
        reset: bool = True,
        always_output_list: bool = False,
        sparse_row_id_fn: Callable | None = None,
    ) -> Any:
        """The outputs for an array, or for all data of an iterator.

        merge_batches       join the batches; else a list with a list of outputs for each batch
        always_output_list  a list of outputs, also where there is only one

        Raises ParameterError for other data, and for batches with different numbers of outputs.
        """
        self._require("binded", "params_initialized")
        if isinstance(eval_data, NDArray | np.ndarray):
            data = nd.array(eval_data) if isinstance(eval_data, np.ndarray) else eval_data
            self.forward(DataBatch([data]), is_train=False)
            return self.get_outputs()[0]
        if not isinstance(eval_data, DataIter):
            raise ParameterError("eval_data must be of type NDArray or DataIter")
        batches = self.iter_predict(eval_data, num_batch, reset, sparse_row_id_fn)
        found = [[out.copy() for out in outputs] for outputs, _, _ in batches]
        if not found or not merge_batches:
            return found
        if len({len(outputs) for outputs in found}) > 1:
            raise ParameterError(
                "the batches have different numbers of outputs", hint="merge_batches=False"
            )
        joined = [nd.concat(*parts, dim=0) for parts in zip(*found, strict=True)]
        return joined[0] if len(joined) == 1 and not always_output_list else joined
