"""Cells of `mx.rnn`, unrolled in every way; runs in mxbook and in real MXNet."""

import hashlib
import json


def stack(r):
    """Two cells with dropout between them."""
    cells = r.SequentialRNNCell()
    for cell in (r.LSTMCell(4, prefix="l0_"), r.DropoutCell(0.3), r.GRUCell(3, prefix="l1_")):
        cells.add(cell)
    return cells


CELLS = {
    "rnn": lambda r: r.RNNCell(4, prefix="r_"),
    "relu": lambda r: r.RNNCell(4, activation="relu"),
    "lstm": lambda r: r.LSTMCell(4, forget_bias=2.0),
    "gru": lambda r: r.GRUCell(4),
    "sequential": stack,
    "bidirectional": lambda r: r.BidirectionalCell(
        r.LSTMCell(4, prefix="l_"), r.GRUCell(3, prefix="q_"), output_prefix="b_"
    ),
    "zoneout": lambda r: r.ZoneoutCell(r.RNNCell(4), 0.2, 0.3),
    "zoneout-states": lambda r: r.ZoneoutCell(r.LSTMCell(4), 0.0, 0.3),
    "residual": lambda r: r.ResidualCell(r.RNNCell(5)),
    "residual-both": lambda r: r.ResidualCell(
        r.BidirectionalCell(r.RNNCell(2, prefix="a_"), r.RNNCell(3, prefix="c_"))
    ),
    "residual-fused": lambda r: r.ResidualCell(r.FusedRNNCell(5, 1, "lstm")),
    "dropout": lambda r: r.DropoutCell(0.5),
    "no-dropout": lambda r: r.DropoutCell(0.0),
    "fused-lstm": lambda r: r.FusedRNNCell(4, 2, "lstm", prefix="f_"),
    "fused-states": lambda r: r.FusedRNNCell(4, 2, "lstm", get_next_state=True),
    "fused-gru": lambda r: r.FusedRNNCell(4, 2, "gru", bidirectional=True, dropout=0.2),
    "fused-tanh": lambda r: r.FusedRNNCell(4, 1, "rnn_tanh", get_next_state=True),
    "unfused-lstm": lambda r: r.FusedRNNCell(4, 2, "lstm", prefix="f_").unfuse(),
    "unfused-gru": lambda r: r.FusedRNNCell(4, 2, "gru", True, 0.2).unfuse(),
    "unfused-tanh": lambda r: r.FusedRNNCell(4, 1, "rnn_tanh").unfuse(),
    "conv-rnn": lambda r: r.ConvRNNCell((1, 3, 5, 5), 2),
    "conv-lstm": lambda r: r.ConvLSTMCell((1, 3, 5, 5), 2),
    "conv-gru": lambda r: r.ConvGRUCell(
        (3, 3, 5, 5), 2, i2h_kernel=(5, 5), i2h_pad=(2, 2), activation="tanh"
    ),
}
STEPS = 3


def flat(symbols) -> list:
    """Symbols of nested lists."""
    if not isinstance(symbols, list | tuple):
        return [symbols]
    return [one for inner in symbols for one in flat(inner)]


def graph_of(mx, name: str, layout: str, merge, listed: bool) -> str:
    """Kind of the outputs, and a digest of the graph of outputs and states."""
    with mx.name.NameManager():
        names = [f"x{i}" for i in range(STEPS)] if listed else ["x"]
        inputs = [mx.sym.var(n) for n in names]
        cell = CELLS[name](mx.rnn)
        found = cell.unroll(STEPS, inputs if listed else inputs[0], None, layout, merge)
        graph = json.loads(mx.sym.Group(flat(found)).tojson())
    text = json.dumps([graph["nodes"], graph["heads"]], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{type(found[0]).__name__} {len(graph['nodes'])} {digest}"


def ways():
    """All ways to unroll, by a name for each."""
    for name in CELLS:
        for layout in ("NTC", "TNC"):
            for merge in (None, True, False):
                for listed in (False, True):
                    key = f"{name} {layout} {merge} {'list' if listed else 'symbol'}"
                    yield key, (name, layout, merge, listed)
