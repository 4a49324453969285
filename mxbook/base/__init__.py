"""L0: contexts, types, shapes, errors, settings, names and sites.  Imports nothing of mxbook.

The names below are those of MXNet's `mx.base`.
"""

import numpy as _np

from .errors import MXNetError

string_types = (str,)
numeric_types = (float, int, _np.generic)
integer_types = (int, _np.int32, _np.int64)


def py_str(text):
    """Bytes from a C interface as a string; strings pass unchanged.

    >>> py_str(b"relu")
    'relu'
    """
    return text.decode("utf-8") if isinstance(text, bytes) else text
