import pytest

import mxbook as mx


@pytest.mark.parametrize(
    ("module", "front", "base"),
    [(mx.ndarray_doc, mx.nd, "NDArrayDoc"), (mx.symbol_doc, mx.sym, "SymbolDoc")],
)
def test_classes_show_the_documentation_of_functions(module, front, base):
    names = {"BroadcastTo": "broadcast_to", "BroadcastPlus": "broadcast_plus", "Stack": "stack"}
    found = [n for n in vars(module) if n.endswith("Doc") and n != base]
    assert len(found) >= 5
    for name in found:
        shown = getattr(module, name)
        function = names.get(name[:-3], name[:-3])
        assert issubclass(shown, getattr(module, base))
        assert shown.__doc__ == getattr(front, function).__doc__


def test_output_shapes():
    x = mx.sym.var("x")
    net = mx.sym.Group([mx.sym.FullyConnected(x, num_hidden=3, name="fc"), x])
    shapes = mx.symbol_doc.SymbolDoc.get_output_shape(net, x=(2, 4))
    assert shapes == {"fc_output": (2, 3), "x": (2, 4)}
