"""The card of an operator: what it computes, takes, gives and costs, on one page.

Everything on it comes from the operator's block: its documentation, parameters, rules and examples.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Any, NamedTuple

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

SHOWN = 3  # examples on a card
STYLE = """
.mxbook-card { max-width: 52rem; border: 1px solid color-mix(in srgb, currentColor 30%, transparent);
  border-radius: 6px; padding: 0.6rem 1rem; line-height: 1.45; }
.mxbook-card h3 { margin: 0 0 0.2rem; font-size: 1.25em; }
.mxbook-card h4 { margin: 0.9rem 0 0.2rem; font-size: 1em; }
.mxbook-card p { margin: 0.3rem 0; }
.mxbook-card small { opacity: 0.75; }
.mxbook-card table { border-collapse: collapse; margin: 0.2rem 0; font-size: inherit; }
.mxbook-card td:last-child { padding-right: 0; }
.mxbook-card th, .mxbook-card td { text-align: left; vertical-align: top; padding: 0.15rem 1rem 0.15rem 0;
  font-weight: normal; }
.mxbook-card pre { margin: 0.3rem 0; overflow-x: auto; background: none; color: inherit; }
.mxbook-card code { background: color-mix(in srgb, currentColor 8%, transparent); color: inherit;
  padding: 0 0.2em; border-radius: 3px; }
"""  # noqa: E501 - CSS


class Call(NamedTuple):
    """One example: the call, its results, and its work in elementwise operations on one number."""

    call: str
    results: str
    work: int


class Card:
    """What there is to know about an operator; text on a terminal, HTML in a notebook.

    `name`, `also` (other names), `about` (its documentation), `inputs` and `parameters` (rows of
    texts), `examples` (see Call), `gradients` and `notes` (sentences), `source` (its Python code).
    """

    def __init__(self, op: Operator):
        self.name = op.name
        self.also = [name for name in op.aliases if not name.startswith(("_np", "_sparse"))]
        self.about = inspect.cleandoc(op.doc)
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
        return "\n".join([*lines, "", "Gradient:", "", *self.gradients, *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        also = f"<p><small>also {escape(', '.join(self.also))}</small></p>" if self.also else ""
        parts = [
            f"<style>{STYLE}</style><h3>{escape(self.name)}</h3>{also}{_prose(self.about)}",
            _table("Inputs", self.inputs),
            _table("Parameters", self.parameters),
            _table(
                "Examples", [(f"`{e.call}`", f"`{e.results}`", _work(e)) for e in self.examples]
            ),
            "<h4>Gradient</h4>" + "".join(f"<p>{_inline(g)}</p>" for g in self.gradients),
            "".join(f"<p>{_inline(n)}</p>" for n in self.notes),
            f"<details><summary>Its source</summary><pre>{escape(self.source)}</pre></details>",
        ]
        return f'<div class="mxbook-card">{"".join(parts)}</div>'


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


def _work(example: Call) -> str:
    return f"work {example.work:,}"


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


# ---- HTML


def _inline(text: str) -> str:
    """Text with its `code` marked."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def _prose(text: str) -> str:
    """Paragraphs; what is indented or a table stays as it is."""
    html = []
    for part in re.split(r"\n\s*\n", text.replace("::\n", "\n")):
        if part.startswith((" ", "=")) or "\n  " in part or "\n=" in part:
            rows = [line for line in part.splitlines() if line.strip("= ")]
            html.append(f"<pre>{escape(chr(10).join(rows))}</pre>")
        else:
            html.append(f"<p>{_inline(' '.join(part.split()))}</p>")
    return "".join(html)


def _table(title: str, rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    lines = []
    for first, *others in rows:
        first = first if first.startswith("`") else f"`{first}`"
        cells = "".join(f"<td>{_inline(o)}</td>" for o in others)
        lines.append(f'<tr><th scope="row">{_inline(first)}</th>{cells}</tr>')
    return f"<h4>{title}</h4><table>{''.join(lines)}</table>"
