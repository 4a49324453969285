"""Layout: convolutions compute with the channels last, where that is faster.

MXNet's images are (n, channels, h, w).  A product of matrices wants the numbers under a window side
by side, and those are a run of channels when these come last: (n, h, w, channels).  So while a
graph becomes code, convolutions with many filters are called in that layout; what follows them
(batch normalisation, activations, sums, pooling) takes their results as they are, and only an
operator that wants the usual order makes them be turned round.

    x (n, c, h, w) -> transpose -> Convolution NHWC -> BatchNorm axis 3 -> relu -> ... -> transpose

What comes out has the usual order, and gradients follow from the operators that are called.  Sums
are added up in another order, so that last digits differ: `mx.config.channels_last` asks for it.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook.base.errors import MXNetError
from mxbook.ops.operator import Operator
from mxbook.ops.params import Values, parse

LAST, FIRST = (0, 2, 3, 1), (0, 3, 1, 2)  # axes of one layout in the order of the other
FILTERS = 32  # of which compiled kernels compute so many at a time
PLACES = 512  # places of all examples; with fewer, turning the weights round costs too much


class Turned:
    """A value that is there with its channels last; in the usual order once somebody asks."""

    __slots__ = ("last", "usual")

    def __init__(self, last: Any):
        self.last = last
        self.usual: Any = None


class Layout:
    """Calls operators on values and turned ones: `call(op, p, inputs)`.

    `F` has the operators as functions of values, and `F.call` for any of them.
    """

    def __init__(self, F: Any):
        self.F = F
        self.turned = 0  # values that had to be turned round
        self.convolutions = 0
        self._last: dict[Any, Any] = {}

    def call(self, op: Operator, p: Values, inputs: Sequence[Any]) -> list[Any]:
        """The results of a call, some of them perhaps turned."""
        rule = RULES.get(op.name, _elementwise if op.elementwise else None)
        found = None if rule is None else rule(self, p, inputs)
        if found is None:
            return self.F.call(op, p, [self.usual(v) for v in inputs])
        options, given, images = found
        try:
            changed = parse(op.name, op.values, {**dict(p.items()), **options}) if options else p
            results = self.F.call(op, changed, given)
        except MXNetError:  # the same call as the user knows it tells what is wrong
            return self.F.call(op, p, [self.usual(v) for v in inputs])
        return [Turned(r) if i < images else r for i, r in enumerate(results)]

    def notes(self) -> tuple[tuple[str, str], ...]:
        """What was done, for people."""
        if not self.convolutions:
            return ()
        what = f"{self.convolutions} convolutions have the channels last"
        return (("layout", f"{what}; {self.turned} values are turned round for that"),)

    def usual(self, value: Any) -> Any:
        """A value in the usual order."""
        if not isinstance(value, Turned):
            return value
        if value.usual is None:
            self.turned += 1
            value.usual = self.F.transpose(value.last, axes=FIRST)
        return value.usual

    def last(self, value: Any) -> Any:
        """A value with its channels last."""
        if isinstance(value, Turned):
            return value.last
        if value not in self._last:
            self.turned += 1
            self._last[value] = self.F.transpose(value, axes=LAST)
        return self._last[value]


# What to do with a call: None for the usual order, or the parameters that change, the inputs, and
# how many of the results are images, which then are turned.
Found = tuple[dict[str, Any], list, int] | None


def _convolution(layout: Layout, p: Any, inputs: Sequence[Any]) -> Found:
    data, weight, *bias = inputs
    plain = len(p.kernel) == 2 and p.layout in (None, "NCHW") and p.num_group == 1
    if not plain or p.num_filter % FILTERS:
        return None
    n, *lengths = (data.last if isinstance(data, Turned) else data).spec.shape
    h, w = lengths[:2] if isinstance(data, Turned) else lengths[1:]
    stride_h, stride_w = p.stride or (1, 1)
    if n * (h // stride_h) * (w // stride_w) < PLACES:
        return None
    layout.convolutions += 1
    usual = [layout.usual(b) for b in bias]
    return {"layout": "NHWC"}, [layout.last(data), layout.last(layout.usual(weight)), *usual], 1


def _batch_norm(layout: Layout, p: Any, inputs: Sequence[Any]) -> Found:
    data, *rest = inputs
    if not isinstance(data, Turned) or p.axis != 1:
        return None
    return {"axis": 3}, [data.last, *map(layout.usual, rest)], 1


def _pooling(layout: Layout, p: Any, inputs: Sequence[Any]) -> Found:
    (data,) = inputs
    if not isinstance(data, Turned) or p.layout not in (None, "NCHW"):
        return None
    return {"layout": "NHWC"}, [data.last], 1


def _concat(layout: Layout, p: Any, inputs: Sequence[Any]) -> Found:
    if p.dim != 1 or not all(isinstance(v, Turned) for v in inputs):
        return None
    return {"dim": 3}, [v.last for v in inputs], 1


def _leaky(layout: Layout, p: Any, inputs: Sequence[Any]) -> Found:
    return _elementwise(layout, p, inputs) if p.act_type in ("leaky", "elu", "selu") else None


def _elementwise(_layout: Layout, _p: Any, inputs: Sequence[Any]) -> Found:
    """Operators to which the order does not matter, if all inputs have the same."""
    if not inputs or not all(isinstance(v, Turned) for v in inputs):
        return None
    if len({v.last.spec.shape for v in inputs}) > 1:
        return None
    return {}, [v.last for v in inputs], 1


RULES: dict[str, Callable[[Layout, Values, Sequence[Any]], Found]] = {
    "BatchNorm": _batch_norm,
    "Concat": _concat,
    "Convolution": _convolution,
    "LeakyReLU": _leaky,
    "Pooling": _pooling,
    **dict.fromkeys(
        "BlockGrad _copy clip hard_sigmoid relu sigmoid softsign".split(), _elementwise
    ),
}
