"""Layers that are less settled than those of `gluon.nn`."""

from typing import Any

from mxbook import ndarray as nd
from mxbook.gluon.block import Block, HybridBlock
from mxbook.gluon.nn import HybridSequential, Sequential

__all__ = ["Concurrent", "HybridConcurrent", "Identity", "SparseEmbedding"]


class Concurrent(Sequential):
    """Blocks beside each other: each gets the input, and their outputs are joined along an axis.

    >>> net = Concurrent(axis=1)
    >>> net.add(Identity(), Identity())
    >>> net(nd.ones((2, 3))).shape
    (2, 6)
    """

    def __init__(self, axis: int = -1, prefix: str | None = None, params: Any = None):
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """Send the input through every block, and join what they give."""
        return nd.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class HybridConcurrent(HybridSequential):
    """HybridBlocks beside each other; see Concurrent."""

    def __init__(self, axis: int = -1, prefix: str | None = None, params: Any = None):
        super().__init__(prefix=prefix, params=params)
        self.axis = axis

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Send the input through every block, and join what they give."""
        return F.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class Identity(HybridBlock):
    """Gives its input; stands beside other blocks in a HybridConcurrent."""

    def __init__(self, prefix: str | None = None, params: Any = None):
        super().__init__(prefix=prefix, params=params)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The input."""
        return x


class SparseEmbedding(Block):
    """A table of vectors, looked up by whole numbers, which is never on a device as a whole.

    weight (input_dim, output_dim) and its gradient are row_sparse: the table is on the trainer's
    key-value store, and each batch fetches the rows it needs.  It runs only after a Trainer was
    made with its parameters.  input of any shape, numbers below input_dim; output has one axis
    more.

    >>> from mxbook import gluon
    >>> layer = SparseEmbedding(1000, 2, weight_initializer="ones")
    >>> layer.initialize()
    >>> trainer = gluon.Trainer(layer.collect_params(), "sgd")
    >>> layer(nd.array([3, 7, 3])).shape
    (3, 2)
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self._kwargs = {
            "input_dim": input_dim,
            "output_dim": output_dim,
            "dtype": dtype,
            "sparse_grad": True,
        }
        self.weight = self.params.get(
            "weight",
            shape=(input_dim, output_dim),
            init=weight_initializer,
            dtype=dtype,
            grad_stype="row_sparse",
            stype="row_sparse",
        )

    def forward(self, x: Any) -> Any:
        """Fetch the rows and look the vectors up."""
        weight = self.weight.row_sparse_data(x)
        return nd.Embedding(x, weight, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        k = self._kwargs
        return f"{type(self).__name__}({k['input_dim']} -> {k['output_dim']}, {k['dtype']})"
