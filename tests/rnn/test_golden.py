"""Unrolled cells are, node by node, the graphs that real MXNet 1.6 makes."""

import json
from pathlib import Path

import pytest

import mxbook as mx
from tests.rnn import graphs

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())


@pytest.mark.filterwarnings("ignore:NTC layout")
@pytest.mark.parametrize("name", graphs.CELLS)
def test_graphs(name):
    ways = {key: way for key, way in graphs.ways() if way[0] == name}
    assert {key: graphs.graph_of(mx, *way) for key, way in ways.items()} == {
        key: GOLDEN[key] for key in ways
    }
