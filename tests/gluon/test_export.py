"""Files of hybridized blocks: letter by letter those of MXNet, and back again."""

import hashlib
import warnings
from pathlib import Path

import numpy as np
import pytest

import mxbook as mx
from mxbook import gluon, nd
from mxbook.base.names import NameManager
from mxbook.gluon import nn, rnn
from mxbook.symbol import control_flow

X = nd.array(np.arange(8).reshape(2, 4))

# What MXNet 1.6 writes for the network of `small`.
GOLDEN = Path(__file__).parents[1] / "golden" / "files"


def small():
    net = nn.HybridSequential(prefix="n_")
    with net.name_scope():
        net.add(nn.Dense(2, use_bias=False), nn.BatchNorm())
    net.initialize(mx.init.One())
    net.hybridize()
    return net


def run(net, *inputs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # averages that have not moved
        return net(*inputs)


def test_letter_by_letter(tmp_path):
    net = small()
    run(net, X)
    assert net.export(str(tmp_path / "hybrid"), epoch=7) is None
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["hybrid-0007.params", "hybrid-symbol.json"]
    for name in names:
        assert (tmp_path / name).read_bytes() == (GOLDEN / name).read_bytes(), name


class LanguageModel(gluon.HybridBlock):
    """A recurrent layer between a table and a layer that share a parameter."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.embed = nn.Embedding(11, 6)
            self.lstm = rnn.LSTM(6, num_layers=2, dropout=0.2)
            self.drop = nn.Dropout(0.3)
            self.dec = nn.Dense(11, flatten=False, params=self.embed.params)

    def hybrid_forward(self, F, tokens, h, c):
        out, states = self.lstm(self.embed(tokens), [h, c])
        return self.dec(self.drop(out)), states


class Loop(gluon.HybridBlock):
    """Control flow with layers inside."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.i = nn.Dense(4)
            self.o = nn.Dense(4, use_bias=False)

    def hybrid_forward(self, F, x, state):
        def step(row, before):
            after = F.tanh(self.i(row) + self.o(before))
            return after * 2, after

        return F.contrib.foreach(step, x, state)


class Cells(gluon.HybridBlock):
    """Unrolled cells."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.cell = rnn.LSTMCell(4)
            self.g = rnn.GRUCell(3)
            self.d = nn.Dense(2, flatten=False)

    def hybrid_forward(self, F, x):
        out, states = self.cell.unroll(3, x, layout="NTC", merge_outputs=True)
        out, _ = self.g.unroll(3, out, layout="NTC", merge_outputs=True)
        return self.d(out), states


# Networks, shapes of their inputs, and the SHA-1 sum of the symbol that MXNet 1.6 exports.
GRAPHS = [
    (
        lambda: LanguageModel(prefix="lm_"),
        [(3, 2), (2, 2, 6), (2, 2, 6)],
        "7ff1fac9a622af0eb38dc2a74101fec75867a06b",
    ),
    (lambda: Cells(prefix="c_"), [(2, 3, 5)], "84e08aa1c089b55c0763dcd037a2d1b2dbff035b"),
    (lambda: Loop(prefix="l_"), [(3, 2, 5), (2, 4)], "8ec72eace0dba45534e6cfc732b7a2876356310b"),
    (
        lambda: rnn.GRU(3, bidirectional=True, layout="NTC", prefix="g_"),
        [(2, 3, 4)],
        "074f9ea8ed58ee9c17c5a25a2223ca0a769e2674",
    ),
    (gluon.loss.CTCLoss, [(2, 5, 4), (2, 2)], "8c7823b0e3f19986e539b8a01c53d93c778210fb"),
]


@pytest.mark.parametrize(("make", "shapes", "expected"), GRAPHS)
def test_graphs_of_other_kinds_letter_by_letter(tmp_path, make, shapes, expected):
    control_flow._numbers.clear()
    with NameManager():
        net = make()
        net.initialize()
        net.hybridize()
        net(*[nd.ones(shape) for shape in shapes])
    net.export(str(tmp_path / "net"))
    text = (tmp_path / "net-symbol.json").read_bytes()
    assert hashlib.sha1(text).hexdigest() == expected


def test_before_the_first_call(tmp_path):
    net = small()
    for prepare in (lambda: net.hybridize(False), net.hybridize):
        prepare()
        with pytest.raises(RuntimeError, match="run forward with this block at least once"):
            net.export(str(tmp_path / "net"))
    run(net, X)
    net.add(nn.Dense(1))
    with pytest.raises(RuntimeError, match="run forward"):  # this graph is no more
        net.export(str(tmp_path / "net"))


def test_several_inputs_and_back(tmp_path):
    class Both(gluon.HybridBlock):
        def hybrid_forward(self, F, a, rest):
            return a + rest[0], [a * rest[1]]

    net = Both(prefix="both_")
    net.hybridize()
    y, [z] = net(X, [X, X + 1])
    path = str(tmp_path / "net")
    net.export(path)
    again = gluon.SymbolBlock.imports(f"{path}-symbol.json", ["data0", "data1", "data2"])
    for a, b in zip(again(X, X, X + 1), (y, z), strict=True):
        assert (a.asnumpy() == b.asnumpy()).all()


def test_a_file_that_load_parameters_reads(tmp_path):
    net = small()
    expected = run(net, X).asnumpy()
    net.export(str(tmp_path / "net"))
    again = small()
    again.load_parameters(str(tmp_path / "net-0000.params"))
    assert (run(again, X).asnumpy() == expected).all()


def test_a_graph_for_one_shape_says_so(tmp_path):
    net = nn.HybridLambda(lambda F, x: F.reshape(x, (x.shape[1], -1)))
    net.hybridize()
    net(X)
    with pytest.warns(UserWarning, match=r"holds for \(2, 4\) only") as told:
        net.export(str(tmp_path / "net"))
    assert "F.reshape(x, (x.shape[1], -1))" in str(told[0].message)
    assert told[0].filename == __file__


def test_conversions_of_mixed_precision(tmp_path):
    net = nn.HybridLambda(lambda F, x: F.relu(F.amp_cast(x, dtype="float16")))
    net.hybridize()
    net(X)
    for keep, count in ((True, 0), (False, 1)):
        net.export(str(tmp_path / "net"), remove_amp_cast=keep)
        assert (tmp_path / "net-symbol.json").read_text().count('"amp_cast"') == count


def test_parameters_that_the_graph_does_not_use_are_left_out(tmp_path):
    class Unused(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.used, self.other = nn.Dense(2), nn.Dense(2, in_units=1)

        def hybrid_forward(self, F, x):
            return self.used(x)

    net = Unused()
    net.initialize()
    net.hybridize()
    net(X)
    net.export(str(tmp_path / "net"))
    assert len(nd.load(str(tmp_path / "net-0000.params"))) == 2
