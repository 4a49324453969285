"""Trainer: changes the parameters of a network by their gradients.

    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    with autograd.record():
        l = loss(net(x), y)
    l.backward()
    trainer.step(batch_size)

One step: the gradients of all devices are added up, multiplied by `rescale_grad / batch_size`, and
given to the optimizer, either on the key-value store or on each device.

Source: MXNet 1.6, `mxnet.gluon.trainer`.
"""

import os
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from mxbook import kvstore as kv
from mxbook import optimizer as opt
from mxbook.base.context import Context
from mxbook.base.errors import DTypeError, MXNetError, ParameterError
from mxbook.formats import atomic

from .parameter import Parameter, ParameterDict
from .parameter_errors import deferred

__all__ = ["StaleGradientError", "Trainer"]

LARGE = 16 * 2**20  # elements; MXNet does not update larger arrays on a store of type local


class StaleGradientError(MXNetError, UserWarning):
    """A step was asked for, but backward has not computed the gradient of some parameters."""


class Trainer:
    """Applies an optimizer to a set of parameters.

    params             a ParameterDict (`net.collect_params()`), a dict or a list of parameters
    optimizer          a name, with arguments in `optimizer_params`, or an Optimizer
    kvstore            how several devices exchange: `device`, `local`, a KVStore, or None
    update_on_kvstore  whether the store applies the optimizer; decided from kvstore and devices
                       when None

    >>> from mxbook import autograd, nd
    >>> w = Parameter("w", shape=(1,), init="ones")
    >>> w.initialize()
    >>> trainer = Trainer([w], "sgd", {"learning_rate": 0.5})
    >>> with autograd.record():
    ...     loss = w.data() * nd.array([1.0])
    >>> loss.backward()
    >>> trainer.step(1)
    >>> w.data().asnumpy()
    array([0.5], dtype=float32)
    """

    def __init__(
        self,
        params: ParameterDict | Mapping[str, Parameter] | Iterable[Parameter],
        optimizer: "str | opt.Optimizer",
        optimizer_params: dict[str, Any] | None = None,
        kvstore: "str | kv.KVStore | None" = "device",
        compression_params: dict[str, Any] | None = None,
        update_on_kvstore: bool | None = None,
    ):
        # The names with an underscore are MXNet's own; sockeye, gluonnlp and others use them.
        self._params = _listed(params)
        self._param2idx = {p.name: i for i, p in enumerate(self._params)}
        for parameter in self._params:
            parameter._set_trainer(self)
        self._contains_sparse_weight = any(p._stype != "default" for p in self._params)
        self._contains_sparse_grad = any(p._grad_stype != "default" for p in self._params)
        self._compression_params = compression_params
        self._contexts = self._check_contexts()
        self._init_optimizer(optimizer, optimizer_params)
        self._scale: float = self._optimizer.rescale_grad
        self._kvstore_params = {"kvstore": kvstore, "update_on_kvstore": update_on_kvstore}
        self._last_batch_size: float | None = None
        self._told_about_mean = False
        self._kv_initialized = False
        self._reset_kvstore()

    def _check_contexts(self) -> list[Context]:
        """The devices, which all parameters must share."""
        contexts: list[Context] | None = None
        for parameter in self._params:
            ctx = parameter.list_ctx()
            if contexts is not None and contexts != ctx:
                raise ParameterError(
                    "the parameters of a Trainer are on the same devices",
                    values=[(parameter.name, str(ctx)), (self._params[0].name, str(contexts))],
                )
            contexts = ctx
        return contexts or []

    def _init_optimizer(
        self, optimizer: "str | opt.Optimizer", optimizer_params: dict[str, Any] | None
    ) -> None:
        """Make the optimizer, and an updater for each device."""
        if isinstance(optimizer, opt.Optimizer):
            if optimizer_params:
                raise ParameterError(
                    "optimizer_params belong to an optimizer given by name",
                    hint="give them where the optimizer is made",
                )
            self._optimizer = optimizer
        else:
            self._optimizer = opt.create(optimizer, **(optimizer_params or {}))
        self._optimizer.param_dict = dict(enumerate(self._params))
        self._updaters = [opt.get_updater(self._optimizer) for _ in self._contexts]

    # ---- the store

    def _reset_kvstore(self) -> None:
        """Forget the store; the next step sets it up again with the values as they then are."""
        if self._kv_initialized:
            for parameter in self._params:
                if parameter._stype != "default" and parameter not in self._params_to_init:
                    for array in parameter._copies():  # the devices have some rows only
                        self._pull_whole(parameter, array)
        self._kv_initialized = False
        self._kvstore: kv.KVStore | None = None
        self._distributed: bool | None = None
        self._update_on_kvstore: bool | None = None
        self._params_to_init = list(self._params)

    def _init_kvstore(self) -> None:
        """Choose the store and where the optimizer runs, by MXNet's rules."""
        waiting = [p for p in self._params if p._deferred_init]
        if waiting:
            raise deferred(waiting)
        store, on_store = self._chosen_store()
        self._distributed = "dist" in store.type if store is not None else False
        self._kvstore = store
        self._kv_initialized = True
        if store is None:
            return
        wanted = self._kvstore_params["update_on_kvstore"]
        self._update_on_kvstore = on_store if wanted is None else wanted
        if self._compression_params:
            store.set_gradient_compression(self._compression_params)
        if self._update_on_kvstore:
            store.set_optimizer(self._optimizer)

    def _chosen_store(self) -> "tuple[kv.KVStore | None, bool]":
        """The store, None when one device needs none, and whether it should apply the optimizer."""
        if self._contains_sparse_weight:
            return self._sparse_store(), True
        wanted = self._kvstore_params["kvstore"]
        if isinstance(wanted, str):
            if len(self._contexts) == 1 and "dist" not in wanted:
                return None, False
            store: Any = kv.create(wanted)
        elif wanted is None:
            return None, False
        elif isinstance(wanted, kv.KVStore):
            store = wanted
        else:
            raise DTypeError(
                f"kvstore is a {type(wanted).__name__}", rule="a name, a KVStore or None"
            )
        if self._contains_sparse_grad:
            return store, False  # sums of sparse gradients are cheaper to hand out than weights
        small = all(p.data(self._contexts[0]).size <= LARGE for p in self._params)
        allowed = os.environ.get("MXNET_UPDATE_ON_KVSTORE", "1") != "0"
        return store, allowed and (small or wanted != "local")

    def _sparse_store(self) -> "kv.KVStore":
        """The store for row_sparse weights, which must be there and apply the optimizer."""
        if self._kvstore_params["update_on_kvstore"] is False:
            raise ParameterError(
                "Cannot set update_on_kvstore=False when sparse weights are present."
            )
        wanted = self._kvstore_params["kvstore"]
        if isinstance(wanted, str):
            return kv.create(wanted)
        if not isinstance(wanted, kv.KVStore):
            raise DTypeError(
                f"Cannot create '{wanted}' KVStore with row_sparse parameters.",
                rule="a name or a KVStore",
            )
        return wanted

    def _init_params(self) -> None:
        """Give the store the first values."""
        store, waiting = self._kvstore, []
        for parameter in self._params_to_init if store is not None else ():
            if parameter._deferred_init:
                waiting.append(parameter)
                continue
            index = self._param2idx[parameter.name]
            arrays = parameter._copies()
            store.init(index, arrays[0])  # type: ignore[union-attr]
            if self._update_on_kvstore and parameter._stype == "default":
                store.pull(index, arrays, priority=-index)  # type: ignore[union-attr]
        self._params_to_init = waiting

    def _set_up(self) -> None:
        if not self._kv_initialized:
            self._init_kvstore()
        if self._params_to_init:
            self._init_params()

    def _row_sparse_pull(self, parameter: Parameter, out: Any, row_id: Any) -> None:
        """Fetch rows of a parameter from the store into one array, or one on each device."""
        self._set_up()
        index = self._param2idx[parameter.name]
        store: Any = self._kvstore
        store.row_sparse_pull(index, out=out, row_ids=row_id, priority=-index)

    def _pull_whole(self, parameter: Parameter, out: Any) -> None:
        """Fetch all rows of a sparse parameter from the store."""
        self._set_up()
        index = self._param2idx[parameter.name]
        store: Any = self._kvstore
        store.pull(index, out=out, priority=-index, ignore_sparse=False)

    # ---- a step

    def step(self, batch_size: float, ignore_stale_grad: bool = False) -> None:
        """Add up gradients, divide them by `batch_size`, and change the parameters.

        `batch_size` is the number of examples on all devices together; 1 if the loss is a mean
        already.  With `ignore_stale_grad` parameters without a new gradient are left alone.

        Raises StaleGradientError for parameters that backward did not reach, and
        DeferredInitializationError for blocks that never ran.
        """
        self._check_and_rescale_grad(batch_size)
        self._set_up()
        self._allreduce_grads()
        self._update(ignore_stale_grad)

    def allreduce_grads(self) -> None:
        """Only add up the gradients of all devices; `update` does the rest.

        Raises MXNetError where the store applies the optimizer, because then they are one.
        """
        self._set_up()
        self._refuse_on_store("allreduce_grads()")
        self._allreduce_grads()

    def update(self, batch_size: float, ignore_stale_grad: bool = False) -> None:
        """Only change the parameters, after `allreduce_grads`; see `step`."""
        self._set_up()
        self._refuse_on_store("update()")
        self._check_and_rescale_grad(batch_size)
        self._update(ignore_stale_grad)

    def _refuse_on_store(self, what: str) -> None:
        if self._kvstore is not None and self._update_on_kvstore:
            raise MXNetError(
                f"{what} does not go with parameters that are updated on the kvstore",
                hint="make the Trainer with update_on_kvstore=False",
            )

    def _check_and_rescale_grad(self, batch_size: float) -> None:
        """Tell the optimizer what to multiply gradients by."""
        scale = self._scale / batch_size
        fixed = self._update_on_kvstore and self._distributed and self._kv_initialized
        if fixed and scale != self._optimizer.rescale_grad:
            raise ParameterError(
                "the batch size cannot change between steps",
                rule="when a distributed store applies the optimizer, its factor is fixed",
            )
        self._optimizer.rescale_grad = scale
        self._last_batch_size = batch_size

    def _allreduce_grads(self) -> None:
        """Let the store add up the gradients; where it applies the optimizer, it does so now."""
        store = self._kvstore
        if store is None:
            return
        for i, parameter in enumerate(self._params):
            if parameter.grad_req != "null":
                gradients = parameter.list_grad()
                store.push(i, gradients, priority=-i)
                if not self._update_on_kvstore:
                    store.pull(i, gradients, priority=-i, ignore_sparse=bool(self._distributed))

    def _update(self, ignore_stale_grad: bool = False) -> None:
        """Change the parameters on each device, or fetch what the store has made of them."""
        learned = [(i, p) for i, p in enumerate(self._params) if p.grad_req != "null"]
        self._check_gradients(learned, ignore_stale_grad)
        on_store = self._kvstore is not None and self._update_on_kvstore
        updates: list[list[tuple]] = [[] for _ in self._updaters]
        for i, parameter in learned:
            if on_store:
                if parameter._stype == "default":  # rows are fetched when they are needed
                    arrays = parameter.list_data()
                    self._kvstore.pull(i, arrays, priority=-i)  # type: ignore[union-attr]
                continue
            triples = zip(updates, parameter._copies(), parameter._grad or (), strict=False)
            for of_device, array, gradient in triples:
                if not ignore_stale_grad or array._fresh_grad:
                    of_device.append((i, gradient, array))
                    array._fresh_grad = False
        for updater, of_device in zip(self._updaters, updates, strict=True):
            if of_device:  # all at once: some optimizers change several weights in one operation
                updater(*([*part] for part in zip(*of_device, strict=True)))

    def _check_gradients(self, learned: list[tuple[int, Parameter]], ignore_stale: bool) -> None:
        stale = [(p, a.context) for _, p in learned for a in p._copies() if not a._fresh_grad]
        if stale and not ignore_stale:
            raise _stale(stale, sum(len(p._copies()) for _, p in learned))
        batch_size = self._last_batch_size or 1
        if batch_size != 1 and not self._told_about_mean and _of_mean(learned):
            self._told_about_mean = True
            warnings.warn(
                f"backward was called on a mean, and step({batch_size}) divides the gradients by "
                "the batch size once more. Call step(1), or backward on the loss of each example.",
                stacklevel=4,
            )

    # ---- learning rate, states, explanation

    @property
    def optimizer(self) -> "opt.Optimizer":
        """The optimizer."""
        return self._optimizer

    @property
    def learning_rate(self) -> float:
        """The learning rate now."""
        return self._optimizer.learning_rate

    def set_learning_rate(self, lr: float) -> None:
        """Set the learning rate; raises ParameterError where a scheduler gives it."""
        self._optimizer.set_learning_rate(lr)

    def save_states(self, fname: str) -> None:
        """Write the optimizer and its states to a file, which MXNet can read too."""
        self._set_up()
        if self._update_on_kvstore:
            store: Any = self._kvstore
            store.save_optimizer_states(fname, dump_optimizer=True)
        else:
            atomic.write(fname, [self._updaters[0].get_states(dump_optimizer=True)])

    def load_states(self, fname: str) -> None:
        """Read what `save_states` wrote; raises FileFormatError for another file."""
        self._set_up()
        if self._update_on_kvstore:
            store: Any = self._kvstore
            store.load_optimizer_states(fname)
            self._optimizer = store._updater.optimizer
        else:
            with open(fname, "rb") as file:
                states = file.read()
            for updater in self._updaters:
                updater.set_states(states)
                updater.optimizer = self._updaters[0].optimizer
            self._optimizer = self._updaters[0].optimizer
        self._optimizer.param_dict = dict(enumerate(self._params))

    def explain(self) -> None:
        """Print what a step does to each gradient: the factor, the learning rate, the weight decay.

        >>> w = Parameter("w", shape=(1,))
        >>> w.initialize()
        >>> Trainer([w], "sgd", {"learning_rate": 0.5, "wd": 0.01}).explain()
        Trainer: SGD, 1 parameter on cpu(0)
          factor    each gradient is multiplied by 1 / batch_size
          meaning   batch_size in step(batch_size) is the number of examples on all devices
                    together, if the loss has one number for each example; 1 if it is a mean
          updated   by the optimizer on each device
        parameter  learning rate  weight decay
        w          0.5            0.01
        """
        print("\n".join(self._explanation()))

    def _explanation(self) -> list[str]:
        optimizer, count = self._optimizer, len(self._params)
        devices = ", ".join(map(str, self._contexts))
        lines = [f"Trainer: {_name(optimizer)}, {count} parameter{'s' * (count != 1)} on {devices}"]
        factor = f"each gradient is multiplied by {self._scale:g} / batch_size"
        if self._last_batch_size is not None:
            factor += (
                f"; at the last step {self._scale:g} / {self._last_batch_size:g} = "
                f"{optimizer.rescale_grad:g}"
            )
        lines.append(f"  factor    {factor}")
        lines += [
            "  meaning   batch_size in step(batch_size) is the number of examples on all devices",
            "            together, if the loss has one number for each example; 1 if it is a mean",
        ]
        if _name(optimizer) in _SCALE_FREE:
            lines += [
                f"            {_name(optimizer)} divides by the size of past gradients, so the",
                "            factor matters for weight decay and clipping only",
            ]
        if optimizer.clip_gradient:
            lines.append(f"  clipped   then at +-{optimizer.clip_gradient:g}")
        store = self._kvstore if self._update_on_kvstore else None
        where = "on each device" if store is None else f"on the store {store.type!r}"
        lines.append(f"  updated   by the optimizer {where}")
        return lines + self._rates()

    def _rates(self) -> list[str]:
        optimizer = self._optimizer
        rows = [("parameter", "learning rate", "weight decay")]
        for i, p in enumerate(self._params):
            if p.grad_req == "null":
                rows.append((p.name, "not learned", ""))
            else:
                rows.append((p.name, f"{optimizer._get_lr(i):g}", f"{optimizer._get_wd(i):g}"))
        width = max(len(name) for name, _, _ in rows)
        return [f"{n:<{width}}  {lr:<13}  {wd}".rstrip() for n, lr, wd in rows]


_SCALE_FREE = ("Adam", "Adamax", "Nadam", "RMSProp", "AdaGrad", "AdaDelta")


def _name(optimizer: "opt.Optimizer") -> str:
    return type(optimizer).__name__


def _listed(params: Any) -> list[Parameter]:
    """The parameters in order; those of a dict by name, as in MXNet, whose files count them so."""
    if isinstance(params, ParameterDict | Mapping):
        params = [params[name] for name in sorted(params.keys())]
    wrong = params if not isinstance(params, list | tuple) else None
    for p in params if wrong is None else ():
        if not isinstance(p, Parameter):
            wrong = p
    if wrong is not None:
        raise DTypeError(
            f"a Trainer cannot be made from a {type(wrong).__name__}",
            rule="net.collect_params(), or a list or dict of Parameters",
        )
    return list(params)


def _of_mean(learned: list[tuple[int, Parameter]]) -> bool:
    """Whether the new gradients are those of a mean over everything."""
    nodes = [a._entry[0] for _, p in learned for a in p._copies() if a._entry]
    return any(n.fresh == "mean" for n in nodes)


def _stale(stale: list[tuple[Parameter, Context]], total: int) -> StaleGradientError:
    """The error about gradients that are not new: which, and whether backward ran at all."""
    if len(stale) == total:
        cause = "backward was not called since the last step, or the forward was not recorded"
        hint = "compute the loss inside autograd.record(), then loss.backward(), then step"
    else:
        cause = "backward reached other parameters, but not these: the loss does not depend on them"
        hint = "step(batch_size, ignore_stale_grad=True) leaves them as they are"
    rows: list[tuple[str, str]] = [("cause", cause)]
    for p, ctx in stale:
        made = f"   made {p._site}" if p._site else ""
        owner = f" of {p._owner}" if p._owner else ""
        rows.append(("stale", f"{p.name}{owner} on {ctx}{made}"))
    return StaleGradientError(
        f"{len(stale)} of {total} gradients have not been updated by backward since last `step`",
        values=rows,
        hint=hint,
    )
