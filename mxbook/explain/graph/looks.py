"""What a node looks like: its kind, colour, title, and how numbers are written in it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .model import Node, Value


class Kind(NamedTuple):
    """A kind of operators: its name in the legend, and its colours on light and dark paper."""

    name: str
    colours: tuple[str, str]


KINDS = {
    "weights": Kind("layers with weights", ("#0067A5", "#5AB4F0")),
    "normal": Kind("normalization", ("#6B5B00", "#E3CF4A")),
    "active": Kind("activation", ("#B84700", "#FF9A4D")),
    "pool": Kind("pooling, reduction", ("#00744F", "#4FD1A5")),
    "shape": Kind("shape", ("#50565F", "#C3CAD4")),
    "sum": Kind("arithmetic", ("#50565F", "#C3CAD4")),
    "loss": Kind("softmax, loss", ("#9C3F80", "#E88BC6")),
    "recurrent": Kind("recurrent, control flow", ("#5B4FC4", "#A99BFF")),
    "input": Kind("input", ("#50565F", "#C3CAD4")),
    "output": Kind("output", ("#50565F", "#C3CAD4")),
    "group": Kind("group", ("#50565F", "#C3CAD4")),
    "other": Kind("other", ("#50565F", "#C3CAD4")),
}

_NAMES = {
    "weights": "Convolution Deconvolution FullyConnected Embedding dot batch_dot _linalg_gemm2 "
    "_npi_matmul DeformableConvolution",
    "normal": "BatchNorm LayerNorm InstanceNorm GroupNorm L2Normalization LRN",
    "active": "Activation LeakyReLU relu sigmoid tanh softsign softrelu erf gelu hard_sigmoid "
    "Dropout clip",
    "pool": "Pooling mean sum max min prod norm argmax argmin _square_sum AdaptiveAvgPooling2D",
    "shape": "Reshape Flatten transpose expand_dims squeeze Concat stack SliceChannel slice "
    "slice_axis SwapAxis Pad repeat tile UpSampling broadcast_to broadcast_like slice_like cast "
    "Cast BilinearResize2D SequenceMask SequenceLast SequenceReverse identity _copy reshape_like "
    "zeros_like ones_like _zeros _ones _full take pick gather_nd where _split_v2",
    "loss": "softmax log_softmax SoftmaxOutput SoftmaxActivation softmin LinearRegressionOutput "
    "LogisticRegressionOutput MAERegressionOutput MakeLoss make_loss smooth_l1 CTCLoss "
    "softmax_cross_entropy",
    "recurrent": "RNN _foreach _while_loop _cond Custom",
}
_KIND = {name: kind for kind, names in _NAMES.items() for name in names.split()}

SIGNS = {
    "add": "+",
    "plus": "+",
    "sub": "−",
    "minus": "−",
    "mul": "×",
    "div": "÷",
    "maximum": "max",
}
SIGNS |= {"minimum": "min", "power": "^"}


def kind_of(node: Node) -> str:
    """The kind of a node, a key of KINDS.

    >>> from .model import Node
    >>> kind_of(Node(0, "c", "Convolution", "operator", (), (), ()))
    'weights'
    """
    if node.role != "operator":
        return "input"
    op = node.op.removeprefix("_contrib_").removeprefix("_npx_").removeprefix("_np_")
    if op in _KIND:
        return _KIND[op]
    if sign_of(node):
        return "sum"
    if op.startswith("_backward_"):
        return kind_of(node._replace(op=op.removeprefix("_backward_")))
    return _KIND.get(op.strip("_"), "sum" if _is_arithmetic(op) else "other")


def _is_arithmetic(op: str) -> bool:
    arithmetic = (
        "scalar",
        "broadcast_",
        "elemwise_",
        "_npi_",
        "sqrt",
        "exp",
        "log",
        "square",
        "abs",
    )
    return any(word in op for word in arithmetic)


def sign_of(node: Node) -> str:
    """The sign of an operation on two arrays of the graph: "+"; empty for others."""
    op = node.op
    for beginning in ("elemwise_", "broadcast_", "_npi_", "_"):
        name = op.removeprefix(beginning)
        if name != op and name in SIGNS and len(node.inputs) == 2:
            return SIGNS[name]
    return "+" if op in ("add_n", "_grad_add") and len(node.inputs) > 1 else ""


def title_of(node: Node) -> str:
    """The operator with the parameters that matter: "Convolution 3×3 / 2, 64"."""
    if node.role != "operator":
        return node.name
    p = node.params
    detail = _DETAILS.get(node.op, _scalar)(p)
    name = node.op.removeprefix("_contrib_").removeprefix("_npi_").removeprefix("_npx_")
    if name.startswith("_backward_"):
        return f"{name.removeprefix('_backward_')} backward"
    parts = [_SHORT.get(part, part.removeprefix("elemwise_")) for part in name.split("+")]
    return f"{', '.join(parts)} {detail}".strip()


_SHORT = {
    "FullyConnected": "Dense",
    "SliceChannel": "split",
    "_foreach": "foreach",
    "_while_loop": "while loop",
    "_cond": "cond",
    "_plus_scalar": "+",
    "_minus_scalar": "−",
    "_rminus_scalar": "from",
    "_mul_scalar": "×",
    "_div_scalar": "÷",
    "_rdiv_scalar": "over",
    "_power_scalar": "^",
    "_lesser": "<",
    "_greater": ">",
    "_equal": "=",
    "broadcast_lesser": "<",
    "broadcast_greater": ">",
    "broadcast_equal": "=",
    "_lesser_scalar": "<",
    "_greater_scalar": ">",
    "_equal_scalar": "=",
    "_lesser_equal_scalar": "≤",
    "_greater_equal_scalar": "≥",
    "_copy": "identity",
    "_zeros": "zeros",
    "_ones": "ones",
    "_linalg_gemm2": "gemm2",
}


def _window(p: Mapping[str, str]) -> str:
    kernel = _numbers(p.get("kernel", ""))
    stride = _numbers(p.get("stride", ""))
    dilate = _numbers(p.get("dilate", ""))
    text = "×".join(kernel)
    if set(stride) - {"1"}:
        text += f" / {stride[0] if len(set(stride)) == 1 else '×'.join(stride)}"
    if set(dilate) - {"1"}:
        text += f" dilated {dilate[0]}"
    return text


def _numbers(text: str) -> list[str]:
    return [n.strip() for n in text.strip("()[]").split(",") if n.strip()]


def _convolution(p: Mapping[str, str]) -> str:
    groups = p.get("num_group", "1")
    filters = p.get("num_filter", "")
    if groups != "1":
        return f"{_window(p)}, " + ("depthwise" if groups == filters else f"{filters} in {groups}")
    return f"{_window(p)}, {filters}"


def _pooling(p: Mapping[str, str]) -> str:
    kind = p.get("pool_type", "max")
    return f"{kind}, global" if p.get("global_pool") == "True" else f"{kind} {_window(p)}"


def _scalar(p: Mapping[str, str]) -> str:
    return _rounded(p["scalar"]) if "scalar" in p else ""


def _rounded(text: str) -> str:
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text


def _shaped(p: Mapping[str, str]) -> str:
    return "→ (" + ", ".join(_numbers(p.get("shape", "") or p.get("newshape", ""))) + ")"


_DETAILS = {
    "Convolution": _convolution,
    "Deconvolution": _convolution,
    "Pooling": _pooling,
    "FullyConnected": lambda p: p.get("num_hidden", ""),
    "Activation": lambda p: p.get("act_type", ""),
    "LeakyReLU": lambda p: p.get("act_type", "leaky"),
    "Dropout": lambda p: _rounded(p.get("p", "0.5")),
    "Reshape": _shaped,
    "_npx_reshape": _shaped,
    "transpose": lambda p: p.get("axes", "").replace("()", ""),
    "SliceChannel": lambda p: f"in {p.get('num_outputs', '')}",
    "Concat": lambda p: f"axis {p.get('dim', '1')}",
    "RNN": lambda p: f"{p.get('mode', '')} {p.get('state_size', '')}",
    "Embedding": lambda p: f"{p.get('input_dim', '')} → {p.get('output_dim', '')}",
    "slice_axis": lambda p: f"{p.get('begin', '0')}:{p.get('end', '')}, axis {p.get('axis', '0')}",
}


def chip_texts(pairs: Sequence[tuple[str, Value]]) -> list[str]:
    """Names and shapes of weights, those of one shape together.

    >>> chip_texts([("gamma", Value((4,), "")), ("beta", Value((4,), ""))])
    ['gamma beta 4']
    """
    by_shape: dict[str, list[str]] = {}
    for name, value in pairs:
        short = name.replace("moving_", "").replace("running_", "")
        by_shape.setdefault(value.text, []).append(short)
    texts = []
    for shape, names in by_shape.items():
        text = " ".join(names)
        texts.append(text if shape == "?" else f"{text} {shape}")
    return texts


def count(number: float) -> str:
    """A number in words of at most four digits.

    >>> count(999), count(9408), count(11689512), count(3642974696)
    ('999', '9.41 K', '11.7 M', '3.64 G')
    """
    for power, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K")):
        if number >= power:
            return f"{number / power:.3g} {letter}"
    return f"{number:g}"


def sums(parameters: int, flops: int, nbytes: int) -> list[str]:
    """Parameters, operations and bytes of something, without what is zero."""
    found = []
    if parameters:
        found.append(f"{count(parameters)} parameters")
    if flops:
        found.append(f"{count(flops).replace(' ', ' ')}FLOP" if flops >= 1000 else f"{flops} FLOP")
    if nbytes:
        found.append(f"{count(nbytes)}B" if nbytes >= 1000 else f"{nbytes} B")
    return found
