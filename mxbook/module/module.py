"""Module: a symbol with its parameters, trained on one device or several."""

import logging
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from mxbook import optimizer as opt
from mxbook.base.context import Context
from mxbook.base.errors import DTypeError, MXNetError, ParameterError
from mxbook.checkpoint import Params, load_checkpoint
from mxbook.formats import atomic
from mxbook.initializer import InitDesc, Initializer
from mxbook.io import DataDesc
from mxbook.kvstore import exchange
from mxbook.ndarray import NDArray, zeros
from mxbook.symbol import Symbol

from .base_module import HOST, SMALL, BaseModule, Options
from .data_shapes import check_names, described, device_groups, resized
from .executor_group import DataParallelExecutorGroup

__all__ = ["Module"]


class Module(BaseModule):
    """A network given as a symbol, whose arguments are data, labels, states and parameters.

    symbol              the network
    data_names, label_names, state_names   arguments that are no parameters
    context             a device, or a list of devices that share each batch
    work_load_list      how much of a batch each device gets; the same when None
    fixed_param_names   parameters that are not trained
    group2ctxs          devices of parts of the network; mxbook computes all on `context`
    compression_params  see `KVStore.set_gradient_compression`

    >>> import mxbook as mx
    >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    >>> module = Module(net, label_names=None)
    >>> module.bind([("data", (4, 3))])
    >>> module.init_params(mx.init.One())
    >>> module.predict(mx.nd.ones((4, 3))).asnumpy()[0]
    array([3., 3.], dtype=float32)

    Raises ParameterError for names that are no arguments of the symbol.  Source: MXNet 1.6,
    `mxnet.mod.Module`.
    """

    def __init__(
        self,
        symbol: Symbol,
        data_names: Sequence[str] | None = ("data",),
        label_names: Sequence[str] | None = ("softmax_label",),
        logger: Any = logging,
        context: Context | Sequence[Context] = HOST,
        work_load_list: Sequence[float] | None = None,
        fixed_param_names: Sequence[str] | None = None,
        state_names: Sequence[str] | None = None,
        group2ctxs: Any = None,
        compression_params: dict[str, Any] | None = None,
    ):
        super().__init__(logger=logger)
        self._context = [context] if isinstance(context, Context) else list(context)
        self._work_load_list = list(work_load_list or [1] * len(self._context))
        if len(self._work_load_list) != len(self._context):
            raise ParameterError(
                f"{len(self._work_load_list)} work loads for {len(self._context)} contexts"
            )
        self._group2ctxs = device_groups(group2ctxs, len(self._context))
        self._symbol: Symbol = symbol
        self._data_names = list(data_names or [])
        self._label_names = list(label_names or [])
        self._state_names = list(state_names or [])
        self._fixed_param_names = list(fixed_param_names or [])
        check_names(symbol, self._data_names, "data", True)
        check_names(symbol, self._label_names, "label", False)
        check_names(symbol, self._state_names, "state", True)
        check_names(symbol, self._fixed_param_names, "fixed_param", True)
        inputs = {*self._data_names, *self._label_names, *self._state_names}
        self._param_names = [n for n in symbol.list_arguments() if n not in inputs]
        self._aux_names = symbol.list_auxiliary_states()
        self._output_names = symbol.list_outputs()
        self._compression_params = compression_params
        self._arg_params: Params = {}
        self._aux_params: Params = {}
        self._params_dirty = False  # the devices have newer parameters than these
        self._optimizer: opt.Optimizer | None = None
        self._kvstore: Any = None
        self._update_on_kvstore = False
        self._updater: opt.Updater | None = None
        self._preload_opt_states: str | None = None
        self._grad_req: Any = None
        self._unbind()

    def _unbind(self) -> None:
        self.binded = False
        self._exec_group: DataParallelExecutorGroup | None = None
        self._data_shapes: list[DataDesc] = []
        self._label_shapes: list[DataDesc] | None = None

    @property
    def _group(self) -> DataParallelExecutorGroup:
        self._require("binded")
        return self._exec_group  # type: ignore[return-value]

    # ---- files

    @staticmethod
    def load(
        prefix: str, epoch: int, load_optimizer_states: bool = False, **kwargs: Any
    ) -> "Module":
        """The module of a checkpoint; `kwargs` are arguments of Module.

        Parameters have their values as soon as it is bound, and with `load_optimizer_states` the
        optimizer its states as soon as there is one.
        """
        symbol, args, auxs = load_checkpoint(prefix, epoch)
        made = Module(symbol=symbol, **kwargs)
        made._arg_params, made._aux_params = args, auxs
        made.params_initialized = True
        if load_optimizer_states:
            made._preload_opt_states = f"{prefix}-{epoch:04d}.states"
        return made

    def save_checkpoint(
        self,
        prefix: str,
        epoch: int,
        save_optimizer_states: bool = False,
        remove_amp_cast: bool = True,
    ) -> None:
        """Write `prefix-symbol.json`, `prefix-0001.params` and, if wanted, `prefix-0001.states`."""
        self._symbol.save(f"{prefix}-symbol.json", remove_amp_cast=remove_amp_cast)
        name = f"{prefix}-{epoch:04d}.params"
        self.save_params(name)
        logging.info('Saved checkpoint to "%s"', name)
        if save_optimizer_states:
            name = f"{prefix}-{epoch:04d}.states"
            self.save_optimizer_states(name)
            logging.info('Saved optimizer state to "%s"', name)

    def save_optimizer_states(self, fname: str) -> None:
        """Write the states of the optimizer (such as momenta) into a file."""
        self._require("optimizer_initialized")
        if self._update_on_kvstore:
            self._kvstore.save_optimizer_states(fname)
        else:
            atomic.write(fname, [self._updater.get_states()])  # type: ignore[union-attr]

    def load_optimizer_states(self, fname: str) -> None:
        """Read what `save_optimizer_states` wrote."""
        self._require("optimizer_initialized")
        if self._update_on_kvstore:
            self._kvstore.load_optimizer_states(fname)
            return
        with open(fname, "rb") as file:
            self._updater.set_states(file.read())  # type: ignore[union-attr]

    # ---- names and shapes

    @property
    def data_names(self) -> list[str]:
        """Names of the data."""
        return self._data_names

    @property
    def label_names(self) -> list[str]:
        """Names of the labels."""
        return self._label_names

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs."""
        return self._output_names

    @property
    def data_shapes(self) -> list[DataDesc]:
        """Names and shapes of the data, after `bind`."""
        self._require("binded")
        return self._data_shapes

    @property
    def label_shapes(self) -> list[DataDesc] | None:
        """Names and shapes of the labels, after `bind`; None without labels."""
        self._require("binded")
        return self._label_shapes

    @property
    def output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the outputs, after `bind`."""
        return self._group.get_output_shapes()

    # ---- bind

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
        """Make arrays for data of these shapes.

        data_shapes, label_shapes   pairs of name and shape, or DataDesc
        for_training                gradients can be computed
        inputs_need_grad            those of the data, too
        force_rebind                begin anew, if bound before; otherwise nothing is done then
        shared_module               a module whose parameters (and optimizer) are taken over
        grad_req                    `write`, `add` or `null`, or one for each argument

        Raises ParameterError for other names than the module has, ShapeError where shapes do not
        follow.
        """
        if force_rebind:
            self._unbind()
        if self.binded:
            self.logger.warning("Already bound, ignoring bind()")
            return
        if inputs_need_grad and not for_training:
            raise ParameterError("inputs_need_grad=True needs for_training=True")
        data, labels = described(self._data_names, self._label_names, data_shapes, label_shapes)
        shared = self._shared(shared_module)
        self._exec_group = DataParallelExecutorGroup(
            self._symbol,
            self._context,
            self._work_load_list,
            data,
            labels,
            self._param_names,
            for_training,
            inputs_need_grad,
            shared and shared._exec_group,
            logger=self.logger,
            fixed_param_names=self._fixed_param_names,
            grad_req=grad_req,
            state_names=self._state_names,
            group2ctxs=self._group2ctxs,
        )
        self.for_training, self.inputs_need_grad = for_training, inputs_need_grad
        self._data_shapes, self._label_shapes, self._grad_req = data, labels, grad_req
        self.binded = True
        self._connect_params(shared)

    @staticmethod
    def _shared(module: BaseModule | None) -> "Module | None":
        if module is not None and not isinstance(module, Module):
            raise DTypeError(f"shared_module is a {type(module).__name__}", rule="a Module")
        if module is not None:
            module._require("binded", "params_initialized")
        return module

    def _connect_params(self, shared: "Module | None") -> None:
        """Parameters of another module, of a file, or new ones."""
        group = self._group
        if shared is not None:
            self.params_initialized = True
            self._arg_params, self._aux_params = shared._arg_params, shared._aux_params
            if shared.optimizer_initialized:
                self.borrow_optimizer(shared)
        elif self.params_initialized:
            lacks = {*group.param_names} - {*self._arg_params}
            if lacks:
                raise MXNetError(f"the checkpoint has no {min(lacks)!r}", hint="init_params()")
            group.set_params(self._arg_params, self._aux_params, allow_extra=True)
        else:
            for names, blocks, params in (
                (group.param_names, group.param_arrays, self._arg_params),
                (group.aux_names, group.aux_arrays, self._aux_params),
            ):
                for name, block in zip(names, blocks, strict=True):
                    params[name] = zeros(block[0].shape, dtype=block[0].dtype)

    def reshape(self, data_shapes: list, label_shapes: list | None = None) -> None:
        """Go on with data of other shapes; parameters stay."""
        data, labels = described(self._data_names, self._label_names, data_shapes, label_shapes)
        self._group.reshape(data, labels)
        self._data_shapes, self._label_shapes = data, labels

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
        """Give values to the parameters.

        initializer             fills those that `arg_params` and `aux_params` do not have
        arg_params, aux_params  values by name; if given, they must have all, unless `allow_missing`
        force_init              also where there are values already
        allow_extra             ignore names that the network does not have

        Raises RuntimeError for a missing value, ParameterError for an unknown name.
        """
        if self.params_initialized and not force_init:
            warnings.warn(
                "Parameters already initialized and force_init=False. init_params call ignored.",
                stacklevel=2,
            )
            return
        group = self._group
        attrs = self._symbol.attr_dict()
        for own, given in ((self._arg_params, arg_params), (self._aux_params, aux_params)):
            for name, array in sorted(own.items()):
                desc = InitDesc(name, attrs.get(name))
                _fill(desc, array, given, initializer, allow_missing)
        self._check_extra(arg_params, aux_params, allow_extra)
        self.params_initialized = True
        self._params_dirty = False
        group.set_params(self._arg_params, self._aux_params, allow_extra=True)

    def _check_extra(self, arg_params: Any, aux_params: Any, allow_extra: bool) -> None:
        for own, given in ((self._arg_params, arg_params), (self._aux_params, aux_params)):
            extra = [name for name in given or {} if name not in own]
            if extra and not allow_extra:
                raise ParameterError(
                    f'Find name "{extra[0]}" that is not in the arguments',
                    rule=", ".join(own),
                    hint="allow_extra=True ignores it",
                )

    def set_params(
        self,
        arg_params: Params | None,
        aux_params: Params | None,
        allow_missing: bool = False,
        force_init: bool = True,
        allow_extra: bool = False,
    ) -> None:
        """Give values to parameters, by name.

        Without `allow_missing` all must be there.  Otherwise see `init_params`.
        """
        if not allow_missing:
            self.init_params(None, arg_params, aux_params, False, force_init, allow_extra)
            return
        if self.params_initialized and not force_init:
            warnings.warn(
                "Parameters already initialized and force_init=False. set_params call ignored.",
                stacklevel=2,
            )
            return
        self._group.set_params(arg_params or {}, aux_params or {}, allow_extra=allow_extra)
        self._params_dirty = True
        self.params_initialized = True

    def get_params(self) -> tuple[Params, Params]:
        """Arguments and auxiliary states by name, in the processor's memory; the mean of all
        devices.
        """
        self._require("binded", "params_initialized")
        if self._params_dirty:
            self._sync_params_from_devices()
        return self._arg_params, self._aux_params

    def _sync_params_from_devices(self) -> None:
        self._group.get_params(self._arg_params, self._aux_params)
        self._params_dirty = False

    # ---- training

    def init_optimizer(
        self,
        kvstore: Any = "local",
        optimizer: Any = "sgd",
        optimizer_params: Options = (("learning_rate", 0.01),),
        force_init: bool = False,
    ) -> None:
        """Choose the optimizer, and the store where several devices meet.

        kvstore            a name, a KVStore, or None; one device needs none
        optimizer          a name, with `optimizer_params`, or an Optimizer
        force_init         also where there is one already

        Gradients are divided by the batch size, unless `optimizer_params` has a `rescale_grad`.
        """
        self._require("binded", "params_initialized")
        if self.optimizer_initialized and not force_init:
            self.logger.warning("optimizer already initialized, ignoring...")
            return
        if self._params_dirty:
            self._sync_params_from_devices()
        group = self._group
        store, on_store = exchange.create_for(kvstore, len(self._context), self._arg_params)
        self._optimizer = self._made_optimizer(optimizer, optimizer_params, store, on_store)
        self._kvstore, self._update_on_kvstore, self._updater = store, on_store, None
        if store is not None:
            if self._compression_params:
                store.set_gradient_compression(self._compression_params)
            if on_store:
                store.set_optimizer(self._optimizer)
            exchange.fill(store, group.param_arrays, self._arg_params, group.param_names, on_store)
        if not on_store:
            self._updater = opt.get_updater(self._optimizer)
        self.optimizer_initialized = True
        if self._preload_opt_states is not None:
            self.load_optimizer_states(self._preload_opt_states)
            self._preload_opt_states = None

    def _made_optimizer(
        self, optimizer: Any, optimizer_params: Options, store: Any, on_store: bool
    ) -> opt.Optimizer:
        group, count = self._group, 1 if on_store else len(self._context)
        batch_size = group.batch_size
        if store is not None and "dist" in store.type and "_sync" in store.type:
            batch_size *= store.num_workers
        factor = 1.0 / batch_size
        names = {
            i * count + k: name for i, name in enumerate(group.param_names) for k in range(count)
        }
        if isinstance(optimizer, str):
            options = {"rescale_grad": factor, **dict(optimizer_params)}
            return opt.create(optimizer, sym=self._symbol, param_idx2name=names, **options)
        if not isinstance(optimizer, opt.Optimizer):
            raise DTypeError(f"optimizer is a {type(optimizer).__name__}", rule="or its name")
        if optimizer.rescale_grad != factor:
            warnings.warn(
                "Optimizer created manually outside Module but rescale_grad is not normalized to "
                f"1.0/batch_size/num_workers ({optimizer.rescale_grad} vs. {factor}). "
                "Is this intended?",
                stacklevel=3,
            )
        if not optimizer.idx2name:
            optimizer.idx2name = names
        return optimizer

    def borrow_optimizer(self, shared_module: "Module") -> None:
        """Train with the optimizer of another module, whose parameters are these, too."""
        shared_module._require("optimizer_initialized")
        self._optimizer = shared_module._optimizer
        self._kvstore = shared_module._kvstore
        self._update_on_kvstore = shared_module._update_on_kvstore
        self._updater = shared_module._updater
        self.optimizer_initialized = True

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Compute the outputs for a batch: a DataBatch, or a list with one for each device.

        `is_train` is what `bind` was told when None.  A batch of another shape is fine.
        """
        self._require("binded", "params_initialized")
        shapes = _shapes_of(data_batch)
        if shapes != [tuple(desc.shape) for desc in self._data_shapes]:
            self.reshape(*self._other_shapes(data_batch, shapes))
        self._group.forward(data_batch, is_train)

    def _other_shapes(self, batch: Any, shapes: list[tuple]) -> tuple[list, list | None]:
        """Shapes of data and labels of a batch that has others than the module was bound for."""
        if getattr(batch, "provide_data", None):
            data = batch.provide_data
        else:
            pairs = zip(self._data_shapes, shapes, strict=True)
            data = [DataDesc(d.name, shape, d.dtype, d.layout) for d, shape in pairs]
        if getattr(batch, "provide_label", None):
            return data, batch.provide_label
        labels, own = getattr(batch, "label", None), self._label_shapes or []
        if labels:
            found = [tuple(array.shape) for array in labels]
        else:  # as many as there are data
            size = resized(self._data_shapes, [tuple(desc.shape) for desc in data])
            found = [size(desc) for desc in own]
        pairs = zip(own, found, strict=True)
        return data, [DataDesc(d.name, shape, d.dtype, d.layout) for d, shape in pairs] or None

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients; `out_grads` are those of the outputs, which losses need not."""
        self._require("binded", "params_initialized")
        self._group.backward(out_grads=out_grads)

    def update(self) -> None:
        """Let the optimizer change the parameters by the gradients of the last batch."""
        self._require("binded", "params_initialized", "optimizer_initialized")
        self._params_dirty = True
        group = self._group
        if self._update_on_kvstore:
            exchange.update_on_store(
                group.param_arrays, group.grad_arrays, self._kvstore, group.param_names
            )
        else:
            exchange.update_on_devices(
                group.param_arrays,
                group.grad_arrays,
                self._updater,  # type: ignore[arg-type]
                len(self._context),
                self._kvstore,
                group.param_names,
            )

    # ---- results

    def get_outputs(self, merge_multi_context: bool = True) -> list:
        """The outputs of the last `forward`: joined, or a list with one array a device for each."""
        self._require("binded", "params_initialized")
        return self._group.get_outputs(merge_multi_context)

    def get_input_grads(self, merge_multi_context: bool = True) -> list:
        """The gradients of the data; only after `bind(..., inputs_need_grad=True)`."""
        self._require("binded", "params_initialized")
        return self._group.get_input_grads(merge_multi_context)

    def get_states(self, merge_multi_context: bool = True) -> list:
        """The states, for each a list with one array a device (`merge_multi_context=False`)."""
        self._require("binded", "params_initialized")
        return self._group.get_states(merge_multi_context)

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states to arrays, in the form of `get_states`, or all elements to a number."""
        self._require("binded", "params_initialized")
        self._group.set_states(states, value)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric look at labels and outputs of the last `forward`."""
        self._group.update_metric(eval_metric, labels, pre_sliced)

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch the arrays inside."""
        self._group.install_monitor(mon)

    def prepare(self, data_batch: Any, sparse_row_id_fn: Callable | None = None) -> None:
        """Get ready for a batch that comes next.

        With `sparse_row_id_fn(batch)`, a dict from parameter to row numbers, those rows of
        row_sparse parameters are fetched from the store.
        """
        self._require("binded")
        if sparse_row_id_fn is None:
            return
        if self._kvstore is None or not self._update_on_kvstore:
            warnings.warn(
                "Parameters are not updated in the KVStore. No need to call sparse_row_id_fn.",
                stacklevel=2,
            )
            return
        group = self._group
        for name, ids in sparse_row_id_fn(data_batch).items():
            block = group.param_arrays[group.param_names.index(name)]
            if any(array.stype == "row_sparse" for array in block):
                self._kvstore.row_sparse_pull(name, block, row_ids=[ids] * len(block))


def _fill(
    desc: InitDesc,
    array: NDArray,
    given: Params | None,
    initializer: Callable | None,
    allow_missing: bool,
) -> None:
    """Give an array its value: the given one, or the initializer's."""
    if given is not None and desc in given:
        if given[desc] is not array:
            given[desc].astype(array.dtype).copyto(array)
        return
    if given is not None and not allow_missing:
        raise MissingParameterError(
            f"{desc} is not presented", hint="allow_missing=True, with an initializer"
        )
    if initializer is not None:
        initializer(desc, array)
    elif given is None:
        raise MissingParameterError(f"nothing gives {desc} a value", hint="give an initializer")


class MissingParameterError(MXNetError, RuntimeError):
    """A parameter without a value."""


def _shapes_of(batch: Any) -> list[tuple]:
    """The shapes of the data of a batch, or of all parts of it together."""
    if not isinstance(batch, list):
        return [tuple(array.shape) for array in batch.data]
    parts = zip(*(b.data for b in batch), strict=True)
    return [(sum(a.shape[0] for a in arrays), *arrays[0].shape[1:]) for arrays in parts]
