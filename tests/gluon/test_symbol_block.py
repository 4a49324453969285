"""Graphs as blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import autograd, gluon, nd
from mxbook.base.errors import DTypeError, MXNetError, ParameterError
from mxbook.gluon import SymbolBlock, nn
from mxbook.gluon.symbol_block import _common_beginning

X = nd.array(np.arange(8).reshape(2, 4))


def graph():
    hidden = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc0")
    return mx.sym.BatchNorm(mx.sym.relu(hidden, name="act"), fix_gamma=False, name="norm")


def block(**kwargs):
    made = SymbolBlock(graph(), mx.sym.var("data"), **kwargs)
    made.initialize(mx.init.Uniform(0.5))
    return made


def test_parameters_have_the_names_and_kinds_of_the_variables():
    net = block()
    assert [(p.name, p.grad_req) for p in net.collect_params().values()] == [
        ("fc0_weight", "write"),
        ("fc0_bias", "write"),
        ("norm_gamma", "write"),
        ("norm_beta", "write"),
        ("norm_moving_mean", "null"),
        ("norm_moving_var", "null"),
    ]
    assert (net.prefix, net.params.prefix) == ("", "")
    assert repr(net) == "SymbolBlock(\n<Symbol norm> : 1 -> 1\n)"


@pytest.mark.parametrize("hybrid", [False, True])
def test_it_learns_like_the_layers(hybrid):
    layers = nn.HybridSequential()
    layers.add(nn.Dense(3, activation="relu"), nn.BatchNorm(epsilon=1e-3))
    layers.initialize()
    layers(X) if autograd.is_training() else layers.infer_shape(X)
    with autograd.record():
        layers(X)
    net = block()
    with autograd.record():
        net(X)
    for mine, theirs in zip(
        net.collect_params().values(), layers.collect_params().values(), strict=True
    ):
        mine.set_data(theirs.data())
    net.hybridize(hybrid)
    for found in (net, layers):
        with autograd.record():
            y = (found(X) ** 2).sum()
        y.backward()
    a, b = (
        [p.grad().asnumpy() for p in found.collect_params().values() if p.grad_req != "null"]
        for found in (net, layers)
    )
    for x, y in zip(a, b, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5)
    states = [n for n in net.collect_params() if "moving" in n]
    others = [n for n in layers.collect_params() if "running" in n]
    for mine, theirs in zip(states, others, strict=True):
        np.testing.assert_allclose(
            net.collect_params()[mine].data().asnumpy(),
            layers.collect_params()[theirs].data().asnumpy(),
            rtol=1e-6,
        )


def test_inner_results_and_shared_parameters():
    net = block()
    with autograd.record():
        net(X)
    inner = graph().get_internals()
    features = SymbolBlock(
        [inner["act_output"], inner["fc0_output"]], mx.sym.var("data"), params=net.collect_params()
    )
    activated, plain = features(X)
    assert (activated.asnumpy() == np.maximum(plain.asnumpy(), 0)).all()
    assert features.collect_params()["fc0_weight"] is net.collect_params()["fc0_weight"]


def test_inside_another_network(tmp_path):
    net, inner = nn.HybridSequential(prefix="net_"), block()
    with net.name_scope():
        net.add(inner, nn.Dense(2))
    net[1].initialize()
    with autograd.record():
        expected = net(X).asnumpy()
    assert list(net._collect_params_with_prefix())[:2] == ["0.fc0_weight", "0.fc0_bias"]
    net.hybridize()
    with autograd.record():
        np.testing.assert_allclose(net(X).asnumpy(), expected, rtol=1e-5)
    net.export(str(tmp_path / "net"))
    names = mx.sym.load(str(tmp_path / "net-symbol.json")).list_inputs()
    assert names[:3] == ["data", "fc0_weight", "fc0_bias"]
    assert names[-2:] == ["net_dense0_weight", "net_dense0_bias"]
    assert net.check_hybrid(X)


def test_on_symbols():
    y = block()(mx.sym.var("other"))
    assert y.list_arguments()[0] == "other"
    with pytest.raises(MXNetError, match="no hybrid_forward"):
        block().hybrid_forward(mx.nd, X)


def test_nested_inputs_and_outputs():
    a, b, c = map(mx.sym.var, "abc")
    net = SymbolBlock([a + b, [b * c]], [a, [b, c]])
    y, [z] = net(X, [X, X + 1])
    assert (y.asnumpy() == 2 * X.asnumpy()).all()
    assert (z.asnumpy() == (X * (X + 1)).asnumpy()).all()
    with pytest.raises(DTypeError, match="nested in another way"):
        net(X, X, X)


def test_the_form_may_be_given_from_outside():  # gluonts does
    net = SymbolBlock(
        mx.sym.Group([mx.sym.var("a") * 2, mx.sym.var("b")]), list(map(mx.sym.var, "ab"))
    )
    net._in_format, net._out_format = [[0, 0]], [0, [0]]
    y, [z] = net([X, X + 1])
    assert (y.asnumpy() == 2 * X.asnumpy()).all() and (z.asnumpy() == (X + 1).asnumpy()).all()


def test_what_it_cannot_be_made_from():
    a = mx.sym.var("a")
    with pytest.raises(ParameterError, match="result of an operation"):
        SymbolBlock(mx.sym.relu(a * 2), a * 2)
    with pytest.raises(ParameterError, match="'w' of a SymbolBlock is sparse"):
        SymbolBlock(a * mx.sym.var("w", stype="row_sparse"), a)


def test_casting_keeps_batch_norm_in_float32():
    net = block()
    net.cast("float16")
    types = {n: np.dtype(p.dtype).name for n, p in net.collect_params().items()}
    assert types["fc0_weight"] == "float16"
    assert {t for n, t in types.items() if n.startswith("norm")} == {"float32"}


# ---- files


def exported(tmp_path, dtype="float32"):
    net = nn.HybridSequential(prefix="n_")
    with net.name_scope():
        net.add(nn.Dense(3), nn.Dense(2))
    net.cast(dtype)
    net.initialize(mx.init.Xavier())
    net.hybridize()
    y = net(X.astype(dtype))
    net.export(str(tmp_path / "net"), 3)
    return y, str(tmp_path / "net-symbol.json"), str(tmp_path / "net-0003.params")


@pytest.mark.parametrize("names", ["data", ["data"]])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_imports(tmp_path, names, dtype):
    y, symbol, params = exported(tmp_path, dtype)
    net = SymbolBlock.imports(symbol, names, params, ctx=mx.cpu(1))
    assert (net(X.astype(dtype).as_in_context(mx.cpu(1))).asnumpy() == y.asnumpy()).all()
    assert net.collect_params()["n_dense0_weight"].list_ctx() == [mx.cpu(1)]
    assert net.collect_params()["n_dense0_weight"].dtype == np.dtype(dtype)
    fresh = SymbolBlock.imports(symbol, names)
    fresh.cast(dtype)
    fresh.initialize()
    assert fresh(X.astype(dtype)).shape == (2, 2)


def test_imports_with_names_that_do_not_match(tmp_path):
    _, symbol, params = exported(tmp_path)
    arrays = nd.load(params)
    less = dict(list(arrays.items())[1:])
    nd.save(params, {**less, "arg:other": nd.ones(1)})
    with pytest.raises(ParameterError, match=r"1 parameter\(s\) missing, 1 name\(s\) unknown"):
        SymbolBlock.imports(symbol, "data", params)
    with pytest.raises(ParameterError, match=r"1 name\(s\) unknown"):
        SymbolBlock.imports(symbol, "data", params, allow_missing=True)
    net = SymbolBlock.imports(symbol, "data", params, allow_missing=True, ignore_extra=True)
    net.collect_params()["n_dense0_weight"].initialize()
    assert net(X).shape == (2, 2)
    with pytest.raises(ParameterError, match="'dat' is no input of the graph"):
        SymbolBlock.imports(symbol, "dat", params)


def test_an_input_that_the_graph_does_not_use(tmp_path):
    class First(gluon.HybridBlock):
        def hybrid_forward(self, F, x, y):
            return x * 2

    net = First()
    net.hybridize()
    net(X, X)
    net.export(str(tmp_path / "net"))
    path = str(tmp_path / "net")
    again = SymbolBlock.imports(f"{path}-symbol.json", ["data0", "data1"], f"{path}-0000.params")
    assert (again(X, X).asnumpy() == 2 * X.asnumpy()).all()


@given(st.lists(st.text("ab", max_size=3), max_size=4))
def test_what_names_have_in_common(names):
    found = _common_beginning(names)
    assert all(name.startswith(found) for name in names)
    longer = {name[: len(found) + 1] for name in names}
    assert not names or len(longer) > 1 or found in names
