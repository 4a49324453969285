"""Symbol: an expression that is computed later.

A Symbol is a list of entries (outputs of nodes).  Applying an operator to symbols makes a node;
nothing is computed before `eval` (or a bound executor) gives values to the variables.
"""

from collections.abc import Callable, Iterator
from typing import Any

from mxbook.base import names, shapes
from mxbook.base.attributes import shown, stored
from mxbook.base.context import Context, current_context
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.base.semantics import local as semantics
from mxbook.graph.infer import infer_shapes, infer_types
from mxbook.graph.node import Entry, Node, topological, variable
from mxbook.ops.operator import Operator

from . import tracing


class Symbol:
    """A symbolic expression with one or more outputs.

    >>> import mxbook as mx
    >>> x = mx.sym.Variable("x")
    >>> (x + 1).list_arguments()
    ['x']

    Source: MXNet 1.6, `mxnet.symbol.Symbol`.
    """

    __slots__ = ("__weakref__", "_entries")

    # NumPy must leave `numpy_number * symbol` to us.
    __array_priority__ = 1000.0

    def __init__(self, handle: list[Entry]):
        self._entries = handle  # MXNet's name for what a Symbol is made of

    def __repr__(self) -> str:
        if len({id(n) for n, _ in self._entries}) == 1:
            return f"<{type(self).__name__} {self._entries[0][0].name}>"
        inner = ", ".join(n.name for n, _ in self._entries)
        return f"<{type(self).__name__} group [{inner}]>"

    def __hash__(self) -> int:
        return id(self) // 16

    def __bool__(self) -> bool:
        raise tracing.refusal(
            "a branch on a Symbol",
            "it has no truth value, because it is computed later",
            "compare shapes or parameters, or use mx.sym.where",
            tracing.VALUES,
        )

    __nonzero__ = __bool__

    def __getattr__(self, name: str) -> Any:
        return tracing.attribute(self, name)

    def __len__(self) -> int:
        tracing.check_whole(self, "len(x)", "x.shape[0]")
        return len(self._entries)

    def __iter__(self) -> Iterator["Symbol"]:
        tracing.check_whole(
            self,
            "a loop over a Symbol",
            "F.contrib.foreach(body, x, states), or a loop over the list "
            "F.split(x, num_outputs=..., axis=0, squeeze_axis=True)",
        )
        return (type(self)([entry]) for entry in self._entries)

    def __getitem__(self, index: "int | str | slice") -> "Symbol":
        if isinstance(index, str):
            listed = self.list_outputs()
            if index not in listed:
                raise ParameterError(f"there is no output {index!r}", rule=", ".join(listed))
            index = listed.index(index)
        else:
            tracing.check_whole(
                self, "x[...]", "F.slice_axis(x, axis=0, begin=i, end=i + 1), F.slice or F.take"
            )
        found = self._entries[index]
        return type(self)(found if isinstance(found, list) else [found])

    # ---- names

    @property
    def name(self) -> str | None:
        """The node's name; None for a group."""
        return self._entries[0][0].name if len({id(n) for n, _ in self._entries}) == 1 else None

    def _nodes(self) -> list[Node]:
        return topological([n for n, _ in self._entries])

    def _variables(self) -> list[Node]:
        return [n for n in self._nodes() if n.op is None]

    def _arguments_and_states(self) -> tuple[list[Node], list[Node]]:
        """The variables, those that are auxiliary states of some operator apart."""
        nodes, states = self._nodes(), set()
        for node in nodes:
            taken = node.op.input_names(node.params) if node.op and node.op.aux else ()
            for name, entry in zip(taken, node.inputs, strict=False):
                if entry is not None and name in node.op.aux:
                    states.add(entry[0])
        variables = [n for n in nodes if n.op is None]
        return [n for n in variables if n not in states], [n for n in variables if n in states]

    def list_arguments(self) -> list[str]:
        """Names of the variables, in the order in which they are used."""
        return [n.name for n in self._arguments_and_states()[0]]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the states that operators keep (moving averages)."""
        return [n.name for n in self._arguments_and_states()[1]]

    def list_inputs(self) -> list[str]:
        """Names of all variables, auxiliary states included."""
        return [n.name for n in self._variables()]

    def list_outputs(self) -> list[str]:
        """Names of the outputs, such as `fc1_output`."""
        return [output_name(entry) for entry in self._entries]

    @property
    def num_outputs(self) -> int:
        """Number of outputs."""
        return len(self._entries)

    def get_internals(self) -> "Symbol":
        """A group of the outputs of all nodes."""
        found: list[Entry] = []
        for node in self._nodes():
            count = node.op.visible_outputs(node.params) if node.op else 1
            found += [(node, i) for i in range(count)]
        return type(self)(found)

    def get_children(self) -> "Symbol | None":
        """A group of the inputs of this symbol's node; None for a variable."""
        inputs = [e for n, _ in self._entries for e in n.inputs if e is not None]
        return type(self)(inputs) if inputs else None

    # ---- attributes

    def attr(self, key: str) -> str | None:
        """An attribute of the node as text, or None."""
        return shown(self._entries[0][0].attrs).get(key)

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """All attributes of the node; `lr_mult` and its like also as `__lr_mult__`."""
        if recursive:
            raise ParameterError("list_attr is about one node", hint="attr_dict() is about all")
        return shown(self._entries[0][0].attrs)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """The attributes of all nodes that have any, by node name."""
        return {n.name: shown(n.attrs) for n in self._nodes() if n.attrs}

    def _set_attr(self, **kwargs: str) -> None:
        """Set attributes of the node."""
        if not all(isinstance(v, str) for v in kwargs.values()):
            raise ParameterError("attributes of symbols are texts")
        self._entries[0][0].attrs.update(stored(kwargs))

    # ---- inference

    def infer_shape(self, *args, **kwargs):
        """Shapes of arguments, outputs and auxiliary states from some given ones.

        Given by position in the order of `list_arguments`, or by name; 0 stands for an unknown
        length. Three lists; (None, None, None) where something does not follow.  Raises ShapeError
        on contradiction.
        """
        found = self._sorted(self._shapes(args, kwargs))
        if not all(shapes.known(s) for part in found for s in part):
            return None, None, None
        arguments, outputs, states = [[_to_legacy(s) for s in part] for part in found]
        return arguments, outputs, states

    def infer_shape_partial(self, *args, **kwargs):
        """Like `infer_shape`, with what is known; unknown shapes are `()`."""
        shape_of = self._shapes(args, kwargs)
        return self._sorted(lambda entry: _to_legacy(shape_of(entry)))

    def _shapes(self, args: tuple, kwargs: dict) -> Callable[[Entry], shapes.Shape | None]:
        """A function that tells the shape of any entry, as far as it follows from the given."""
        found = {n: _from_legacy(s) for n, s in self._by_variable(args, kwargs).items()}
        given = {n: s for n, s in found.items() if s is not None}
        for node in self._variables():
            if node not in given and "__shape__" in node.attrs:
                given[node] = _from_legacy(_literal(node.attrs["__shape__"]))
        return infer_shapes(self._entries, given)

    def infer_type(self, *args, **kwargs):
        """Element types of arguments, outputs and auxiliary states; see `infer_shape`."""
        found = self.infer_type_partial(*args, **kwargs)
        return found if all(t is not None for part in found for t in part) else (None, None, None)

    def infer_type_partial(self, *args, **kwargs):
        """Like `infer_type`, with what is known; unknown types are None."""
        given = {
            n: as_dtype(t) for n, t in self._by_variable(args, kwargs).items() if t is not None
        }
        for node in self._variables():
            if node not in given and "__dtype__" in node.attrs:
                given[node] = as_dtype(int(node.attrs["__dtype__"]))
        type_of = infer_types(self._entries, given)
        return self._sorted(lambda entry: ((t := type_of(entry)) is not None and t.type) or None)

    def _by_variable(self, args: tuple, kwargs: dict) -> dict[Node, Any]:
        if args and kwargs:
            raise ParameterError("give all by position or all by name")
        variables = self._variables()
        by_name = dict(zip(self.list_arguments(), args, strict=False)) if args else kwargs
        unknown = set(by_name) - {n.name for n in variables}
        if unknown:
            raise ParameterError(
                f"there is no argument {min(unknown)!r}",
                rule=", ".join(n.name for n in variables),
            )
        return {n: by_name[n.name] for n in variables if n.name in by_name}

    def _sorted(self, of_entry) -> tuple[list, list, list]:
        arguments, states = self._arguments_and_states()
        return (
            [of_entry((n, 0)) for n in arguments],
            [of_entry(entry) for entry in self._entries],
            [of_entry((n, 0)) for n in states],
        )

    # ---- composing, text

    def __call__(self, *args: "Symbol", name: str | None = None, **kwargs: "Symbol") -> "Symbol":
        """A copy with other symbols in the place of variables, given by name.

        >>> import mxbook as mx
        >>> mx.sym.exp(mx.sym.var("a"))(a=mx.sym.var("b")).list_arguments()
        ['b']
        """
        from .composition import composed

        if args:
            raise ParameterError("symbols are put in by name: symbol(data=other)")
        return composed(self, name, kwargs)

    def __copy__(self) -> "Symbol":
        from .composition import copied

        return copied(self)

    def __deepcopy__(self, _) -> "Symbol":
        return self.__copy__()

    def __getstate__(self) -> dict[str, str]:
        return {"handle": self.tojson()}

    def __setstate__(self, state: dict[str, str]) -> None:
        from mxbook.graph import json

        self._entries = json.loads(state["handle"])

    def tojson(self) -> str:
        """The graph as text, letter by letter as MXNet writes it; `mx.sym.load_json` reads it."""
        from mxbook.graph import json

        return json.dumps(self._entries)

    def save(self, fname, remove_amp_cast: bool = True) -> None:
        """Write the graph into a file, which MXNet can read, too; see `mx.sym.load`.

        Conversions between element types that `amp` has put in are left out unless wanted.
        """
        from .files import save

        save(self, fname, remove_amp_cast)

    def debug_str(self) -> str:
        """All nodes in words."""
        from .files import described

        return described(self)

    def as_nd_ndarray(self) -> "Symbol":
        """This symbol as one of `mx.sym`: itself."""
        return self

    def as_np_ndarray(self) -> "Symbol":
        """The same expression with the operators and methods of `mx.np`."""
        from mxbook.numpy.symbols import _Symbol

        return _Symbol(self._entries)

    def get_backend_symbol(self, backend: str) -> "Symbol":
        """The graph rewritten for another library; there is none, so this raises ParameterError."""
        raise ParameterError(
            f"there is no backend {backend!r}",
            rule="mxbook computes with NumPy or CuPy only, chosen by the context",
        )

    def optimize_for(self, backend: str, args=None, ctx=None, **kwargs) -> "Symbol":
        """See `get_backend_symbol`."""
        return self.get_backend_symbol(backend)

    def gradient(self, wrt) -> "Symbol":
        """MXNet 1.6 has this name without what it promises: raises MXNetError."""
        raise MXNetError(
            "the gradient of a Symbol is not another Symbol",
            hint="bind it with args_grad, then forward(is_train=True) and backward()",
        )

    # ---- computing

    def eval(self, ctx: Context | None = None, **kwargs):
        """The values of the outputs for arrays given by name; a list of NDArrays.

        >>> import mxbook as mx
        >>> x = mx.sym.Variable("x")
        >>> (x * 2).eval(x=mx.nd.array([1, 2]))[0].asnumpy()
        array([2., 4.], dtype=float32)
        """
        from .evaluate import evaluate

        with ctx or current_context():
            return evaluate(self._entries, kwargs)

    def bind(
        self,
        ctx: Context,
        args,
        args_grad=None,
        grad_req="write",
        aux_states=None,
        group2ctx=None,
        shared_exec=None,
    ):
        """An executor that computes this symbol with the given arrays; see `mx.executor`.

        `args`, `args_grad` and `aux_states` are lists in the order of `list_arguments` and
        `list_auxiliary_states`, or dicts by name; `grad_req` is one of `write`, `add`, `null`, or
        one for each argument.  Raises ParameterError for a missing array, ShapeError for one that
        does not fit.
        """
        from mxbook.executor import bind

        return bind(self, ctx, args, args_grad, grad_req, aux_states)

    def simple_bind(
        self,
        ctx: Context,
        grad_req="write",
        type_dict=None,
        stype_dict=None,
        group2ctx=None,
        shared_arg_names=None,
        shared_exec=None,
        shared_buffer=None,
        **kwargs,
    ):
        """Like `bind`, with new arrays of zeros in the shapes that follow from the given ones.

        `type_dict` gives element types by name (float32).  Arrays named in `shared_arg_names` are
        those of `shared_exec`; arrays in `shared_buffer` (by name) are used where they fit, and
        new ones are entered there.  Raises ShapeError when a shape does not follow.
        """
        from mxbook.executor import simple_bind

        shared = (shared_arg_names or (), shared_exec, shared_buffer)
        return simple_bind(self, ctx, kwargs, grad_req, type_dict or {}, shared)


def output_name(entry: Entry) -> str:
    """The name of an output: the variable's, or node name and the operator's output name."""
    node, index = entry
    return (
        node.name if node.op is None else f"{node.name}_{node.op.output_names(node.params)[index]}"
    )


def _literal(text: str) -> Any:
    import ast

    return ast.literal_eval(text)


def _from_legacy(shape: Any) -> shapes.Shape | None:
    """MXNet 1.6's shape, in which 0 (or -1) and () stand for unknown; see `base.semantics`."""
    if shape is not None and semantics.np_shape:
        return tuple(int(d) if d >= 0 else None for d in shape)
    return tuple(int(d) if d > 0 else None for d in shape) or None if shape is not None else None


def _to_legacy(shape: shapes.Shape | None) -> tuple[int, ...] | None:
    if semantics.np_shape:
        return shape and tuple(-1 if d is None else d for d in shape)
    return () if shape is None else tuple(0 if d is None else d for d in shape)


def make_variable(name: str, attrs: dict[str, str] | None = None) -> Symbol:
    """A Symbol that stands for an array given later."""
    node = variable(name)
    node.attrs.update(attrs or {})
    return Symbol([(node, 0)])


def apply(
    op: Operator, p: Any, inputs: list["Symbol | None"], name: str, attrs: dict[str, str]
) -> Symbol:
    """The symbol of an operator's application; inputs not given become variables
    `<name>_<input>`."""
    entries: list[Entry] = []
    wanted = op.input_names(p)
    if not op.variadic:
        by_name = dict(zip(op.inputs, inputs, strict=False))
        extra = [n for n, s in by_name.items() if s is not None and n not in wanted]
        if extra:
            raise ParameterError(
                f"{op.name} takes no input {extra[0]!r} with these parameters",
                rule=f"{len(wanted)} input(s): {', '.join(wanted) or 'none'}",
            )
        inputs = [by_name.get(n) for n in wanted]
    for i, symbol in enumerate(inputs):
        if symbol is not None:
            if not op.variadic and len(symbol._entries) != 1:
                raise ParameterError(
                    f"{op.name}: input {wanted[i]} has {len(symbol._entries)} outputs"
                )
            entries += symbol._entries
        elif wanted[i] not in op.optional or op.input_count or op.takes:
            entries.append((_input(name, op, wanted[i], attrs), 0))
    if op.variadic and len(entries) > len(wanted):
        raise ParameterError(
            f"{op.name} got {len(entries)} input(s)", rule=f"{op.variadic}={len(wanted)}"
        )
    if op.variadic:  # those that a call need not give
        entries += [(_input(name, op, n, attrs), 0) for n in wanted[len(entries) :]]
    node = Node(op, p, tuple(entries), name)
    node.attrs.update(attrs)
    tracing.note([node])
    # A symbol of `mx.sym.np` among the inputs makes one.
    kind = next((type(s) for s in inputs if s is not None and type(s) is not Symbol), Symbol)
    return kind([(node, i) for i in range(op.visible_outputs(p))])


# Inputs that have an initial value of their own, as in MXNet.
INITIAL = {
    ("BatchNorm", "moving_mean"): '["zero", {}]',
    ("BatchNorm", "moving_var"): '["one", {}]',
    ("LeakyReLU", "gamma"): '["Constant", {"value": 0.25}]',
}


def _input(node: str, op: Operator, name: str, attrs: dict[str, str]) -> Node:
    """The variable of an input that was not given; it has the attributes of its node, too."""
    made = variable(f"{node}_{name}")
    made.attrs.update(attrs)
    if (op.name, name) in INITIAL:
        made.attrs["__init__"] = INITIAL[op.name, name]
    return made


def from_tape(entry: Entry) -> Symbol:
    """A copy of recorded nodes as a Symbol; variables and constants are named `var0`, `var1`,
    ..."""
    copies: dict[int, Node] = {}
    numbers = names.NameManager()
    for node in topological([entry[0]]):
        if node.op is None:
            copies[id(node)] = variable(numbers.get(None, "var"))
            continue
        inputs = tuple(
            (copies[id(e[0])], e[1]) if e else (variable(numbers.get(None, "var")), 0)
            for e in node.inputs
        )
        copies[id(node)] = Node(node.op, node.params, inputs, numbers.get(None, "node_"))
    return Symbol([(copies[id(entry[0])], entry[1])])
