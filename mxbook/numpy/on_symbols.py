"""`mx.sym.np`: the functions of `mx.np` for symbols.

They are the same functions, which look at their inputs; those without inputs make symbols here.
"""

import types as _types

from mxbook import numpy as _np

from . import linalg as _linalg
from . import random as _random
from . import symbols as _symbols
from .front import making_symbols as _making_symbols

_Symbol, linalg = _symbols._Symbol, _linalg
MAKING = """
    arange blackman eye full hamming hanning identity indices linspace logspace ones zeros
""".split()
ON_ARRAYS = ("array", "empty", "genfromtxt", "ndarray", "nonzero", "set_printoptions")
globals().update(
    {
        name: _making_symbols(found) if name in MAKING else found
        for name, found in vars(_np).items()
        if isinstance(found, _types.FunctionType) and name[0] != "_" and name not in ON_ARRAYS
    }
)

random = _types.ModuleType(f"{__name__}.random", "`mx.sym.np.random`: random numbers as symbols.")
random.__dict__.update(
    {
        name: _making_symbols(getattr(_random, name))
        for name in ("choice", "multinomial", "normal", "rand", "randint", "uniform")
    }
)
