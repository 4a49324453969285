"""Memory plans as plain data, and what they save."""

import json

import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError, ShapeError
from mxbook.explain.__main__ import main
from mxbook.explain.memory import memory
from mxbook.gluon import nn
from mxbook.gluon.model_zoo import vision

X = mx.sym.var("x")


def test_a_chain_of_three():
    plan = memory(mx.sym.exp(mx.sym.sin(mx.sym.tanh(X))), x=(1000,))
    assert [(v.operator, v.spec.nbytes) for v in plan.values] == [("tanh", 4000), ("sin", 4000)]
    assert (plan.nodes, plan.peak, plan.buffers) == (8000, 4000, [4000])
    assert [(v.buffer, v.first, v.last) for v in plan.values] == [(0, 0, 1), (0, 1, 2)]
    assert "that is 50.0%" in str(plan)


def test_training_has_gradients_also_where_every_input_is_named():
    w = mx.sym.var("w")
    product = mx.sym.tanh(mx.sym.dot(X, w))
    named = memory(product, x=(4, 3), w=(3, 2), train=True)
    assert len(named.values) > len(memory(product, x=(4, 3), w=(3, 2)).values)


@pytest.mark.parametrize(("train", "most"), [(False, 0.25), (True, 0.7)])
def test_what_sharing_saves_in_resnet18(train, most):
    plan = memory(vision.resnet18_v1(classes=10), (1, 3, 64, 64), train=train)
    assert 0 < plan.peak <= most * plan.nodes
    assert plan.share == plan.peak / plan.nodes


def test_blocks_have_shapes_that_follow_and_names_of_layers():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(3, activation="relu"), nn.Dense(2))
    plan = memory(net, (5, 4), train=True)
    assert plan.train
    assert {v.layer for v in plan.values} >= {"net_dense0"}
    data = json.loads(json.dumps(plan.data()))
    assert data["values"][0]["shape"] == [5, 3]
    assert data["peak"] == sum(data["buffers"]) + sum(
        v["bytes"] for v in data["values"] if v["buffer"] is None
    )
    assert net[0].weight.shape == (3, 0)  # nothing was changed


def test_shapes_that_do_not_follow_and_graphs_that_are_no_program():
    with pytest.raises(ShapeError, match="y does not follow"):
        memory(mx.sym.broadcast_add(X, mx.sym.var("y")), x=(2,))
    loop, _ = mx.sym.contrib.foreach(lambda row, s: (row, s), X, mx.sym.var("s"))
    with pytest.raises(MXNetError, match="does not run as one program"):
        memory(loop, x=(2, 3), s=(1,))


def test_the_command(tmp_path, capsys):
    (mx.sym.tanh(mx.sym.sin(X)) * 2).save(str(tmp_path / "net.json"))
    main(["memory", str(tmp_path / "net.json"), "--shape", "x=2,3"])
    said = capsys.readouterr().out
    assert "prediction: 2 values between" in said
    assert "training: " in said
    main(
        [
            "memory",
            str(tmp_path / "net.json"),
            "--shape",
            "x=2,3",
            "--save",
            str(tmp_path / "m.txt"),
        ]
    )
    assert (tmp_path / "m.txt").read_text() != (tmp_path / "m-training.txt").read_text()
    capsys.readouterr()
    main(["graph", str(tmp_path / "net.json"), "--shape", "x=2,3", "--predict"])
    said = capsys.readouterr().out
    assert "v1 = sin(v0)" in said
    assert "gradient   not wanted" in said
    main(["operator", "exp"])
    assert capsys.readouterr().out.startswith("exp\n")
