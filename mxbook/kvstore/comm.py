"""Adding up what several devices push, and handing a value out to them.

Each is one operation of the engine, whatever the number of devices, so that it can have a priority.
Nothing here is recorded for gradients.
"""

from collections.abc import Sequence

import mxbook.engine as engine
from mxbook import autograd, backend
from mxbook.base.context import Context
from mxbook.base.sites import Site
from mxbook.base.spec import spec_of
from mxbook.imperative import arrays as _arrays
from mxbook.ndarray import NDArray, zeros_like


def add_up(values: Sequence[NDArray], ctx: Context, group: int, priority: int = 0) -> NDArray:
    """The sum of arrays of equal shape and type, as a new array on `ctx`.

    The first one comes first; of the others, `group` at a time are added together and then to the
    total.  Sums of floating point numbers depend on this order, and so it is MXNet's.
    """
    spec = spec_of(values[0].shape, values[0]._spec.dtype, ctx)
    total = _arrays.wrap(_arrays.empty(spec), spec, _arrays.origin_of("KVStoreReduce"))
    sources = [(v._data, v.context) for v in values]
    target = total._data

    def run() -> None:
        raws = [_there(raw, source, ctx) for raw, source in sources]
        backend.module_for(ctx).use(ctx)
        target[...] = raws[0]
        for i in range(1, len(raws), group):
            part = raws[i]
            for raw in raws[i + 1 : i + group]:
                part = part + raw
            target[...] += part

    _push(run, values, [total], "KVStoreReduce", priority)
    return total


def hand_out(value: NDArray, outs: Sequence[NDArray], priority: int = 0) -> None:
    """Copy a value into arrays of the same shape, on any device and of any type."""
    raw, source = value._data, value.context
    targets = [(o._data, o.context) for o in outs if o is not value]

    def run() -> None:
        for target, ctx in targets:
            moved = _there(raw, source, ctx)
            backend.module_for(ctx).use(ctx)
            target[...] = moved.astype(target.dtype, copy=False)

    _push(run, [value], outs, "KVStoreBroadcast", priority)


def _there(raw, source: Context, target: Context):
    """A raw array where the back end of `target` can use it; processors share their memory."""
    both_cpu = backend.GPU not in (source.device_typeid, target.device_typeid)
    return raw if both_cpu or source == target else backend.transfer(raw, source, target)


def _push(run, reads: Sequence[NDArray], writes: Sequence[NDArray], name: str, priority: int):
    engine.push(
        run,
        [_arrays.variable_of(a) for a in reads],
        [_arrays.variable_of(a) for a in writes],
        name=name,
        site=Site(*_arrays.origin_of(name, depth=3)[1:3]),
        priority=priority,
        work=sum(a.size for a in (*reads, *writes)),
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
