"""What a call of an operator would give, asked and answered in text."""

import ast
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from mxbook.base import shapes
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.ops import rules
from mxbook.ops.operator import Operator
from mxbook.ops.params import parse
from mxbook.testing.cases import Case

SHAPE = "like  2,3  or  2,3 float16  or  ()  for an array without axes; nothing where it follows"
# Rules so simple that the browser knows them as well; see widgets/src/card/rules.js.
SIMPLE = {rules.same_shape: "same", rules.broadcast_shape: "broadcast"}


class Answer(NamedTuple):
    """Texts: the `outputs`, the `inputs` that follow from the others, the `work` (in operations on
    one number; empty while it is not known), and the `error` with its rule, if there is one."""

    outputs: list[str]
    inputs: list[str]
    work: str
    error: str


def tried(op: Operator, inputs: Mapping[str, str], parameters: str = "") -> Answer:
    """What a call with inputs of these shapes gives; what is left out is inferred where it can be.

    `inputs` are texts like "2,3" or "2,3 float16" by name; a variadic operator's one input holds
    several, with semicolons between.  `parameters` are written as in a call.

    >>> from mxbook.ops.registry import operators
    >>> found = tried(operators["FullyConnected"], {"data": "2,3"}, "num_hidden=4")
    >>> found.outputs, found.inputs
    (['output (2, 4)'], ['weight (4, 3)', 'bias (4,)'])
    >>> print(tried(operators["broadcast_add"], {"lhs": "2,3", "rhs": "4"}).error)
    shapes (2, 3) and (4,) cannot be broadcast
      rule     aligned at the last axis, lengths are equal or one of them is 1
      hint     insert axes of length 1 with expand_dims or reshape
    """
    try:
        return _answer(op, inputs, parameters)
    except MXNetError as error:
        return Answer([], [], "", str(error))


def _answer(op: Operator, inputs: Mapping[str, str], parameters: str) -> Answer:
    given = options(parameters)
    if op.variadic:
        texts = inputs.get(op.inputs[0], "").split(";")
        p = parse(op.name, op.values, {**op.counted(len(texts)), **given})
        names = list(op.input_names(p))[: len(texts)]
    else:
        p = parse(op.name, op.values, given)
        names = list(op.input_names(p))
        texts = [inputs.get(name, "") for name in names]
    pairs = [_array(name, text) for name, text in zip(names, texts, strict=False)]
    if all(shape is None for shape, _ in pairs) and names:
        raise ParameterError("no shape is given", rule=SHAPE)
    known, outs = op.infer_shapes(p, *[shape for shape, _ in pairs])
    types, out_types = op.infer_types(p, *_types(pairs))
    visible = op.visible_outputs(p)
    outputs = list(op.output_names(p))[:visible]
    followed = [
        f"{name} {_text(shape, dtype)}"
        for name, (before, _), shape, dtype in zip(names, pairs, known, types, strict=False)
        if not shapes.known(before) and shape is not None
    ]
    out_types *= len(outs) if len(out_types) == 1 else 1  # one type for all
    whole = all(map(shapes.known, [*known, *outs]))
    return Answer(
        [
            f"{name} {'a shape that depends on the values' if op.dynamic_shape else text}"
            for name, text in zip(outputs, map(_text, outs, out_types), strict=False)
        ],
        followed,
        f"{int(op.cost(p, known, outs)):,}" if whole and not op.dynamic_shape else "",
        "",
    )


def _types(pairs: list) -> list:
    """The types that were written; float32 where there is only a shape, None where there is not."""
    plain = as_dtype("float32")
    return [dtype or (None if shape is None else plain) for shape, dtype in pairs]


def _text(shape: Any, dtype: Any) -> str:
    name = "" if dtype is None or dtype == as_dtype("float32") else f" {dtype}"
    return f"{shapes.text(shape)}{name}"


def _array(name: str, text: str) -> tuple[Any, Any]:
    """Shape and type of a text; None for what is not there."""
    match = re.fullmatch(r"\s*\(?\s*([\d\s,×x?]*?)\s*\)?\s*([A-Za-z]\w*)?\s*", text)
    if match is None:
        raise ParameterError(f"cannot understand {name}: {text.strip()!r}", rule=SHAPE)
    lengths, dtype = match.groups()
    found = as_dtype(dtype) if dtype else None
    if not text.strip() or (not lengths and "(" not in text):
        return None, found
    parts = [part for part in re.split(r"[\s,×x]+", lengths) if part]
    return tuple(None if part == "?" else int(part) for part in parts), found


def options(text: str) -> dict[str, Any]:
    """Parameters out of a text; words need no quotes.

    >>> options("kernel=(3,3), pool_type=max")
    {'kernel': (3, 3), 'pool_type': 'max'}
    """
    try:
        call = ast.parse(f"f({text})", mode="eval").body
        if not isinstance(call, ast.Call) or call.args or any(not k.arg for k in call.keywords):
            raise ValueError
        return {str(k.arg): _value(k.value) for k in call.keywords}
    except (SyntaxError, ValueError):
        raise ParameterError(
            f"cannot understand {text.strip()!r}", rule="like  kernel=(3, 3), num_filter=8"
        ) from None


def _value(node: ast.expr) -> Any:
    return node.id if isinstance(node, ast.Name) else ast.literal_eval(node)


def asked(case: Case) -> tuple[list[str], str]:
    """An example as the texts that one would write: those of the inputs, and of the parameters."""
    texts = [_written(x) for x in case.inputs]
    if case.op.variadic:
        texts = ["; ".join(texts)]
    return texts, ", ".join(f"{k}={v!r}" for k, v in case.params.items())


def _written(array: Any) -> str:
    dtype = "" if array.dtype == "float32" else f" {array.dtype}"
    return (", ".join(map(str, array.shape)) or "()") + dtype
