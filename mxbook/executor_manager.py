"""`mx.executor_manager`: data parallelism as it was before `mx.mod.Module`, for old programs.

A group of executors keeps a batch (`load_data_batch`) until `forward` is called.

Source: MXNet 1.6, `mxnet.executor_manager`.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from .base.context import Context
from .base.errors import MXNetError, ParameterError
from .checkpoint import Params
from .io import DataDesc
from .module import executor_group
from .module.data_shapes import batch_slices
from .ndarray import NDArray
from .symbol import Symbol

__all__ = ["DataParallelExecutorGroup", "DataParallelExecutorManager"]

Arrays = list[list[NDArray]]


class DataParallelExecutorGroup:
    """Executors of one symbol on several devices, for the parts of batches that `slices` tell.

    `train_execs` are the executors; `param_arrays`, `grad_arrays` and `aux_arrays` lists with one
    array a device for each parameter.  With `shared_group` the parameters are those of another
    group.
    """

    def __init__(
        self,
        sym: Symbol,
        arg_names: Sequence[str],
        param_names: Sequence[str],
        ctx: Sequence[Context],
        slices: Sequence[slice],
        train_data: Any,
        shared_group: "DataParallelExecutorGroup | None" = None,
    ):
        inputs = {desc[0] for desc in (*train_data.provide_data, *train_data.provide_label)}
        odd = [name for name in arg_names if name not in {*param_names, *inputs}]
        if odd:
            raise ParameterError(f"the argument {odd[0]!r} is neither a parameter nor in the data")
        self._group = executor_group.DataParallelExecutorGroup(
            sym,
            ctx,
            [part.stop - part.start for part in slices],
            _described(train_data.provide_data),
            _described(train_data.provide_label),
            param_names,
            for_training=True,
            inputs_need_grad=False,
            shared_group=shared_group and shared_group._group,
        )
        self._batch: Any = None
        self.slices = self._group.slices
        self.param_names = self._group.param_names
        self.aux_names = self._group.aux_names

    @property
    def train_execs(self) -> list:
        """The executors."""
        return self._group.execs

    @property
    def param_arrays(self) -> Arrays:
        """The parameters."""
        return self._group.param_arrays

    @property
    def grad_arrays(self) -> Arrays:
        """The gradients of the parameters."""
        return self._group.grad_arrays

    @property
    def aux_arrays(self) -> Arrays:
        """The auxiliary states."""
        return self._group.aux_arrays

    def load_data_batch(self, data_batch: Any) -> None:
        """Take a batch for the next `forward`."""
        self._batch = data_batch

    def forward(self, is_train: bool = False) -> None:
        """Compute the outputs for the batch; raises MXNetError where there is none."""
        if self._batch is None:
            raise MXNetError("there is no batch", hint="load_data_batch(batch)")
        self._group.forward(self._batch, is_train)

    def backward(self) -> None:
        """Compute the gradients."""
        self._group.backward()

    def update_metric(self, metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric look at labels and outputs."""
        self._group.update_metric(metric, labels, pre_sliced)


def _described(shapes: Sequence[Any]) -> list[DataDesc]:
    return [desc if isinstance(desc, DataDesc) else DataDesc(*desc) for desc in shapes]


class DataParallelExecutorManager:
    """Groups of executors for a symbol, or for those that `sym_gen` makes from a bucket key.

    symbol          the network; that of the default bucket with `sym_gen`
    ctx             devices
    train_data      an iterator, which tells the shapes
    arg_names, param_names, aux_names   those of the symbol when None
    work_load_list  how much of a batch each device gets
    """

    def __init__(
        self,
        symbol: Symbol,
        ctx: Sequence[Context],
        train_data: Any,
        arg_names: Sequence[str] | None = None,
        param_names: Sequence[str] | None = None,
        aux_names: Sequence[str] | None = None,
        work_load_list: Sequence[float] | None = None,
        logger: Any = None,
        sym_gen: Callable[[Any], Symbol] | None = None,
    ):
        logger = logging if logger is None else logger
        logger.info("Start training with %s", str(list(ctx)))
        inputs = {desc[0] for desc in (*train_data.provide_data, *train_data.provide_label)}
        self.arg_names = list(arg_names or symbol.list_arguments())
        self.param_names = list(param_names or [n for n in self.arg_names if n not in inputs])
        self.aux_names = list(aux_names or symbol.list_auxiliary_states())
        self.ctx = list(ctx)
        self.symbol, self.sym_gen = symbol, sym_gen
        size = train_data.provide_data[0][1][0]
        self.slices = batch_slices(size, work_load_list or [1] * len(self.ctx))
        self.execgrp = self._made(symbol, train_data, None)
        self.curr_execgrp: DataParallelExecutorGroup | None = None
        self.execgrp_bucket: dict[Any, DataParallelExecutorGroup] = {}
        if sym_gen is not None:
            self.execgrp_bucket[train_data.default_bucket_key] = self.execgrp

    def _made(
        self, symbol: Symbol, data: Any, shared: DataParallelExecutorGroup | None
    ) -> DataParallelExecutorGroup:
        return DataParallelExecutorGroup(
            symbol, symbol.list_arguments(), self.param_names, self.ctx, self.slices, data, shared
        )

    @property
    def _current(self) -> DataParallelExecutorGroup:
        if self.curr_execgrp is None:
            raise MXNetError("there is no batch", hint="load_data_batch(batch)")
        return self.curr_execgrp

    @property
    def param_arrays(self) -> Arrays:
        """The parameters: for each a list with one array a device."""
        return self.execgrp.param_arrays

    @property
    def grad_arrays(self) -> Arrays:
        """The gradients of the parameters, which all buckets share."""
        return (self.curr_execgrp or self.execgrp).grad_arrays

    @property
    def aux_arrays(self) -> Arrays:
        """The auxiliary states."""
        return self.execgrp.aux_arrays

    def install_monitor(self, monitor: Any) -> None:
        """Let a Monitor watch the executors; raises MXNetError with `sym_gen`."""
        if self.sym_gen is not None:
            raise MXNetError("Monitoring is not implemented", rule="not with sym_gen")
        for executor in self.execgrp.train_execs:
            monitor.install(executor)

    def set_params(self, arg_params: Params, aux_params: Params) -> None:
        """Copy parameters to all devices."""
        self.execgrp._group.set_params(arg_params, aux_params)

    def copy_to(self, arg_params: Params, aux_params: Params) -> None:
        """Copy the parameters, averaged over the devices, into arrays by name."""
        self.execgrp._group.get_params(arg_params, aux_params)

    def load_data_batch(self, data_batch: Any) -> None:
        """Take a batch for the next `forward`; its bucket key chooses the network."""
        group = self.execgrp
        if self.sym_gen is not None:
            key = data_batch.bucket_key
            if key not in self.execgrp_bucket:
                made = self._made(self.sym_gen(key), data_batch, self.execgrp)
                self.execgrp_bucket[key] = made
            group = self.execgrp_bucket[key]
        self.curr_execgrp = group
        group.load_data_batch(data_batch)

    def forward(self, is_train: bool = False) -> None:
        """Compute the outputs for the batch."""
        self._current.forward(is_train=is_train)

    def backward(self) -> None:
        """Compute the gradients."""
        self._current.backward()

    def update_metric(self, metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Let a metric look at labels and outputs."""
        self._current.update_metric(metric, labels, pre_sliced)
