"""Comparing a network of the zoo with what MXNet 1.6 has under its name."""

import hashlib
import json
from pathlib import Path

import mxbook as mx
from mxbook.base import names
from mxbook.gluon.model_zoo import vision

GOLDEN = Path(__file__).parents[3] / "golden" / "model_zoo.json"
MODELS = json.loads(GOLDEN.read_text())["models"]


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def names_like(beginning: str) -> list[str]:
    """The names in MXNet's zoo that begin like this."""
    return [name for name in MODELS if name.startswith(beginning)]


def check_as_in_mxnet(name: str) -> None:
    """Graph, parameters and printed form are MXNet's, letter by letter."""
    with names.NameManager():
        net = vision.get_model(name)
        graph = net(mx.sym.var("data"))
    expected = MODELS[name]
    assert len(net.collect_params()) == expected["parameters"]
    assert sha1(" ".join(net._collect_params_with_prefix())) == expected["names"]
    assert sha1(repr(net)) == expected["text"]
    assert sha1(graph.tojson()) == expected["graph"]
    shapes, outputs, _ = graph.infer_shape(data=(2, 3, 299, 299) if "incep" in name else PICTURE)
    assert outputs == [(2, 1000)] and all(shapes)


PICTURE = (2, 3, 224, 224)
