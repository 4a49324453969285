"""Data parallelism: an executor for each device, of which each computes a part of every batch."""

import logging
from collections.abc import Sequence
from typing import Any

from mxbook import ndarray as nd
from mxbook.base.context import Context
from mxbook.base.errors import MXNetError, ParameterError, ShapeError
from mxbook.checkpoint import Params
from mxbook.executor import Executor
from mxbook.io import DataDesc
from mxbook.ndarray import NDArray
from mxbook.symbol import Symbol

from .data_shapes import batch_axes, batch_slices

__all__ = ["DataParallelExecutorGroup"]

Slots = list[list[tuple[slice, Executor]]]


class DataParallelExecutorGroup:
    """Executors of one symbol on several devices, with the same parameters and parts of the data.

    `execs` are the executors, `slices` the examples of each.  `param_arrays`, `grad_arrays`,
    `aux_arrays` and `input_grad_arrays` are lists, in the order of the names, of lists with one
    array a device.

    symbol, contexts, workload   what is computed, where, and how much of it
    data_shapes, label_shapes    whole batches, as DataDesc
    param_names                  the arguments that are parameters
    for_training                 whether gradients are computed
    inputs_need_grad             also those of the data
    shared_group                 a group whose parameters are taken over
    fixed_param_names            parameters without gradient
    grad_req                     `write`, `add` or `null`, or one for each argument
    group2ctxs                   for each device a dict from `ctx_group` to context
    state_names                  arguments that are neither data nor parameters
    """

    def __init__(
        self,
        symbol: Symbol,
        contexts: Sequence[Context],
        workload: Sequence[float],
        data_shapes: list[DataDesc],
        label_shapes: list[DataDesc] | None,
        param_names: Sequence[str],
        for_training: bool,
        inputs_need_grad: bool,
        shared_group: "DataParallelExecutorGroup | None" = None,
        logger: Any = logging,
        fixed_param_names: Sequence[str] | None = None,
        grad_req: Any = "write",
        state_names: Sequence[str] | None = None,
        group2ctxs: Sequence[dict[str, Context]] | None = None,
    ):
        self.symbol = symbol
        self.contexts = list(contexts)
        self.workload = list(workload)
        self.group2ctxs = list(group2ctxs or [{} for _ in contexts])
        self.for_training = for_training
        self.inputs_need_grad = inputs_need_grad
        self.logger = logger
        self.fixed_param_names = list(fixed_param_names or [])
        self.state_names = list(state_names or [])
        self.arg_names = symbol.list_arguments()
        self.aux_names = symbol.list_auxiliary_states()
        self.output_names = symbol.list_outputs()
        self.param_names = [name for name in self.arg_names if name in set(param_names)]
        self.data_names = [desc.name for desc in data_shapes]
        self.grad_req = self._requests(grad_req)
        self._output_axes = [
            DataDesc.get_batch_axis(symbol[name].attr("__layout__")) for name in self.output_names
        ]
        self._set_shapes(data_shapes, label_shapes)
        shared = shared_group.execs if shared_group is not None else [None] * len(self.contexts)
        self.execs = [self._bound(i, shared[i]) for i in range(len(self.contexts))]
        # The outputs by device, number and kind.  As in MXNet they are the same arrays after every
        # `forward`, also of groups that share parameters.
        self._kept: dict[tuple, NDArray] = {} if shared_group is None else shared_group._kept
        self._outputs: list[list[NDArray]] | None = None
        self._collect()

    def _requests(self, grad_req: Any) -> dict[str, str]:
        """What happens to the gradient of each argument."""
        if isinstance(grad_req, str):
            own = dict.fromkeys(self.arg_names, grad_req)
        elif isinstance(grad_req, dict):
            own = {name: grad_req.get(name, "write") for name in self.arg_names}
        else:
            if len(grad_req) != len(self.arg_names):
                raise ParameterError(
                    f"grad_req has {len(grad_req)} parts", rule=f"{len(self.arg_names)} arguments"
                )
            own = dict(zip(self.arg_names, grad_req, strict=True))
        wanted = set(self.param_names) - set(self.fixed_param_names) if self.for_training else set()
        if self.for_training and self.inputs_need_grad:
            wanted |= set(self.data_names)
        return {name: req if name in wanted else "null" for name, req in own.items()}

    # ---- shapes

    def _set_shapes(self, data: list[DataDesc], labels: list[DataDesc] | None) -> None:
        self.data_shapes, self.label_shapes = data, labels
        self.label_names = [desc.name for desc in labels or []]
        self.data_layouts = batch_axes(data)
        self.label_layouts = batch_axes(labels or [])
        sizes = {
            desc.shape[axis]
            for desc, axis in zip(data, self.data_layouts, strict=True)
            if axis >= 0
        }
        if len(sizes) > 1:
            raise ParameterError(
                "all data must have the same batch size",
                values=[(desc.name, str(tuple(desc.shape))) for desc in data],
            )
        self.batch_size = sizes.pop() if sizes else 1
        self.slices = batch_slices(self.batch_size, self.workload)

    def _part_shapes(self, i: int) -> dict[str, tuple[int, ...]]:
        """The shapes that device `i` sees."""
        part = self.slices[i].stop - self.slices[i].start
        found = {}
        descs = [*self.data_shapes, *(self.label_shapes or [])]
        for desc, axis in zip(descs, self.data_layouts + self.label_layouts, strict=True):
            shape = tuple(desc.shape)
            found[desc.name] = shape if axis < 0 else (*shape[:axis], part, *shape[axis + 1 :])
        return found

    def _bound(self, i: int, shared: Executor | None) -> Executor:
        descs = [*self.data_shapes, *(self.label_shapes or [])]
        known = {name: s for name, s in self._part_shapes(i).items() if name in self.arg_names}
        return self.symbol.simple_bind(
            ctx=self.contexts[i],
            grad_req=self.grad_req,
            type_dict={desc.name: desc.dtype for desc in descs if desc.name in self.arg_names},
            group2ctx=self.group2ctxs[i],
            shared_arg_names=self.param_names,
            shared_exec=shared,
            **known,
        )

    def reshape(self, data_shapes: list[DataDesc], label_shapes: list[DataDesc] | None) -> None:
        """Other shapes of the data, the same parameters.

        Raises ShapeError where a parameter would have another shape.
        """
        before = (self.data_shapes, self.label_shapes)
        if (data_shapes, label_shapes) == before:
            return
        self._set_shapes(data_shapes, label_shapes)
        try:
            self.execs = [self._reshaped(i, executor) for i, executor in enumerate(self.execs)]
        except ShapeError:
            self._set_shapes(*before)
            raise
        self._collect()

    def _reshaped(self, i: int, executor: Executor) -> Executor:
        known = {n: s for n, s in self._part_shapes(i).items() if n in self.arg_names}
        found = executor.reshape(partial_shaping=True, allow_up_sizing=True, **known)
        for name in self.param_names:
            old, new = executor.arg_dict[name], found.arg_dict[name]
            if new is not old:
                raise ShapeError(
                    f"with data of this shape the parameter {name} would have another one",
                    values=[("parameter", str(old.shape)), ("then", str(new.shape))],
                )
        found.set_monitor_callback(executor._monitor, executor._monitor_all)
        return found

    def _collect(self) -> None:
        """The arrays of all executors, by parameter."""

        def of(kind: str, names: Sequence[str]) -> list[list[NDArray]]:
            return [[getattr(e, kind)[name] for e in self.execs] for name in names]

        self.param_arrays = of("arg_dict", self.param_names)
        self.grad_arrays = of("grad_dict", self.param_names) if self.for_training else []
        self.aux_arrays = of("aux_dict", self.aux_names)
        self.state_arrays = of("arg_dict", self.state_names)
        names = [n for n in self.data_names if n in self.arg_names]
        self.input_grad_arrays = of("grad_dict", names) if self.inputs_need_grad else []

    # ---- parameters

    def set_params(self, arg_params: Params, aux_params: Params, allow_extra: bool = False) -> None:
        """Copy parameters to all devices."""
        for executor in self.execs:
            executor.copy_params_from(arg_params, aux_params, allow_extra_params=allow_extra)

    def get_params(self, arg_params: Params, aux_params: Params) -> None:
        """Copy the parameters, averaged over the devices, into arrays by name."""
        for names, blocks, targets in (
            (self.param_names, self.param_arrays, arg_params),
            (self.aux_names, self.aux_arrays, aux_params),
        ):
            for name, block in zip(names, blocks, strict=True):
                target = targets[name]
                total = block[0].as_in_context(target.context)
                for array in block[1:]:
                    total = total + array.as_in_context(target.context)
                mean = total / len(block) if len(block) > 1 else total
                mean.astype(target.dtype).copyto(target)

    # ---- computing

    def forward(self, data_batch: Any, is_train: bool | None = None) -> None:
        """Hand out a batch (or a list with one for each device) and compute."""
        self._load(self.data_names, self.data_layouts, data_batch, "data")
        self._load(self.label_names, self.label_layouts, data_batch, "label")
        is_train = self.for_training if is_train is None else is_train
        found = [executor.forward(is_train=is_train) for executor in self.execs]
        self._outputs = [
            [self._keep((k, i), outputs[i]) for k, outputs in enumerate(found)]
            for i in range(len(self.output_names))
        ]

    def _keep(self, place: tuple[int, int], new: NDArray) -> NDArray:
        """The array for an output, which becomes a handle on the new one."""
        kept = self._kept.setdefault((*place, new._spec), new)
        if kept is not new:
            kept._data, kept._var, kept._origin = new._data, new._var, new._origin
        return kept

    def _load(self, names: list[str], axes: list[int], batch: Any, kind: str) -> None:
        for i, (executor, part) in enumerate(zip(self.execs, self.slices, strict=True)):
            own = batch[i] if isinstance(batch, list) else batch
            arrays = getattr(own, kind, None) or []
            for name, axis, array in zip(names, axes, arrays, strict=False):
                if name in self.arg_names:
                    whole = isinstance(batch, list) or len(self.execs) == 1
                    _feed(executor, name, array if whole else _part(array, axis, part))

    def backward(self, out_grads: Any = None) -> None:
        """Compute the gradients, from those of the outputs if given.

        Raises MXNetError for a group that is not for training.
        """
        if not self.for_training:
            raise MXNetError("backward needs bind(..., for_training=True)")
        if isinstance(out_grads, NDArray):
            out_grads = [out_grads]
        for executor, part in zip(self.execs, self.slices, strict=True):
            grads = out_grads
            if out_grads:
                grads = [
                    _part(grad, axis, part).as_in_context(executor._ctx)
                    for grad, axis in zip(out_grads, self._output_axes, strict=True)
                ]
            executor.backward(out_grads=grads or None)

    def get_output_shapes(self) -> list[tuple[str, tuple[int, ...]]]:
        """Names and shapes of the outputs for whole batches."""
        found = []
        outputs = zip(self.output_names, self.execs[0].outputs, self._output_axes, strict=True)
        for name, output, axis in outputs:
            shape = output.shape
            if axis >= 0:
                shape = (*shape[:axis], self.batch_size, *shape[axis + 1 :])
            found.append((name, shape))
        return found

    def get_outputs(self, merge_multi_context: bool = True) -> list:
        """The outputs, joined, or as a list with one array a device each.

        The next `forward` changes them: copy what is to be kept.
        """
        found = self._outputs
        if found is None:  # before the first `forward`
            found = [[e.outputs[i] for e in self.execs] for i in range(len(self.output_names))]
        return _merged(found, self._output_axes) if merge_multi_context else found

    def get_input_grads(self, merge_multi_context: bool = True) -> list:
        """The gradients of the data, joined, or as a list with one array a device each."""
        if not self.inputs_need_grad:
            raise MXNetError("input gradients need bind(..., inputs_need_grad=True)")
        if not merge_multi_context:
            return self.input_grad_arrays
        return _merged(self.input_grad_arrays, self.data_layouts)

    def get_states(self, merge_multi_context: bool = True) -> list:
        """The states: for each a list with one array a device."""
        if merge_multi_context:
            raise ParameterError("merge_multi_context=True is not supported for get_states yet.")
        return self.state_arrays

    def set_states(self, states: Any = None, value: Any = None) -> None:
        """Set the states to those of `get_states` (or of `get_outputs`), or all to one number.

        Raises ParameterError when not exactly one of the two is given.
        """
        if (states is None) == (value is None):
            raise ParameterError("set_states takes either states or a value")
        if states is None:
            for block in self.state_arrays:
                for array in block:
                    array[:] = value
            return
        for block, given in zip(self.state_arrays, states, strict=True):
            for array, source in zip(block, given, strict=True):
                source.copyto(array)

    def update_metric(self, eval_metric: Any, labels: Any, pre_sliced: bool = False) -> None:
        """Show outputs and labels of each device to a metric.

        With `pre_sliced` there is a list of labels for each device.
        """
        for i, (executor, part) in enumerate(zip(self.execs, self.slices, strict=True)):
            if pre_sliced:
                own = labels[i]
            else:
                pairs = zip(labels, self.label_layouts, strict=False)
                own = [_part(label, axis, part) for label, axis in pairs]
            named = dict(zip(self.label_names, own, strict=False))
            eval_metric.update_dict(named, executor.output_dict)

    def install_monitor(self, mon: Any) -> None:
        """Let a Monitor watch all executors."""
        for executor in self.execs:
            mon.install(executor)


def _feed(executor: Executor, name: str, array: NDArray) -> None:
    """Copy an array into an argument; one of another storage type takes its place."""
    place = executor._names.index(name)
    if array.stype == executor.arg_arrays[place].stype:
        array.copyto(executor.arg_arrays[place])
    else:
        executor.arg_arrays[place] = array


def _part(array: NDArray, axis: int, part: slice) -> NDArray:
    """The examples of one device."""
    if axis < 0 or (part.start == 0 and part.stop >= array.shape[axis]):
        return array
    if axis == 0:
        return array[part]
    return nd.slice_axis(array, axis=axis, begin=part.start, end=part.stop)


def _merged(blocks: list[list[NDArray]], axes: Sequence[int]) -> list[NDArray]:
    """The parts of each array as one, on the first device; the first part where there is no axis
    of examples."""
    found = []
    for block, axis in zip(blocks, axes, strict=True):
        if len(block) == 1 or axis < 0:
            found.append(block[0])
            continue
        moved = [array.as_in_context(block[0].context) for array in block]
        found.append(nd.concat(*moved, dim=axis))
    return found
