"""Initial values of parameters.

An initializer is called with a description of a parameter and the array to fill:

    mx.init.Xavier()(mx.init.InitDesc("dense0_weight"), array)

The name's ending decides what happens: only a `weight` gets the initializer's own values, a `bias`
or `beta` gets 0, a `gamma` gets 1.  Random values come from `mx.random`, MXNet's own to the last
bit.

Source: MXNet 1.6, `mxnet.initializer`.
"""

import re
import warnings
from collections.abc import Callable, Iterable
from math import prod, sqrt
from typing import Any

from mxbook import random
from mxbook.base.errors import DTypeError, ParameterError, ShapeError, nearest
from mxbook.base.registries import tables
from mxbook.ndarray.creation import zeros
from mxbook.ndarray.ndarray import NDArray
from mxbook.ndarray.utils import load
from mxbook.ops import packed

_known: dict[str, type] = {}


class InitDesc(str):
    """The name of a parameter, with attributes; `attrs["__init__"]` overrules the initializer.

    >>> InitDesc("dense0_weight", {"lr_mult": "2"}).attrs
    {'lr_mult': '2'}
    """

    attrs: dict[str, Any]
    global_init: "Initializer | None"

    def __new__(cls, name: str, attrs: dict | None = None, global_init: Any = None) -> "InitDesc":
        """Make the text and keep the attributes beside it."""
        desc = super().__new__(cls, name)
        desc.attrs = attrs or {}
        desc.global_init = global_init
        return desc


def register(klass: type) -> type:
    """Class decorator: make an initializer known by its name in lower case.

    >>> @register
    ... class Sevens(Initializer):
    ...     def _init_weight(self, name, arr):
    ...         arr[:] = 7
    >>> create("sevens").dumps()
    '["sevens", {}]'
    """
    if not (isinstance(klass, type) and issubclass(klass, Initializer)):
        raise DTypeError(f"{klass!r} is not an initializer", rule="a subclass of Initializer")
    name = klass.__name__.lower()
    before = _known.get(name)
    if before is not None and before.__qualname__ != klass.__qualname__:
        warnings.warn(f"initializer {name!r} replaces {before.__qualname__}", stacklevel=2)
    _known[name] = klass
    return klass


def alias(*names: str) -> Callable[[type], type]:
    """Class decorator: further names of an initializer."""

    def add(klass: type) -> type:
        _known.update(dict.fromkeys(names, klass))
        return klass

    return add


def create(initializer: Any, **kwargs: Any) -> "Initializer":
    """The initializer meant by an object, a name, or the text that `dumps` gives.

    >>> create('["normal", {"sigma": 0.5}]').sigma, create("uniform", scale=1).scale
    (0.5, 1)

    Raises ParameterError for an unknown name.
    """
    if not isinstance(initializer, str):
        return initializer
    if initializer.startswith(("[", "{")):
        import json

        parsed = json.loads(initializer)
        if isinstance(parsed, dict):
            return create(**parsed)
        initializer, kwargs = parsed[0], parsed[1]
    klass = _known.get(initializer.lower())
    if klass is None:
        raise ParameterError(
            f"there is no initializer {initializer!r}",
            rule="one of " + ", ".join(sorted(_known)),
            hint=nearest(initializer.lower(), _known),
        )
    return klass(**kwargs)


# What the name of a parameter ends with, and the method that fills it; the first match counts.
ENDINGS = (
    ("weight", "_init_weight"),
    ("bias", "_init_bias"),
    ("gamma", "_init_gamma"),
    ("beta", "_init_beta"),
    ("min", "_init_zero"),
    ("max", "_init_one"),
    ("weight_quantize", "_init_quantized_weight"),
    ("bias_quantize", "_init_quantized_bias"),
)
# For plain texts as names, which is the older way.
OLDER_ENDINGS = (
    ("bias", "_init_bias"),
    ("gamma", "_init_gamma"),
    ("beta", "_init_beta"),
    ("weight", "_init_weight"),
    ("moving_mean", "_init_zero"),
    ("moving_var", "_init_one"),
    ("moving_inv_var", "_init_zero"),
    ("moving_avg", "_init_zero"),
    ("min", "_init_zero"),
    ("max", "_init_one"),
)


def _norm(array: NDArray) -> str:
    """What verbose mode prints: the root mean square of the values."""
    return str((array.norm() / sqrt(prod(array.shape))).asscalar())


class Initializer:
    """Base of all initializers; a subclass defines `_init_weight(name, arr)`, which fills `arr`.

    The keyword arguments are the ones that `dumps` writes.
    """

    def __init__(self, **kwargs: Any):
        self._kwargs = kwargs
        self._verbose = False
        self._print_func: Callable | None = None

    def set_verbosity(
        self, verbose: bool = False, print_func: Callable | None = None
    ) -> "Initializer":
        """Log every array that is filled, with `print_func(array)`; returns the initializer."""
        self._verbose = verbose
        self._print_func = print_func or _norm
        return self

    def _verbose_print(self, desc: str, init: Any, arr: NDArray) -> None:
        if self._verbose and self._print_func:
            import logging

            logging.info("Initialized %s as %s: %s", desc, init, self._print_func(arr))

    def dumps(self) -> str:
        """Name and arguments as JSON; `create` reads it.

        >>> Normal(0.8).dumps()
        '["normal", {"sigma": 0.8}]'
        """
        import json

        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, desc: str, arr: NDArray) -> None:
        """Fill an array; see the module for how the name decides.

        Raises ValueError for a name that tells nothing.
        """
        if not isinstance(desc, InitDesc):
            self._older_call(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        own = desc.attrs.get("__init__", "")
        if own:
            create(own)._init_weight(desc, arr)
            self._verbose_print(desc, own, arr)
            return
        self._fill(desc, arr, ENDINGS)

    def _older_call(self, name: str, arr: NDArray) -> None:
        """A call with a plain text as name, which MXNet has deprecated but which old code uses."""
        if not isinstance(name, str):
            raise DTypeError(f"the name is a {type(name).__name__}", rule="an InitDesc")
        warnings.warn(
            "initializers take InitDesc(name) rather than a plain text",
            DeprecationWarning,
            stacklevel=3,
        )
        if name.startswith("upsampling"):
            self._init_bilinear(name, arr)
        elif name.startswith("stn_loc") and name.endswith("weight"):
            self._init_zero(name, arr)
        elif name.startswith("stn_loc") and name.endswith("bias"):
            self._init_loc_bias(name, arr)
        else:
            self._fill(name, arr, OLDER_ENDINGS)

    def _fill(self, name: str, arr: NDArray, endings: Iterable[tuple[str, str]]) -> None:
        for ending, method in endings:
            if name.endswith(ending):
                getattr(self, method)(name, arr)
                self._verbose_print(name, ending, arr)
                return
        self._init_default(name, arr)

    def _init_zero(self, _name: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_one(self, _name: str, arr: NDArray) -> None:
        arr[:] = 1.0

    def _init_bias(self, _name: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_quantized_bias(self, _name: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_gamma(self, _name: str, arr: NDArray) -> None:
        arr[:] = 1.0

    def _init_beta(self, _name: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_bilinear(self, _name: str, arr: NDArray) -> None:
        arr[:] = _bilinear_kernel(arr.shape)

    def _init_loc_bias(self, _name: str, arr: NDArray) -> None:
        """The bias of a spatial transformer: the transformation that changes nothing."""
        arr[:] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]

    def _init_quantized_weight(self, _name: str, arr: NDArray) -> None:
        arr[:] = random.randint(-127, 127, shape=arr.shape, dtype="int32").astype(arr.dtype)

    def _init_weight(self, _name: str, _arr: NDArray) -> None:
        raise ParameterError(f"{type(self).__name__} must define _init_weight(self, name, arr)")

    def _init_default(self, name: str, _arr: NDArray) -> None:
        error = ParameterError(
            f"nothing says how {name!r} begins",
            rule="names end in weight, bias, gamma (1.0) or beta (0.0)",
            hint="give the parameter an initializer of its own: init=... or the attribute __init__",
        )
        raise ValueError(str(error))  # MXNet's type, which its users catch

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Initializer)
            and type(self) is type(other)
            and self._kwargs == other._kwargs
        )

    __hash__ = None  # type: ignore[assignment]  # as in MXNet: equal by value, and it can change


def _bilinear_kernel(shape: tuple[int, ...]) -> Any:
    """Weights (.., .., height, width) with which a transposed convolution interpolates linearly."""
    import numpy as np

    size = shape[3]
    half = np.ceil(size / 2.0)
    centre = (2 * half - 1 - half % 2) / (2.0 * half)
    row = 1 - np.abs(np.arange(size) / half - centre)
    column = 1 - np.abs(np.arange(shape[2]) / half - centre)
    return np.broadcast_to(np.outer(column, row), shape).astype("float32")


tables[Initializer] = _known


@alias("zeros")
@register
class Zero(Initializer):
    """All zeros; also known as `zeros`."""

    def __init__(self):
        super().__init__()

    def _init_weight(self, _name: str, arr: NDArray) -> None:
        arr[:] = 0


@alias("ones")
@register
class One(Initializer):
    """All ones; also known as `ones`."""

    def __init__(self):
        super().__init__()

    def _init_weight(self, _name: str, arr: NDArray) -> None:
        arr[:] = 1


@register
class Constant(Initializer):
    """One value everywhere: a number, or an array of the parameter's shape.

    >>> import mxbook as mx
    >>> a = mx.nd.zeros(2)
    >>> Constant(2.5)(InitDesc("w_weight"), a)
    >>> a.asnumpy()
    array([2.5, 2.5], dtype=float32)
    """

    def __init__(self, value: Any):
        super().__init__(value=value)
        self.value = value

    def _init_weight(self, _name: str, arr: NDArray) -> None:
        arr[:] = self.value

    def dumps(self) -> str:
        """Name and value as JSON."""
        import json

        value = self.value.asnumpy() if isinstance(self.value, NDArray) else self.value
        value = value.tolist() if hasattr(value, "tolist") else value
        return json.dumps(["constant", {"value": value}])

    def __eq__(self, other: object) -> bool:
        # Arrays among the arguments cannot be compared by ==, their texts can.
        return isinstance(other, Constant) and self.dumps() == other.dumps()

    __hash__ = None  # type: ignore[assignment]


@register
class Uniform(Initializer):
    """Random numbers spread evenly over [-scale, scale)."""

    def __init__(self, scale: float = 0.07):
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, _name: str, arr: NDArray) -> None:
        random.uniform(-self.scale, self.scale, dtype=arr.dtype, out=arr)


@register
class Normal(Initializer):
    """Random numbers of the normal distribution with mean 0 and standard deviation `sigma`."""

    def __init__(self, sigma: float = 0.01):
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, _name: str, arr: NDArray) -> None:
        random.normal(0, self.sigma, dtype=arr.dtype, out=arr)


@register
class Orthogonal(Initializer):
    """A matrix with orthogonal rows (or columns), times `scale`; axes behind the first are put
    together.

    `rand_type` is the distribution of the random matrix it is made from, `uniform` or `normal`.

    Source: Saxe, McClelland, Ganguli, Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks, 2013.
    """

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform"):
        super().__init__(scale=scale, rand_type=rand_type)
        if rand_type not in ("uniform", "normal"):
            raise ParameterError(f"rand_type cannot be {rand_type!r}", rule="uniform or normal")
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, _name: str, arr: NDArray) -> None:
        import numpy as np

        shape = (arr.shape[0], prod(arr.shape[1:]))
        draw = random.uniform if self.rand_type == "uniform" else random.normal
        low_or_mean = -1.0 if self.rand_type == "uniform" else 0.0
        start = draw(low_or_mean, 1.0, shape=shape).asnumpy()
        left, _, right = np.linalg.svd(start, full_matrices=False)
        found = left if left.shape == shape else right
        arr[:] = (self.scale * found).reshape(arr.shape)


@register
class Xavier(Initializer):
    """Random numbers scaled so that signals keep their size from layer to layer.

    The variance is `magnitude / factor`, where the factor is the number of inputs (`in`), of
    outputs (`out`) or their mean (`avg`); `uniform` draws from [-scale, scale) with scale =
    sqrt(magnitude / factor), `gaussian` with that standard deviation.

    Raises ParameterError for unknown types, ShapeError for an array with fewer than 2 axes.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
    networks, 2010.
    """

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3):
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = float(magnitude)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        scale = sqrt(self.magnitude / self._factor(name, arr.shape))
        if self.rnd_type == "uniform":
            random.uniform(-scale, scale, dtype=arr.dtype, out=arr)
        elif self.rnd_type == "gaussian":
            random.normal(0, scale, dtype=arr.dtype, out=arr)
        else:
            raise ParameterError(
                f"rnd_type cannot be {self.rnd_type!r}", rule="uniform or gaussian"
            )

    def _factor(self, name: str, shape: tuple[int, ...]) -> float:
        """Number of inputs, outputs or their mean, of weights (outputs, inputs, *kernel)."""
        if len(shape) < 2:
            raise ShapeError(
                f"{type(self).__name__} cannot fill {name!r}, which has the shape {shape}",
                rule="at least 2 axes: (outputs, inputs, ...)",
            )
        kernel = 1.0
        for length in shape[2:]:
            kernel *= length
        fan_in, fan_out = shape[1] * kernel, shape[0] * kernel
        factors = {"in": fan_in, "out": fan_out, "avg": (fan_in + fan_out) / 2.0}
        if self.factor_type not in factors:
            raise ParameterError(
                f"factor_type cannot be {self.factor_type!r}", rule="in, out or avg"
            )
        return factors[self.factor_type]


@register
class MSRAPrelu(Xavier):
    """Xavier with normal random numbers, for layers behind which a (leaky) ReLU of this slope
    stands.

    Source: He, Zhang, Ren, Sun, Delving Deep into Rectifiers, 2015.
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25):
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}


@register
class Bilinear(Initializer):
    """Weights with which a transposed convolution enlarges by linear interpolation."""

    def __init__(self):
        super().__init__()

    def _init_weight(self, _name: str, arr: NDArray) -> None:
        arr[:] = _bilinear_kernel(arr.shape)


@register
class LSTMBias(Initializer):
    """Zeros, and `forget_bias` for the forget gate, the second quarter of an LSTM's biases.

    As the parameter's own `init`: called by name, a bias gets zeros.
    """

    def __init__(self, forget_bias: float = 1.0):
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _init_weight(self, _name: str, arr: NDArray) -> None:
        arr[:] = 0.0
        units = arr.shape[0] // 4
        arr[units : 2 * units] = self.forget_bias


@register
class FusedRNN(Initializer):
    """The vector of all parameters of the operator RNN, filled weight by weight.

    init  an initializer, or its text, for each weight and bias; the general one when None

    The forget gates of an LSTM have the bias `forget_bias`.  See `mx.rnn.FusedRNNCell`.
    """

    def __init__(
        self,
        init: "Initializer | str | None",
        num_hidden: int,
        num_layers: int,
        mode: str,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ):
        self._init = create(init) if init is not None else None
        self._sizes = (num_hidden, num_layers, mode, bidirectional)
        super().__init__(
            init=self._init and self._init.dumps(),
            num_hidden=num_hidden,
            num_layers=num_layers,
            mode=mode,
            bidirectional=bidirectional,
            forget_bias=forget_bias,
        )

    def _init_weight(self, desc: str, arr: NDArray) -> None:
        vector = arr.asnumpy()
        inputs = packed.input_size(vector.size, *self._sizes)
        general = getattr(desc, "global_init", None)
        for name, view in packed.gate_views(vector, inputs, *self._sizes).items():
            if self._sizes[2] == "lstm" and name.endswith("_f_bias"):
                view[...] = self._kwargs["forget_bias"]
                continue
            part = zeros(view.shape, dtype=view.dtype)
            (self._init or general)(InitDesc(name, global_init=general), part)
            view[...] = part.asnumpy()
        arr[:] = vector


class Load:
    """Fills parameters from a dict of arrays or a file; what is missing goes to `default_init`.

    Raises ParameterError for a missing parameter without `default_init`, ShapeError for another
    shape.
    """

    def __init__(
        self,
        param: str | dict[str, NDArray],
        default_init: Callable | None = None,
        verbose: bool = False,
    ):
        found = load(param) if isinstance(param, str) else param
        if not isinstance(found, dict):
            raise DTypeError("Load needs named arrays", rule="a dict, or a file with names")
        self.param = {
            name.removeprefix("arg:").removeprefix("aux:"): a for name, a in found.items()
        }
        self.default_init = default_init
        self.verbose = verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill the array with the loaded values of this name."""
        loaded = self.param.get(name)
        if loaded is not None and loaded.shape != arr.shape:
            raise ShapeError(
                f"the loaded {name!r} does not fit",
                values=[("parameter", str(arr.shape)), ("loaded", str(loaded.shape))],
            )
        if loaded is not None:
            arr[:] = loaded
        elif self.default_init is not None:
            self.default_init(name, arr)
        else:
            raise ParameterError(
                f"{name!r} is not among the loaded parameters",
                hint=nearest(name, self.param) or "give a default_init",
            )
        if self.verbose:
            import logging

            logging.info("Initialized %s by %s", name, "default" if loaded is None else "loading")


class Mixed:
    """Chooses among initializers by the name of the parameter: the first pattern found in it
    counts.

    >>> Mixed([".*bias", ".*"], [Zero(), Uniform(0.1)]).map[0][1].dumps()
    '["zero", {}]'

    Raises ParameterError for a name that no pattern matches.
    """

    def __init__(self, patterns: Iterable[str], initializers: Iterable[Callable]):
        patterns, initializers = list(patterns), list(initializers)
        if len(patterns) != len(initializers):
            raise ParameterError(
                f"{len(patterns)} patterns and {len(initializers)} initializers",
                rule="one initializer for each pattern",
            )
        self.map = list(zip(map(re.compile, patterns), initializers, strict=True))

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill the array with the initializer of the first pattern that matches."""
        for pattern, initializer in self.map:
            if pattern.match(name):
                initializer(name, arr)
                return
        raise ParameterError(
            f"no pattern matches the parameter {name!r}",
            values=[("patterns", ", ".join(p.pattern for p, _ in self.map))],
            hint='add the pattern ".*" at the end',
        )
