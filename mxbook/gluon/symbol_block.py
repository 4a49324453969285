"""SymbolBlock: a graph as a block, made from symbols or from the files of `export`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mxbook import symbol as sym
from mxbook.base.context import Context
from mxbook.base.errors import DTypeError, MXNetError, ParameterError
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.composition import rebuilt
from mxbook.symbol.symbol import Symbol
from mxbook.symbol.tracing import Trace, note

from . import loading, tracing
from .hybrid_block import HybridBlock
from .parameter import ParameterDict, _contexts
from .tracing import Traced


class SymbolBlock(HybridBlock):
    """A block that computes symbols, `outputs`, from others, `inputs`, which are variables.

    All other variables of the graph become parameters, with the names they have there; they can be
    shared with those of another block by `params`.  The graph is always run as a whole.

    >>> from mxbook import nd
    >>> x = sym.var("data")
    >>> hidden = sym.FullyConnected(x, num_hidden=3, name="fc")
    >>> block = SymbolBlock([hidden, sym.relu(hidden)], x)
    >>> block.initialize()
    >>> [y.shape for y in block(nd.ones((2, 4)))], list(block.collect_params())
    ([(2, 3), (2, 3)], ['fc_weight', 'fc_bias'])

    Raises ParameterError for an input that is not a variable, and for sparse parameters.
    Source: MXNet 1.6, `mxnet.gluon.SymbolBlock`.
    """

    def __init__(self, outputs: Any, inputs: Any, params: ParameterDict | None = None):
        super().__init__(prefix=None, params=params)
        self._prefix = ""
        self._params = ParameterDict("", params)
        if isinstance(inputs, Symbol) and len(inputs._entries) == 1:
            inputs = [inputs]
        if isinstance(outputs, list | tuple) and len(outputs) == 1:
            outputs = outputs[0]
        given, self._in_format = tracing._flatten(inputs, "input")
        heads, self._out_format = tracing._flatten(outputs, "output")
        given = [symbol for symbol in given if symbol is not None]
        for symbol in given:
            if symbol._entries[0][0].op is not None:
                raise ParameterError(
                    f"an input of a SymbolBlock is {symbol!r}, the result of an operation",
                    rule="inputs are variables: mx.sym.var('data')",
                )
        graph = Symbol([entry for s in heads for entry in s._entries])
        self._cached_graph = (given, graph)
        self._make_parameters(graph, {s.name for s in given})

    def _make_parameters(self, graph: Symbol, inputs: set[str]) -> None:
        types = _types(graph, inputs)
        attributes = graph.attr_dict()
        states = graph.list_auxiliary_states()
        for name in [*graph.list_arguments(), *states]:
            if name in inputs:
                continue
            if attributes.get(name, {}).get("__storage_type__", "0") != "0":
                raise ParameterError(
                    f"the parameter {name!r} of a SymbolBlock is sparse", rule="stype='default'"
                )
            self.params.get(
                name,
                grad_req="null" if name in states else "write",
                dtype=types.get(name) or np.float32,
                allow_deferred_init=True,
            )
        # As in MXNet, files of `save_parameters` have the names without what they share.
        common = _common_beginning(list(self._params.keys()))
        self._reg_params = {n.removeprefix(common): p for n, p in self._params.items()}

    @staticmethod
    def imports(
        symbol_file: str,
        input_names: str | Sequence[str],
        param_file: str | None = None,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> "SymbolBlock":
        """The block that `HybridBlock.export`, or MXNet, has written.

        symbol_file    the graph; input_names are its variables that stand for inputs
        param_file     the values of all others, in whose element types they are kept
        ctx            the device or devices for the parameters
        allow_missing  whether parameters may be absent from the file
        ignore_extra   whether the file may hold more

        Raises ParameterError when names do not match, FileFormatError for a damaged file.
        """
        names = [input_names] if isinstance(input_names, str) else list(input_names)
        block = SymbolBlock(sym.load(symbol_file), [sym.var(name) for name in names])
        if param_file is not None:
            parameters = block.collect_params()
            arrays = loading.named_arrays(param_file)
            _check_inputs(block, names, [n for n in parameters if n not in arrays])
            loading.load(
                parameters,
                arrays,
                source=param_file,
                ctx=None if ctx is None else _contexts(ctx),
                allow_missing=allow_missing,
                ignore_extra=ignore_extra,
                cast_dtype=True,
                dtype_source="saved",
            )
        return block

    def _forget_graphs(self) -> None:
        graph = self._cached_graph
        super()._forget_graphs()
        self._cached_graph = graph

    def __getstate__(self) -> dict:
        return {**super().__getstate__(), "_cached_graph": self._cached_graph}

    def cast(self, dtype: Any) -> None:
        """Convert the parameters; those of batch normalisation stay float32 for float16."""
        super().cast(dtype)
        if np.dtype(dtype).name == "float16":
            for node in self._cached_graph[1]._nodes():
                if node.op is not None and node.op.name.startswith("BatchNorm"):
                    for variable, _ in node.inputs[1:]:
                        if variable.name in self._params:
                            self._params[variable.name].cast("float32")

    # ---- computing

    def _array_forward(self, ctx: Context, x: Any, args: tuple) -> Any:
        return self._run_graph(ctx, (x, *args))

    def _trace(self, args: tuple) -> Traced:
        """The graph as it is, with what is known of its variables."""
        self._check_format(args)
        arrays = [a for a in tracing.leaves(args) if isinstance(a, NDArray)]
        inputs, graph = self._cached_graph
        found = Trace()
        for symbol, array in zip(self._variables(), arrays, strict=True):
            if symbol is not None:
                found.give(symbol, array.shape, array.dtype, "given to SymbolBlock")
        with found:
            self._give_parameters()
        out, _ = tracing._regroup(list(map(_single, graph._entries)), self._out_format)
        return Traced({s.name: i for i, s in enumerate(inputs)}, out, found)

    def _variables(self) -> list[Symbol | None]:
        """The graph's variables that stand for the inputs; None for an input that it ignores."""
        inputs, graph = self._cached_graph
        by_name = {v.name: _single((v, 0)) for v in graph._variables()}
        return [by_name.get(s.name) for s in inputs]

    def _give_parameters(self) -> None:
        variables = self._cached_graph[1]._variables()
        known = {v.name: _single((v, 0)) for v in variables if v.name in self._params}
        tracing.give_parameters(self._params.values(), known)

    def _check_format(self, args: tuple) -> None:
        _, form = tracing._flatten(list(args), "input")
        if form != self._in_format:
            raise DTypeError(
                f"the inputs of {self.name} are nested in another way",
                rule=f"as the symbols it was made from: {self._in_format}",
                values=[("given", str(form))],
            )

    def _symbolic_forward(self, x: Any, args: tuple) -> Any:
        self._check_format((x, *args))
        given, _ = tracing._flatten([x, *args], "input")
        graph = self._cached_graph[1]
        put = {v: (v, 0) for v in graph._variables()}
        symbols = [s for s in given if s is not None]
        for old, new in zip(self._variables(), symbols, strict=True):
            if old is not None:
                put[old._entries[0][0]] = new._entries[0]
        self._give_parameters()
        made = Symbol(rebuilt(graph._entries, put))
        note(made._nodes())
        return tracing._regroup(list(map(_single, made._entries)), self._out_format)[0]

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        """A SymbolBlock has none: its graph is given.  Raises MXNetError."""
        raise MXNetError("a SymbolBlock has no hybrid_forward", hint="call the block itself")

    def __repr__(self) -> str:
        inputs, graph = self._cached_graph
        return f"{type(self).__name__}(\n{graph} : {len(inputs)} -> {graph.num_outputs}\n)"


def _single(entry: Any) -> Symbol:
    return Symbol([entry])


def _types(graph: Symbol, inputs: set[str]) -> dict[str, Any]:
    """The element types of the variables that follow from inputs of float32, or of their own."""
    typed = {n for n, attrs in graph.attr_dict().items() if "__dtype__" in attrs}
    given = dict.fromkeys((inputs & set(graph.list_inputs())) - typed, np.float32)
    try:
        arguments, _, states = graph.infer_type_partial(**given)
    except DTypeError:  # the inputs are of other types
        return {}
    names = [*graph.list_arguments(), *graph.list_auxiliary_states()]
    return dict(zip(names, [*arguments, *states], strict=True))


def _common_beginning(names: list[str]) -> str:
    """What all names begin with.

    >>> _common_beginning(["fc_weight", "fc_bias"])
    'fc_'
    """
    if not names:
        return ""
    first, last = min(names), max(names)
    same = (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return first[: next(same, min(len(first), len(last)))]


def _check_inputs(block: SymbolBlock, names: list[str], missing: list[str]) -> None:
    """Raise ParameterError where an input that is meant is not one of the graph's variables."""
    unused = [n for n in names if n not in block._cached_graph[1].list_inputs()]
    if unused and missing:
        raise ParameterError(
            f"{unused[0]!r} is no input of the graph",
            rule="input_names are variables of the graph that have no value in the file",
            values=[("without value", ", ".join(missing))],
        )
