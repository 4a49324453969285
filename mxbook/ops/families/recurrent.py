"""Recurrent networks over whole sequences: the operator RNN, for plain, LSTM and GRU networks."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.kernels import recurrent as kernels
from mxbook.ops.kernels.recurrent_back import backward
from mxbook.ops.params import Bool, Enum, Int, Real
from mxbook.ops.registry import operator

from .dropout import Probability

RNN = (
    Int("state_size", low=1, doc="Number of hidden units of a layer, in each direction."),
    Int("num_layers", low=1, high=10_000, doc="Number of layers."),
    Bool("bidirectional", False, doc="Whether a second network reads from the end."),
    Enum("mode", ("gru", "lstm", "rnn_relu", "rnn_tanh"), doc="The kind of network."),
    Probability(
        "p",
        0.0,
        doc="In training, how likely an output is dropped on its way to the next layer; below 1.",
    ),
    Bool("state_outputs", False, doc="Return the states after the last step, too."),
    Int(
        "projection_size",
        None,
        low=1,
        doc="LSTM only: outputs are projected to so many numbers; not at all when left out.",
    ),
    Real("lstm_state_clip_min", None, doc="LSTM only: smallest number in the memory c."),
    Real("lstm_state_clip_max", None, doc="LSTM only: largest number in the memory c."),
    Bool("lstm_state_clip_nan", False, doc="Whether clipping turns NaN into the smallest number."),
    Bool(
        "use_sequence_length",
        False,
        doc="Whether `sequence_length` is given; else all steps of all examples count.",
    ),
)


def _inputs(p):
    """The names of the inputs of a call."""
    memory = ["state_cell"] if p.mode == "lstm" else []
    return ["data", "parameters", "state", *memory, *_lengths_name(p)]


def _lengths_name(p):
    return ["sequence_length"] if p.use_sequence_length else []


def _network(p, data):
    """The sizes of the network for data of a shape."""
    steps, examples, inputs = data
    sides, projected = 2 if p.bidirectional else 1, p.projection_size or 0
    return kernels.Network(
        p.mode, steps, examples, inputs, p.state_size, p.num_layers, sides, projected
    )


def _between_layers(p):
    """Whether there is dropout between layers."""
    return p.p > 0 and p.num_layers > 1


def _clip(p):
    """The bounds of LSTM's memory, or None."""
    low, high = p.lstm_state_clip_min, p.lstm_state_clip_max
    return None if low is None else (low, high, p.lstm_state_clip_nan)


def _check(p):
    """Raise ParameterError for parameters that do not go together."""
    bounds = (p.lstm_state_clip_min, p.lstm_state_clip_max)
    if p.mode != "lstm" and (p.projection_size or bounds != (None, None)):
        raise ParameterError(
            f"mode={p.mode!r} has no projection and nothing to clip", rule="those are for lstm"
        )
    if (None in bounds) and bounds != (None, None):
        raise ParameterError(
            "only one bound of the memory is given",
            rule="both lstm_state_clip_min and lstm_state_clip_max, or neither",
        )
    if p.p == 1:
        raise ParameterError("p=1 drops everything", rule="0 <= p < 1")


def _wide(*arrays):
    """float16 is computed in float32."""
    return [a.astype("float32") if a.dtype.itemsize == 2 else a for a in arrays]


def _valid(k, steps, lengths):
    """Which steps count, (t, n, 1)."""
    return k.xp.arange(steps)[:, None, None] < lengths.astype("int64")[:, None]


def _arrays(k, shapes, outs, dtype):
    """Arrays to write results into: those that were given, if they have the type."""
    if outs is not None and outs[0].dtype == dtype:
        return outs
    return [k.xp.empty(shape, dtype) for shape in shapes]


def _cut(p, net, kept):
    """The arrays that are kept for the backward pass as views of the one output for them."""
    return kernels.Kept(*kernels.cut(kept, net.kept_shapes(_between_layers(p))))


@operator(
    "RNN",
    *RNN,
    inputs=("data", "parameters", "state", "state_cell", "sequence_length"),
    takes=_inputs,
    aliases=("_npx_rnn",),
    outputs=("output", "state_output", "statecell_output", "kept"),
    visible=lambda p: (3 if p.mode == "lstm" else 2) if p.state_outputs else 1,
    uses_random=True,
    uses_train=True,
    draws=lambda p, train: train and _between_layers(p),
    cost=lambda p, ins, outs: _network(p, ins[0]).cost(),
)
def rnn(k, p, data, parameters, state, *more, outs=None):
    """A recurrent network reads sequences: a step sees its input and the output of the one before.

    ::

        rnn_tanh   h' = tanh(W x + b + U h + d)          rnn_relu: max(0, ...) in place of tanh
        lstm       i, f, o = sigmoid(...);  g = tanh(...);  c' = f c + i g;  h' = o tanh(c')
        gru        r, z = sigmoid(...);  n = tanh(W x + b + r (U h + d));  h' = (1 - z) n + z h

    with weights and biases of their own for each gate.  Outputs of a layer are the inputs of the
    next; with `bidirectional` those of both directions, one behind the other.

    =============== ============================================ ================================
    data            (steps, examples, inputs)
    parameters      all of them in one vector                    see below
    state           (layers * directions, examples, state_size)  h before the first step
    state_cell      the same shape                               c before the first step, lstm only
    sequence_length (examples,)                                  with use_sequence_length
    output          (steps, examples, directions * state_size)   h of all steps of the last layer
    states          like `state` and `state_cell`                with state_outputs
    =============== ============================================ ================================

    In the vector come first all weights, then all biases; each by layer, then by direction, then W
    before U (and the projection), b before d; the rows of the gates in the order above, those of
    lstm i, f, g, o.  With `projection_size` the outputs h of an LSTM are multiplied with one more
    matrix, (projection_size, state_size), and are so many wherever they stand above.

    Steps behind `sequence_length` count neither for outputs, which are 0 there, nor for states; the
    backward direction begins at the last step that counts.

    Raises ShapeError where shapes do not fit, ParameterError where parameters do not go together.
    There is no second derivative; recurrent cells, unrolled, have all.

    Source: MXNet 1.6, `mx.nd.RNN`; projection, clipping and lengths, which MXNet has on GPUs only,
    as in cuDNN.
    """
    lstm = p.mode == "lstm"
    x, parameters, h0, *c0 = _wide(data, parameters, state, *more[:lstm])
    net = _network(p, x.shape)
    output, h, c, kept = results = _arrays(k, _out_shapes(p, data.shape), outs, x.dtype)

    def factors(shape):
        if not k.is_train:
            return 1
        return k.to_device(k.random.keep(1 - p.p, shape, x.dtype)) / (1 - p.p)

    kernels.forward(
        k, net, x, parameters, [h0, *c0] if lstm else [h0, None], [output, h, c if lstm else None],
        _cut(p, net, kept), factors if _between_layers(p) else None,
        _valid(k, len(x), more[-1]) if p.use_sequence_length else None, _clip(p),
    )  # fmt: skip
    return [*(a.astype(data.dtype, copy=False) for a in results[:3]), kept]


def _out_shapes(p, data):
    """Shapes of output, states and what is kept, for data of a shape."""
    net = _network(p, data)
    both = net.layers * net.directions
    h, c = (both, net.examples, net.width), (both, net.examples, net.hidden)
    count = sum(map(shapes.size, net.kept_shapes(_between_layers(p))))
    output = (*data[:2], net.directions * net.width)
    return [output, h, c if p.mode == "lstm" else (0,), (count,)]


def _in_shapes(p, data):
    """Shapes of all inputs, as far as they follow from that of data."""
    _check(p)
    if data is None:
        data = (None, None, None)
    if len(data) != 3:
        raise ShapeError(
            f"data has the shape {shapes.text(data)}", rule="(steps, examples, inputs)"
        )
    net = _network(p, data)
    both = net.layers * net.directions
    count = None if data[2] is None else net.parameter_count()
    memory = [(both, data[1], net.hidden)] if p.mode == "lstm" else []
    lengths = [(data[1],)] if p.use_sequence_length else []
    return [data, (count,), (both, data[1], net.width), *memory, *lengths]


@rnn.shapes
def _(p, *ins):
    names, found = _inputs(p), []
    for name, given, wanted in zip(names, ins, _in_shapes(p, ins[0]), strict=True):
        try:
            found.append(shapes.unify(given, wanted))
        except ShapeError as error:
            raise ShapeError(
                f"{name} does not fit: {error.message}",
                rule=f"{name} has the shape {shapes.text(wanted)}",
            ) from None
    known = ins[0] is not None and shapes.known(ins[0])
    return found, _out_shapes(p, ins[0]) if known else [None]


def _types(p, *dtypes):
    """All of one type with fractions; lengths of any."""
    count = len(dtypes) - len(_lengths_name(p))
    found, (common,) = rules.float_type(p, *dtypes[:count])
    kept = TYPES["float32"] if common == TYPES["float16"] else common
    lengths = [common if d is None else d for d in dtypes[count:]]
    return [*found, *lengths], [common, common, common, kept]


rnn.types(_types)


def _options(p):
    return {param.name: getattr(p, param.name) for param in RNN}


@rnn.gradient
def _(F, p, dys, data, parameters, state, state_cell, output, kept, sequence_length):
    # Those two by position: without a memory the lengths stand in its place.
    more = [a for a in (state_cell, sequence_length) if a is not None]
    starts = [output, state, *more[: p.mode == "lstm"]]
    deltas = [F.zeros_like(a) if d is None else d for a, d in zip(starts, dys, strict=False)]
    return F._backward_RNN(*deltas, data, parameters, state, *more, output, kept, **_options(p))


def _backward_inputs(p):
    lstm = p.mode == "lstm"
    deltas = ["delta", "delta_state", "delta_cell"][: 3 if lstm else 2]
    return [*deltas, *_inputs(p), "output", "kept"]


@operator(
    "_backward_RNN",
    *RNN,
    inputs=(
        *("delta", "delta_state", "delta_cell", "data", "parameters", "state", "state_cell"),
        *("sequence_length", "output", "kept"),
    ),
    takes=_backward_inputs,
    outputs=lambda p: ["d_data", "d_parameters", "d_state", "d_state_cell"][
        : 4 if p is None or p.mode == "lstm" else 3
    ],
    cost=lambda p, ins, outs: 2 * _network(p, outs[0]).cost(),
)
def rnn_gradient(k, p, *arrays, outs=None):
    """The gradients of RNN for data, parameters and states.

    deltas  the gradients at output and last states of RNN
    kept    what RNN kept; the other inputs are RNN's own
    """
    lstm, given = p.mode == "lstm", dict(zip(_backward_inputs(p), arrays, strict=True))
    lengths, kept = given.pop("sequence_length", None), given.pop("kept")
    dtype = given["data"].dtype
    wide = dict(zip(given, _wide(*given.values()), strict=True))
    x, names = wide["data"], ["data", "parameters", "state", *["state_cell"][:lstm]]
    net = _network(p, x.shape)
    results = _arrays(k, [wide[name].shape for name in names], outs, x.dtype)
    backward(
        k, net, [wide.get(name) for name in ("delta", "delta_state", "delta_cell")], x,
        wide["parameters"], [wide["state"], wide.get("state_cell")], wide["output"],
        _cut(p, net, kept), None if lengths is None else _valid(k, len(x), lengths), _clip(p),
        [*results, None][:4],
    )  # fmt: skip
    return [a.astype(dtype, copy=False) for a in results]


@rnn_gradient.shapes
@rules.forward
def _(p, *ins):
    of = dict(zip(_backward_inputs(p), ins, strict=True))
    _, outs = rnn.shape_rule(p, *[of[name] for name in _inputs(p)])
    made = [name for name in of if name.startswith("delta")]
    for name, wanted in (*zip(made, outs, strict=False), ("output", outs[0]), ("kept", outs[-1])):
        shapes.check_fits(of[name], wanted, name)
    return [of[name] for name in _inputs(p) if name != "sequence_length"]


@rnn_gradient.types
def _(p, *dtypes):
    of = dict(zip(_backward_inputs(p), dtypes, strict=True))
    names = [n for n in of if n not in ("sequence_length", "kept")]
    found, (common,) = rules.float_type(p, *[of[n] for n in names])
    of.update(zip(names, found, strict=True))
    return list(of.values()), [common]


# ---- examples


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _reference_step(mode, x, h, c, w, u, b, d):
    """A step of one layer in one direction, straight from the formulas: new h and c."""
    if mode == "gru":
        (xr, xz, xn), (hr, hz, hn) = np.split(w @ x + b, 3), np.split(u @ h + d, 3)
        z = _sigmoid(xz + hz)
        return (1 - z) * np.tanh(xn + _sigmoid(xr + hr) * hn) + z * h, c
    total = w @ x + b + u @ h + d
    if mode != "lstm":
        return (np.tanh(total) if mode == "rnn_tanh" else np.maximum(total, 0)), c
    i, f, g, o = np.split(total, 4)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * np.tanh(c), c


def _reference(mode, hidden, layers=1, sides=1, outputs=1, lengths=False, projected=0):
    """The results for one example after the other, one step after the other."""
    gates = {"lstm": 4, "gru": 3}.get(mode, 1)
    width = projected or hidden

    def cut(vector, inputs):
        """Weights and biases by layer and direction."""
        vector, found = iter(vector), []

        def take(*shape):
            return np.array([next(vector) for _ in range(shapes.size(shape))]).reshape(shape)

        for i in range(layers * sides):
            own = inputs if i < sides else sides * width
            found.append([take(gates * hidden, own), take(gates * hidden, width)])
            found[-1].append(take(projected, hidden) if projected else np.eye(hidden))
        for weights in found:
            weights += [take(gates * hidden), take(gates * hidden)]
        return found

    def value(x, parameters, h0, *more):
        h, c = h0.copy(), more[0].copy() if mode == "lstm" else h0.copy()
        weights = cut(parameters, x.shape[2])
        for layer in range(layers):
            y = np.zeros((*x.shape[:2], sides * width))
            for n in range(x.shape[1]):
                steps = range(int(more[-1][n]) if lengths else len(x))
                for side in range(sides):
                    i = layer * sides + side
                    w, u, r, b, d = weights[i]
                    for t in steps[:: -1 if side else 1]:
                        new, c[i, n] = _reference_step(mode, x[t, n], h[i, n], c[i, n], w, u, b, d)
                        h[i, n] = r @ new
                        y[t, n, side * width : (side + 1) * width] = h[i, n]
            x = y
        return [x, h, c][:outputs]

    return value


_ONCE = "there is no second derivative"
rnn.example((3, 2, 4), (40,), (1, 2, 4), state_size=4, num_layers=1, mode="rnn_tanh").gives(
    _reference("rnn_tanh", 4)
).not_smooth(_ONCE)
rnn.example(
    (3, 2, 2), (108,), (4, 2, 3), state_size=3, num_layers=2, mode="rnn_relu", bidirectional=True,
    state_outputs=True,
).gives(_reference("rnn_relu", 3, 2, 2, 2)).not_smooth(_ONCE)  # fmt: skip
rnn.example(
    (3, 2, 3), (96,), (1, 2, 3), (1, 2, 3), state_size=3, num_layers=1, mode="lstm",
    state_outputs=True,
).gives(_reference("lstm", 3, outputs=3)).not_smooth(_ONCE)  # fmt: skip
rnn.example(
    (4, 3, 2), (324,), (4, 3, 3), [4.0, 1.0, 2.0], state_size=3, num_layers=2, mode="gru",
    bidirectional=True, state_outputs=True, use_sequence_length=True,
).gives(_reference("gru", 3, 2, 2, 2, lengths=True)).not_smooth(_ONCE)  # fmt: skip
rnn.example(
    (4, 3, 2), (360,), (4, 3, 2), (4, 3, 3), [3.0, 1.0, 4.0], state_size=3, num_layers=2,
    mode="lstm", bidirectional=True, state_outputs=True, projection_size=2,
    use_sequence_length=True,
).gives(_reference("lstm", 3, 2, 2, 3, True, 2)).not_smooth(_ONCE)  # fmt: skip
rnn.example(
    (2, 2, 3), (96,), (1, 2, 3), In((1, 2, 3), -0.1, 0.1), state_size=3, num_layers=1, mode="lstm",
    state_outputs=True, lstm_state_clip_min=-2, lstm_state_clip_max=2,
).gives(_reference("lstm", 3, outputs=3)).not_smooth(_ONCE)  # fmt: skip
rnn.example(
    (2, 2, 3), (48,), (2, 2, 3), state_size=3, num_layers=2, mode="rnn_tanh", p=0.5
).not_smooth("random in training")
rnn_gradient.example(
    (2, 2, 3), (1, 2, 3), (1, 2, 3), (2, 2, 3), (96,), (1, 2, 3), (1, 2, 3), (2, 2, 3), (60,),
    state_size=3, num_layers=1, mode="lstm",
).not_smooth(_ONCE)  # fmt: skip
rnn_gradient.example(
    (2, 2, 3), (1, 2, 3), (2, 2, 3), (72,), (1, 2, 3), [2.0, 1.0], (2, 2, 3), (48,),
    state_size=3, num_layers=1, mode="gru", use_sequence_length=True,
).not_smooth(_ONCE)  # fmt: skip
