"""What an operator is: one block that says everything about it.

::

    @operator("FullyConnected", Int("num_hidden", low=1), Bool("no_bias", False), ...)
    def fully_connected(k, p, data, weight, bias=None, *, out=None):
        \"\"\"Sentence, formula, inputs and outputs, errors, source.\"\"\"
        ...                       # k: kernel context (xp, random, is_train); p: parameter values

    @fully_connected.shapes       # (p, *input shapes) -> (input shapes, output shapes)
    @fully_connected.gradient("weight")      # (F, p, dy, data) -> gradient of `weight`
    fully_connected.example((2, 3), (4, 3), (4,), num_hidden=4)

* The inputs are the positional arguments after `k` and `p`; one with a default may be left out;
`*data`
  takes any number.
* A kernel with a keyword `out` writes its result there when it is not None; one with several
  results may take a list of arrays as `outs`.  Kernels return new arrays in C order, never a view
  of an input.
* A gradient rule names what it needs: `dy` (or `dys`, one for each output), inputs, outputs, and
  shapes as `<name>_shape`, element types of inputs as `<name>_dtype`.  Exactly the named values
  are kept alive until the backward pass.
  It is written with `F` and arithmetic, so that it serves arrays, recording and graphs alike.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import DTypeError, MXNetError, ParameterError

from . import rules, sparse
from .examples import Example
from .params import Param, values_class
from .sparse import StorageRule

BOOL = TYPES["bool"]


class Operator:
    """An operator's definition; made by `operator`."""

    uses_train = in_place = crosses_devices = dynamic_shape = False
    # The kernel tells arrays without axes from those of one element; see `plan.without_axes`.
    counts_axes = False

    def __init__(self, name: str, kernel: Callable, params: tuple[Param, ...], **fields: Any):
        self.name = name
        self.kernel = kernel
        self.params = params
        self.values = values_class(params)
        self.aliases: tuple[str, ...] = fields.pop("aliases", ())
        signature = _kernel_signature(kernel)
        self.inputs: tuple[str, ...] = fields.pop("inputs", signature.inputs)
        self.optional: frozenset[str] = signature.optional
        # A variadic operator's parameter with the number of arrays, set by itself if `counts`.
        self.variadic: str | None = fields.pop("variadic", None)
        self.counts: bool = fields.pop("counts", True)
        self.writes_out: bool = signature.writes_out
        self.writes_outs: bool = signature.writes_outs
        self.aux: tuple[str, ...] = fields.pop("aux", ())
        # Old operators get auxiliary states by name only; `positional` are the other inputs.
        by_name = self.aux if fields.pop("aux_by_name", False) else ()
        self.positional = tuple(name for name in self.inputs if name not in by_name)
        # Names, or a function of the parameters that gives them; see `mutated`.
        self.mutates: tuple[str, ...] | Callable = fields.pop("mutates", self.aux)
        outputs = fields.pop("outputs", ("output",))
        self.varies = callable(outputs)  # whether the number of results depends on the parameters
        self.outputs: Callable[[Any], Sequence[str]] = _constant(outputs)
        self.visible: Callable[[Any], int] | None = fields.pop("visible", None)
        self.input_count: Callable[[Any], int] | None = fields.pop("input_count", None)
        # The names of all inputs of a call, where those left out are not the last ones, or a
        # variadic operator takes more arrays than its parameter counts.
        self.takes: Callable[[Any], Sequence[str]] | None = fields.pop("takes", None)
        # Whether inputs may be bool (few of MXNet's operators take it), or the names of those.
        self.bools: Literal[True] | tuple[str, ...] = fields.pop("bools", False) or ()
        self.uses_random: bool = fields.pop("uses_random", False)
        # Whether a call with these parameters draws numbers, in training or not.
        self.draws: Callable[[Any, bool], bool] = fields.pop(
            "draws", lambda p, train: self.uses_random
        )
        for flag in ("uses_train", "in_place", "crosses_devices", "dynamic_shape", "counts_axes"):
            setattr(self, flag, bool(fields.pop(flag, False)))
        # Each element of the result depends on the elements at its place only, so that parts of the
        # arrays may be worked off one after the other.
        self.elementwise: bool = fields.pop("elementwise", False)
        self.shape_rule: Callable = fields.pop("shape", None) or rules.unset_shape
        self.inward_rule: Callable | None = None  # see `shapes_inward`
        self.type_rule: Callable = fields.pop("type", rules.same_type)
        self.cost: Callable = fields.pop("cost", rules.elementwise_cost)
        self.doc: str = fields.pop("doc", None) or (kernel.__doc__ or "").strip()
        self.source: Callable = fields.pop("source", kernel)
        # The array library's function that the kernel is for floating point (`-name`: sides
        # swapped).
        self.ufunc: str | None = fields.pop("ufunc", None)
        self.onnx: str | None = fields.pop("onnx", None)
        self.examples: list[Example] = []
        self.rules: dict[int, GradientRule] = {}
        self.joint_rule: GradientRule | None = None
        self.storage_rules: list[StorageRule] = []
        self.zero_gradient: bool = fields.pop("zero_gradient", False)
        self.plans: dict = {}
        self.bound: dict = {}
        if fields:
            raise TypeError(f"{name}: an operator has no field {', '.join(fields)}")

    def __repr__(self) -> str:
        return f"<operator {self.name}>"

    @property
    def differentiable(self) -> bool:
        """Whether there is a gradient rule for any input."""
        return bool(self.rules) or self.joint_rule is not None

    def input_names(self, p: Any) -> Sequence[str]:
        """Names of the inputs that a call with these parameters takes, in order.

        Raises ParameterError for parameters that contradict each other.
        """
        try:
            if self.takes:
                return self.takes(p)
            if self.variadic:
                return [f"{self.inputs[0]}{i}" for i in range(getattr(p, self.variadic))]
            return self.inputs if self.input_count is None else self.inputs[: self.input_count(p)]
        except MXNetError as error:
            error.message = f"{self.name}: {error.message}"
            raise

    def counted(self, count: int) -> dict[str, int]:
        """The parameter that says how many arrays were given, where it need not be given, too."""
        return {self.variadic: count} if self.variadic and self.counts else {}

    def mutated(self, p: Any) -> list[int]:
        """The positions of the inputs that a call with these parameters changes in place."""
        if not self.mutates:
            return []
        names = self.mutates(p) if callable(self.mutates) else self.mutates
        inputs = list(self.input_names(p))
        return [inputs.index(name) for name in names]

    def output_names(self, p: Any) -> Sequence[str]:
        """Names of all outputs, hidden ones included."""
        return self.outputs(p)

    def visible_outputs(self, p: Any) -> int:
        """How many outputs a caller sees."""
        return self.visible(p) if self.visible else len(self.outputs(p))

    def infer_shapes(self, p: Any, *ins: Any) -> tuple[list, list]:
        """What the shape rule gives: shapes of inputs and outputs, as far as they follow.

        Raises ShapeError where there can be no array of such a shape, ParameterError where the rule
        cannot be applied at all.
        """
        inputs, outputs = _applied(self.shape_rule, p, ins)
        for shape in outputs:
            shapes.check_lengths(shape)
        return inputs, outputs

    def infer_types(self, p: Any, *ins: Any) -> tuple[list, list]:
        """What the type rule gives; DTypeError for bool where the operator does not take it."""
        allowed = self.bools
        if allowed is not True and any(dtype is BOOL for dtype in ins):
            for name, dtype in zip(self.input_names(p), ins, strict=False):
                if dtype is BOOL and name not in allowed:
                    raise DTypeError(
                        f"{name} is an array of bool",
                        rule="few operators take bool: copies, shapes, sums, masks",
                        hint='convert with astype("float32")',
                    )
        return _applied(self.type_rule, p, ins)

    def shapes(self, rule: Callable) -> Callable:
        """Decorator: the shape rule, `(p, *input shapes) -> (input shapes, output shapes)`.

        It receives None for unknown shapes, completes what it can, and raises ShapeError.
        """
        self.shape_rule = rule
        return rule

    def shapes_inward(self, rule: Callable) -> Callable:
        """Decorator: a rule for graphs, `(p, input shapes, output shapes) -> input shapes`.

        It gets what the shape rule knows and what the readers of the outputs know about them.
        """
        self.inward_rule = rule
        return rule

    def types(self, rule: Callable) -> Callable:
        """Decorator: the type rule, `(p, *input dtypes) -> (input dtypes, output dtypes)`."""
        self.type_rule = rule
        return rule

    def gradient(self, target: "str | Callable", needs: Sequence[str] | None = None):
        """Decorator: the gradient rule of one input (`gradient("weight")`), or of all at once.

        `needs` names the rule's arguments after `F` and `p` where they cannot be read off it.
        """
        if callable(target):
            self.joint_rule = GradientRule(self, target, _arguments(target))
            return target

        def register(rule: Callable) -> Callable:
            index = self.inputs.index(target)
            self.rules[index] = GradientRule(self, rule, needs or _arguments(rule))
            return rule

        return register

    def sparse(
        self,
        *stypes: str,
        gives: str = "default",
        when: Callable[[Any], bool] | None = None,
        match: Callable[[Any, tuple[str, ...]], tuple[str, ...] | None] | None = None,
    ) -> Callable:
        """Decorator: the kernel for inputs of these storage types, and that of its result.

        `when(p)` says for which parameters; `match` takes the place of all that, see StorageRule.
        Without a kernel that fits, sparse inputs are made dense, and the user is told.
        """
        chosen = match or sparse.exactly(stypes, gives, when)

        def register(kernel: Callable) -> Callable:
            self.storage_rules.append(StorageRule(kernel, chosen))
            return kernel

        return register

    def storage_rule(
        self, p: Any, stypes: tuple[str, ...]
    ) -> tuple[StorageRule | None, tuple[str, ...]]:
        """The kernel for inputs of these storage types, if there is one, and those it gives."""
        for rule in self.storage_rules:
            gives = rule.match(p, stypes)
            if gives is not None:
                return rule, gives
        return None, ()

    def rule_for(self, index: int) -> "GradientRule | None":
        """The rule of one input; a variadic operator has one rule for all."""
        return self.joint_rule or self.rules.get(0 if self.variadic else index)

    def example(self, *inputs: Any, **params: Any) -> Example:
        """Add an example for the automatic tests; see `mxbook.ops.examples`."""
        example = Example(inputs, params)
        self.examples.append(example)
        return example


def _applied(rule: Callable, p: Any, ins: Sequence[Any]) -> tuple[list, list]:
    """A rule's answer; ParameterError where it stumbles over what it got."""
    try:
        return rule(p, *ins)
    except MXNetError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ParameterError(
            "these inputs and parameters do not go together",
            rule=f"its rules of shapes and types failed: {error}",
        ) from error


# What a gradient rule may name, as (kind, index) pairs.
DY, DYS, INPUT, OUTPUT, INPUTS = range(5)  # values
# ... and what is known without them.
INPUT_SHAPE, OUTPUT_SHAPE, INPUT_SHAPES, INPUT_DTYPE, INPUT_DTYPES = range(5, 10)


class GradientRule:
    """A rule and what it names: `needs` holds a (kind, index) pair for every argument.

    `unstretched`, where there is one, is the shorter rule for an input of the output's shape.
    """

    __slots__ = ("function", "needs", "saved", "unstretched")

    def __init__(self, op: Operator, function: Callable, names: Sequence[str]):
        self.function = function
        self.needs = tuple(_need(op, name) for name in names)
        self.unstretched: GradientRule | None = None
        self.saved = tuple(n for n in self.needs if n[0] in (INPUT, OUTPUT, INPUTS))


def _arguments(function: Callable) -> tuple[str, ...]:
    """The names of a function's positional arguments after the first two."""
    code = function.__code__
    return code.co_varnames[2 : code.co_argcount]


def _need(op: Operator, name: str) -> tuple[int, int]:
    if name in ("dy", "dys"):
        return (DYS if name == "dys" else DY, 0)
    first = op.inputs[0] if op.inputs else ""
    of_all = {first: INPUTS, first + "_shape": INPUT_SHAPES, first + "_dtype": INPUT_DTYPES}
    if op.variadic and name in of_all:
        return (of_all[name], 0)
    known = name.endswith(("_shape", "_dtype"))
    base, about = (name[:-6], name[-5:]) if known else (name, "value")
    if base in op.inputs:
        kind = {"value": INPUT, "shape": INPUT_SHAPE, "dtype": INPUT_DTYPE}[about]
        return (kind, op.inputs.index(base))
    outputs = list(op.outputs(None))
    if base == "out":
        base = outputs[0]
    if base in outputs and about != "dtype":
        return (OUTPUT_SHAPE if about == "shape" else OUTPUT, outputs.index(base))
    raise MXNetError(
        f"the gradient rule of {op.name} asks for {name!r}",
        rule=f"dy, dys, inputs {op.inputs}, outputs {outputs}, or these with _shape or _dtype",
    )


class _Signature:
    def __init__(self, inputs, optional, keywords):
        self.inputs, self.optional = inputs, optional
        self.writes_out, self.writes_outs = "out" in keywords, "outs" in keywords


def _kernel_signature(kernel: Callable) -> _Signature:
    code = kernel.__code__
    positional = code.co_varnames[2 : code.co_argcount]
    count = len(kernel.__defaults__ or ())
    optional = frozenset(positional[len(positional) - count :])
    keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    if code.co_flags & 4:  # takes *data
        positional = (code.co_varnames[code.co_argcount + code.co_kwonlyargcount],)
    return _Signature(tuple(positional), optional, keywords)


def _constant(value: Any) -> Callable:
    return value if callable(value) else lambda p: value
