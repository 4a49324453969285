"""What is on the card of an operator.

Everything comes from the operator's block: its documentation, parameters, rules and examples.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

from mxbook.base.context import cpu
from mxbook.base.errors import ParameterError, nearest
from mxbook.base.spec import spec_of
from mxbook.imperative.front import documentation
from mxbook.imperative.plan import plan_for
from mxbook.ops.operator import (
    DY,
    DYS,
    INPUT,
    INPUT_DTYPE,
    INPUT_SHAPE,
    OUTPUT,
    OUTPUT_SHAPE,
    GradientRule,
    Operator,
)
from mxbook.ops.registry import operators
from mxbook.testing.cases import Case, cases_of

if TYPE_CHECKING:
    from .trial import Answer

SHOWN = 3  # examples on a card


class Call(NamedTuple):
    """One example: the call, its results, and its work in elementwise operations on one number."""

    call: str
    results: str
    work: int


class Card:
    """What there is to know about an operator; text on a terminal, HTML in a notebook.

    `name`, `also` (other names), `about` (its documentation), `sentence` and `body` (what it says),
    `errors` and `origin` (sentences of it), `inputs` and `parameters` (rows of texts), `outputs`
    (names), `examples` (see Call), `gradients` and `notes` (sentences), `source` (its Python code).
    """

    def __init__(self, op: Operator):
        self.name = op.name
        self.also = [name for name in op.aliases if not name.startswith(("_np", "_sparse"))]
        self.about = inspect.cleandoc(op.doc)
        parts = [p for p in re.split(r"\n\s*\n", self.about) if p.strip()]
        self.sentence = _flat(parts[0]) if parts else self.name
        self.body = [p for p in parts[1:] if not p.startswith(("Raises", "Source:"))]
        self.errors = [_flat(p) for p in parts if p.startswith("Raises")]
        self.origin = " ".join(_flat(p) for p in parts if p.startswith("Source:"))
        self.outputs = _outputs(op)
        self.inputs = [(name, _role(op, name)) for name in op.inputs]
        self.parameters = [
            (p.name, p.describe(), "required" if p.required else p.format(p.default), p.doc)
            for p in op.params
        ]
        self.examples = [_call(case) for case in cases_of(op)[:SHOWN]]
        self.gradients = list(_gradients(op))
        self.notes = list(_notes(op))
        self.source = _source(op.kernel)

    def __str__(self) -> str:
        op = operators[self.name]
        lines = [self.name, *([f"also {', '.join(self.also)}"] if self.also else []), ""]
        lines += ["Inputs: " + (", ".join(n for n, _ in self.inputs) or "none"), ""]
        lines += [documentation(op), "", "Examples:", ""]
        lines += [
            f"    {e.call}\n        gives {e.results}; work {e.work:,}" for e in self.examples
        ]
        lines += ["", f"Outputs: {', '.join(self.outputs)}"]
        return "\n".join([*lines, "", "Gradient:", "", *self.gradients, *self.notes])

    __repr__ = __str__

    def tried(self, inputs: Mapping[str, str], parameters: str = "") -> "Answer":
        """What a call would give, told as text; nothing is computed.  See `trial.tried`.

        >>> operator("dot").tried({"lhs": "2,3", "rhs": "3,4"}).outputs
        ['output (2, 4)']
        """
        from .trial import tried

        return tried(operators[self.name], inputs, parameters)

    text = __str__

    def svg(self, *, theme: str = "light") -> str:
        """The card as SVG that needs no style sheet, script or identifier."""
        from mxbook.explain import svg

        from .chart import picture

        return svg.draw(picture(self, theme=theme))

    def png(self, *, theme: str = "light") -> bytes:
        """The card as PNG with two pixels for each unit; needs Pillow."""
        from mxbook.explain import png

        from .chart import picture

        return png.draw(picture(self, theme=theme))

    def save(self, path: str | PathLike) -> None:
        """Write the card; the ending decides what: .png .svg .html .json .txt.

        Raises ParameterError for another ending.
        """
        from .files import save

        save(self, path)

    def _repr_html_(self) -> str:
        from .html import html

        return html(self)

    def _repr_mimebundle_(self, **_wanted: Any) -> tuple[dict, dict]:
        """The widget where it can live, and always a page and a picture."""
        from .files import bundle

        return bundle(self)


def operator(name: str | Callable) -> Card:
    """The card of an operator, by its name or its function: `operator("Convolution")`.

    Raises ParameterError for an unknown name.

    >>> operator("exp").also
    []
    >>> "FullyConnected" in operator("FullyConnected")._repr_html_()
    True
    """
    wanted = name if isinstance(name, str) else getattr(name, "__name__", str(name))
    op = operators.get(wanted) or operators.get(f"_contrib_{wanted}")
    if op is None:
        raise ParameterError(
            f"there is no operator {wanted!r}",
            hint=nearest(wanted, operators),
        )
    return Card(op)


def _flat(text: str) -> str:
    return " ".join(text.split())


def _outputs(op: Operator) -> list[str]:
    """The names of the outputs that a caller sees."""
    if op.varies:
        return ["as many as the parameters say"]
    names = list(op.outputs(None))
    return names if op.visible is None else names[:1]


def _role(op: Operator, name: str) -> str:
    if op.variadic:
        return "any number of arrays"
    mutated = op.mutates if isinstance(op.mutates, tuple) else ()
    words = ["may be left out"] if name in op.optional else []
    words += ["changed in place"] if name in mutated else []
    return ", ".join(words)


def _call(case: Case) -> Call:
    """What a call gives, without computing it."""
    specs = tuple(spec_of(x.shape, x.dtype, cpu()) for x in case.inputs)
    plan = plan_for(case.op, case.values, specs, train=False)
    results = ", ".join(f"{s.dtype}{list(s.shape)}" for s in plan.outputs[: plan.visible])
    if case.op.dynamic_shape:
        results = "a shape that depends on the values"
    return Call(repr(case), results or "nothing", int(plan.work))


WORDS = {
    DY: "the gradient that arrives",
    DYS: "the gradients that arrive",
    INPUT: "`{}`",
    OUTPUT: "the result `{}`",
    INPUT_SHAPE: "the shape of `{}`",
    OUTPUT_SHAPE: "the shape of `{}`",
    INPUT_DTYPE: "the type of `{}`",
}


def _gradients(op: Operator) -> Any:
    """A sentence for each gradient rule: what it is computed from."""
    if op.zero_gradient:
        why = next((e.why for e in op.examples if e.why), "")
        yield "Zero everywhere" + (f": {why}." if why else ".")
        return
    if op.joint_rule:
        yield f"For all inputs together, from {_needs(op, op.joint_rule)}."
    for index, rule in op.rules.items():
        plain = rule.unstretched or rule
        found = _formula(plain)
        end = ", summed over axes that were stretched." if _stretches(op) else ""
        yield f"For `{op.inputs[index]}`, from {_needs(op, plain)}{found}{end or '.' * (not found)}"
    if not op.differentiable:
        yield "None: nothing flows back through it."
    without = [n for i, n in enumerate(op.inputs) if op.differentiable and not op.rule_for(i)]
    if without:
        yield f"None for {', '.join(f'`{n}`' for n in without)}."


def _needs(op: Operator, rule: GradientRule) -> str:
    words = []
    for kind, index in rule.needs:
        names = op.outputs(None) if kind in (OUTPUT, OUTPUT_SHAPE) else op.inputs
        words.append(WORDS.get(kind, "the inputs").format(names[min(index, len(names) - 1)]))
    return ", ".join(dict.fromkeys(words)) or "nothing"


def _formula(rule: GradientRule) -> str:
    """What a rule returns, as it is written; empty where that is not all there is."""
    formula = getattr(rule.function, "formula", None)
    if formula is None and rule.function.__name__ == "<lambda>":
        formula = rule.function, _arguments(rule.function)[2:]
    if formula is not None:
        found = _expression(*formula)
        return f": `{found}`" if found else ""
    lines = [line.strip() for line in _source(rule.function).splitlines()]
    while lines and not lines[0].startswith("def "):
        lines.pop(0)
    short = len(lines) == 2 and lines[1].startswith("return ")
    return f": `{lines[1].removeprefix('return ')}`" if short else ""


def _expression(formula: Callable, names: Sequence[str]) -> str:
    """What a lambda of `F`, another argument and these returns, as text."""
    arguments = _arguments(formula)
    called = dict(zip(arguments[2:], names, strict=True))
    for tree in _lambdas(_source(formula)):
        if [a.arg for a in tree.args.args] == arguments:
            for node in ast.walk(tree):
                if isinstance(node, ast.Name):
                    node.id = called.get(node.id, node.id)
            return ast.unparse(tree.body)
    return ""


def _arguments(function: Callable) -> list[str]:
    return list(function.__code__.co_varnames[: function.__code__.co_argcount])


def _lambdas(source: str) -> Iterator[ast.Lambda]:
    """The lambdas in a piece of source, which may end in the middle of a statement."""
    for match in re.finditer(r"\blambda\b", source):
        for end in range(len(source), match.start(), -1):  # what stands behind does not parse
            try:
                tree = ast.parse(source[match.start() : end].strip(), mode="eval").body
            except SyntaxError:
                continue
            if isinstance(tree, ast.Lambda):
                yield tree
                break


def _stretches(op: Operator) -> bool:
    """Whether an operator may stretch its inputs."""
    return op.name.startswith("broadcast_")


def _notes(op: Operator) -> Any:
    if op.uses_random:
        yield "It draws random numbers; `mx.random.seed` makes them repeatable."
    if op.uses_train:
        yield "It does something else in training mode; see `mx.autograd.record`."
    if op.dynamic_shape:
        yield "The shape of its result depends on values: a call waits for its inputs."
    if op.storage_rules:
        yield "It has kernels for sparse arrays."
    elif op.inputs:
        yield "Sparse arrays are made dense for it, with a warning."


def _source(function: Callable) -> str:
    try:
        return inspect.cleandoc("\n" + inspect.getsource(function))
    except OSError:  # the file is gone
        return ""
