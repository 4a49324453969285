"""`mx.contrib.ndarray` and `mx.contrib.nd`: another name of `mx.nd.contrib`.

Source: MXNet 1.6, `mxnet.contrib.ndarray`.
"""

from mxbook import ndarray as _nd

globals().update({n: f for n, f in vars(_nd.contrib).items() if not n.startswith("_")})
