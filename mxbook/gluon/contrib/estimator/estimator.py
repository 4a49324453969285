"""The training loop.  Source: MXNet 1.6, `mxnet.gluon.contrib.estimator.estimator`."""

import logging
import sys
import warnings
from collections.abc import Iterable
from functools import partial
from numbers import Integral
from typing import Any

from mxbook.base.errors import DeviceError, DTypeError, ParameterError
from mxbook.context import Context, cpu, gpu, num_gpus
from mxbook.gluon.block import Block
from mxbook.gluon.data import DataLoader
from mxbook.gluon.loss import Loss
from mxbook.gluon.trainer import Trainer
from mxbook.metric import EvalMetric

from . import metrics as checks
from .batch_processor import BatchProcessor
from .event_handler import (
    BatchBegin,
    BatchEnd,
    EpochBegin,
    EpochEnd,
    EventHandler,
    GradientUpdateHandler,
    LoggingHandler,
    MetricHandler,
    StoppingHandler,
    TrainBegin,
    TrainEnd,
    ValidationHandler,
)

__all__ = ["Estimator"]

Handlers = EventHandler | list[EventHandler] | None


class Estimator:
    """Trains a net: the loop over epochs and batches, with handlers for all that happens in it.

    net              a Block
    loss             a `gluon.loss.Loss`
    train_metrics    metrics of the training data; by default the mean loss, and the accuracy where
                     the loss is SoftmaxCrossEntropyLoss.  Their names get `training` in front
    val_metrics      metrics of the validation data; by default like the training metrics
    initializer      for the parameters that have no values yet
    trainer          by default SGD with the learning rate 0.001
    context          a device or a list of them; by default those of the net if it is initialized,
                     otherwise all GPUs, or the CPU
    val_net          the net for validation; by default `net`
    val_loss         the loss for validation; by default `loss`
    batch_processor  what is done with one batch, see BatchProcessor

    Raises ParameterError, DTypeError or DeviceError for arguments that do not fit.

    >>> from mxbook import gluon, nd
    >>> x, y = nd.random.uniform(shape=(8, 3)), nd.array([0, 1] * 4)
    >>> data = DataLoader(gluon.data.ArrayDataset(x, y), batch_size=4)
    >>> net = gluon.nn.Dense(2)
    >>> net.initialize()
    >>> trainer = Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    >>> estimator = Estimator(net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer=trainer)
    >>> estimator.fit(data, epochs=1)
    Training begin: using optimizer SGD with current learning rate 0.1000
    Train for 1 epochs.
    [Epoch 0] Begin, current learning rate: 0.1000
    [Epoch 0] Finished in ...s, training accuracy: ..., training softmaxcrossentropyloss: ...
    Train finished using total ...
    """

    logger: Any = None  # each estimator has its own, which writes to the standard output

    def __init__(
        self,
        net: Block,
        loss: Loss,
        train_metrics: EvalMetric | list[EvalMetric] | None = None,
        val_metrics: EvalMetric | list[EvalMetric] | None = None,
        initializer: Any = None,
        trainer: Trainer | None = None,
        context: Context | list[Context] | None = None,
        val_net: Block | None = None,
        val_loss: Loss | None = None,
        batch_processor: BatchProcessor | None = None,
    ):
        self.net = _checked(net, Block, "net")
        self.loss = _checked(loss, Loss, "loss")
        self.val_net = net if val_net is None else _checked(val_net, Block, "val_net")
        self.val_loss = loss if val_loss is None else _checked(val_loss, Loss, "val_loss")
        self._init_metrics(train_metrics, val_metrics)
        self.logger = logging.Logger("Estimator", logging.INFO)
        self.logger.addHandler(logging.StreamHandler(sys.stdout))
        self.context = _contexts(context, net)
        self._initialize(initializer)
        self.trainer = self._trainer(trainer)
        self.batch_processor = BatchProcessor() if batch_processor is None else batch_processor
        if not all(hasattr(self.batch_processor, n) for n in ("fit_batch", "evaluate_batch")):
            raise ParameterError(
                f"batch_processor cannot be a {type(batch_processor).__name__}",
                rule="an object with the methods fit_batch and evaluate_batch",
            )
        self.max_epoch: int | None = None
        self.max_batch: int | None = None
        self.batch_axis = 0

    # ---- what it is made of

    def _init_metrics(self, train: Any, val: Any) -> None:
        own_train, own_val = checks.listed(train), checks.listed(val)
        if any(a is b for a in own_train for b in own_val):
            warnings.warn(
                "a metric is in train_metrics and in val_metrics: it will mix both; give two "
                "objects, or leave val_metrics out",
                stacklevel=3,
            )
        self._train_metrics = checks.named(own_train or checks.default(self.loss), "training")
        self._val_metrics = own_val or checks.for_validation(self._train_metrics)
        checks.named(self._val_metrics, "validation")

    def _initialize(self, initializer: Any) -> None:
        """Give values to parameters that have none."""
        if not _initialized(self.net):
            how = {} if initializer is None else {"init": initializer}
            self.net.initialize(ctx=self.context, **how)
        elif initializer is not None:
            warnings.warn(
                "Network already fully initialized, skipping initialization. You don't need to "
                "pass initializer if you already initialized your net. You can use "
                "net.initialize(init=your_initializer, force_reinit=True) to force re-initialize.",
                stacklevel=3,
            )

    def _trainer(self, trainer: Trainer | None) -> Trainer:
        if trainer is not None:
            return _checked(trainer, Trainer, "trainer")
        warnings.warn(
            "No trainer specified, default SGD optimizer with learning rate 0.001 is used.",
            stacklevel=3,
        )
        return Trainer(self.net.collect_params(), "sgd", {"learning_rate": 0.001})

    @property
    def train_metrics(self) -> list[EvalMetric]:
        """The metrics of the training data."""
        return self._train_metrics

    @property
    def val_metrics(self) -> list[EvalMetric]:
        """The metrics of the validation data."""
        return self._val_metrics

    # ---- training

    def fit(
        self,
        train_data: DataLoader,
        val_data: DataLoader | None = None,
        epochs: int | None = None,
        event_handlers: Handlers = None,
        batches: int | None = None,
        batch_axis: int = 0,
    ) -> None:
        """Train for a number of epochs or of batches.

        val_data        evaluated after each epoch
        event_handlers  what shall happen besides: see `events.py`.  Handlers that stop, update
                        parameters and metrics, validate and log are there unless some of their kind
                        are given
        batch_axis      the axis of the examples in data, labels and losses

        Raises ParameterError unless just one of `epochs` and `batches` is given, for what is no
        DataLoader or gives no batches, and for handlers with metrics of another estimator.
        """
        _check_loader(train_data, "train_data")
        if val_data is not None:  # now, not after the first epoch
            _check_loader(val_data, "val_data")
        _check_length(epochs, batches)
        self.max_epoch, self.max_batch, self.batch_axis = epochs, batches, batch_axis
        handlers = self._train_handlers(val_data, event_handlers)
        for handler in _of(handlers, TrainBegin):
            handler.train_begin(self)
        while not self._epoch(train_data, handlers):
            pass
        for handler in _of(handlers, TrainEnd):
            handler.train_end(self)

    def _epoch(self, train_data: DataLoader, handlers: list[EventHandler]) -> bool:
        """Train for one epoch; whether it was the last."""
        for handler in _of(handlers, EpochBegin):
            handler.epoch_begin(self)
        count = 0
        for count, batch in enumerate(train_data, 1):  # noqa: B007
            for handler in _of(handlers, BatchBegin):
                handler.batch_begin(self, batch=batch)
            _, label, pred, loss = self.batch_processor.fit_batch(self, batch, self.batch_axis)
            known = {"batch": batch, "pred": pred, "label": label, "loss": loss}
            # All are called, also behind one that wants to stop.
            stop = [handler.batch_end(self, **known) for handler in _of(handlers, BatchEnd)]
            if any(stop):
                break
        if count == 0:
            raise ParameterError(
                "train_data gives no batches",
                hint="with last_batch='discard' there must be enough examples for one batch",
            )
        stop = [handler.epoch_end(self) for handler in _of(handlers, EpochEnd)]
        return any(stop)

    def evaluate(
        self, val_data: DataLoader, batch_axis: int = 0, event_handlers: Handlers = None
    ) -> None:
        """Compute the validation metrics, which `val_metrics` then tell.

        `event_handlers` are called at begin and end of the epoch and of batches; what they return
        does not count.  Raises ParameterError for what is no DataLoader, and for handlers with
        metrics other than `val_metrics`.
        """
        _check_loader(val_data, "val_data")
        handlers = self._val_handlers(event_handlers)
        for handler in _of(handlers, EpochBegin):
            handler.epoch_begin(self)
        for batch in val_data:
            for handler in _of(handlers, BatchBegin):
                handler.batch_begin(self, batch=batch)
            _, label, pred, loss = self.batch_processor.evaluate_batch(self, batch, batch_axis)
            known = {"batch": batch, "pred": pred, "label": label, "loss": loss}
            for handler in _of(handlers, BatchEnd):
                handler.batch_end(self, **known)
        for handler in _of(handlers, EpochEnd):
            handler.epoch_end(self)

    # ---- handlers

    def _train_handlers(
        self, val_data: DataLoader | None, event_handlers: Handlers
    ) -> list[EventHandler]:
        """The given handlers and those that are there by default, in the order of calls."""
        own = _listed(event_handlers)
        found = [*own, StoppingHandler(self.max_epoch, self.max_batch)]
        if not _of(own, GradientUpdateHandler):
            found.append(GradientUpdateHandler())
        if not _of(own, MetricHandler):
            found.append(MetricHandler(self.train_metrics))
        if val_data is not None and not _of(own, ValidationHandler):
            evaluate = partial(self.evaluate, batch_axis=self.batch_axis)
            found.append(ValidationHandler(val_data, evaluate))
        if not _of(own, LoggingHandler):
            found.append(LoggingHandler(metrics=self.train_metrics))
        for handler in own:
            checks.check_handler(handler, [*self.train_metrics, *self.val_metrics])
        return _by_priority(found)

    def _val_handlers(self, event_handlers: Handlers) -> list[EventHandler]:
        own = _listed(event_handlers)
        found = list(own)
        if not _of(own, MetricHandler):
            found.append(MetricHandler(self.val_metrics))
        if not _of(own, LoggingHandler):
            found.append(LoggingHandler(metrics=self.val_metrics))
        for handler in own:
            checks.check_handler(handler, self.val_metrics)
        return _by_priority(found)


def _of(handlers: Iterable[EventHandler], kind: type) -> list[Any]:
    """The handlers of a kind."""
    return [handler for handler in handlers if isinstance(handler, kind)]


def _by_priority(handlers: list[EventHandler]) -> list[EventHandler]:
    return sorted(handlers, key=lambda handler: getattr(handler, "priority", 0))


def _listed(handlers: Handlers) -> list[EventHandler]:
    """The given handlers; a list of one's own is never changed."""
    found = handlers if isinstance(handlers, list | tuple) else [handlers] if handlers else []
    for handler in found:
        if not isinstance(handler, EventHandler):
            hint = "make an object of it: write brackets behind the name"
            raise ParameterError(
                f"a handler cannot be {handler!r}",
                rule="an object of a class that inherits from TrainBegin, BatchEnd and so on",
                hint=hint if isinstance(handler, type) else "",
            )
    return list(found)


def _checked(value: Any, kind: type, what: str) -> Any:
    """The value, if it is of the kind."""
    if not isinstance(value, kind):
        made = isinstance(value, type) and issubclass(value, kind)
        raise ParameterError(
            f"{what} cannot be {value!r}",
            rule=f"a gluon {kind.__name__}",
            hint="make an object of it: write brackets behind the name" if made else "",
        )
    return value


def _check_loader(data: Any, what: str) -> None:
    if not isinstance(data, DataLoader):
        raise ParameterError(
            f"{what} is a {type(data).__name__}",
            rule="a gluon.data.DataLoader",
            hint="gluon.data.DataLoader(gluon.data.ArrayDataset(x, y), batch_size=...) makes one "
            "of arrays",
        )


def _check_length(epochs: int | None, batches: int | None) -> None:
    for what, value in (("epochs", epochs), ("batches", batches)):
        if value is not None and not (isinstance(value, Integral) and value > 0):
            raise ParameterError(f"{what} cannot be {value!r}", rule="a whole number above 0")
    if bool(epochs) == bool(batches):
        raise ParameterError(
            f"fit cannot know how long to train: epochs={epochs}, batches={batches}",
            rule="just one of epochs and batches",
        )


def _initialized(net: Block) -> bool:
    """Whether all parameters have values, or will have them with the first batch."""
    try:
        for parameter in net.collect_params().values():
            parameter.list_ctx()
    except RuntimeError:
        return False
    return True


def _contexts(context: Any, net: Block) -> list[Context]:
    """The devices to train on."""
    if context is None:
        parameters = list(net.collect_params().values())
        if parameters and _initialized(net):
            return parameters[0].list_ctx()
        return [gpu(i) for i in range(num_gpus())] or [cpu()]
    found = list(context) if isinstance(context, list | tuple) else [context]
    if not found or not all(isinstance(ctx, Context) for ctx in found):
        raise DTypeError(
            f"context cannot be {context!r}",
            rule="a Context or a list of them, such as mx.cpu() or [mx.gpu(0), mx.gpu(1)]",
        )
    for ctx in found:
        if ctx.device_type == "gpu" and ctx.device_id >= num_gpus():
            raise DeviceError(
                f"{ctx} is not available",
                rule=f"mxbook can use {num_gpus()} GPU(s) here",
                hint="mx.cpu() is always there; python -m mxbook.book doctor tells what is missing",
            )
    return found
