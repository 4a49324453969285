"""Containers, Dense, Dropout, normalisation and other layers.

Source: MXNet 1.6, `mxnet.gluon.nn.basic_layers`.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook import symbol as sym
from mxbook.base.errors import DTypeError, ParameterError
from mxbook.gluon.block import Block, HybridBlock, _tree
from mxbook.imperative.mode import local as mode

from .activations import Activation

__all__ = [
    "BatchNorm",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GroupNorm",
    "HybridLambda",
    "HybridSequential",
    "InstanceNorm",
    "Lambda",
    "LayerNorm",
    "Sequential",
]


class _Stack:
    """What Sequential and HybridSequential share: blocks by number."""

    _children: dict[str, Any]

    def add(self, *blocks: Any) -> None:
        """Put blocks at the end."""
        for block in blocks:
            self.register_child(block)

    def __repr__(self) -> str:
        return _tree(self, self._children.items())

    def __getitem__(self, key: int | slice) -> Any:
        found = list(self._children.values())[key]
        if not isinstance(found, list):
            return found
        part = type(self)(prefix=self._prefix)
        with part.name_scope():
            part.add(*found)
        return part

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._children.values()))


class Sequential(_Stack, Block):
    """Blocks that run one after the other.

    >>> net = Sequential()
    >>> net.add(Dense(10, activation="relu"), Dense(20))
    >>> net.initialize()
    >>> net(nd.ones((2, 3))).shape
    (2, 20)
    """

    def forward(self, x: Any) -> Any:
        """Send the input through all blocks."""
        for block in self._children.values():
            x = block(x)
        return x

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Hybridize the blocks inside."""
        if self._children and all(isinstance(c, HybridBlock) for c in self._children.values()):
            warnings.warn(
                f"All children of this Sequential layer '{self.prefix}' are HybridBlocks. Consider "
                "using HybridSequential for the best performance.",
                stacklevel=2,
            )
        super().hybridize(active, **kwargs)


class HybridSequential(_Stack, HybridBlock):
    """HybridBlocks that run one after the other; see Sequential."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Send the input through all blocks."""
        for block in self._children.values():
            x = block(x)
        return x


class Dense(HybridBlock):
    """A fully connected layer, `activation(x . weight^T + bias)`.

    units       number of outputs
    activation  name of a function, see Activation; none by default
    flatten     put all axes of the input but the first together; otherwise only the last axis
    counts
    in_units    number of inputs; follows from the first input when not given

    weight (units, in_units); bias (units,); input (n, in_units) or more axes; output (n, units).

    >>> layer = Dense(3, in_units=2)
    >>> layer.initialize()
    >>> layer(nd.ones((4, 2))).shape
    (4, 3)
    """

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        use_bias: bool = True,
        flatten: bool = True,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        bias_initializer: Any = "zeros",
        in_units: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self._flatten = flatten
        self._units = units
        self._in_units = in_units
        with self.name_scope():
            self.weight = self.params.get(
                "weight",
                shape=(units, in_units),
                init=weight_initializer,
                dtype=dtype,
                allow_deferred_init=True,
            )
            self.bias = None
            if use_bias:
                self.bias = self.params.get(
                    "bias",
                    shape=(units,),
                    init=bias_initializer,
                    dtype=dtype,
                    allow_deferred_init=True,
                )
            self.act = Activation(activation, prefix=activation + "_") if activation else None

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """Compute `activation(x . weight^T + bias)`."""
        inputs = (x, weight) if bias is None else (x, weight, bias)
        out = F.FullyConnected(
            *inputs,
            no_bias=bias is None,
            num_hidden=self._units,
            flatten=self._flatten,
            name="fwd",
        )
        return out if self.act is None else self.act(out)

    def __repr__(self) -> str:
        units, inputs = self.weight.shape
        return f"{type(self).__name__}({inputs or None} -> {units}, {self.act or 'linear'})"


class Dropout(HybridBlock):
    """Sets a share `rate` of the elements to 0 in training mode and scales the others by 1 / (1 -
    rate).

    axes  axes along which all elements share their fate

    Source: Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting,
    2014.
    """

    def __init__(self, rate: float, axes: tuple[int, ...] = (), **kwargs: Any):
        super().__init__(**kwargs)
        self._rate = rate
        self._axes = axes

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Drop elements in training mode, do nothing otherwise."""
        if self._rate > 0:
            return F.Dropout(x, p=self._rate, axes=self._axes, name="fwd", cudnn_off=False)
        return F.identity(x)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p = {self._rate}, axes={self._axes})"


class BatchNorm(HybridBlock):
    """Normalises each channel to mean 0 and variance 1, then scales by gamma and shifts by beta.

    In training mode mean and variance are those of the batch, and moving averages of them are
    kept; in prediction mode the averages are used.

    axis              the axis of the channels
    momentum          how much of the old average stays at each step
    center, scale     whether beta and gamma are learned
    use_global_stats  use the averages in training mode too

    Source: Ioffe and Szegedy, Batch Normalization, 2015.
    """

    def __init__(
        self,
        axis: int = 1,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        running_mean_initializer: Any = "zeros",
        running_variance_initializer: Any = "ones",
        in_channels: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self._kwargs = {
            "axis": axis,
            "eps": epsilon,
            "momentum": momentum,
            "fix_gamma": not scale,
            "use_global_stats": use_global_stats,
        }
        self._moved = False  # whether the averages are more than their initial values
        if in_channels != 0:
            self.in_channels = in_channels

        def make(name: str, init: Any, learned: bool) -> Any:
            return self.params.get(
                name,
                grad_req="write" if learned else "null",
                shape=(in_channels,),
                init=init,
                allow_deferred_init=True,
                differentiable=learned,
            )

        self.gamma = make("gamma", gamma_initializer, scale)
        self.beta = make("beta", beta_initializer, center)
        self.running_mean = make("running_mean", running_mean_initializer, False)
        self.running_var = make("running_var", running_variance_initializer, False)

    def cast(self, dtype: Any) -> None:
        """Convert the parameters; they stay float32 for float16, which is too coarse for
        averages.
        """
        super().cast("float32" if np.dtype(dtype).name == "float16" else dtype)

    def forward(self, x: Any, *args: Any) -> Any:
        """Normalise; warns once when averages are used that were never computed."""
        if not self._moved:
            self._check_moved()
        return super().forward(x, *args)

    def _check_moved(self) -> None:
        mean = self.running_mean
        self._moved = mode.training or mean._given
        if mean._data is not None and not self._moved:
            self._moved = True  # warned about once
            warnings.warn(
                "BatchNorm is used in prediction mode, but its moving averages are still the "
                "initial ones: it does not normalise. Train it inside autograd.record() or load "
                "parameters first.",
                stacklevel=2,
            )

    def hybrid_forward(
        self, F: Any, x: Any, gamma: Any, beta: Any, running_mean: Any, running_var: Any
    ) -> Any:
        """Normalise, scale and shift."""
        return F.BatchNorm(x, gamma, beta, running_mean, running_var, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        content = ", ".join(f"{k}={v!r}" for k, v in self._kwargs.items())
        channels = self.gamma.shape[0] or None
        return f"{type(self).__name__}({content}, in_channels={channels})"


class Embedding(HybridBlock):
    """A table of vectors, looked up by whole numbers.

    weight (input_dim, output_dim); input of any shape, numbers below input_dim; output has one axis
    more.  With `sparse_grad` the gradient is row_sparse: it holds the rows that were looked up, and
    SGD, Adam, AdaGrad and GroupAdaGrad change only these.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        dtype: Any = "float32",
        weight_initializer: Any = None,
        sparse_grad: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self._kwargs = {
            "input_dim": input_dim,
            "output_dim": output_dim,
            "dtype": dtype,
            "sparse_grad": sparse_grad,
        }
        self.weight = self.params.get(
            "weight",
            shape=(input_dim, output_dim),
            init=weight_initializer,
            dtype=dtype,
            allow_deferred_init=True,
            grad_stype="row_sparse" if sparse_grad else "default",
        )

    def hybrid_forward(self, F: Any, x: Any, weight: Any) -> Any:
        """Look the vectors up."""
        return F.Embedding(x, weight, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        k = self._kwargs
        return f"{type(self).__name__}({k['input_dim']} -> {k['output_dim']}, {k['dtype']})"


class Flatten(HybridBlock):
    """Puts all axes but the first together.

    >>> Flatten()(nd.ones((2, 3, 4))).shape
    (2, 12)
    """

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Reshape (n, ...) to (n, product)."""
        return F.Flatten(x)

    def __repr__(self) -> str:
        return type(self).__name__


class LayerNorm(HybridBlock):
    """Normalises each example along an axis to mean 0 and variance 1, then scales and shifts.

    axis           the axis that is normalised; gamma and beta have its length
    center, scale  whether beta and gamma are learned

    Source: Ba, Kiros, Hinton, Layer Normalization, 2016.
    """

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        in_channels: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ):
        super().__init__(prefix=prefix, params=params)
        self._kwargs = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        self._axis = axis
        self._epsilon = epsilon
        self.gamma = self.params.get(
            "gamma",
            grad_req="write" if scale else "null",
            shape=(in_channels,),
            init=gamma_initializer,
            allow_deferred_init=True,
        )
        self.beta = self.params.get(
            "beta",
            grad_req="write" if center else "null",
            shape=(in_channels,),
            init=beta_initializer,
            allow_deferred_init=True,
        )

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        """Normalise, scale and shift."""
        return F.LayerNorm(data, gamma, beta, axis=self._axis, eps=self._epsilon)

    def __repr__(self) -> str:
        content = ", ".join(f"{k}={v!r}" for k, v in self._kwargs.items())
        return f"{type(self).__name__}({content}, in_channels={self.gamma.shape[0]})"


class InstanceNorm(HybridBlock):
    """Normalises each channel of each example to mean 0 and variance 1, then scales and shifts.

    axis           the axis of channels; gamma and beta have its length
    center, scale  whether beta and gamma are learned

    Source: Ulyanov, Vedaldi, Lempitsky, Instance Normalization, 2016.
    """

    def __init__(
        self,
        axis: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = False,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        in_channels: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self._kwargs = {"eps": epsilon, "axis": axis, "center": center, "scale": scale}
        self._axis = axis
        self._epsilon = epsilon
        self.gamma = self.params.get(
            "gamma",
            grad_req="write" if scale else "null",
            shape=(in_channels,),
            init=gamma_initializer,
            allow_deferred_init=True,
        )
        self.beta = self.params.get(
            "beta",
            grad_req="write" if center else "null",
            shape=(in_channels,),
            init=beta_initializer,
            allow_deferred_init=True,
        )

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:
        """Normalise, scale and shift; the operator itself has channels along axis 1."""
        if self._axis == 1:
            return F.InstanceNorm(x, gamma, beta, name="fwd", eps=self._epsilon)
        x = x.swapaxes(1, self._axis)
        x = F.InstanceNorm(x, gamma, beta, name="fwd", eps=self._epsilon)
        return x.swapaxes(1, self._axis)

    def __repr__(self) -> str:
        content = ", ".join(f"{k}={v!r}" for k, v in self._kwargs.items())
        return f"{type(self).__name__}({content}, in_channels={self.gamma.shape[0]})"


class GroupNorm(HybridBlock):
    """Normalises each group of channels of each example to mean 0 and variance 1, then scales and
    shifts.

    num_groups     into so many groups the channels are divided; gamma and beta have a number each
    center, scale  whether beta and gamma are learned

    Source: Wu, He, Group Normalization, 2018.
    """

    def __init__(
        self,
        num_groups: int = 1,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        prefix: str | None = None,
        params: Any = None,
    ):
        super().__init__(prefix=prefix, params=params)
        self._kwargs = {
            "eps": epsilon,
            "num_groups": num_groups,
            "center": center,
            "scale": scale,
        }
        self._num_groups = num_groups
        self._epsilon = epsilon
        self.gamma = self.params.get(
            "gamma",
            grad_req="write" if scale else "null",
            shape=(num_groups,),
            init=gamma_initializer,
            allow_deferred_init=True,
        )
        self.beta = self.params.get(
            "beta",
            grad_req="write" if center else "null",
            shape=(num_groups,),
            init=beta_initializer,
            allow_deferred_init=True,
        )

    def hybrid_forward(self, F: Any, data: Any, gamma: Any, beta: Any) -> Any:
        """Normalise, scale and shift."""
        return F.GroupNorm(data, gamma, beta, num_groups=self._num_groups, eps=self._epsilon)

    def __repr__(self) -> str:
        content = ", ".join(f"{k}={v!r}" for k, v in self._kwargs.items())
        return f"{type(self).__name__}({content})"


class Lambda(Block):
    """A function of arrays as a block: a callable, or the name of a function of `mx.nd`.

    >>> Lambda("tanh")
    Lambda(tanh)

    Raises ParameterError for an unknown name.
    """

    def __init__(self, function: str | Callable, prefix: str | None = None):
        super().__init__(prefix=prefix)
        self._func_impl = _named_function(function, nd) if isinstance(function, str) else function
        self._func_name = _function_name(function)

    def forward(self, *args: Any) -> Any:
        """Call the function."""
        return self._func_impl(*args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._func_name})"


class HybridLambda(HybridBlock):
    """A function `(F, x, ...)` as a block, or the name of a function of `mx.nd` and `mx.sym`.

    >>> HybridLambda(lambda F, x: F.relu(x) * 2)(nd.array([-1, 2])).asnumpy()
    array([0., 4.], dtype=float32)
    """

    def __init__(self, function: str | Callable, prefix: str | None = None):
        super().__init__(prefix=prefix)
        self._func_name = _function_name(function)
        if isinstance(function, str):
            for module in (nd, sym):
                _named_function(function, module)

            def call(F: Any, *args: Any) -> Any:
                return getattr(F, function)(*args)

            self._func: Callable = call
        else:
            self._func = function

    def hybrid_forward(self, F: Any, x: Any, *args: Any) -> Any:
        """Call the function."""
        return self._func(F, x, *args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._func_name})"


def _function_name(function: Any) -> str:
    if isinstance(function, str):
        return function
    if not callable(function):
        raise DTypeError(
            f"a Lambda cannot be made from a {type(function).__name__}",
            rule="the name of an operator, or a function",
        )
    return function.__name__


def _named_function(name: str, module: Any) -> Callable:
    found = getattr(module, name, None)
    if found is None:
        raise ParameterError(f"there is no function {name!r} in {module.__name__}")
    return found
