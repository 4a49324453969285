"""`mx.runtime`: what this installation can do, under the names of MXNet's features.

Source: MXNet 1.6, `mxnet.runtime`.
"""

from collections import OrderedDict
from typing import ClassVar

from .base.errors import MXNetError

__all__ = ["Feature", "Features", "feature_list"]


class Feature:
    """A name, and whether it is there."""

    def __init__(self, name: str, enabled: bool):
        self._name, self._enabled = name, enabled

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def enabled(self) -> bool:
        """Whether it is there."""
        return self._enabled

    def __repr__(self) -> str:
        return f"{'✔' if self.enabled else '✖'} {self.name}"


class UnknownFeatureError(MXNetError, RuntimeError):
    """A feature that MXNet does not know."""


class Features(OrderedDict):
    """All features by name; there is one such object.

    >>> Features().is_enabled("LAPACK")
    True
    """

    instance: "ClassVar[Features | None]" = None

    def __new__(cls) -> "Features":
        """The one object."""
        if cls.instance is None:
            cls.instance = super().__new__(cls)
            super(Features, cls.instance).__init__((f.name, f) for f in feature_list())
        return cls.instance

    def __init__(self) -> None:
        """The features are filled in by `__new__`, once."""

    def __repr__(self) -> str:
        return str(list(self.values()))

    def is_enabled(self, feature_name: str) -> bool:
        """Whether a feature is there; raises RuntimeError for a name that MXNet does not know."""
        feature_name = feature_name.upper()
        if feature_name not in self:
            raise UnknownFeatureError(
                f"Feature '{feature_name}' is unknown, known features are: {list(self)}"
            )
        return self[feature_name].enabled


_NAMES = """
    CUDA CUDNN NCCL CUDA_RTC TENSORRT CPU_SSE CPU_SSE2 CPU_SSE3 CPU_SSE4_1 CPU_SSE4_2 CPU_SSE4A
    CPU_AVX CPU_AVX2 OPENMP SSE F16C JEMALLOC BLAS_OPEN BLAS_ATLAS BLAS_MKL BLAS_APPLE LAPACK MKLDNN
    OPENCV CAFFE PROFILER DIST_KVSTORE CXX14 INT64_TENSOR_SIZE SIGNAL_HANDLER DEBUG TVM_OP
""".split()
_BLAS = {
    "BLAS_OPEN": "openblas",
    "BLAS_ATLAS": "atlas",
    "BLAS_MKL": "mkl",
    "BLAS_APPLE": "accelerate",
}
# The modules that a feature consists of.
_MODULES = {
    "OPENCV": ("PIL", "mxbook.image"),
    "PROFILER": ("mxbook.profiler",),
    "DIST_KVSTORE": ("mxbook.distributed",),
}


def feature_list() -> list[Feature]:
    """All features, in MXNet's order.

    CUDA is there when CuPy finds a GPU, and brings cuDNN and run-time compilation; the processor's
    and the BLAS library are those that NumPy uses.  What says how MXNet's library was compiled is
    never there.
    """
    return [Feature(name, _found(name)) for name in _NAMES]


def _found(name: str) -> bool:
    from importlib.util import find_spec

    from .context import num_gpus

    if name in ("CUDA", "CUDNN", "CUDA_RTC"):
        return num_gpus() > 0
    if name in _MODULES:
        return all(find_spec(module) is not None for module in _MODULES[name])
    if name in _BLAS:
        return _BLAS[name] in _numpy_blas()
    if name.startswith("CPU_") or name == "F16C":
        return _processor().get(name.removeprefix("CPU_").replace("SSE4_", "SSE4"), False)
    return name in ("LAPACK", "INT64_TENSOR_SIZE")


def _numpy_blas() -> str:
    import numpy as np

    found = np.show_config(mode="dicts") or {}
    return str(found.get("Build Dependencies", {}).get("blas", {}).get("name", "")).lower()


def _processor() -> dict[str, bool]:
    """What NumPy has found out about the processor."""
    from numpy._core._multiarray_umath import __cpu_features__

    return __cpu_features__
