"""BucketingModule: one network for each length of the input, all with the same parameters."""

import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook import symbol as sym
from mxbook.base.context import Context
from mxbook.base.errors import ParameterError
from mxbook.checkpoint import Params, load_params
from mxbook.initializer import Initializer
from mxbook.symbol import Symbol

from .base_module import HOST, SMALL, BaseModule, Options
from .module import Module

__all__ = ["BucketingModule"]


class BucketingModule(BaseModule):
    """Modules for batches of different shapes, such as sentences of different lengths.

    sym_gen             a function from bucket key to (symbol, data names, label names)
    default_bucket_key  the largest bucket: what `bind` is about
    others              see Module

    A batch says with `bucket_key`, `provide_data` and `provide_label` which bucket it is for.

    >>> import mxbook as mx
    >>> def network(length):
    ...     total = mx.sym.sum(mx.sym.var("data"), axis=1, keepdims=True)
    ...     return mx.sym.FullyConnected(total, num_hidden=2, name="fc"), ["data"], None
    >>> module = BucketingModule(network, default_bucket_key=5)
    >>> module.bind([("data", (4, 5))])
    >>> module.init_params(mx.init.One())
    >>> module.switch_bucket(3, [("data", (4, 3))])
    >>> module.output_shapes
    [('fc_output', (4, 2))]

    Source: MXNet 1.6, `mxnet.mod.BucketingModule`.
    """

    def __init__(
        self,
        sym_gen: Callable[[Any], tuple[Symbol, Sequence[str] | None, Sequence[str] | None]],
        default_bucket_key: Any = None,
        logger: Any = logging,
        context: Context | Sequence[Context] = HOST,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
    ):
        super().__init__(logger=logger)
        if default_bucket_key is None:
            raise ParameterError("a BucketingModule needs a default_bucket_key")
        self._sym_gen = sym_gen
        self._default_bucket_key = default_bucket_key
        self._options = {
            "logger": logger,
            "context": context,
            "work_load_list": work_load_list,
            "fixed_param_names": fixed_param_names,
            "state_names": state_names,
            "group2ctxs": group2ctxs,
            "compression_params": compression_params,
        }
        self._default = self._module(default_bucket_key)  # says at once what does not fit
        self._params_dirty = False
        self._monitor: Any = None
        self._grad_req: Any = None
        self._loaded: tuple[Params, Params] | None = None
        self._unbind()

    def _module(self, bucket_key: Any) -> Module:
        symbol, data_names, label_names = self._sym_gen(bucket_key)
        return Module(symbol, data_names, label_names, **self._options)

    def _unbind(self) -> None:
        self.binded = False
        self._buckets: dict[Any, Module] = {}
        self._curr_module: Module | None = None
        self._curr_bucket_key: Any = None

    @property
    def _current(self) -> Module:
        self._require("binded")
        return self._curr_module  # type: ignore[return-value]

    # ---- files

    def save_checkpoint(self, prefix: str, epoch: int, remove_amp_cast: bool = False) -> None:
        """Write the parameters, the symbol of each bucket, and the list of buckets.

        The files are `prefix-0001.params`, `prefix-<key>-symbol.json` and `prefix.buckets`; keys
        are whole numbers.
        """
        self._require("binded", "params_initialized")
        name = f"{prefix}-{epoch:04d}.params"
        self.save_params(name)
        logging.info('Saved checkpoint to "%s"', name)
        for key, module in self._buckets.items():
            module.symbol.save(f"{prefix}-{key}-symbol.json", remove_amp_cast)
        nd.save(f"{prefix}.buckets", nd.array(list(self._buckets), dtype=np.int32))

    @staticmethod
    def load(
        prefix: str,
        epoch: int,
        sym_gen: Callable | None = None,
        default_bucket_key: Any = None,
        **kwargs: Any,
    ) -> "BucketingModule":
        """The module of a checkpoint; parameters have their values as soon as it is bound."""
        keys = nd.load(f"{prefix}.buckets")[0].asnumpy().tolist()
        symbols = {key: sym.load(f"{prefix}-{key}-symbol.json") for key in keys}
        arg_params, aux_params = load_params(prefix, epoch)
        return BucketingModule.load_dict(
            symbols, sym_gen, default_bucket_key, arg_params, aux_params, **kwargs
        )

    @staticmethod
    def load_dict(
        sym_dict: dict[Any, Symbol] | None = None,
        sym_gen: Callable | None = None,
        default_bucket_key: Any = None,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        **kwargs: Any,
    ) -> "BucketingModule":
        """A module whose parameters have these values as soon as it is bound.

        sym_dict  the symbol of each bucket; others are made by `sym_gen`

        Raises ParameterError without `sym_gen`, which tells the names of data and labels.
        """
        if sym_gen is None:
            raise ParameterError("a BucketingModule needs a sym_gen")

        def with_stored(key: Any) -> tuple:
            found, data_names, label_names = sym_gen(key)
            return (sym_dict or {}).get(key, found), data_names, label_names

        made = BucketingModule(with_stored, default_bucket_key, **kwargs)
        made._loaded = (arg_params or {}, aux_params or {})
        made.params_initialized = True
        return made

    # ---- names and shapes

    @property
    def data_names(self) -> list[str]:
        """Names of the data of the current bucket."""
        return (self._curr_module or self._default).data_names

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs of the current bucket."""
        return (self._curr_module or self._default).output_names

    @property
    def data_shapes(self) -> list:
        """Names and shapes of the data of the current bucket."""
        return self._current.data_shapes

    @property
    def label_shapes(self) -> list | None:
        """Names and shapes of the labels of the current bucket."""
        return self._current.label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the outputs of the current bucket."""
        return self._current.output_shapes

    @property
    def symbol(self) -> Symbol:
        """The network of the current bucket."""
        return self._current.symbol  # type: ignore[return-value]

    # ---- buckets

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
        """Make arrays for the default bucket; the others follow when they are needed.

        Raises ParameterError for a `shared_module`.  See Module.bind.
        """
        if shared_module is not None:
            raise ParameterError("shared_module for BucketingModule is not supported")
        kept = self.get_params() if self.binded and self.params_initialized else self._loaded
        if force_rebind:
            self._unbind()
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._grad_req = grad_req
        module = self._module(self._default_bucket_key)
        module.bind(data_shapes, label_shapes, for_training, inputs_need_grad, grad_req=grad_req)
        self._curr_module, self._curr_bucket_key = module, self._default_bucket_key
        self._buckets = {self._default_bucket_key: module}
        self.binded = True
        if kept is not None:
            self.set_params(*kept)

    def switch_bucket(
        self, bucket_key: Any, data_shapes: list | None, label_shapes: list | None = None
    ) -> None:
        """Go on with another bucket; its module is made when it is new."""
        self._require("binded")
        if bucket_key not in self._buckets:
            module = self._module(bucket_key)
            module.bind(
                data_shapes,  # type: ignore[arg-type]
                label_shapes,
                self.for_training,
                self.inputs_need_grad,
                shared_module=self._buckets[self._default_bucket_key],
                grad_req=self._grad_req,
            )
            if self._monitor is not None:
                module.install_monitor(self._monitor)
            self._buckets[bucket_key] = module
        self._curr_module = self._buckets[bucket_key]
        self._curr_bucket_key = bucket_key

    # ---- parameters

    def init_params(
        self,
        initializer: Initializer | Callable | None = SMALL,
        arg_params: Params | None = None,
        aux_params: Params | None = None,
        allow_missing: bool = False,
        force_init: bool = False,
        allow_extra: bool = False,
    ) -> None:
        """Give values to the parameters, which all buckets share; see Module.init_params."""
        if self.params_initialized and not force_init:
            return
        self._current.init_params(
            initializer, arg_params, aux_params, allow_missing, force_init, allow_extra
        )
        self._params_dirty = False
        self.params_initialized = True

    def set_params(
        self,
        arg_params: Params | None,
        aux_params: Params | None,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Give values to parameters, by name; see Module.set_params."""
        if self.params_initialized and not force_init:
            warnings.warn(
                "Parameters already initialized and force_init=False. set_params call ignored.",
                stacklevel=2,
            )
            return
        self._current.set_params(arg_params, aux_params, allow_missing, force_init, allow_extra)
        self._params_dirty = allow_missing  # else the module has them itself
        self.params_initialized = True

    def get_params(self) -> tuple[Params, Params]:
        """Arguments and auxiliary states by name."""
        self._require("binded", "params_initialized")
        module = self._current
        module._params_dirty = module._params_dirty or self._params_dirty
        self._params_dirty = False
        return module.get_params()

    # ---- training

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Options = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Choose the optimizer, which all buckets share; see Module.init_optimizer."""
        self._require("binded", "params_initialized")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring.")
            return
        current = self._current
        current.init_optimizer(kvstore, optimizer, optimizer_params, force_init)
        for module in self._buckets.values():
            if module is not current:
                module.borrow_optimizer(current)
        self.optimizer_initialized = True

    def prepare(self, data_batch: Any, sparse_row_id_fn: Callable | None = None) -> None:
        """Make the module for a batch that comes next, and let it get ready."""
        self._require("binded", "params_initialized")
        before = self._curr_bucket_key
        self._switch_to(data_batch)
        self._current.prepare(data_batch, sparse_row_id_fn)
        self.switch_bucket(before, None)

    def _switch_to(self, batch: Any) -> None:
        self.switch_bucket(batch.bucket_key, batch.provide_data, batch.provide_label)

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Go on with the bucket of a batch, and compute its outputs."""
        self._require("binded", "params_initialized")
        self._switch_to(data_batch)
        self._current.forward(data_batch, is_train)

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients of the current bucket."""
        self._require("binded", "params_initialized")
        self._current.backward(out_grads)

    def update(self) -> None:
        """Let the optimizer change the parameters of all buckets."""
        self._require("binded", "params_initialized", "optimizer_initialized")
        self._params_dirty = True
        self._current.update()

    # ---- results

    def get_outputs(self, merge_multi_context: bool = True) -> list:
        """The outputs of the current bucket; see Module.get_outputs."""
        self._require("binded", "params_initialized")
        return self._current.get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list:
        """The gradients of the data of the current bucket; see Module.get_input_grads."""
        self._require("binded", "params_initialized")
        return self._current.get_input_grads(merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list:
        """The states of the current bucket; see Module.get_states."""
        self._require("binded", "params_initialized")
        return self._current.get_states(merge_multi_context)

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states of the current bucket; see Module.set_states."""
        self._require("binded", "params_initialized")
        self._current.set_states(states, value)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric look at the outputs of the current bucket."""
        self._require("binded", "params_initialized")
        self._current.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch all buckets."""
        self._require("binded")
        self._monitor = mon
        for module in self._buckets.values():
            module.install_monitor(mon)
