"""`mx.contrib.symbol` and `mx.contrib.sym`: another name of `mx.sym.contrib`.

Source: MXNet 1.6, `mxnet.contrib.symbol`.
"""

from mxbook import symbol as _sym

globals().update({n: f for n, f in vars(_sym.contrib).items() if not n.startswith("_")})
