"""Files of hybridized blocks: letter by letter those of MXNet, and back again."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import mxbook as mx
from mxbook import gluon, nd
from mxbook.gluon import nn

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
