"""FeedForward: a symbol with its parameters, trained and asked with arrays or iterators."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from mxbook import metric
from mxbook import ndarray as nd
from mxbook.base.context import Context, current_context
from mxbook.base.errors import DTypeError, MXNetError, ParameterError
from mxbook.callback import BatchEndParam, LogValidationMetricsCallback, call_each
from mxbook.checkpoint import Params, load_checkpoint, save_checkpoint
from mxbook.executor import Executor
from mxbook.initializer import InitDesc, Initializer, Uniform
from mxbook.io import DataIter, NDArrayIter
from mxbook.module import BaseModule, BucketingModule, Module
from mxbook.ndarray import NDArray
from mxbook.optimizer import Optimizer
from mxbook.symbol import Symbol

__all__ = ["FeedForward"]

SMALL = Uniform(0.01)
LOG = LogValidationMetricsCallback()


class FeedForward:
    """A network that is trained with `fit` and asked with `predict` and `score`.

    symbol              the network, or a function from bucket key to network
    ctx                 a device, or a list of devices that share each batch
    num_epoch           how long `fit` trains
    epoch_size          batches of an epoch; all of the data when None
    optimizer           a name, with its arguments in `kwargs`, or an Optimizer
    initializer         for the parameters that `arg_params` does not have
    numpy_batch_size    the size of batches where data are arrays
    arg_params, aux_params   values of parameters
    allow_extra_params  whether `arg_params` may have more than the network, without `fit`, too
    begin_epoch         the first epoch of `fit`

    >>> import mxbook as mx
    >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    >>> model = FeedForward(net, arg_params={"fc_weight": nd.ones((2, 3)), "fc_bias": nd.ones(2)})
    >>> model.predict(np.ones((1, 3)))
    array([[4., 4.]], dtype=float32)

    Source: MXNet 1.6, `mxnet.model.FeedForward`, which recommends `mx.mod.Module`.
    """

    def __init__(
        self,
        symbol: Symbol | Callable[[Any], Symbol],
        ctx: Context | Sequence[Context] | None = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: str | Optimizer = "sgd",
        initializer: Initializer | Callable = SMALL,
        numpy_batch_size: int = 128,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_extra_params: bool = False,
        begin_epoch: int = 0,
        **kwargs: Any,
    ):
        self.sym_gen = None if isinstance(symbol, Symbol) else symbol
        self.symbol = symbol if isinstance(symbol, Symbol) else None
        ctx = current_context() if ctx is None else ctx
        self.ctx = [ctx] if isinstance(ctx, Context) else list(ctx)
        self.num_epoch = num_epoch
        self.epoch_size = epoch_size
        self.kwargs = dict(kwargs)
        self.optimizer = optimizer
        self.initializer = initializer
        self.numpy_batch_size = numpy_batch_size
        self.arg_params = arg_params
        self.aux_params = aux_params
        self.allow_extra_params = allow_extra_params
        self.begin_epoch = begin_epoch
        self._pred_exec: Executor | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_pred_exec": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    # ---- files

    @staticmethod
    def load(prefix: str, epoch: int, ctx: Any = None, **kwargs: Any) -> "FeedForward":
        """The model of a checkpoint; `fit` then begins with that epoch."""
        symbol, arg_params, aux_params = load_checkpoint(prefix, epoch)
        return FeedForward(
            symbol,
            ctx=ctx,
            arg_params=arg_params,
            aux_params=aux_params,
            begin_epoch=epoch,
            **kwargs,
        )

    def save(self, prefix: str, epoch: int | None = None, remove_amp_cast: bool = True) -> None:
        """Write a checkpoint: `prefix-symbol.json` and `prefix-0001.params`.

        `epoch` is `num_epoch` when None.  Raises ParameterError where that is None, too.
        """
        epoch = self.num_epoch if epoch is None else epoch
        if epoch is None:
            raise ParameterError("a checkpoint needs the number of an epoch")
        save_checkpoint(
            prefix,
            epoch,
            self.symbol,
            self.arg_params or {},
            self.aux_params or {},
            remove_amp_cast=remove_amp_cast,
        )

    @staticmethod
    def create(
        symbol: Symbol | Callable,
        X: Any,
        y: Any = None,
        ctx: Any = None,
        num_epoch: int | None = None,
        epoch_size: int | None = None,
        optimizer: str | Optimizer = "sgd",
        initializer: Initializer | Callable = SMALL,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Sequence[float] | None = None,
        eval_end_callback: Any = LOG,
        eval_batch_end_callback: Any = None,
        **kwargs: Any,
    ) -> "FeedForward":
        """A model that has been trained; see FeedForward and `fit`."""
        model = FeedForward(
            symbol,
            ctx=ctx,
            num_epoch=num_epoch,
            epoch_size=epoch_size,
            optimizer=optimizer,
            initializer=initializer,
            **kwargs,
        )
        model.fit(
            X,
            y,
            eval_data=eval_data,
            eval_metric=eval_metric,
            epoch_end_callback=epoch_end_callback,
            batch_end_callback=batch_end_callback,
            kvstore=kvstore,
            logger=logger,
            work_load_list=work_load_list,
            eval_end_callback=eval_end_callback,
            eval_batch_end_callback=eval_batch_end_callback,
        )
        return model

    # ---- training

    def fit(
        self,
        X: Any,
        y: Any = None,
        eval_data: Any = None,
        eval_metric: Any = "acc",
        epoch_end_callback: Any = None,
        batch_end_callback: Any = None,
        kvstore: Any = "local",
        logger: Any = None,
        work_load_list: Sequence[float] | None = None,
        monitor: Any = None,
        eval_end_callback: Any = LOG,
        eval_batch_end_callback: Any = None,
    ) -> None:
        """Train with an iterator, or with arrays `X` and labels `y`.

        eval_data           an iterator or a pair of arrays, for an evaluation after each epoch
        kvstore             how several devices exchange; see `mx.kv.create`
        work_load_list      how much of a batch each device gets
        monitor             a Monitor that looks into the network
        ..._callback        functions, or lists of them; see `mx.callback`.  Batches count from 1

        Raises ParameterError without `num_epoch`.
        """
        if self.num_epoch is None:
            raise ParameterError("please specify number of epochs", rule="FeedForward(num_epoch=)")
        logger = logging if logger is None else logger
        data, evaluation = self._iterator(X, y, True), self._evaluation(eval_data)
        module = self._bound(data, logger, work_load_list)
        if monitor is not None:
            module.install_monitor(monitor)
        module.init_optimizer(kvstore, self.optimizer, self.kwargs)
        logger.info("Start training with %s", str(self.ctx))
        eval_metric = metric.create(eval_metric)
        data.reset()
        for epoch in range(self.begin_epoch, self.num_epoch):
            begin = time.time()
            eval_metric.reset()
            self._train(epoch, data, module, eval_metric, batch_end_callback, monitor, logger)
            logger.info("Epoch[%d] Time cost=%.3f", epoch, time.time() - begin)
            self.arg_params, self.aux_params = (dict(params) for params in module.get_params())
            call_each(epoch_end_callback, epoch, self.symbol, self.arg_params, self.aux_params)
            if evaluation is not None:
                module.score(
                    evaluation,
                    eval_metric,
                    batch_end_callback=eval_batch_end_callback,
                    score_end_callback=eval_end_callback,
                    epoch=epoch,
                )
                evaluation.reset()
        self._pred_exec = None

    def _bound(self, data: DataIter, logger: Any, loads: Sequence[float] | None) -> BaseModule:
        """A module for the data, with the parameters of this model."""
        data_names = [desc[0] for desc in data.provide_data]
        label_names = [desc[0] for desc in data.provide_label]
        options = {"logger": logger, "context": self.ctx, "work_load_list": loads}
        if self.sym_gen is None:
            module: BaseModule = Module(self.symbol, data_names, label_names, **options)
        else:
            make, key = self.sym_gen, data.default_bucket_key  # type: ignore[attr-defined]
            self.symbol = make(key)
            module = BucketingModule(lambda k: (make(k), data_names, label_names), key, **options)
        self._init_params([*data.provide_data, *data.provide_label])
        module.bind(data.provide_data, data.provide_label, for_training=True)
        module.init_params(None, self.arg_params, self.aux_params)
        return module

    def _init_params(self, inputs: list) -> None:
        """Values for all parameters: the given ones, and else those of the initializer."""
        symbol: Symbol = self.symbol  # type: ignore[assignment]
        shapes, _, aux_shapes = symbol.infer_shape(**{desc[0]: desc[1] for desc in inputs})
        if shapes is None:
            raise MXNetError("the shapes of the parameters do not follow from those of the data")
        attrs, given = symbol.attr_dict(), {desc[0] for desc in inputs}
        names = [symbol.list_arguments(), symbol.list_auxiliary_states()]
        kept = [self.arg_params or {}, self.aux_params or {}]
        found: list[Params] = []
        for own, sizes, before in zip(names, (shapes, aux_shapes), kept, strict=True):
            params = {}
            for name, shape in zip(own, sizes, strict=True):
                if name in given:
                    continue
                params[name] = nd.zeros(shape)
                if name in before:
                    params[name][:] = before[name]
                else:
                    self.initializer(InitDesc(name, attrs.get(name)), params[name])
            found.append(params)
        self.arg_params, self.aux_params = found

    def _train(
        self,
        epoch: int,
        data: DataIter,
        module: BaseModule,
        eval_metric: Any,
        batch_end_callback: Any,
        monitor: Any,
        logger: Any,
    ) -> None:
        """Train with the batches of an epoch."""
        for nbatch, batch in enumerate(self._epoch(epoch, data, logger), 1):
            if monitor is not None:
                monitor.tic()
            module.prepare(batch)
            module.forward_backward(batch)
            module.update()
            if monitor is not None:
                monitor.toc_print()
            module.update_metric(eval_metric, batch.label)
            call_each(batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))

    def _epoch(self, epoch: int, data: DataIter, logger: Any) -> Iterator[Any]:
        """`epoch_size` batches, beginning again as often as needed; or all there are."""
        count = 0
        while True:
            before = count
            for batch in data:
                count += 1
                yield batch
                if count == self.epoch_size:
                    return
            logger.info("Epoch[%d] Resetting Data Iterator", epoch)
            data.reset()
            if self.epoch_size is None:
                return
            if count == before:
                raise MXNetError("there is no batch of training data")

    # ---- data

    def _iterator(self, X: Any, y: Any, is_train: bool) -> DataIter:
        """An iterator as it is, or one over arrays."""
        if isinstance(X, DataIter):
            return X
        if not isinstance(X, np.ndarray | NDArray):
            raise DTypeError("X must be DataIter, NDArray or numpy.ndarray")
        if y is None and is_train:
            raise ParameterError(f"y must be specified when X is {type(X).__name__}")
        y = np.zeros(X.shape[0]) if y is None else np.asarray(host(y)).reshape(-1)
        if len(y) != X.shape[0]:
            raise ParameterError(f"{X.shape[0]} examples and {len(y)} labels")
        size = min(X.shape[0], self.numpy_batch_size)
        handle = "roll_over" if is_train else "pad"
        return NDArrayIter(X, y, size, shuffle=is_train, last_batch_handle=handle)

    def _evaluation(self, eval_data: Any) -> DataIter | None:
        """Data for evaluation: an iterator, or a pair of arrays."""
        if eval_data is None or isinstance(eval_data, DataIter):
            return eval_data
        if not isinstance(eval_data, tuple | list) or len(eval_data) != 2:
            raise DTypeError("Eval data must be DataIter or a pair of arrays")
        data, labels = eval_data
        if isinstance(data, DataIter):
            return data
        if data is None:
            raise ParameterError("Eval data is NONE")
        return self._iterator(np.asarray(host(data)), host(labels), True)

    # ---- use

    def _outputs(
        self,
        X: Any,
        num_batch: int | None,
        reset: bool,
    ) -> Iterator[tuple[Any, list[NDArray]]]:
        """Batch and outputs, one after the other."""
        data = self._iterator(X, None, False)
        if reset:
            data.reset()
        executor = self._predictor(data)
        names = [desc[0] for desc in data.provide_data]
        for i, batch in enumerate(data):
            if i == num_batch:
                return
            given = dict(zip(names, batch.data, strict=True))
            yield batch, executor.forward(is_train=False, **given)

    def _predictor(self, data: DataIter) -> Executor:
        """An executor for batches of the data, on the first device."""
        if self.symbol is None and self.sym_gen is not None:
            self.symbol = self.sym_gen(data.default_bucket_key)  # type: ignore[attr-defined]
        shapes = {desc[0]: tuple(desc[1]) for desc in data.provide_data}
        executor = self._pred_exec
        if executor is None or any(executor.arg_dict[n].shape != s for n, s in shapes.items()):
            symbol: Symbol = self.symbol  # type: ignore[assignment]
            executor = symbol.simple_bind(self.ctx[0], grad_req="null", **shapes)
            executor.copy_params_from(
                self.arg_params or {}, self.aux_params, allow_extra_params=self.allow_extra_params
            )
            self._pred_exec = executor
        return executor

    def predict(
        self,
        X: Any,
        num_batch: int | None = None,
        return_data: bool = False,
        reset: bool = True,
    ) -> Any:
        """The outputs as NumPy arrays: one, or a list where the network has several.

        num_batch    only so many batches
        return_data  also the data and labels, as `(outputs, data, labels)`
        reset        start the iterator from the beginning
        """
        rows: list[list[list[np.ndarray]]] = []
        for batch, outputs in self._outputs(X, num_batch, reset):
            count = outputs[0].shape[0] - (batch.pad or 0)
            kinds = [outputs, batch.data, batch.label or []] if return_data else [outputs]
            rows.append([[array[:count].asnumpy() for array in kind] for kind in kinds])
        joined = [
            [np.concatenate(parts) for parts in zip(*kind, strict=True)]
            for kind in zip(*rows, strict=True)
        ]
        found = [kind[0] if len(kind) == 1 else kind for kind in joined]
        return tuple(found) if return_data else found[0]

    def score(
        self,
        X: DataIter,
        eval_metric: Any = "acc",
        num_batch: int | None = None,
        batch_end_callback: Any = None,
        reset: bool = True,
    ) -> Any:
        """The value of a metric for the data of an iterator."""
        eval_metric = metric.create(eval_metric)
        eval_metric.reset()
        for i, (batch, outputs) in enumerate(self._outputs(X, num_batch, reset)):
            eval_metric.update(batch.label, outputs)
            call_each(batch_end_callback, BatchEndParam(0, i, eval_metric, locals()))
        return eval_metric.get()[1]


def host(array: Any) -> Any:
    """An array in NumPy's memory; anything else as it is."""
    return array.asnumpy() if isinstance(array, NDArray) else array
