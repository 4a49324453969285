"""SequentialModule: modules behind each other; the outputs of one are the data of the next."""

import copy
import logging
from collections.abc import Callable
from typing import Any

from mxbook.base.errors import MXNetError, ParameterError, nearest
from mxbook.checkpoint import Params
from mxbook.initializer import Initializer

from .base_module import SMALL, BaseModule, Options

__all__ = ["SequentialModule"]


class SequentialModule(BaseModule):
    """Modules behind each other, which together behave like one.

    >>> import mxbook as mx
    >>> from mxbook.module import Module
    >>> first = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc1")
    >>> last = mx.sym.SoftmaxOutput(mx.sym.var("fc1_output"), name="softmax")
    >>> whole = SequentialModule()
    >>> _ = whole.add(Module(first, label_names=None))
    >>> _ = whole.add(Module(last, ["fc1_output"]), take_labels=True)
    >>> whole.bind([("data", (4, 2))], [("softmax_label", (4,))])
    >>> whole.output_shapes
    [('softmax_output', (4, 3))]

    Source: MXNet 1.6, `mxnet.mod.SequentialModule`.
    """

    META_TAKE_LABELS = "take_labels"
    META_AUTO_WIRING = "auto_wiring"

    def __init__(self, logger: Any = logging):
        super().__init__(logger=logger)
        self._modules: list[BaseModule] = []
        self._metas: list[dict[str, Any]] = []
        self._data_shapes: list = []
        self._label_shapes: list | None = None
        self._meta_keys = {self.META_TAKE_LABELS, self.META_AUTO_WIRING}

    def add(self, module: BaseModule, **kwargs: Any) -> "SequentialModule":
        """Put a module at the end; returns this one, so that calls can be chained.

        take_labels  whether it gets the labels
        auto_wiring  whether the outputs of the one before get the names of its data

        Raises ParameterError for other options.
        """
        for key in kwargs:
            if key not in self._meta_keys:
                raise ParameterError(
                    f"Unknown meta {key!r}",
                    rule=", ".join(sorted(self._meta_keys)),
                    hint=nearest(key, self._meta_keys),
                )
        self._modules.append(module)
        self._metas.append(kwargs)
        self.binded = self.params_initialized = self.optimizer_initialized = False
        return self

    # ---- names and shapes

    @property
    def data_names(self) -> list[str]:
        """Names of the data of the first module."""
        return self._modules[0].data_names if self._modules else []

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs of the last module."""
        return self._modules[-1].output_names if self._modules else []

    @property
    def data_shapes(self) -> list:
        """Names and shapes of the data of the first module."""
        self._require("binded")
        return self._modules[0].data_shapes

    @property
    def label_shapes(self) -> list | None:
        """Names and shapes of the labels; None where no module takes them."""
        self._require("binded")
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the outputs of the last module."""
        self._require("binded")
        return self._modules[-1].output_shapes

    # ---- set up

    def bind(
        self,
        data_shapes: list,
        label_shapes: list | None = None,
        for_training: bool = True,
        inputs_need_grad: bool = False,
        force_rebind: bool = False,
        shared_module: BaseModule | None = None,
        grad_req: Any = "write",
    ) -> None:
        """Bind all modules, each to the shapes of the outputs before it; see Module.bind.

        Raises ParameterError for a `shared_module`, MXNetError where there are no modules.
        """
        if self.binded and not force_rebind:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if shared_module is not None:
            raise ParameterError("Shared module is not supported")
        if not self._modules:
            raise MXNetError("Attempting to bind an empty SequentialModule", hint="add(module)")
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        shapes, anybody = data_shapes, False
        for i, (module, meta) in enumerate(zip(self._modules, self._metas, strict=True)):
            takes = bool(meta.get(self.META_TAKE_LABELS))
            anybody = anybody or takes
            if meta.get(self.META_AUTO_WIRING):
                pairs = zip(module.data_names, shapes, strict=True)
                shapes = [(name, shape) for name, (_, shape) in pairs]
            module.bind(
                shapes,
                label_shapes if takes else None,
                for_training=for_training,
                inputs_need_grad=inputs_need_grad or (for_training and i > 0),
                force_rebind=force_rebind,
                grad_req=grad_req,
            )
            shapes = module.output_shapes
        self._label_shapes = label_shapes if anybody else None
        self.binded = True

    def init_params(
        self,
        initializer: Initializer | Callable | None = SMALL,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Give values to the parameters of all modules; see Module.init_params.

        Each module takes what it has from the given ones.  Raises ParameterError where two modules
        have a parameter of the same name.
        """
        if self.params_initialized and not force_init:
            return
        self._require("binded")
        for module in self._modules:
            module.init_params(
                initializer, arg_params, aux_params, allow_missing, force_init, allow_extra=True
            )
        self._check_names()
        self.params_initialized = True

    def _check_names(self) -> None:
        seen: dict[tuple[int, str], int] = {}
        for i, module in enumerate(self._modules):
            for kind, params in enumerate(module.get_params()):
                for name in params:
                    if (kind, name) in seen:
                        raise ParameterError(
                            f"Duplicated parameter names: name {name!r} in layer {i} is already "
                            f"used in layer {seen[kind, name]}."
                        )
                    seen[kind, name] = i

    def get_params(self) -> tuple[Params, Params]:
        """Arguments and auxiliary states of all modules, by name."""
        self._require("binded", "params_initialized")
        found: tuple[Params, Params] = ({}, {})
        for module in self._modules:
            for whole, part in zip(found, module.get_params(), strict=True):
                whole.update(part)
        return found

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Options = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Choose the optimizer for all modules; see Module.init_optimizer."""
        self._require("binded", "params_initialized")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        for module in self._modules:
            module.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        self.optimizer_initialized = True

    # ---- computing

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs of all modules, one after the other."""
        self._require("binded", "params_initialized")
        batch = copy.copy(data_batch)
        for module in self._modules:
            module.forward(batch, is_train=is_train)
            if module is self._modules[-1]:
                break
            batch.data = module.get_outputs()
            if getattr(batch, "provide_data", None):
                names = [name for name, _ in module.output_shapes]
                pairs = zip(names, batch.data, strict=True)
                batch.provide_data = [(name, array.shape) for name, array in pairs]

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients of all modules, from the last to the first."""
        self._require("binded", "params_initialized")
        for module in reversed(self._modules):
            module.backward(out_grads=out_grads)
            if module is not self._modules[0]:
                out_grads = module.get_input_grads()

    def update(self) -> None:
        """Let the optimizer change the parameters of all modules."""
        self._require("binded", "params_initialized", "optimizer_initialized")
        for module in self._modules:
            module.update()

    def get_outputs(self, merge_multi_context: bool = True) -> list:
        """The outputs of the last module."""
        self._require("binded", "params_initialized")
        return self._modules[-1].get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list:
        """The gradients of the data of the first module."""
        self._require("binded", "params_initialized")
        return self._modules[0].get_input_grads(merge_multi_context)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric look at the outputs of the modules that take labels."""
        self._require("binded", "params_initialized")
        for module, meta in zip(self._modules, self._metas, strict=True):
            if meta.get(self.META_TAKE_LABELS):
                module.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch all modules."""
        self._require("binded")
        for module in self._modules:
            module.install_monitor(mon)
