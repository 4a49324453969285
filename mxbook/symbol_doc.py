"""Where MXNet keeps further documentation of the functions of `mx.sym`, as classes `<function>Doc`.

In mxbook an operator's documentation stands in its block, so these classes show it: `DropoutDoc`
has the text of `mx.sym.Dropout`.  Programs that list or derive from them find them here.

Source: MXNet 1.6, `mxnet.symbol_doc`.
"""

from . import symbol as _sym


class SymbolDoc:
    """The class that documentation classes of `mx.sym` derive from."""

    @staticmethod
    def get_output_shape(sym: _sym.Symbol, **input_shapes: tuple) -> dict[str, tuple]:
        """The shapes of a symbol's outputs by name, from those of its inputs.

        >>> x = _sym.var("x")
        >>> SymbolDoc.get_output_shape(_sym.dot(x, x, name="square"), x=(2, 2))
        {'square_output': (2, 2)}
        """
        _, shapes, _ = sym.infer_shape(**input_shapes)
        return dict(zip(sym.list_outputs(), shapes, strict=True))


def _doc(name: str, function: str) -> type:
    text = getattr(_sym, function).__doc__
    return type(name, (SymbolDoc,), {"__doc__": text, "__module__": __name__})


ActivationDoc = _doc("ActivationDoc", "Activation")
BroadcastPlusDoc = _doc("BroadcastPlusDoc", "broadcast_plus")
ConcatDoc = _doc("ConcatDoc", "Concat")
DropoutDoc = _doc("DropoutDoc", "Dropout")
EmbeddingDoc = _doc("EmbeddingDoc", "Embedding")
FlattenDoc = _doc("FlattenDoc", "Flatten")
FullyConnectedDoc = _doc("FullyConnectedDoc", "FullyConnected")
