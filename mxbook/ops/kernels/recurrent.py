"""Recurrent networks over whole sequences: the arithmetic of the operator RNN.

Axes in this file: t steps, n examples, c inputs, h hidden units, r outputs of one direction (h,
unless they are projected), g gates.

What follows from the inputs alone is one product for the whole sequence.  Then the steps, each of
which needs the one before:

    z[g] = W[g] x[t] + b[g]  +  U[g] h[t-1]         the first part is there already
    h[t] = cell(z, h[t-1])

and backwards the gradients of all z, one step after the other, then one product each for the
gradients of W, U and x.  The examples do not depend on each other: each worker takes some of them
through all steps.  Gates come first in memory, so that those of a step are long runs.

A sigmoid is a tanh in disguise, `sigmoid(x) = tanh(x / 2) / 2 + 1 / 2`: with weights of half the
size one call of tanh serves all gates of a step.

Appleyard, Kocisky and Blunsom, Optimizing Performance of Recurrent Neural Networks on GPUs, 2016.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mxbook.base.shapes import size
from mxbook.ops.rules import matrix_cost

from .cells import CELLS, Room, half
from .scratch import scratch

# OpenBLAS rearranges the factors of a product in memory before it multiplies, except for small
# ones: up to so many multiplications, on processors with AVX-512.  The weights of a step are a
# large factor that is used for few examples only, so their columns are cut into blocks.
SMALL_PRODUCT = 10**6
NARROW = 16  # columns of a block, at least: fewer do not fill the processor's registers
EXAMPLES = 8  # examples for a worker, at least


class Network(NamedTuple):
    """The sizes of everything; `projected` is 0 where outputs are the hidden units themselves."""

    mode: str
    steps: int
    examples: int
    inputs: int
    hidden: int
    layers: int
    directions: int
    projected: int = 0

    @property
    def gates(self) -> int:
        """How many vectors of hidden units a step computes."""
        return CELLS[self.mode].gates

    @property
    def width(self) -> int:
        """Number of outputs of one direction."""
        return self.projected or self.hidden

    def inputs_of(self, layer: int) -> int:
        """Number of inputs of a layer: the outputs of the one below, of both directions."""
        return self.width * self.directions if layer else self.inputs

    def weight_shapes(self, layer: int) -> list[tuple[int, ...]]:
        """Shapes of the weights of one direction: from the input, from the output before, of the
        projection."""
        gates, hidden = self.gates, self.hidden
        shapes: list[tuple[int, ...]] = [
            (gates, hidden, self.inputs_of(layer)),
            (gates, hidden, self.width),
        ]
        return [*shapes, (self.projected, hidden)] if self.projected else shapes

    def parameter_count(self) -> int:
        """Number of elements of the vector of all parameters.

        >>> Network("lstm", 1, 1, 3, 5, 1, 1).parameter_count()
        200
        """
        biases = 2 * self.gates * self.hidden * self.layers
        weights = sum(sum(map(size, self.weight_shapes(i))) for i in range(self.layers))
        return (weights + biases) * self.directions

    def kept_shapes(self, dropout: bool) -> "Kept":
        """Shapes of what is kept for the backward pass."""
        step = (self.steps, self.examples, self.hidden)
        both, none = self.layers * self.directions, (0,)
        below = (self.layers - 1, *step[:2], self.width * self.directions)
        gates, inner = (
            ((both, self.gates, *step), (both, *step)) if self.gates > 1 else (none, none)
        )
        return Kept(gates, inner, below, below if dropout else none)

    def cost(self) -> int:
        """Work of a forward pass."""
        rows = self.steps * self.examples
        weights = [shape for i in range(self.layers) for shape in self.weight_shapes(i)]
        return self.directions * sum(matrix_cost(rows, size(w[:-1]), w[-1]) for w in weights)


class Weights(NamedTuple):
    """The parameters of one direction of one layer; views of the vector of all."""

    i2h: Any  # (g, h, c)
    h2h: Any  # (g, h, r)
    h2r: Any  # (r, h) or None
    i2h_bias: Any  # (g, h)
    h2h_bias: Any


def cut(vector: Any, shapes: Sequence[tuple[int, ...]]) -> list:
    """Views of a vector with these shapes, one behind the other."""
    found, begin = [], 0
    for shape in shapes:
        end = begin + size(shape)
        found.append(vector[begin:end].reshape(shape))
        begin = end
    return found


def weights_of(net: Network, vector: Any) -> list[Weights]:
    """The parameters by layer and direction: in the vector all weights come before all biases."""
    layers = [i for i in range(net.layers) for _ in range(net.directions)]
    shapes = [net.weight_shapes(i) for i in layers]
    bias = (net.gates, net.hidden)
    biases = [bias] * (2 * len(layers))
    views = iter(cut(vector, [*(shape for own in shapes for shape in own), *biases]))
    weights = [[next(views) for _ in s] for s in shapes]
    return [
        Weights(w[0], w[1], w[2] if net.projected else None, next(views), next(views))
        for w in weights
    ]


# ---- products


def block_count(rows: int, inner: int, columns: int) -> int:
    """Into how many blocks of equal width a matrix is cut that `rows` rows are multiplied with.

    >>> block_count(16, 256, 1024), block_count(1024, 256, 1024), block_count(2, 3, 5)
    (8, 1, 1)
    """
    most = SMALL_PRODUCT // max(1, rows * inner)
    fitting = range(1, columns // NARROW + 1)
    return next((c for c in fitting if columns % c == 0 and columns // c <= most), 1)


def in_blocks(xp: Any, weight: Any, rows: int) -> Any:
    """Weights (g, inner, columns) as blocks (g, blocks, inner, width), each in one piece."""
    gates, inner, columns = weight.shape
    count = block_count(rows, inner, columns) if xp.__name__ == "numpy" else 1
    return xp.ascontiguousarray(
        weight.reshape(gates, inner, count, columns // count).swapaxes(1, 2)
    )


def block_view(result: Any, blocks: Any) -> Any:
    """A result (g, n, columns) as a view (g, blocks, n, width) that a product is written into."""
    gates, n, _ = result.shape
    count, width = blocks.shape[1], blocks.shape[3]
    return result.reshape(gates, n, count, width).swapaxes(1, 2)


def by_examples(k: Any, net: Network, part: Callable[[int, int], Any]) -> None:
    """Call `part(first, last)` for ranges of examples, on several workers if that is worth it."""
    n, units = net.examples, max(1, net.examples // EXAMPLES)
    work = matrix_cost(net.steps * n, net.gates * net.hidden, net.width)
    k.share(units, work, lambda i, j: part(n * i // units, n * j // units))


# ---- forward


class Direction(NamedTuple):
    """One direction of one layer, for all examples or some."""

    weights: Weights
    times: range  # the steps in its order
    z: Any  # (g, t, n, h) products of weights and inputs, then the gates
    inner: Any  # (t, n, h) LSTM's memory c, GRU's product with the output before; else None
    out: Any  # (t, n, r) a view of the layer's outputs
    h: Any  # (n, r) the state before the first step
    c: Any  # (n, h), or None
    valid: Any  # (t, n, 1) which steps count, or None for all
    clip: tuple[float, float, bool] | None

    def of_examples(self, i: int, j: int) -> "Direction":
        """The same for the examples i to j - 1."""
        return self._replace(
            z=None if self.z is None else self.z[:, :, i:j],
            inner=None if self.inner is None else self.inner[:, i:j],
            out=self.out[:, i:j],
            h=self.h[i:j],
            c=None if self.c is None else self.c[i:j],
            valid=None if self.valid is None else self.valid[:, i:j],
        )

    def room(self, xp: Any, net: Network) -> Room:
        """Memory for a step of these examples."""
        n, width = self.h.shape
        return Room(xp, CELLS[net.mode], n, net.hidden, width, self.h.dtype, self.clip)


class Kept(NamedTuple):
    """What the backward pass needs of the forward pass, besides its results."""

    gates: Any  # (layers * directions, g, t, n, h)
    inner: Any  # (layers * directions, t, n, h)
    below: Any  # (layers - 1, t, n, r * directions) the outputs of all layers but the last
    factors: Any  # the same shape, what dropout multiplied them with; or empty


def direction(
    net: Network, number: int, weights: Weights, z: Any, kept: Kept, out: Any, states: Sequence,
    valid: Any, clip: Any,
) -> Direction:  # fmt: skip
    """Direction `number` of all; every second one is backwards if there are two."""
    side = number % net.directions
    h, c = states
    return Direction(
        weights,
        range(net.steps)[:: -1 if side else 1],
        z,
        kept.inner[number] if net.gates > 1 else None,
        out[:, :, side * net.width : (side + 1) * net.width],
        h[number],
        None if c is None else c[number],
        valid,
        clip,
    )


def forward(
    k: Any, net: Network, x: Any, parameters: Any, states: Sequence, results: Sequence, kept: Kept,
    dropout: Callable | None, valid: Any, clip: Any,
) -> None:  # fmt: skip
    """Compute all layers.

    states   h and c before the first step, (layers * directions, n, ...); c is None but for LSTM
    results  output, h and c after the last step: these are written
    kept     is written, too
    dropout  gives the factors for the outputs of a layer below another, by shape; or None
    """
    weights = weights_of(net, parameters)
    output, *last = results
    for layer in range(net.layers):
        out = kept.below[layer] if layer < net.layers - 1 else output
        numbers = range(layer * net.directions, (layer + 1) * net.directions)
        # All products with the inputs come first: the caller's `out` may be an input.
        z = [_products_with_inputs(k, net, x, weights[i], kept, i) for i in numbers]
        for i in numbers:
            one = direction(
                net, i, weights[i], z[i % net.directions], kept, out, states, valid, clip
            )
            _forward(k, net, one, last[0][i], None if last[1] is None else last[1][i])
        x = out
        if dropout is not None and layer < net.layers - 1:
            kept.factors[layer] = dropout(out.shape)
            x = dropped(k.xp, out, kept.factors[layer])


def dropped(xp: Any, out: Any, factors: Any) -> Any:
    """The inputs of the layer above, in scratch memory."""
    return xp.multiply(out, factors, out=scratch(xp, "dropped", out.shape, out.dtype))


def _products_with_inputs(k, net, x, weights, kept, number):
    """W x of all steps, (g, t, n, h); for sigmoids half of it."""
    xp = k.xp
    shape = (net.gates, *x.shape[:2], net.hidden)
    z = kept.gates[number] if net.gates > 1 else scratch(xp, f"z{number}", shape, x.dtype)
    flat, inputs = z.reshape(net.gates, -1, net.hidden), x.reshape(-1, x.shape[-1])
    weight = (weights.i2h * half(xp, CELLS[net.mode], x.dtype)).swapaxes(1, 2)

    def rows(i, j):
        xp.matmul(inputs[i:j], weight, out=flat[:, i:j])

    k.share(len(inputs), matrix_cost(len(inputs), net.gates * net.hidden, x.shape[-1]), rows)
    return z


def _forward(k, net, one, h_last, c_last):
    """All steps of a direction; writes its outputs and last states."""

    def examples(i, j):
        h, c = _steps(k.xp, net, one.of_examples(i, j))
        h_last[i:j] = h
        if c_last is not None:
            c_last[i:j] = c

    by_examples(k, net, examples)


def _steps(xp, net, one):
    cell, room, weights = CELLS[net.mode], one.room(xp, net), one.weights
    room.set_bias(weights.i2h_bias, weights.h2h_bias)
    past = (weights.h2h * room.half).swapaxes(1, 2)
    blocks = in_blocks(xp, past, len(one.h))
    target = block_view(room.past, blocks)
    projection = None if weights.h2r is None else weights.h2r.T
    h, c = one.h, one.c
    for t in one.times:
        xp.matmul(h, blocks, out=target)
        new: Any = one.out[t]
        inner: Any = None if one.inner is None else one.inner[t]
        hidden = new if projection is None else room.hidden
        cell.forward(room, one.z[:, t], h, c, inner, hidden)
        if projection is not None:
            xp.matmul(hidden, projection, out=new)
        if one.valid is not None:  # behind the end the states stay, and outputs are 0
            valid = one.valid[t]
            h = xp.where(valid, new, h)
            new[...] = xp.where(valid, new, 0)
            if c is not None:
                inner[...] = xp.where(valid, inner, c)
        else:
            h = new
        c = None if c is None else inner
    return h, c
