"""HybridBlock: a block that is written once, for arrays and for symbols.

On arrays it runs operation by operation.  Hybridized, its graph is made at the first call and run
as a program at every call; `export` writes the graph into files that MXNet can read, too.
"""

from collections.abc import Callable
from typing import Any

from mxbook import ndarray as nd
from mxbook import symbol as sym
from mxbook.base.context import Context, current_context
from mxbook.base.errors import DTypeError, MXNetError, ShapeError
from mxbook.ndarray import cached_op
from mxbook.ndarray.ndarray import NDArray
from mxbook.ops.params import parse
from mxbook.symbol.symbol import Symbol

from . import tracing
from .block import Block
from .cached_graph import CachedGraph, Changes
from .parameter import DeferredInitializationError, ParameterDict
from .tracing import Traced
from .utils import HookHandle, shape_is_known

VARIANTS = 64  # structures of inputs, and graphs for each of them, that are remembered


class HybridBlock(Block):
    """A block written with a caller `F`, in `hybrid_forward(F, x, *args, **parameters)`.

    On arrays `F` is `mx.nd`, on symbols `mx.sym`; the block's own parameters come as arguments by
    the names of the attributes they are assigned to.  Shapes of parameters that are unknown follow
    from the first input.

    >>> class Scale(HybridBlock):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.factor = self.params.get("factor", shape=(1,), init="ones")
    ...     def hybrid_forward(self, F, x, factor):
    ...         return F.broadcast_mul(x, factor)
    >>> scale = Scale()
    >>> scale.initialize()
    >>> scale(nd.array([1, 2])).asnumpy()
    array([1., 2.], dtype=float32)
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None):
        super().__init__(prefix=prefix, params=params)
        # The names without comments are MXNet's own; mxboard and gluonts use them.
        self._cached_graph: tuple = ()
        self._cached_op: CachedGraph | None = None
        self._in_format: Any = None
        self._out_format: Any = None
        self._active = False
        self._flags: list[tuple[str, Any]] = []
        self._callback: Callable | None = None
        self._monitor_all = False
        self._graphs: dict[Any, CachedGraph] = {}  # the last one by the structure of the inputs
        self._variants: dict[Any, list[CachedGraph]] = {}  # all of them
        self._complete = False  # hybridized, and all parameters inside have their values
        self._version = 0  # how often its own structure was changed
        self._seen = -1  # the number of changes anywhere when ...
        self._structure: list[tuple] = []  # ... the versions of the blocks inside were these

    def __getstate__(self) -> dict:
        # Graphs are made again where they are needed.
        return {
            **self.__dict__,
            "_cached_graph": (),
            "_cached_op": None,
            "_graphs": {},
            "_variants": {},
            "_structure": [],
            "_seen": -1,
        }

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if isinstance(value, HybridBlock):
            self._clear_cached_op()

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Put a HybridBlock inside this one; raises DTypeError for a plain Block."""
        if not isinstance(block, HybridBlock):
            raise DTypeError(
                f"{type(block).__name__} cannot stand inside the HybridBlock {type(self).__name__}",
                rule="children of a HybridBlock are HybridBlocks",
                hint="HybridSequential in place of Sequential, HybridLambda in place of Lambda",
            )
        super().register_child(block, name)
        self._clear_cached_op()

    def register_forward_pre_hook(self, hook: Callable) -> HookHandle:
        """Call `hook(block, inputs)` before every forward.

        In a hybridized network the hooks of inner blocks are called after the whole graph.
        """
        Changes.count += 1
        return super().register_forward_pre_hook(hook)

    def register_forward_hook(self, hook: Callable) -> HookHandle:
        """Call `hook(block, inputs, outputs)` after every forward; see
        `register_forward_pre_hook`.
        """
        Changes.count += 1
        return super().register_forward_hook(hook)

    def register_op_hook(self, callback: Callable, monitor_all: bool = False) -> None:
        """Call `callback(name, operator, array)` for the output of every operator, and with
        `monitor_all` for its inputs, while the block computes hybridized.

        The operators then run one by one.
        """
        self._callback, self._monitor_all = callback, monitor_all
        super().register_op_hook(callback, monitor_all)

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Run the block as a graph from now on: its code is run on symbols once, and what it did
        with them is computed at every call.

        What the code can do with symbols, and what it must not, is described in
        `mxbook/symbol/tracing.py`; `check_hybrid` compares both ways of running.  MXNet's flags
        (`static_alloc`, `static_shape`, ...) are accepted and not needed.

        Raises ParameterError for an unknown flag.
        """
        if active:
            parse("hybridize", cached_op.FLAGS, kwargs)
        self._active = active
        self._flags = list(kwargs.items())
        self._clear_cached_op()
        super().hybridize(active, **kwargs)

    def _clear_cached_op(self) -> None:
        self._version += 1
        Changes.count += 1
        self._forget_graphs()

    def _forget_graphs(self) -> None:
        self._cached_graph = ()
        self._cached_op = None
        self._graphs, self._variants = {}, {}
        self._complete = False

    def _look_for_changes(self) -> None:
        """Forget the graphs when a block inside was changed since they were made, or is watched by
        hooks of another kind."""
        structure = [(self._version,)]
        for block in self._blocks()[1:]:
            hooks = bool(block._forward_pre_hooks), bool(block._forward_hooks)
            structure.append((id(block), block._version, *hooks))
        if structure != self._structure:
            self._forget_graphs()
        self._structure, self._seen = structure, Changes.count

    def cast(self, dtype: Any) -> None:
        """Convert all parameters to another element type."""
        self._clear_cached_op()
        super().cast(dtype)

    # ---- shapes

    def infer_shape(self, *args: Any) -> None:
        """Work out the unknown shapes of parameters from inputs, without computing."""
        self._learn_shapes(tracing.only_trace(self, args))

    def infer_type(self, *args: Any) -> None:
        """Work out the element types of parameters from inputs, without computing."""
        found = tracing.types(tracing.only_trace(self, args))
        for name, parameter in self.collect_params().items():
            parameter._dtype = found.get(name, parameter._dtype)

    def _learn_shapes(self, traced: Traced) -> None:
        found = tracing.shapes_of(traced)
        for name, parameter in self.collect_params().items():
            if name in found:
                parameter.shape = found[name]

    def explain_graph(self) -> None:
        """Print the programs that a hybridized block runs: what every pass did and what it saved.

        There is one for each kind of inputs it was called with, and for training and prediction.
        """
        programs = [p for g in self._graphs.values() for p in g.cached.programs.values()]
        print(
            "\n\n".join(map(str, programs)) or "nothing yet: call hybridize() and the block first"
        )

    def explain_shapes(self, *args: Any) -> None:
        """Print what shape inference finds for these inputs: every operation and every parameter.

        Nothing is computed and nothing changed.
        """
        print(tracing.shapes_in_words(self, args))

    def check_hybrid(self, *args: Any, rtol: float = 1e-4, atol: float = 1e-5) -> bool:
        """Whether the block computes the same hybridized, for these inputs; prints what differs.

        Outputs in training and prediction mode are compared, and the gradients of inputs and
        parameters.  The first inner block whose output differs is named, with the operators that
        differ.  Nothing is changed.

        >>> from mxbook.gluon import nn
        >>> net = nn.Dense(2)
        >>> net.initialize()
        >>> net.check_hybrid(nd.ones((3, 4)))
        hybridized and not: the same outputs and gradients
        True

        Raises MXNetError where the block's code cannot run on symbols.
        """
        from .check_hybrid import differences

        found = differences(self, args, rtol, atol)
        print("\n".join(found or ["hybridized and not: the same outputs and gradients"]))
        return not found

    def _finish_own(self, args: tuple) -> None:
        """Infer shapes from the inputs and initialize the own parameters."""
        parameters = list(self.params.values())
        if not all(shape_is_known(p.shape) for p in parameters):
            self.infer_shape(*args)
        for parameter in parameters:
            parameter._finish_deferred_init()

    def _finish_whole(self, args: tuple) -> Traced | None:
        """The same for all blocks inside, in the order in which the graph uses the parameters,
        which MXNet initializes them in; returns the trace if there had to be one."""
        traced, parameters = None, self.collect_params()
        if any(p._deferred_init for p in parameters.values()):
            traced = self._trace(args)
            if not all(shape_is_known(p.shape) for p in parameters.values()):
                self._learn_shapes(traced)
            for name in traced.graph.list_inputs():
                if name in parameters:
                    parameters[name]._finish_deferred_init()
        self._complete = True
        return traced

    # ---- computing

    def forward(self, x: Any, *args: Any) -> Any:
        """Call `hybrid_forward` with the `F` and the parameters that go with the inputs.

        Raises DTypeError unless there is an array or a Symbol among the inputs, or if there are
        both.
        """
        if isinstance(x, NDArray) and not args:
            ctx = x._spec.ctx
        else:
            found = tracing.input_context((x, args))
            if found is None:
                return self._symbolic_forward(x, args)
            ctx = found
        if ctx == current_context():
            return self._array_forward(ctx, x, args)
        with ctx:  # what hybrid_forward creates lives where the inputs are
            return self._array_forward(ctx, x, args)

    def _array_forward(self, ctx: Context, x: Any, args: tuple) -> Any:
        if self._active:
            return self._run_graph(ctx, (x, *args))
        try:
            params = {name: p.data(ctx) for name, p in self._reg_params.items()}
        except DeferredInitializationError:
            self._finish_own((x, *args))
            params = {name: p.data(ctx) for name, p in self._reg_params.items()}
        return self.hybrid_forward(nd, x, *args, **params)

    def _run_graph(self, ctx: Context, args: tuple) -> Any:
        """Compute with the graph for such inputs, which is made at the first call."""
        if Changes.count != self._seen:
            self._look_for_changes()
        traced = None if self._complete else self._finish_whole(args)
        flat = [a for a in tracing.leaves(args) if isinstance(a, NDArray)]
        structure = tracing.structure(args)
        graph = self._graphs.get(structure)
        if graph is None or (graph.asked and graph.key != graph.circumstances(flat)):
            graph = self._graph_for(structure, args, flat, traced)
        if self._callback is not None:
            return graph.run_watched(flat, ctx, self._callback, self._monitor_all)
        try:
            return graph(flat, ctx)
        except DeferredInitializationError:  # initialized only after the graph was made
            self._forget_graphs()
            return self._run_graph(ctx, args)
        except (ShapeError, DTypeError) as error:
            raise tracing.located(self, args, error) from None

    def _graph_for(
        self, structure: Any, args: tuple, flat: list, traced: Traced | None
    ) -> CachedGraph:
        """A graph that holds for this call: one that was made before, or a new one."""
        if structure not in self._variants and len(self._variants) >= VARIANTS:
            self._forget_graphs()
            self._complete = True
        known = self._variants.setdefault(structure, [])
        graph = next((g for g in known if g.key == g.circumstances(flat)), None)
        if graph is None:
            if len(known) >= VARIANTS:
                known.clear()
            parameters = {p.name: p for p in self.collect_params().values()}
            graph = CachedGraph(traced or self._trace(args), parameters, self.name, flat)
            known.append(graph)
            self._cached_graph = (graph.inputs, graph.symbol)
            self._in_format = tracing.form(args)
            _, self._out_format = tracing._flatten(graph.out, "output")
        self._graphs[structure] = self._cached_op = graph
        return graph

    def _trace(self, args: tuple) -> Traced:
        return tracing.trace(self, args)

    def _symbolic_forward(self, x: Symbol, args: tuple) -> Any:
        params = {name: p.var() for name, p in self._reg_params.items()}
        tracing.give_parameters(self._reg_params.values())
        with self.name_scope():
            try:
                return self.hybrid_forward(sym, x, *args, **params)
            except (AttributeError, TypeError) as error:
                raise tracing.untraceable(self, error)  # noqa: B904 - it may be the same error

    def hybrid_forward(self, F: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        """What the block computes, written with `F`; defined by every subclass."""
        raise MXNetError(f"{type(self).__name__} must define hybrid_forward(self, F, x, ...)")

    # ---- files

    def export(self, path: str, epoch: int = 0, remove_amp_cast: bool = True) -> None:
        """Write graph and parameters as MXNet does, to `path-symbol.json` and `path-0000.params`
        (with the number of the epoch).

        `SymbolBlock.imports`, `mx.module` and MXNet's other languages read them; the inputs are
        called `data`, or `data0`, `data1`, ...  Conversions that mixed precision has put in are
        left out unless wanted.

        Raises RuntimeError before the first call of the hybridized block.
        """
        from .export import export

        self._look_for_changes()
        export(self, path, epoch, remove_amp_cast)
