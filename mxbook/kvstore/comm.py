"""Adding up what several devices push, and handing a value out to them.

Each is one operation of the engine, whatever the number of devices, so that it can have a priority.
Nothing here is recorded for gradients.
"""

from collections.abc import Sequence
from typing import Any

import mxbook.engine as engine
from mxbook import autograd, backend
from mxbook.base.context import Context
from mxbook.base.errors import IndexingError
from mxbook.base.sites import Site
from mxbook.base.sparse import SparseParts
from mxbook.base.spec import spec_of
from mxbook.imperative import arrays as _arrays
from mxbook.ndarray import NDArray, zeros_like
from mxbook.ops import sparse
from mxbook.ops.families.sparse.storage import rows_at


def add_up(values: Sequence[NDArray], ctx: Context, group: int, priority: int = 0) -> NDArray:
    """The sum of arrays of equal shape and type, as a new array on `ctx`.

    The first one comes first; of the others, `group` at a time are added together and then to the
    total.  Sums of floating point numbers depend on this order, and so it is MXNet's.  The sum of
    row_sparse arrays is row_sparse; where storage types differ, it is dense.
    """
    stypes = {v.stype for v in values}
    keeps = len(values) == 1 or stypes == {"row_sparse"}
    spec = spec_of(
        values[0].shape, values[0]._spec.dtype, ctx, stypes.pop() if keeps else "default"
    )
    total = _arrays.wrap(_arrays.empty(spec), spec, _arrays.origin_of("KVStoreReduce"))
    sources = [(v._data, v.context) for v in values]
    target = total._data

    def run() -> None:
        raws = [_there(raw, source, ctx) for raw, source in sources]
        backend.module_for(ctx).use(ctx)
        xp = backend.array_module(ctx)
        if len(raws) == 1:
            sparse.store(xp, target, raws[0])
        elif keeps:
            sparse.store(xp, target, sparse.sum_of_rows(xp, raws))
        else:
            _add_dense(target, [sparse.to_dense(xp, raw) for raw in raws], group)

    _push(run, values, [total], "KVStoreReduce", priority)
    return total


def _add_dense(target: Any, raws: list, group: int) -> None:
    target[...] = raws[0]
    for i in range(1, len(raws), group):
        part = raws[i]
        for raw in raws[i + 1 : i + group]:
            part = part + raw
        target[...] += part


def hand_out(value: NDArray, outs: Sequence[NDArray], priority: int = 0) -> None:
    """Copy a value into arrays of the same shape, on any device and of any type."""
    raw, source = value._data, value.context
    targets = [(o._data, o.context) for o in outs if o is not value]

    def run() -> None:
        for target, ctx in targets:
            moved = _there(raw, source, ctx)
            backend.module_for(ctx).use(ctx)
            sparse.store(backend.array_module(ctx), target, _of_type(moved, target.dtype))

    _push(run, [value], outs, "KVStoreBroadcast", priority)


def hand_out_rows(
    value: NDArray, outs: Sequence[NDArray], row_ids: Sequence[NDArray], priority: int = 0
) -> None:
    """Copy rows of a row_sparse value into row_sparse arrays, for each those with other numbers.

    Of a row that the value does not store, zeros are handed out.
    """
    raw, source = value._data, value.context
    targets = [(o._data, o.context, i._data, i.context) for o, i in zip(outs, row_ids, strict=True)]

    def run() -> None:
        for target, ctx, ids, place in targets:
            ids = _there(ids, place, source)
            backend.module_for(source).use(source)
            rows = _rows(backend.array_module(source), raw, ids)
            moved = _of_type(_there(rows, source, ctx), target.dtype)
            backend.module_for(ctx).use(ctx)
            target.assign(moved)

    _push(run, [value, *row_ids], outs, "KVStoreRows", priority)


def _rows(xp: Any, value: SparseParts, ids: Any) -> SparseParts:
    """The rows with some numbers, in any order and more than once; a fraction is cut off."""
    numbers = xp.unique(ids.reshape(-1).astype(sparse.PLACE))
    if len(numbers) and (int(numbers[0]) < 0 or int(numbers[-1]) >= value.shape[0]):
        raise IndexingError(
            f"row_ids from {int(numbers[0])} to {int(numbers[-1])}",
            rule=f"rows have the numbers 0 to {value.shape[0] - 1}",
        )
    return SparseParts("row_sparse", rows_at(xp, value, numbers), numbers, None, value.shape)


def _of_type(raw: Any, dtype: Any) -> Any:
    """A raw array in an element type; itself where it has that already."""
    if isinstance(raw, SparseParts):
        return raw.with_data(raw.data.astype(dtype, copy=False))
    return raw.astype(dtype, copy=False)


def _there(raw: Any, source: Context, target: Context) -> Any:
    """A raw array where the back end of `target` can use it; processors share their memory."""
    if source == target or backend.GPU not in (source.device_typeid, target.device_typeid):
        return raw
    if isinstance(raw, SparseParts):
        return sparse.map_parts(lambda part: backend.transfer(part, source, target), raw)
    return backend.transfer(raw, source, target)


def _push(run, reads: Sequence[NDArray], writes: Sequence[NDArray], name: str, priority: int):
    engine.push(
        run,
        [_arrays.variable_of(a) for a in reads],
        [_arrays.variable_of(a) for a in writes],
        name=name,
        site=Site(*_arrays.origin_of(name, depth=3)[1:3]),
        priority=priority,
        work=sum(a._spec.size for a in (*reads, *writes)),
        nbytes=sum(a._spec.nbytes for a in writes),
        detail=lambda: [(f"array{i}", repr(a._spec)) for i, a in enumerate(reads)],
    )


class TwoBit:
    """Gradients as -threshold, 0 or +threshold, which need two bits each; what is cut off is kept.

    The residual of each device carries over to its next gradient, so that nothing is lost for ever.

    >>> from mxbook import nd
    >>> code = TwoBit(0.5)
    >>> [code.compress("w", 0, nd.array([0.3])).asscalar().item() for _ in range(4)]
    [0.0, 0.5, 0.0, 0.5]
    """

    def __init__(self, threshold: float):
        self.threshold = threshold
        self._residuals: dict[tuple, NDArray] = {}

    def compress(self, key: int | str, device: int, gradient: NDArray) -> NDArray:
        """The gradient of one device as it would arrive."""
        place = (key, device)
        with autograd.pause():
            if place not in self._residuals:
                self._residuals[place] = zeros_like(gradient)
            wanted = self._residuals[place] + gradient
            sign = (wanted >= self.threshold) - (wanted <= -self.threshold)
            sent = sign * self.threshold
            self._residuals[place] = wanted - sent
        return sent
