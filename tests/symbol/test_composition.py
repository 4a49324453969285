"""Copies of symbols, symbols put into symbols, files."""

import copy
import pickle

import pytest

import mxbook as mx
from mxbook.base.errors import FileFormatError, ParameterError

a, b = mx.sym.var("a"), mx.sym.var("b")


def test_composing():
    net = mx.sym.FullyConnected(a, num_hidden=2, name="n")
    made = net(a=mx.sym.relu(b, name="r"), name="m")
    assert made.list_arguments() == ["b", "n_weight", "n_bias"]
    assert made.list_outputs() == ["m_output"]
    assert net.list_arguments() == ["a", "n_weight", "n_bias"]
    shared = mx.sym.Group([net, made])
    assert shared.list_arguments().count("n_weight") == 1  # the same variable


@pytest.mark.parametrize(
    "call",
    [
        lambda: (a + 1)(b),
        lambda: (a + 1)(c=b),
        lambda: (a + 1)(a=3),
        lambda: (a + 1)(a=mx.sym.split(b, num_outputs=2)),
        lambda: a(a=b),
    ],
)
def test_composing_wrongly(call):
    with pytest.raises(ParameterError):
        call()


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_copies_share_nothing(duplicate):
    net = mx.sym.exp(a, name="e", attr={"__mood__": "gray"})
    other = duplicate(net)
    assert other.tojson() == net.tojson()
    other._set_attr(__mood__="blue")
    assert net.attr("__mood__") == "gray"


def test_files(tmp_path):
    net = mx.sym.FullyConnected(a, num_hidden=2, name="n")
    net.save(tmp_path / "net.json")
    assert mx.sym.load(str(tmp_path / "net.json")).tojson() == net.tojson()
    (tmp_path / "net.json").write_bytes(b"\xff\xfe")
    with pytest.raises(FileFormatError) as caught:
        mx.sym.load(tmp_path / "net.json")
    assert "net.json" in str(caught.value)
    for function in (mx.sym.load, mx.sym.load_json):
        with pytest.raises(TypeError):
            function(1)


def test_conversions_of_mixed_precision_are_left_out(tmp_path):
    cast = mx.sym.amp_cast(mx.sym.exp(a), dtype="float16")
    both = mx.sym.amp_multicast(cast, b, num_outputs=2)
    net = mx.sym.Group([both[0] + both[1], both[1]])
    net.save(tmp_path / "net.json")
    loaded = mx.sym.load(tmp_path / "net.json")
    assert [n.op.name for n in loaded._nodes() if n.op] == ["exp", "elemwise_add"]
    assert loaded.list_outputs()[1] == "b"
    net.save(tmp_path / "net.json", remove_amp_cast=False)
    assert mx.sym.load(tmp_path / "net.json").tojson() == net.tojson()


def test_in_words():
    text = mx.sym.FullyConnected(a, num_hidden=2, name="n", no_bias=True).debug_str()
    assert text.splitlines() == [
        *("Symbol Outputs:", "\toutput[0]=n(0)", "Variable:a", "Variable:n_weight", "-" * 20),
        *("Op:FullyConnected, Name=n", "Inputs:", "\targ[0]=a(0) version=0"),
        *("\targ[1]=n_weight(0) version=0", "Attrs:", "\tno_bias=True", "\tnum_hidden=2"),
    ]
