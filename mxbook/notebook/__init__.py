"""`mx.notebook`: callbacks of `fit` that show training while it happens.

`mx.explain.curves` is the newer way, for every kind of training loop.
"""

from . import callback
