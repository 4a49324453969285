"""One step of a recurrent network and its reverse, for the four kinds that the operator RNN has.

Axes: g gates, n examples, h hidden units.  A step forward turns `z`, the product of the weights
with the input, into the values of the gates, and writes the new output; `room.past` holds the
product with the output before.  A step backward writes the gradients of all z into `d`, from `dh`,
that of the new output, and changes `dc`, that of LSTM's memory, into that of the memory before.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from .scratch import scratch


class Room:
    """What a worker needs for its examples: constants, and memory for one step."""

    def __init__(
        self, xp: Any, cell: "Cell", n: int, hidden: int, width: int, dtype: Any, clip: Any
    ):
        self.xp, self.clip = xp, clip  # clip: low, high, and whether NaN is clipped, too
        shape = (cell.gates, n, hidden)
        self.past = scratch(xp, "past", shape, dtype)
        self.bias = scratch(xp, "bias", shape, dtype)
        self.slope = scratch(xp, "slope", shape, dtype)
        self.back = scratch(xp, "back", (cell.gates, n, width), dtype)
        self.spare = scratch(xp, "spare", shape[1:], dtype)
        self.hidden = scratch(xp, "hidden", shape[1:], dtype)
        self.flow = scratch(xp, "flow", (n, width), dtype)
        self.half = half(xp, cell, dtype)
        self.shift = 1 - self.half
        self.low = 2 * self.half - 1
        self.inner_bias: Any = None

    def set_bias(self, i2h_bias: Any, h2h_bias: Any) -> None:
        """Lay out the bias of z for all examples.

        GRU's last gate adds that of the output before elsewhere.
        """
        total = i2h_bias + h2h_bias
        if len(total) == 3:
            total[-1] = i2h_bias[-1]
            self.inner_bias = h2h_bias[-1]
        self.bias[...] = total[:, None] * self.half


def half(xp: Any, cell: "Cell", dtype: Any) -> Any:
    """The factor of each gate in `sigmoid(x) = tanh(x / 2) / 2 + 1 / 2`, (g, 1, 1)."""
    return xp.asarray([0.5 if s else 1.0 for s in cell.sigmoids], dtype)[:, None, None]


class Cell(NamedTuple):
    """A kind of network.

    `slots` is the number of gradients that a step writes; those of z, gate by gate, are in the
    slots `of_z`, and those of the product with the output before in a row from `of_past` on.
    In a `direct` one the output before is part of the next output, and `dh` changed accordingly.
    """

    gates: int
    sigmoids: tuple[int, ...]  # which of them are; the others are tanh
    forward: Callable
    backward: Callable
    slots: int
    of_z: tuple[int, ...]
    of_past: int = 0
    direct: bool = False


def _tanh(room, z, _before, _inner_before, _inner, h):
    z += room.past
    z += room.bias
    room.xp.tanh(z[0], out=h)


def _tanh_back(room, _z, d, h, _before, _inner_before, _inner, dh, _dc):
    xp, spare = room.xp, room.spare
    xp.multiply(h, h, out=spare)
    xp.subtract(1, spare, out=spare)
    xp.multiply(dh, spare, out=d[0])


def _relu(room, z, _before, _inner_before, _inner, h):
    z += room.past
    z += room.bias
    room.xp.maximum(z[0], 0, out=h)


def _relu_back(room, _z, d, h, _before, _inner_before, _inner, dh, _dc):
    room.xp.multiply(dh, h > 0, out=d[0])


def _lstm(room, z, _before, c_before, c, h):
    xp, spare = room.xp, room.spare
    z += room.past
    z += room.bias
    xp.tanh(z, out=z)
    z *= room.half
    z += room.shift
    i, f, g, o = z
    xp.multiply(f, c_before, out=c)
    xp.multiply(i, g, out=spare)
    c += spare
    if room.clip:
        _clip(xp, c, *room.clip)
    xp.tanh(c, out=spare)
    xp.multiply(o, spare, out=h)


def _clip(xp, c, low, high, clip_nan):
    """Bring the memory between two bounds; NaN stays what it is, unless it is to be clipped."""
    larger, smaller = (xp.fmax, xp.fmin) if clip_nan else (xp.maximum, xp.minimum)
    larger(c, low, out=c)
    smaller(c, high, out=c)


def _lstm_back(room, z, d, _h, _before, c_before, c, dh, dc):
    xp, spare, slope = room.xp, room.spare, room.slope
    i, f, g, o = z
    di, df, dg, do = d
    xp.tanh(c, out=spare)
    xp.multiply(dh, spare, out=do)
    spare *= spare
    xp.subtract(1, spare, out=spare)
    spare *= o
    spare *= dh
    dc += spare
    if room.clip:
        low, high, _ = room.clip
        dc *= (c > low) & (c < high)
    xp.multiply(dc, g, out=di)
    xp.multiply(dc, c_before, out=df)
    xp.multiply(dc, i, out=dg)
    dc *= f
    # The slope of a sigmoid is z (1 - z), that of tanh (1 + z) (1 - z).
    xp.subtract(1, z, out=slope)
    d *= slope
    xp.add(z, room.low, out=slope)
    d *= slope


def _gru(room, z, before, _inner_before, inner, h):
    xp, spare = room.xp, room.spare
    gates = z[:2]
    gates += room.past[:2]
    z += room.bias
    xp.tanh(gates, out=gates)
    gates *= 0.5
    gates += 0.5
    r, u, n = z
    xp.add(room.past[2], room.inner_bias, out=inner)
    xp.multiply(r, inner, out=spare)
    n += spare
    xp.tanh(n, out=n)
    xp.subtract(before, n, out=spare)
    spare *= u
    xp.add(n, spare, out=h)


def _gru_back(room, z, d, _h, before, _inner_before, inner, dh, _dc):
    xp, spare, slope = room.xp, room.spare, room.slope[:2]
    r, u, n = z
    dn, dr, du, d_inner = d
    xp.subtract(before, n, out=spare)
    xp.multiply(dh, spare, out=du)
    xp.subtract(1, u, out=dn)
    dn *= dh
    xp.multiply(n, n, out=spare)
    xp.subtract(1, spare, out=spare)
    dn *= spare
    xp.multiply(dn, inner, out=dr)
    xp.multiply(dn, r, out=d_inner)
    xp.subtract(1, z[:2], out=slope)
    slope *= z[:2]
    gates = d[1:3]
    gates *= slope
    dh *= u


CELLS = {
    "rnn_relu": Cell(1, (0,), _relu, _relu_back, slots=1, of_z=(0,)),
    "rnn_tanh": Cell(1, (0,), _tanh, _tanh_back, slots=1, of_z=(0,)),
    "lstm": Cell(4, (1, 1, 0, 1), _lstm, _lstm_back, slots=4, of_z=(0, 1, 2, 3)),
    "gru": Cell(3, (1, 1, 0), _gru, _gru_back, slots=4, of_z=(1, 2, 0), of_past=1, direct=True),
}
