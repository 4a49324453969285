"""Mixed precision: where conversions stand, and what is computed with them."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.graph.precision import Precision, verify_precision, with_precision
from mxbook.symbol.composition import without_casts
from mxbook.symbol.symbol import Symbol, output_name
from tests import oracle

SOME = Precision(
    low=frozenset({"FullyConnected", "Convolution"}),
    high=frozenset({"softmax", "exp"}),
    widest=frozenset({"elemwise_add", "Concat"}),
    conditional=(("Activation", "act_type", ("softrelu",)),),
)


def converted(graph, precision=SOME):
    heads = with_precision(graph._entries, precision, output_name)
    verify_precision(heads, precision)
    return Symbol(heads)


def network(s):
    """A graph in which everything occurs, for `mx.sym` of either package."""
    x = s.Variable("data")
    hidden = s.FullyConnected(x, num_hidden=4, name="a")
    hidden = s.Activation(hidden, act_type="softrelu", name="soft")
    normal = s.BatchNorm(s.Activation(hidden, act_type="relu", name="r"), name="bn")
    parts = s.SliceChannel(
        s.FullyConnected(normal, num_hidden=4, name="b"), num_outputs=2, name="p"
    )
    both = s.elemwise_add(parts[0], parts[1], name="both")
    again = s.elemwise_add(both, parts[1], name="again")
    joined = s.concat(both, again, x, dim=1, name="joined")
    return s.Group([s.softmax(joined, name="sm"), s.FullyConnected(both, num_hidden=2, name="c")])


def operators(graph):
    return [(n.op.name, n.name) for n in graph._nodes() if n.op is not None]


def test_where_conversions_stand():
    x = mx.sym.var("data")
    a = mx.sym.FullyConnected(x, num_hidden=4, no_bias=True, name="a")
    b = mx.sym.FullyConnected(a, num_hidden=4, no_bias=True, name="b")
    graph = converted(mx.sym.Group([mx.sym.softmax(b, name="sm"), mx.sym.softmax(b, name="tm"), x]))
    assert operators(graph) == [
        ("amp_cast", "data_amp_cast_float16"),
        ("amp_cast", "a_weight_amp_cast_float16"),
        ("FullyConnected", "a"),
        ("amp_cast", "a_output_amp_cast_float16"),
        ("amp_cast", "b_weight_amp_cast_float16"),
        ("FullyConnected", "b"),
        ("amp_cast", "b_output_amp_cast_float32"),
        ("softmax", "sm"),
        ("softmax", "tm"),
    ]
    assert graph.list_outputs() == ["sm_output", "tm_output", "data"]


def test_without_the_conversions_it_is_the_same_graph():
    graph = network(mx.sym)
    assert without_casts(converted(graph)).tojson() == graph.tojson()


def test_states_stay_and_excluded_nodes_are_high():
    graph = converted(network(mx.sym), SOME._replace(high=frozenset({"BatchNorm"})))
    (bn,) = [n for n in graph._nodes() if n.name == "bn"]
    assert [e[0].op.name if e[0].op else "variable" for e in bn.inputs] == [
        *["amp_cast"] * 3,
        *["variable"] * 2,
    ]
    graph = converted(network(mx.sym), SOME._replace(excluded=frozenset({"c"})))
    (c,) = [n for n in graph._nodes() if n.name == "c"]
    assert {e[0].attrs["dtype"] for e in c.inputs} == {"float32"}


def test_what_is_wrong_is_found():
    with pytest.raises(ValueError, match="data of a comes from"):
        verify_precision(network(mx.sym)._entries, SOME)


def test_types_and_numbers():
    graph, source = network(mx.sym), np.random.default_rng(0)
    low = converted(graph)
    types = dict.fromkeys(low.list_arguments(), "float32")  # a conversion takes any
    assert low.infer_type(**types)[1] == [np.float32, np.float16]
    found = []
    arguments, _, states = graph.infer_shape(data=(6, 5))
    names = [*graph.list_arguments(), *graph.list_auxiliary_states()]
    rows = zip(names, [*arguments, *states], strict=True)
    values = {n: mx.nd.array(source.uniform(0.2, 1, s)) for n, s in rows}
    for net in (graph, low):
        executor = net.simple_bind(mx.cpu(), data=(6, 5))
        executor.copy_params_from(
            {n: values[n] for n in graph.list_arguments()},
            {n: values[n] for n in graph.list_auxiliary_states()},
        )
        outputs = executor.forward(is_train=True)
        executor.backward([mx.nd.ones(o.shape, dtype=o.dtype) for o in outputs])
        gradients = [executor.grad_dict[n] for n in graph.list_arguments()]
        assert {g.dtype for g in gradients} == {np.float32}
        found.append([a.asnumpy().astype("f4") for a in (*outputs, *gradients)])
    for exact, rough in zip(*found, strict=True):
        assert np.abs(exact - rough).max() <= 2e-2 * max(1, np.abs(exact).max())


@oracle.marks
def test_as_mxnet_does_it(tmp_path):
    """The same graph, letter by letter."""
    (tmp_path / "net.json").write_text(network(mx.sym).tojson())
    text = oracle.ask(
        """
from mxnet.contrib import amp
found["text"] = amp.convert_symbol(
    mx.sym.load("net.json"), target_dtype="float16",
    target_dtype_ops=["FullyConnected", "Convolution"], fp32_ops=["softmax", "exp"],
    conditional_fp32_ops=[("Activation", "act_type", ["softrelu"])],
).tojson()
""",
        tmp_path,
    )["text"]
    assert converted(network(mx.sym)).tojson() == text
