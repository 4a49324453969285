"""Graphs as text: letter by letter MXNet's, and robust against anything else."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import FileFormatError, MXNetError
from mxbook.graph.json import dumps, loads
from tests.symbol.graphs import GRAPHS, without_numbers

GOLDEN = json.loads((Path(__file__).parents[1] / "symbol" / "golden.json").read_text())


def made(name):
    with mx.name.NameManager():
        return GRAPHS[name](mx)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_text_is_mxnets(name):
    assert without_numbers(made(name).tojson()) == GOLDEN[name]


@pytest.mark.parametrize("name", GRAPHS)
def test_reading_and_writing_again(name):
    text = GOLDEN[name]
    assert dumps(loads(text)) == text


def test_files_of_older_versions():
    """They call attributes `attr` or `param`, have shorter entries and leave states out."""
    symbol = mx.sym.BatchNorm(mx.sym.var("x"), name="bn", eps=0.1)
    fields = json.loads(symbol.tojson())
    fields["nodes"] = [n for n in fields["nodes"] if "moving" not in n["name"]]
    node = fields["nodes"][-1]
    node["param"] = node.pop("attrs")
    node["inputs"] = [entry[:2] for entry in node["inputs"][:3]]
    fields["heads"] = [[3, 0]]
    again = mx.sym.load_json(json.dumps(fields))
    assert again.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    assert again.attr("eps") == "0.1"


@pytest.mark.parametrize("cut", range(0, 900, 37))
def test_a_text_cut_anywhere(cut):
    text = GOLDEN["foreach"][: cut + 1]
    with pytest.raises(FileFormatError, match="no symbol"):
        loads(text)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda f: f["nodes"][-1].update(op="Convolutoin"), "no operator"),
        (lambda f: f["nodes"][-1].update(inputs=[[7, 0, 0]]), "no symbol"),
        (lambda f: f["nodes"][-1].update(inputs=[[-1, 0, 0]]), "no symbol"),
        (lambda f: f["nodes"][-1].update(attrs={"num_hiden": "3"}), "num_hiden"),
        (lambda f: f.update(heads=[[99, 0, 0]]), "no symbol"),
        (lambda f: f.update(nodes="x"), "no symbol"),
        (lambda f: f.pop("heads"), "heads"),
    ],
)
def test_damage_is_named(change, error):
    symbol = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=3, name="fc")
    fields = json.loads(symbol.tojson())
    change(fields)
    with pytest.raises(MXNetError, match=error):
        loads(json.dumps(fields), "net.json")


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@settings(deadline=None, max_examples=50)
@given(texts, st.dictionaries(texts.map(lambda t: f"__{t}__"), texts, max_size=3))
def test_any_name_and_attribute_comes_back(name, attrs):
    (node, _), *_ = loads(mx.sym.var(name, attr=attrs).tojson())
    assert node.name == name
    assert node.attrs == attrs
