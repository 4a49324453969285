"""Where MXNet keeps further documentation of the functions of `mx.nd`, as classes `<function>Doc`.

In mxbook an operator's documentation stands in its block, so these classes show it: `ReshapeDoc`
has the text of `mx.nd.Reshape`.  Programs that list or derive from them find them here.

Source: MXNet 1.6, `mxnet.ndarray_doc`.
"""

from . import ndarray as _nd


class NDArrayDoc:
    """The class that documentation classes of `mx.nd` derive from."""


def _doc(name: str, function: str) -> type:
    text = getattr(_nd, function).__doc__
    return type(name, (NDArrayDoc,), {"__doc__": text, "__module__": __name__})


BroadcastToDoc = _doc("BroadcastToDoc", "broadcast_to")
CustomDoc = _doc("CustomDoc", "Custom")
ReshapeDoc = _doc("ReshapeDoc", "Reshape")
StackDoc = _doc("StackDoc", "stack")
elemwise_addDoc = _doc("elemwise_addDoc", "elemwise_add")  # noqa: N816 - the name of the function
