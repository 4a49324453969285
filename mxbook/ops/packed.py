"""What is where in the vector of all parameters of the operator RNN, gate by gate."""

from typing import Any

from .kernels.recurrent import Network, weights_of

# The gates of each kind of cell, as they follow each other and as they end names.
GATES = {
    "rnn_relu": ("",),
    "rnn_tanh": ("",),
    "lstm": ("_i", "_f", "_c", "_o"),
    "gru": ("_r", "_z", "_o"),
}


def _network(inputs: int, hidden: int, layers: int, mode: str, bidirectional: bool) -> Network:
    return Network(mode, 1, 1, inputs, hidden, layers, 2 if bidirectional else 1)


def vector_size(inputs: int, hidden: int, layers: int, mode: str, bidirectional: bool) -> int:
    """The number of elements of the vector.

    >>> vector_size(3, 5, 1, "lstm", False)
    200
    """
    return _network(inputs, hidden, layers, mode, bidirectional).parameter_count()


def input_size(size: int, hidden: int, layers: int, mode: str, bidirectional: bool) -> int:
    """The number of inputs of a network whose vector has so many elements.

    >>> input_size(200, 5, 1, "lstm", False)
    3
    """
    rest = size - vector_size(0, hidden, layers, mode, bidirectional)
    return rest // (len(GATES[mode]) * hidden * (2 if bidirectional else 1))


def gate_views(
    vector: Any, inputs: int, hidden: int, layers: int, mode: str, bidirectional: bool
) -> dict[str, Any]:
    """Views of the vector by name, such as `l0_i2h_f_weight`: layer 0, forwards, forget gate.

    They come in the order of the vector: all weights, then all biases.

    >>> import numpy as np
    >>> list(gate_views(np.arange(8), 1, 1, 2, "rnn_tanh", False))[:3]
    ['l0_i2h_weight', 'l0_h2h_weight', 'l1_i2h_weight']
    """
    net = _network(inputs, hidden, layers, mode, bidirectional)
    sides = ("l", "r") if bidirectional else ("l",)
    names = [f"{side}{i}" for i in range(layers) for side in sides]
    found: dict[str, Any] = {}
    every = list(zip(names, weights_of(net, vector), strict=True))
    for kind in ("weight", "bias"):
        for name, weights in every:
            pair = (weights.i2h, weights.h2h)
            if kind == "bias":
                pair = (weights.i2h_bias, weights.h2h_bias)
            for group, part in zip(("i2h", "h2h"), pair, strict=True):
                for gate, view in zip(GATES[mode], part, strict=True):
                    found[f"{name}_{group}{gate}_{kind}"] = view
    return found
