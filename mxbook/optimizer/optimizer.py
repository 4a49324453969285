"""What all optimizers share: learning rates, weight decay, counting, mixed precision; and the
register.

An optimizer changes weights in place, one parameter at a time:

    state = optimizer.create_state_multi_precision(index, weight)
    optimizer.update_multi_precision(index, weight, grad, state)

Source: MXNet 1.6, `mxnet.optimizer.Optimizer`.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.errors import DTypeError, MXNetError, ParameterError, nearest
from mxbook.lr_scheduler import LRScheduler
from mxbook.ndarray.ndarray import NDArray

__all__ = ["Optimizer", "create", "register"]

Index = int | str
HALF = np.float16


def zeros_for(weight: NDArray, stype: str = "default") -> NDArray:
    """A state as large as a weight, on its device: zeros."""
    return nd.zeros(weight.shape, weight.context, dtype=weight.dtype, stype=stype)


class Optimizer:
    """Base of all optimizers; a subclass defines `create_state` and `update`.

    rescale_grad      every gradient is multiplied by this (1 / batch size)
    param_idx2name    names of the parameters, by index; biases and other non-weights get no decay
    wd                weight decay
    clip_gradient     gradients are cut off beyond +- this
    learning_rate     0.01 by default
    lr_scheduler      gives the learning rate from the number of updates
    sym               a Symbol whose attributes hold multipliers
    begin_num_update  where counting starts
    multi_precision   keep float32 copies of float16 weights
    param_dict        parameters by index, with `lr_mult` and `wd_mult`
    """

    opt_registry: ClassVar[dict[str, type]] = {}
    _DECAYED = ("_weight", "_gamma")  # endings of the names that weight decay is for

    def __init__(
        self,
        rescale_grad: float = 1.0,
        param_idx2name: dict[int, str] | None = None,
        wd: float = 0.0,
        clip_gradient: float | None = None,
        learning_rate: float | None = None,
        lr_scheduler: LRScheduler | None = None,
        sym: Any = None,
        begin_num_update: int = 0,
        multi_precision: bool = False,
        param_dict: dict[int, Any] | None = None,
    ):
        self.rescale_grad = rescale_grad
        self.lr_scheduler = lr_scheduler
        if lr_scheduler is None and learning_rate is None:
            learning_rate = 0.01
        self.lr = learning_rate
        if lr_scheduler is not None and learning_rate is not None:
            if lr_scheduler.base_lr != learning_rate:
                warnings.warn(
                    "learning rate from ``lr_scheduler`` has been overwritten by "
                    "``learning_rate`` in optimizer.",
                    stacklevel=3,
                )
            lr_scheduler.base_lr = learning_rate
        self.wd = wd
        self.lr_mult: dict[Index, float] = {}
        self.wd_mult: dict[Index, float] = {}
        self.begin_num_update = begin_num_update
        self.num_update = begin_num_update
        # How often each parameter was updated, for each device: copies count separately.
        self._all_index_update_counts: dict[int, dict[Index, int]] = {0: {}}
        self._index_update_count = self._all_index_update_counts[0]
        self.clip_gradient = clip_gradient
        self.multi_precision = multi_precision
        self.aggregate_num = 0  # how many weights `update` takes as a list; 0: one at a time
        if param_idx2name is not None and not isinstance(param_idx2name, dict):
            raise DTypeError("param_idx2name is a dict from index to name")
        self.idx2name: dict[Index, str] = dict(param_idx2name or {})
        self.sym_info = (sym.attr_dict(), sym.list_arguments()) if sym is not None else ()
        self.param_dict = param_dict or {}
        self.allow_np_array = False
        self.set_lr_mult({})
        self.set_wd_mult({})

    # ---- the register

    @staticmethod
    def register(klass: type) -> type:
        """Class decorator: make an optimizer known by its name in lower case.

        >>> @Optimizer.register
        ... class Resting(Optimizer):
        ...     def update(self, index, weight, grad, state):
        ...         self._update_count(index)
        >>> type(Optimizer.create_optimizer("resting")).__name__
        'Resting'
        """
        if not (isinstance(klass, type) and issubclass(klass, Optimizer)):
            raise DTypeError(f"{klass!r} is not an optimizer", rule="a subclass of Optimizer")
        name = klass.__name__.lower()
        before = Optimizer.opt_registry.get(name)
        if before is not None and before.__qualname__ != klass.__qualname__:
            warnings.warn(f"optimizer {name!r} replaces {before.__qualname__}", stacklevel=2)
        Optimizer.opt_registry[name] = klass
        return klass

    @staticmethod
    def create_optimizer(name: str, **kwargs: Any) -> "Optimizer":
        """The optimizer of this name, made with these arguments.

        Raises ParameterError for an unknown name.
        """
        known = Optimizer.opt_registry
        if not isinstance(name, str) or name.lower() not in known:
            raise ParameterError(
                f"there is no optimizer {name!r}",
                rule="one of " + ", ".join(sorted(known)),
                hint=nearest(str(name).lower(), known),
            )
        return known[name.lower()](**kwargs)

    # ---- what a subclass defines

    def create_state(self, index: Index, weight: NDArray) -> Any:
        """What the optimizer must remember for a weight; None here."""
        return None

    def update(self, index: Index, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Change a weight, given its gradient and state; defined by every subclass."""
        raise MXNetError(f"{type(self).__name__} must define update(index, weight, grad, state)")

    # ---- mixed precision

    def _keeps_master(self, weight: NDArray) -> bool:
        """Whether a float32 copy of this weight is kept; warns where that would be better."""
        if weight.dtype != HALF:
            return False
        if not self.multi_precision:
            warnings.warn(
                "Accumulating with float16 in optimizer can lead to poor accuracy or slow "
                "convergence. Consider using multi_precision=True option of the optimizer",
                stacklevel=3,
            )
        return self.multi_precision

    def create_state_multi_precision(self, index: Index, weight: NDArray) -> Any:
        """The state, with a float32 copy of a float16 weight where `multi_precision` is on."""
        if not self._keeps_master(weight):
            return self.create_state(index, weight)
        master = weight.astype(np.float32)
        return (master, self.create_state(index, master))

    def update_multi_precision(
        self, index: Index, weight: NDArray, grad: NDArray, state: Any
    ) -> None:
        """Like `update`, on the float32 copy where there is one."""
        if not (self.multi_precision and weight.dtype == HALF):
            self.update(index, weight, grad, state)
            return
        master, inner = state
        self.update(index, master, grad.astype(np.float32), inner)
        master.copyto(weight)

    # ---- learning rate and weight decay

    @property
    def learning_rate(self) -> float:
        """The learning rate now."""
        if self.lr_scheduler is not None:
            return self.lr_scheduler(self.num_update)
        return self.lr  # type: ignore[return-value]

    def set_learning_rate(self, lr: float) -> None:
        """Set the learning rate; raises ParameterError where a scheduler gives it."""
        if self.lr_scheduler is not None:
            raise ParameterError(
                "this optimizer's learning rate comes from its lr_scheduler",
                hint="set optimizer.lr_scheduler.base_lr",
            )
        self.lr = lr

    def set_lr_scale(self, args_lrscale: dict) -> None:
        """Removed by MXNet; raises ParameterError that names `set_lr_mult`."""
        raise ParameterError("set_lr_scale is no more", hint="use set_lr_mult")

    def _multipliers(self, attribute: str) -> dict[Index, float]:
        """The multipliers that the Symbol's attributes hold."""
        if not self.sym_info:
            return {}
        attrs, arguments = self.sym_info
        return {n: float(attrs[n][attribute]) for n in arguments if attribute in attrs.get(n, {})}

    def set_lr_mult(self, args_lr_mult: dict[Index, float]) -> None:
        """Multiply the learning rate of single parameters, by name or index."""
        self.lr_mult = {**self._multipliers("__lr_mult__"), **args_lr_mult}

    def set_wd_mult(self, args_wd_mult: dict[Index, float]) -> None:
        """Multiply the weight decay of single parameters, by name or index.

        It is 0 from the beginning for named parameters that are no `_weight` and no `_gamma` (for
        LARS, no `_weight`).
        """
        no_decay = {n: 0.0 for n in self.idx2name.values() if not n.endswith(self._DECAYED)}
        self.wd_mult = {**no_decay, **self._multipliers("__wd_mult__"), **args_wd_mult}

    def _scaled(self, value: float, index: Index, what: str) -> float:
        """Learning rate or decay times the multiplier of one parameter."""
        if index in self.param_dict:
            return value * getattr(self.param_dict[index], what)
        table = getattr(self, what)
        return value * table.get(index, table.get(self.idx2name.get(index), 1.0))

    def _get_lrs(self, indices: Sequence[Index]) -> list[float]:
        rate = self.learning_rate
        return [self._scaled(rate, i, "lr_mult") for i in indices]

    def _get_lr(self, index: Index) -> float:
        return self._get_lrs([index])[0]

    def _get_wds(self, indices: Sequence[Index]) -> list[float]:
        if self.wd == 0:
            return [0.0] * len(indices)
        return [self._scaled(self.wd, i, "wd_mult") for i in indices]

    def _get_wd(self, index: Index) -> float:
        return self._get_wds([index])[0]

    # ---- counting

    def _set_current_context(self, device_id: int) -> None:
        """Count the updates of this device's copies from now on."""
        counts = self._all_index_update_counts
        self._index_update_count = counts.setdefault(device_id, {})

    def _update_count(self, index: Index | Sequence[Index]) -> None:
        """Note an update of one parameter or several."""
        counts, before = self._index_update_count, self.begin_num_update
        indices = index if isinstance(index, list | tuple) else (index,)
        for i in indices:
            counts[i] = counts.get(i, before) + 1
        self.num_update = max([self.num_update, *map(counts.__getitem__, indices)])

    def _begin_step(self, index: Index) -> dict[str, Any]:
        """Count the update; the arguments that all update operators take.

        The number of the step then is `self._index_update_count[index]`.
        """
        self._update_count(index)
        return {"lr": self._get_lr(index), "wd": self._get_wd(index), **self._common()}

    def _common(self) -> dict[str, Any]:
        """How gradients are prepared: the arguments that are the same for all weights."""
        common = {"rescale_grad": self.rescale_grad}
        if self.clip_gradient:
            common["clip_gradient"] = self.clip_gradient
        return common

    # ---- pickling

    def __getstate__(self) -> dict:
        # The parameters themselves do not belong into a file of optimizer states.
        return {k: v for k, v in self.__dict__.items() if k != "param_dict"}

    def __setstate__(self, state: dict) -> None:
        self.__dict__ = {"param_dict": {}, "aggregate_num": 0, **state}
        self._index_update_count = self._all_index_update_counts.setdefault(0, {})


register: Callable[[type], type] = Optimizer.register


def create(name: "str | Optimizer", **kwargs: Any) -> Optimizer:
    """The optimizer of this name; an optimizer is given back as it is.

    >>> from mxbook import optimizer
    >>> optimizer.create("sgd", learning_rate=0.5).learning_rate
    0.5
    """
    if isinstance(name, Optimizer):
        return name
    return Optimizer.create_optimizer(name, **kwargs)
