"""The gradients of a recurrent network: `kernels/recurrent.py` the other way round."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from mxbook.ops.rules import matrix_cost

from .cells import CELLS
from .recurrent import (
    Direction,
    Kept,
    Network,
    block_view,
    by_examples,
    direction,
    dropped,
    in_blocks,
    weights_of,
)
from .scratch import scratch


class Work(NamedTuple):
    """What a direction works on backwards, for all examples or some."""

    one: Direction
    dy: Any  # (t, n, r) gradients of the outputs
    d: Any  # (slots, t, n, h) gradients of the gates: these are written
    before: Any  # (t, n, r) the output before each step
    dh: Any  # (n, r) gradient of the state, first of the last and in the end of the first one
    dc: Any  # (n, h) or None
    dr: Any  # (t, n, r) gradients of all that was projected, written; or None

    def of_examples(self, i: int, j: int) -> "Work":
        """The same for the examples i to j - 1."""
        return Work(
            self.one.of_examples(i, j),
            self.dy[:, i:j],
            self.d[:, :, i:j],
            self.before[:, i:j],
            self.dh[i:j],
            None if self.dc is None else self.dc[i:j],
            None if self.dr is None else self.dr[:, i:j],
        )


def backward(
    k: Any, net: Network, deltas: Sequence, x: Any, parameters: Any, states: Sequence, output: Any,
    kept: Kept, valid: Any, clip: Any, results: Sequence,
) -> None:  # fmt: skip
    """The gradients of inputs, parameters and states.

    deltas   gradients of output, h and c after the last step; c is None but for LSTM
    results  gradients of x, parameters, h and c: these are written
    """
    xp = k.xp
    weights, gradients = weights_of(net, parameters), weights_of(net, results[1])
    dy, dh, dc = deltas[0], results[2], results[3]
    dh[...] = deltas[1]
    if dc is not None:
        dc[...] = deltas[2]
    for layer in range(net.layers - 1, -1, -1):
        out = output if layer == net.layers - 1 else kept.below[layer]
        inputs = x if layer == 0 else kept.below[layer - 1]
        if layer and kept.factors.size:
            inputs = dropped(xp, inputs, kept.factors[layer - 1])
        dx = results[0] if layer == 0 else scratch(xp, f"dx{layer % 2}", inputs.shape, x.dtype)
        for side in range(net.directions):
            i = layer * net.directions + side
            z = kept.gates[i] if net.gates > 1 else None
            one = direction(net, i, weights[i], z, kept, out, states, valid, clip)
            columns = slice(side * net.width, (side + 1) * net.width)
            work = _work(xp, net, one, dy[:, :, columns], dh[i], None if dc is None else dc[i])
            by_examples(k, net, partial(_some_steps, xp, net, work))
            _weight_gradients(k, net, work, inputs, gradients[i])
            _input_gradient(k, net, work, dx, add=side > 0)
        dy = dx
        if layer and kept.factors.size:
            dy *= kept.factors[layer - 1]


def _work(xp, net, one, dy, dh, dc):
    shape = (net.steps, net.examples)
    dtype = dy.dtype
    return Work(
        one,
        dy,
        scratch(xp, "d", (CELLS[net.mode].slots, *shape, net.hidden), dtype),
        _outputs_before(xp, one),
        dh,
        dc,
        scratch(xp, "dr", (*shape, net.projected), dtype) if net.projected else None,
    )


def _outputs_before(xp, one):
    """The state that each step began with."""
    before = scratch(xp, "before", one.out.shape, one.out.dtype)
    valid = one.valid
    if one.times.step == 1:
        before[0], before[1:] = one.h, one.out[:-1]
    else:
        before[-1], before[:-1] = one.h, one.out[1:]
        if valid is not None:  # the last step that counts began with the first state
            before[:-1] = xp.where(valid[1:], before[:-1], one.h)
    return before


def _some_steps(xp, net, work, i, j):
    _steps(xp, net, work.of_examples(i, j))


def _steps(xp, net, work):
    one, d, dh, dc = work.one, work.d, work.dh, work.dc
    cell, room, weights = CELLS[net.mode], one.room(xp, net), one.weights
    blocks = in_blocks(xp, weights.h2h, len(one.h))
    target = block_view(room.back, blocks)
    past = slice(cell.of_past, cell.of_past + net.gates)
    order = one.times
    for t in order[::-1]:
        valid = None if one.valid is None else one.valid[t]
        later = None if valid is None else (dh.copy(), None if dc is None else dc.copy())
        dh += work.dy[t]
        flowing = dh
        if work.dr is not None:
            work.dr[t] = dh if valid is None else xp.where(valid, dh, 0)
            flowing = xp.matmul(dh, weights.h2r, out=room.hidden)
        first = t == order[0]
        inner = None if one.inner is None else one.inner[t]
        inner_before = one.c if first or one.c is None else one.inner[t - order.step]
        z = None if one.z is None else one.z[:, t]
        cell.backward(
            room, z, d[:, t], one.out[t], work.before[t], inner_before, inner, flowing, dc
        )
        if valid is not None:
            d[:, t] = xp.where(valid, d[:, t], 0)
        xp.matmul(d[past, t][:, None], blocks, out=target)
        if cell.direct:
            dh += room.back.sum(axis=0, out=room.flow)
        else:
            room.back.sum(axis=0, out=dh)
        if later is not None:
            dh[...] = xp.where(valid, dh, later[0])
            if dc is not None:
                dc[...] = xp.where(valid, dc, later[1])


def _weight_gradients(k, net, work, x, gradients):
    """Write the gradients of the parameters of a direction; each worker takes some hidden units."""
    xp, cell = k.xp, CELLS[net.mode]
    d = work.d.reshape(cell.slots, -1, net.hidden)
    inputs, before = x.reshape(-1, x.shape[-1]), work.before.reshape(-1, net.width)
    rows = len(inputs)

    def units(i, j):
        for gate, slot in enumerate(cell.of_z):
            past = cell.of_past + gate
            xp.matmul(d[slot, :, i:j].T, inputs, out=gradients.i2h[gate, i:j])
            xp.matmul(d[past, :, i:j].T, before, out=gradients.h2h[gate, i:j])
        sums = d[:, :, i:j].sum(axis=1)
        gradients.i2h_bias[:, i:j] = sums[list(cell.of_z)]
        gradients.h2h_bias[:, i:j] = sums[cell.of_past : cell.of_past + net.gates]

    k.share(net.hidden, matrix_cost(net.gates * net.hidden, x.shape[-1] + net.width, rows), units)
    if work.dr is not None:
        hidden = xp.tanh(work.one.inner) * work.one.z[-1]
        xp.matmul(work.dr.reshape(rows, -1).T, hidden.reshape(rows, -1), out=gradients.h2r)


def _input_gradient(k, net, work, dx, add):
    """Write the gradient of the inputs of a layer, or add it to that of the other direction."""
    xp, cell, weight = k.xp, CELLS[net.mode], work.one.weights.i2h
    d = work.d.reshape(cell.slots, -1, net.hidden)
    flat = dx.reshape(-1, dx.shape[-1])

    def rows(i, j):
        part = scratch(xp, "part", (j - i, flat.shape[1]), dx.dtype)
        for gate, slot in enumerate(cell.of_z):
            if gate or add:
                flat[i:j] += xp.matmul(d[slot, i:j], weight[gate], out=part)
            else:
                xp.matmul(d[slot, i:j], weight[gate], out=flat[i:j])

    k.share(len(flat), matrix_cost(len(flat), flat.shape[1], net.gates * net.hidden), rows)
