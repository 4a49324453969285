"""Blocks: networks and their parts, as Python objects that hold parameters and other blocks.

A `Block` computes with arrays in `forward`.  A `HybridBlock` (`hybrid_block.py`) is written with a
caller `F` in `hybrid_forward`, so that it runs on arrays (`F` is `mx.nd`) and on symbols (`F` is
`mx.sym`) alike.  A `SymbolBlock` (`symbol_block.py`) computes a graph that is there already.

    class Net(gluon.HybridBlock):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            with self.name_scope():
                self.hidden = nn.Dense(256, activation="relu")
                self.output = nn.Dense(10)

        def hybrid_forward(self, F, x):
            return self.output(self.hidden(x))

Source: MXNet 1.6, `mxnet.gluon.block`.
"""

import re
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from mxbook import initializer
from mxbook import ndarray as nd
from mxbook.base import names, scopes
from mxbook.base.context import Context
from mxbook.base.errors import DTypeError, MXNetError, ParameterError

from . import loading, tracing
from .parameter import Parameter, ParameterDict, _contexts
from .parameter_errors import named_parameters
from .tracing import _flatten, _regroup  # noqa: F401 - gluonts and others take them from here
from .utils import HookHandle, _indent

__all__ = ["Block", "HybridBlock", "SymbolBlock"]


class _BlockScope:
    """Gives names to the blocks made inside a `with block.name_scope()`: prefix and parameters."""

    _current = threading.local()

    def __init__(self, block: "Block"):
        self._block = block
        self._counter: dict[str, int] = {}
        self._outer: list[tuple[_BlockScope | None, names.Prefix]] = []

    @staticmethod
    def create(
        prefix: str | None, params: ParameterDict | None, hint: str
    ) -> tuple[str, ParameterDict]:
        """Prefix and parameters of a new block; `hint` makes a prefix that is not given."""
        scope = getattr(_BlockScope._current, "value", None)
        if scope is None:
            full = names.current().get(None, hint) + "_" if prefix is None else prefix
            own, shared = full, None
        else:
            if prefix is None:
                count = scope._counter.get(hint, 0)
                scope._counter[hint] = count + 1
                prefix = f"{hint}{count}_"
            full = scope._block.prefix + prefix
            own, shared = scope._block.params.prefix + prefix, scope._block.params._shared
        if params is None:
            return full, ParameterDict(own, shared)
        return full, ParameterDict(params.prefix, params)

    def __enter__(self) -> "_BlockScope":
        if not self._block._empty_prefix:
            prefix = names.Prefix(self._block.prefix)
            self._outer.append((getattr(_BlockScope._current, "value", None), prefix))
            prefix.__enter__()
            _BlockScope._current.value = self
        return self

    def __exit__(self, *exc: Any) -> None:
        if not self._block._empty_prefix:
            _BlockScope._current.value, prefix = self._outer.pop()
            prefix.__exit__(*exc)


class Block:
    """A part of a network: holds parameters and other blocks, and computes in `forward(*args)`.

    Blocks and parameters that are assigned to attributes belong to it.

    prefix  begins the names of its parameters; made from the class name when not given
    params  another block's parameters, to share them

    >>> class Twice(Block):
    ...     def forward(self, x):
    ...         return x * 2
    >>> Twice()(nd.array([1, 2])).asnumpy()
    array([2., 4.], dtype=float32)
    """

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None):
        # The names with an underscore are MXNet's own; gluoncv, gluonnlp, sockeye and others use
        # them.
        self._empty_prefix = prefix == ""
        self._prefix, self._params = _BlockScope.create(prefix, params, self._alias())
        self._name = self._prefix.removesuffix("_")
        self._scope = _BlockScope(self)
        self._children: dict[str, Block] = {}
        self._reg_params: dict[str, Parameter] = {}
        self._forward_hooks: dict[int, Callable] = {}
        self._forward_pre_hooks: dict[int, Callable] = {}

    def __repr__(self) -> str:
        blocks = [(k, b) for k, b in self.__dict__.items() if isinstance(b, Block)]
        return _tree(self, blocks)

    def __setattr__(self, name: str, value: Any) -> None:
        existing = getattr(self, name, None)
        if isinstance(existing, Parameter | Block) and not isinstance(value, type(existing)):
            raise DTypeError(
                f"attribute {name!r} of {type(self).__name__} cannot change from "
                f"{type(existing).__name__} to {type(value).__name__}",
                hint="use another name",
            )
        if isinstance(value, Block):
            self.register_child(value, name)
        elif isinstance(value, Parameter):
            if name in self._reg_params:
                raise ParameterError(
                    f"the parameter {name!r} of {type(self).__name__} cannot be replaced",
                    hint="to share parameters between blocks, make the block with params=...",
                )
            self._reg_params[name] = value
            value._owner = value._owner or f"{type(self).__name__} {self._name}"
        super().__setattr__(name, value)

    def _alias(self) -> str:
        return type(self).__name__.lower()

    def _label_in(self, outer: "Block | None") -> str:
        """How an error's block path calls it: `dense0 (Dense(4 -> 5))`."""
        text = repr(self)
        text = type(self).__name__ if "\n" in text else text
        for name, child in outer._children.items() if outer is not None else ():
            if child is self:
                return f"{name} ({text})"
        return text

    @property
    def prefix(self) -> str:
        """What the names of its parameters begin with."""
        return self._prefix

    @property
    def name(self) -> str:
        """The prefix without the underscore at its end."""
        return self._name

    def name_scope(self) -> _BlockScope:
        """A `with` block in which the prefix of new blocks begins with this one's.

        >>> from mxbook.gluon import nn
        >>> net = nn.Sequential(prefix="net_")
        >>> with net.name_scope():
        ...     nn.Dense(2).name
        'net_dense0'
        """
        return self._scope

    # ---- parameters

    @property
    def params(self) -> ParameterDict:
        """Its own parameters, without those of the blocks inside."""
        return self._params

    def collect_params(self, select: str | None = None) -> ParameterDict:
        """All parameters, those of the blocks inside included; with `select`, the ones whose names
        match.

        >>> from mxbook.gluon import nn
        >>> list(nn.Dense(2, prefix="fc_").collect_params(".*weight"))
        ['fc_weight']
        """
        self._warn_about_containers()
        pattern = re.compile(select) if select else None
        found = ParameterDict(self._params.prefix)
        for block in self._blocks():
            own = block.params
            if pattern is not None:
                own = ParameterDict(own.prefix)
                own._params = {n: p for n, p in block.params.items() if pattern.match(n)}
            found.update(own)
        return found

    def _blocks(self) -> "list[Block]":
        """This block and all inside, outer ones before inner ones."""
        return [self, *(b for child in self._children.values() for b in child._blocks())]

    def _warn_about_containers(self) -> None:
        """Blocks in plain lists and dicts are not found; tell, because it is easily overlooked."""
        children = {id(c) for c in self._children.values()}
        for name, value in self.__dict__.items():
            if name.startswith("__") or name == "_children":
                continue
            inside = value.values() if isinstance(value, dict) else value
            if isinstance(value, list | tuple | dict) and any(
                isinstance(b, Block) and id(b) not in children for b in inside
            ):
                warnings.warn(
                    f'"{type(self).__name__}.{name}" is an unregistered container with Blocks. '
                    "Note that Blocks inside the list, tuple or dict will not be registered "
                    "automatically. Make sure to register them using register_child() or "
                    "switching to nn.Sequential/nn.HybridSequential instead. ",
                    stacklevel=4,
                )

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        """All parameters by structural name, such as `0.weight` or `hidden.bias`."""
        dot = prefix + "." if prefix else ""
        found = {dot + name: p for name, p in self._reg_params.items()}
        for name, child in self._children.items():
            found.update(child._collect_params_with_prefix(dot + name))
        return found

    def initialize(
        self,
        init: Any = initializer.Uniform(),  # noqa: B008 - MXNet's default, never changed
        ctx: Context | Sequence[Context] | None = None,
        verbose: bool = False,
        force_reinit: bool = False,
    ) -> None:
        """Give all parameters values; see `Parameter.initialize`."""
        self.collect_params().initialize(init, ctx, verbose, force_reinit)

    def cast(self, dtype: Any) -> None:
        """Convert all parameters to another element type."""
        for child in self._children.values():
            child.cast(dtype)
        for parameter in self.params.values():
            parameter.cast(dtype)

    # ---- files

    def save_parameters(self, filename: str, deduplicate: bool = False) -> None:
        """Write all parameters to a file by structural names; MXNet can read it.

        With `deduplicate` a shared parameter is written once.
        """
        named = self._collect_params_with_prefix()
        if deduplicate:
            last = {id(p): name for name, p in reversed(named.items())}
            named = {name: p for name, p in named.items() if last[id(p)] == name}
        nd.save(filename, {name: p._reduce() for name, p in named.items()})

    def load_parameters(
        self,
        filename: str,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        cast_dtype: bool = False,
        dtype_source: str = "current",
        rename: dict[str, str] | None = None,
    ) -> None:
        """Take all parameters from a file: one of `save_parameters`, `collect_params().save` or
        `export`.

        allow_missing  whether parameters may be absent from the file
        ignore_extra   whether the file may hold more
        cast_dtype     convert element types: to the parameter's (`dtype_source="current"`) or the
                       file's (`"saved"`)
        rename         for names in the file, the names they have here

        Raises ParameterError with a table of both sides, and the `rename` that would help, when
        names do not match; nothing is changed then.
        """
        arrays = loading.named_arrays(filename)
        arrays = {(rename or {}).get(name, name): a for name, a in arrays.items()}
        parameters = self.collect_params().values()
        schemes = [
            self._collect_params_with_prefix(),
            {p.name.removeprefix(self.prefix): p for p in parameters},
            {p.name: p for p in parameters},
        ]
        loading.load(
            loading.best_scheme(arrays, schemes),
            arrays,
            source=filename,
            ctx=None if ctx is None else _contexts(ctx),
            allow_missing=allow_missing,
            ignore_extra=ignore_extra,
            cast_dtype=cast_dtype,
            dtype_source=dtype_source,
        )

    def save_params(self, filename: str) -> None:
        """The older `save_parameters`, which writes names by prefix."""
        warnings.warn(
            "save_params is deprecated. Please use save_parameters.",
            DeprecationWarning,
            stacklevel=2,
        )
        self.collect_params().save(filename, strip_prefix=self.prefix)

    def load_params(
        self,
        filename: str,
        ctx: Any = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
    ) -> None:
        """The older name of `load_parameters`."""
        warnings.warn(
            "load_params is deprecated. Please use load_parameters.",
            DeprecationWarning,
            stacklevel=2,
        )
        self.load_parameters(filename, ctx, allow_missing, ignore_extra)

    # ---- structure

    def register_child(self, block: "Block", name: str | None = None) -> None:
        """Put a block inside this one under a name (a number when not given)."""
        self._children[str(len(self._children)) if name is None else name] = block

    def register_forward_pre_hook(self, hook: Callable) -> HookHandle:
        """Call `hook(block, inputs)` before every forward; the handle's `detach()` ends that."""
        handle = HookHandle()
        handle.attach(self._forward_pre_hooks, hook)
        return handle

    def register_forward_hook(self, hook: Callable) -> HookHandle:
        """Call `hook(block, inputs, outputs)` after every forward; see
        `register_forward_pre_hook`.
        """
        handle = HookHandle()
        handle.attach(self._forward_hooks, hook)
        return handle

    def register_op_hook(self, callback: Callable, monitor_all: bool = False) -> None:
        """Call `callback(name, operator, array)` for the output of every operator, and with
        `monitor_all` for its inputs, while hybridized blocks inside compute.
        """
        for child in self._children.values():
            child.register_op_hook(callback, monitor_all)

    def apply(self, fn: Callable[["Block"], Any]) -> "Block":
        """Call `fn` with every block inside, then with this one; returns it."""
        for child in self._children.values():
            child.apply(fn)
        fn(self)
        return self

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Hybridize all HybridBlocks inside; see `HybridBlock.hybridize`."""
        for child in self._children.values():
            child.hybridize(active, **kwargs)

    # ---- computing

    def __call__(self, *args: Any) -> Any:
        """Compute: the hooks, and `forward` between them."""
        running = scopes.local.blocks
        running.append(self)
        try:
            if self._forward_pre_hooks:
                tracing.call_hooks(self, self._forward_pre_hooks, args)
            out = self.forward(*args)
            if self._forward_hooks:
                tracing.call_hooks(self, self._forward_hooks, args, out)
            return out
        except MXNetError as error:
            if scopes.add_place(error):
                error.values = named_parameters(error.values, self._reg_params)
            raise
        finally:
            running.pop()

    def forward(self, *args: Any) -> Any:
        """What the block computes; defined by every subclass."""
        raise MXNetError(f"{type(self).__name__} must define forward(self, *args)")

    def summary(self, *inputs: Any) -> None:
        """Print the blocks in the order in which they run, with output shapes and numbers of
        parameters.
        """
        from .summary import summary

        print(summary(self, inputs))

    def show(self, *inputs: Any, depth: int | None = None) -> None:
        """Display what the block computes as a graph; see `mx.explain.graph`.

        `inputs` are arrays or shapes; without any, shapes are unknown.  In a notebook the graph is
        live where `mxbook_widgets` is installed and a picture elsewhere; in a terminal a table.
        """
        from mxbook.explain.graph import graph

        graph(self, *inputs, depth=depth).show()


def _tree(block: Block, children: Any) -> str:
    """A block and the blocks inside, as MXNet prints them."""
    lines = "\n".join(f"  ({key}): {_indent(repr(child), 2)}" for key, child in children)
    return f"{type(block).__name__}(\n{lines}\n)"


from .hybrid_block import HybridBlock  # noqa: E402 - it is a Block
from .symbol_block import SymbolBlock  # noqa: E402
