"""Layers that are less settled than those of `gluon.nn`."""

from collections.abc import Sequence
from numbers import Number
from typing import Any

from mxbook import autograd
from mxbook import ndarray as nd
from mxbook.base.errors import ContextError, ParameterError
from mxbook.gluon.block import Block, HybridBlock
from mxbook.gluon.nn import BatchNorm, HybridSequential, Sequential

__all__ = [
    "Concurrent",
    "HybridConcurrent",
    "Identity",
    "PixelShuffle1D",
    "PixelShuffle2D",
    "PixelShuffle3D",
    "SparseEmbedding",
    "SyncBatchNorm",
]


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


class SyncBatchNorm(BatchNorm):
    """BatchNorm with mean and variance of the whole batch, also where devices share it.

    num_devices  how many devices share a batch; 1 by default.  The other arguments are those of
                 BatchNorm.  Channels are along axis 1.

    mxbook's devices do not exchange means yet, so that this layer trains on one device only; there,
    and in prediction mode everywhere, it is BatchNorm.  Raises ContextError in training mode where
    devices would have to share a batch.

    Source: Zhang and others, Context Encoding for Semantic Segmentation, 2018.

    >>> layer = SyncBatchNorm(in_channels=2)
    >>> layer.initialize()
    >>> with autograd.record():
    ...     y = layer(nd.array([[1, 2], [3, 6]]))
    >>> y.asnumpy().round(2)
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        in_channels: int = 0,
        num_devices: int | None = None,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        running_mean_initializer: Any = "zeros",
        running_variance_initializer: Any = "ones",
        **kwargs: Any,
    ):
        super().__init__(
            1, momentum, epsilon, center, scale, use_global_stats, beta_initializer,
            gamma_initializer, running_mean_initializer, running_variance_initializer,
            in_channels, **kwargs,
        )  # fmt: skip
        settings: Any = self._kwargs
        del settings["axis"]
        settings.update(ndev=num_devices or 1, key=self.prefix)

    def forward(self, x: Any, *args: Any) -> Any:
        """Normalise."""
        devices = max(self._kwargs["ndev"], len(self.gamma.list_ctx()))
        shared = devices > 1 and not self._kwargs["use_global_stats"]
        if shared and autograd.is_training():
            raise ContextError(
                f"{self.name} cannot train on {devices} devices",
                rule="SyncBatchNorm takes means over the batch of one device",
                hint="nn.BatchNorm normalises each device's part of the batch by itself",
            )
        return super().forward(x, *args)

    def hybrid_forward(
        self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any
    ) -> Any:
        """Normalise, scale and shift."""
        arrays = (x, gamma, beta, running_mean, running_var)
        return F.contrib.SyncBatchNorm(*arrays, name="fwd", **{**self._kwargs, "ndev": 1})


def _factors(factor: Any, axes: int) -> tuple[int, ...]:
    """One factor for all axes, or one for each."""
    found = tuple(factor) if isinstance(factor, tuple | list) else (factor,) * axes
    whole = all(isinstance(f, Number) and f == int(f) > 0 for f in found)  # type: ignore[call-overload]
    if len(found) != axes or not whole:
        many = f", or {axes} of them" if axes > 1 else ""
        raise ParameterError(f"factor cannot be {factor!r}", rule=f"a whole number above 0{many}")
    return tuple(map(int, found))


class PixelShuffle1D(HybridBlock):
    """Makes sequences `factor` times longer: their elements come from the channels.

    Input (n, factor * c, w), output (n, c, factor * w):
    `out[n, c, factor * w + i] = x[n, factor * c + i, w]`.

    Raises ParameterError for an impossible factor, ShapeError unless it divides the channels.

    >>> PixelShuffle1D(2)(nd.array([[[1, 2], [3, 4]]])).asnumpy()
    array([[[1., 3., 2., 4.]]], dtype=float32)
    """

    def __init__(self, factor: int):
        super().__init__()
        (self._factor,) = _factors(factor, 1)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Move channels between the elements."""
        x = F.reshape(x, shape=(0, -4, -1, self._factor, 0))  # (n, c, f, w)
        x = F.transpose(x, axes=(0, 1, 3, 2))  # (n, c, w, f)
        return F.reshape(x, shape=(0, 0, -3))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._factor})"


class PixelShuffle2D(HybridBlock):
    """Makes pictures larger, `factor` times along each axis: their pixels come from the channels.

    Input (n, f1 * f2 * c, h, w), output (n, c, f1 * h, f2 * w):
    `out[n, c, f1 * y + i, f2 * x + j] = in[n, (c * f1 + i) * f2 + j, y, x]`.

    `factor` is a number for both axes, or a pair.  Raises ParameterError for an impossible factor,
    ShapeError where it does not divide the channels.

    Source: Shi and others, Real-Time Single Image and Video Super-Resolution Using an Efficient
    Sub-Pixel Convolutional Neural Network, 2016.

    >>> PixelShuffle2D((1, 2))(nd.array([[[[1, 2]], [[3, 4]]]])).asnumpy()
    array([[[[1., 3., 2., 4.]]]], dtype=float32)
    """

    def __init__(self, factor: int | Sequence[int]):
        super().__init__()
        self._factors = _factors(factor, 2)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Move channels between the pixels."""
        f1, f2 = self._factors
        x = F.reshape(x, shape=(0, -4, -1, f1 * f2, 0, 0))  # (n, c, f1 * f2, h, w)
        x = F.reshape(x, shape=(0, 0, -4, f1, f2, 0, 0))  # (n, c, f1, f2, h, w)
        x = F.transpose(x, axes=(0, 1, 4, 2, 5, 3))  # (n, c, h, f1, w, f2)
        return F.reshape(x, shape=(0, 0, -3, -3))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._factors})"


class PixelShuffle3D(HybridBlock):
    """Makes volumes larger, `factor` times along each axis: their elements come from the channels.

    Input (n, f1 * f2 * f3 * c, d, h, w), output (n, c, f1 * d, f2 * h, f3 * w), in the order of
    PixelShuffle2D.  `factor` is a number for all axes, or three of them.

    Raises ParameterError for an impossible factor, ShapeError unless it divides the channels.

    >>> PixelShuffle3D((1, 2, 3))(nd.zeros((1, 12, 5, 5, 5))).shape
    (1, 2, 5, 10, 15)
    """

    def __init__(self, factor: int | Sequence[int]):
        super().__init__()
        self._factors = _factors(factor, 3)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Move channels between the elements, axis by axis; MXNet transposes 6 axes at most."""
        f1, f2, f3 = self._factors
        x = F.reshape(x, shape=(0, -4, -1, f1 * f2 * f3, 0, 0, 0))  # (n, c, f1 * f2 * f3, d, h, w)
        x = F.swapaxes(x, 2, 3)  # (n, c, d, f1 * f2 * f3, h, w)
        x = F.reshape(x, shape=(0, 0, 0, -4, f1, f2 * f3, 0, 0))  # (n, c, d, f1, f2 * f3, h, w)
        x = F.reshape(x, shape=(0, 0, -3, 0, 0, 0))  # (n, c, d * f1, f2 * f3, h, w)
        x = F.swapaxes(x, 3, 4)  # (n, c, d * f1, h, f2 * f3, w)
        x = F.reshape(x, shape=(0, 0, 0, 0, -4, f2, f3, 0))  # (n, c, d * f1, h, f2, f3, w)
        x = F.reshape(x, shape=(0, 0, 0, -3, 0, 0))  # (n, c, d * f1, h * f2, f3, w)
        x = F.swapaxes(x, 4, 5)  # (n, c, d * f1, h * f2, w, f3)
        return F.reshape(x, shape=(0, 0, 0, 0, -3))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._factors})"
