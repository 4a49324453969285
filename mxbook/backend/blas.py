"""The threads of NumPy's matrix products.

Two pools of threads in one process get into each other's way: while the engine's workers compute,
threads of OpenBLAS spin, waiting for their share, and on a busy machine (Binder, CI) everything
takes ten times as long. So with workers, BLAS has one thread, and a large product is shared among
the workers instead.
"""

import importlib.util

from mxbook.base.config import config

_held = False


def hold() -> None:
    """Give BLAS as many threads as `mx.config.blas_threads` says; once, and if it can be done.

    A BLAS that was loaded by mxbook has one already (see `mxbook/__init__.py`); for one that the
    user loaded first, the package threadpoolctl is needed.
    """
    global _held
    if _held:
        return
    _held = True
    if config.blas_threads and importlib.util.find_spec("threadpoolctl") is not None:
        import threadpoolctl

        threadpoolctl.threadpool_limits(config.blas_threads, user_api="blas")
