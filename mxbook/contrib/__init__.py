"""`mx.contrib`: what MXNet kept beside its main interface.

| name | what |
|---|---|
| `text` | vocabularies and word vectors |
| `svrg_optimization` | training with stochastic variance-reduced gradients |
| `amp`, `onnx`, `quantization`, `tensorrt` | lower precision, other formats and engines |
| `io`, `tensorboard` | a Gluon data loader for modules; metrics for TensorBoard |
| `ndarray`, `symbol` | other names of `mx.nd.contrib` and `mx.sym.contrib` |
| `autograd` | the interface that `mx.autograd` had before version 1.0 |

Each is imported when it is first asked for.
"""

_LATER = {
    "amp": "amp",
    "autograd": "autograd",
    "io": "io",
    "nd": "ndarray",
    "ndarray": "ndarray",
    "onnx": "onnx",
    "quant": "quantization",
    "quantization": "quantization",
    "svrg_optimization": "svrg_optimization",
    "sym": "symbol",
    "symbol": "symbol",
    "tensorboard": "tensorboard",
    "tensorrt": "tensorrt",
    "text": "text",
}


def __getattr__(wanted: str):
    import importlib
    import importlib.util

    where = f"{__name__}.{_LATER.get(wanted)}"
    if wanted not in _LATER or importlib.util.find_spec(where) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {wanted!r}")
    globals()[wanted] = found = importlib.import_module(where)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
