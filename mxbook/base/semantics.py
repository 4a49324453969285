"""NumPy's or MXNet 1.6's way of looking at shapes; each thread has its own.

In MXNet 1.6 a 0 in a shape says "not known yet", and so does `()`; an array has at least one axis.
With NumPy's semantics 0 is a length like any other, `()` is the shape of a single number, and -1
says "not known yet".  What depends on it asks here: the shapes of symbols, and indexing.
"""

import threading


class _Local(threading.local):
    np_shape = False
    np_array = False


local = _Local()
