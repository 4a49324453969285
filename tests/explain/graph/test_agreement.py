"""Python and the browser must lay out the same: both are held to widgets/tests/graph.json.

After an intended change, write the file anew with

    MXBOOK_WRITE_AGREEMENT=1 python -m pytest tests/explain/graph/test_agreement.py
"""

import json
import os
from pathlib import Path

import mxbook as mx
from mxbook.explain.graph import files, gallery, graph
from mxbook.explain.graph.overlays import by_cost
from mxbook.explain.graph.scene import scene
from mxbook.explain.graph.view import view

FILE = Path(__file__).resolve().parents[3] / "widgets" / "tests" / "graph.json"


def small():
    x = mx.sym.var("x")
    hidden = mx.sym.Activation(
        mx.sym.FullyConnected(x, num_hidden=4, name="net_a_fc"), act_type="relu", name="net_a_relu"
    )
    both = mx.sym.elemwise_add(hidden, mx.sym.tanh(hidden, name="net_a_tanh"), name="net_a_sum")
    last = mx.sym.FullyConnected(both, num_hidden=2, name="net_b_fc")
    found = mx.sym.SoftmaxOutput(mx.sym.exp(last, name="net_b_exp"), name="net_b_out")
    return graph(found, x=(3, 5), title="small")


def answers(g) -> dict:
    """A graph as the browser gets it, and where everything stands for some open groups."""
    found = scene(g)
    layouts = []
    for opened in (set(), {0}, set(range(len(found.boxes)))):
        v = view(found, opened)
        layouts.append(
            {
                "open": sorted(opened),
                "titles": [part.title for part in v.layout.parts.values()],
                "size": rounded(v.layout.width, v.layout.height),
                "parts": {
                    key: rounded(p.x, p.y, p.width, p.height) for key, p in v.layout.parts.items()
                },
                "pieces": [
                    [p.line, *rounded(p.x0, p.y0, p.x1, p.y1), p.ends, list(p.goals)]
                    for p in v.layout.pieces
                ],
                "labels": v.labels,
            }
        )
    return {"data": json.loads(json.dumps(files.data(g))), "layouts": layouts}


def rounded(*numbers: float) -> list[float]:
    return [round(n, 3) for n in numbers]


def test_the_browser_is_held_to_the_same_file():
    with mx.name.NameManager():  # automatic names count from 0, whatever was named before
        graphs = [small(), gallery.unrolled(3), gallery.condition(), gallery.executor()]
        graphs[1].fold = False
        graphs += [gallery.overlay_memory(), by_cost(gallery.lenet()), by_cost(gallery.unrolled(3))]
        found = {"graphs": [answers(g) for g in graphs]}
    if os.environ.get("MXBOOK_WRITE_AGREEMENT"):
        FILE.write_text(json.dumps(found) + "\n")
    assert json.loads(FILE.read_text()) == found
