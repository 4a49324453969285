"""`mx.np`: NumPy's functions and semantics on MXNet's arrays, as far as MXNet 1.6 has them.

`multiarray.py` the class `ndarray`; `arithmetic.py` Python's operators on it; `elementwise.py`,
`reducing.py`, `shaping.py`, `products.py`, `choosing.py`, `creation.py` functions by theme;
`linalg.py`, `random.py` sub-modules; `registry.py`, `symbols.py` the operators on arrays and on
symbols, between which `front.py` chooses.
"""

import numpy as _host
from numpy import bool_, float16, float32, float64, int8, int32, int64, uint8

from . import arithmetic as _arithmetic
from . import linalg, multiarray, random
from . import symbol_methods as _symbol_methods
from .choosing import diff, histogram, may_share_memory, nonzero, shares_memory, take, unique
from .creation import (
    arange,
    array,
    blackman,
    copy,
    empty,
    eye,
    full,
    genfromtxt,
    hamming,
    hanning,
    identity,
    indices,
    linspace,
    logspace,
    ones,
    ones_like,
    set_printoptions,
    zeros,
    zeros_like,
)
from .elementwise import around, clip
from .elementwise import functions as _functions
from .multiarray import ndarray
from .products import dot, einsum, inner, outer, tensordot, vdot
from .reducing import argmax, argmin, cumsum, max, mean, min, prod, std, sum, trace, var
from .shaping import (
    append,
    broadcast_arrays,
    broadcast_to,
    column_stack,
    concatenate,
    dstack,
    expand_dims,
    flip,
    hsplit,
    meshgrid,
    moveaxis,
    ravel,
    repeat,
    reshape,
    roll,
    rot90,
    shape,
    split,
    squeeze,
    stack,
    swapaxes,
    tile,
    transpose,
    tril,
    vsplit,
    vstack,
)

pi, inf, nan = _host.pi, _host.inf, _host.nan
PZERO, NZERO = 0.0, -0.0
newaxis = None

globals().update(_functions)
_arithmetic.install()
_symbol_methods.install()
