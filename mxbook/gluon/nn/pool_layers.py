"""Pooling along one, two or three axes.

Source: MXNet 1.6, where it stands in `mxnet.gluon.nn.conv_layers`.
"""

from typing import Any

from mxbook.gluon.block import HybridBlock

from .conv_layers import Lengths, _check_layout, _lengths

__all__ = [
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
]


class _Pooling(HybridBlock):
    """What all poolings share."""

    axes = 2

    def __init__(
        self,
        pool_size: Lengths,
        strides: Lengths | None,
        padding: Lengths,
        ceil_mode: bool,
        global_pool: bool,
        pool_type: str,
        layout: str,
        count_include_pad: bool | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        _check_layout(layout, self.axes)
        size = _lengths(pool_size, self.axes, "pool_size")
        self._kwargs = {
            "kernel": size,
            "stride": size if strides is None else _lengths(strides, self.axes, "strides"),
            "pad": _lengths(padding, self.axes, "padding"),
            "global_pool": global_pool,
            "pool_type": pool_type,
            "layout": layout,
            "pooling_convention": "full" if ceil_mode else "valid",
        }
        if count_include_pad is not None:
            self._kwargs["count_include_pad"] = count_include_pad

    def _alias(self) -> str:
        return "pool"

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Take the largest or the mean of each window."""
        return F.Pooling(x, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        k = self._kwargs
        return (
            f"{type(self).__name__}(size={k['kernel']}, stride={k['stride']}, padding={k['pad']}, "
            f"ceil_mode={k['pooling_convention'] == 'full'}, global_pool={k['global_pool']}, "
            f"pool_type={k['pool_type']}, layout={k['layout']})"
        )


class MaxPool1D(_Pooling):
    """The largest element of each window along one axis.

    Output width is floor((width + 2 padding - pool_size) / stride) + 1, with ceil in place of
    floor for `ceil_mode`; `strides` is the pool size when not given.
    """

    axes = 1

    def __init__(
        self,
        pool_size: Lengths = 2,
        strides: Lengths | None = None,
        padding: Lengths = 0,
        layout: str = "NCW",
        ceil_mode: bool = False,
        **kwargs: Any,
    ):
        super().__init__(pool_size, strides, padding, ceil_mode, False, "max", layout, **kwargs)


class MaxPool2D(_Pooling):
    """The largest element of each window of an image; see MaxPool1D.

    >>> from mxbook import nd
    >>> MaxPool2D(2)(nd.arange(16).reshape((1, 1, 4, 4))).asnumpy().tolist()
    [[[[5.0, 7.0], [13.0, 15.0]]]]
    """

    axes = 2

    def __init__(
        self,
        pool_size: Lengths = (2, 2),
        strides: Lengths | None = None,
        padding: Lengths = 0,
        layout: str = "NCHW",
        ceil_mode: bool = False,
        **kwargs: Any,
    ):
        super().__init__(pool_size, strides, padding, ceil_mode, False, "max", layout, **kwargs)


class MaxPool3D(_Pooling):
    """The largest element of each window of a volume; see MaxPool1D."""

    axes = 3

    def __init__(
        self,
        pool_size: Lengths = (2, 2, 2),
        strides: Lengths | None = None,
        padding: Lengths = 0,
        ceil_mode: bool = False,
        layout: str = "NCDHW",
        **kwargs: Any,
    ):
        super().__init__(pool_size, strides, padding, ceil_mode, False, "max", layout, **kwargs)


class AvgPool1D(_Pooling):
    """The mean of each window along one axis; see MaxPool1D.

    count_include_pad  whether padding counts as zeros in the mean
    """

    axes = 1

    def __init__(
        self,
        pool_size: Lengths = 2,
        strides: Lengths | None = None,
        padding: Lengths = 0,
        layout: str = "NCW",
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        **kwargs: Any,
    ):
        super().__init__(
            pool_size,
            strides,
            padding,
            ceil_mode,
            False,
            "avg",
            layout,
            count_include_pad,
            **kwargs,
        )


class AvgPool2D(_Pooling):
    """The mean of each window of an image; see AvgPool1D."""

    axes = 2

    def __init__(
        self,
        pool_size: Lengths = (2, 2),
        strides: Lengths | None = None,
        padding: Lengths = 0,
        ceil_mode: bool = False,
        layout: str = "NCHW",
        count_include_pad: bool = True,
        **kwargs: Any,
    ):
        super().__init__(
            pool_size,
            strides,
            padding,
            ceil_mode,
            False,
            "avg",
            layout,
            count_include_pad,
            **kwargs,
        )


class AvgPool3D(_Pooling):
    """The mean of each window of a volume; see AvgPool1D."""

    axes = 3

    def __init__(
        self,
        pool_size: Lengths = (2, 2, 2),
        strides: Lengths | None = None,
        padding: Lengths = 0,
        ceil_mode: bool = False,
        layout: str = "NCDHW",
        count_include_pad: bool = True,
        **kwargs: Any,
    ):
        super().__init__(
            pool_size,
            strides,
            padding,
            ceil_mode,
            False,
            "avg",
            layout,
            count_include_pad,
            **kwargs,
        )


class _GlobalPooling(_Pooling):
    """One window that covers everything: all axes but batch and channels become 1."""

    def __init__(self, pool_type: str, layout: str, **kwargs: Any):
        super().__init__(1, None, 0, True, True, pool_type, layout, **kwargs)


class GlobalMaxPool1D(_GlobalPooling):
    """The largest element of each channel."""

    axes = 1

    def __init__(self, layout: str = "NCW", **kwargs: Any):
        super().__init__("max", layout, **kwargs)


class GlobalMaxPool2D(_GlobalPooling):
    """The largest element of each channel of an image."""

    axes = 2

    def __init__(self, layout: str = "NCHW", **kwargs: Any):
        super().__init__("max", layout, **kwargs)


class GlobalMaxPool3D(_GlobalPooling):
    """The largest element of each channel of a volume."""

    axes = 3

    def __init__(self, layout: str = "NCDHW", **kwargs: Any):
        super().__init__("max", layout, **kwargs)


class GlobalAvgPool1D(_GlobalPooling):
    """The mean of each channel."""

    axes = 1

    def __init__(self, layout: str = "NCW", **kwargs: Any):
        super().__init__("avg", layout, **kwargs)


class GlobalAvgPool2D(_GlobalPooling):
    """The mean of each channel of an image."""

    axes = 2

    def __init__(self, layout: str = "NCHW", **kwargs: Any):
        super().__init__("avg", layout, **kwargs)


class GlobalAvgPool3D(_GlobalPooling):
    """The mean of each channel of a volume."""

    axes = 3

    def __init__(self, layout: str = "NCDHW", **kwargs: Any):
        super().__init__("avg", layout, **kwargs)
