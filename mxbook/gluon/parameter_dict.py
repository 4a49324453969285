"""ParameterDict: the parameters of a block by name; `gluon.parameter.ParameterDict`."""

from collections.abc import ItemsView, Iterator, KeysView, Sequence, ValuesView
from typing import Any

import numpy as np

from mxbook import initializer
from mxbook import ndarray as nd
from mxbook.base.context import Context
from mxbook.base.errors import ParameterError
from mxbook.ndarray.ndarray import NDArray

from . import loading
from .parameter import Constant, Parameter, _contexts
from .utils import _indent


class ParameterDict:
    """Parameters by name, in the order in which they were made.

    prefix  put before the names of parameters that `get` makes
    shared  another dict; a parameter that is there already is taken over rather than made

    >>> params = ParameterDict("net_")
    >>> params.get("weight", shape=(2, 3)).name
    'net_weight'
    """

    def __init__(self, prefix: str = "", shared: "ParameterDict | None" = None):
        self._prefix = prefix
        self._params: dict[str, Parameter] = {}
        self._shared = shared

    def __repr__(self) -> str:
        name = self._prefix + " " if self._prefix else ""
        content = "\n".join(_indent(f"  {p}", 2) for p in self.values())
        return f"{name}(\n{content}\n)"

    def __getitem__(self, key: str) -> Parameter:
        return self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __contains__(self, name: object) -> bool:
        return name in self._params

    def __len__(self) -> int:
        return len(self._params)

    def items(self) -> ItemsView[str, Parameter]:
        """Pairs of name and parameter."""
        return self._params.items()

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._params.keys()

    def values(self) -> ValuesView[Parameter]:
        """The parameters."""
        return self._params.values()

    @property
    def prefix(self) -> str:
        """What stands before the names of parameters made here."""
        return self._prefix

    def _get_impl(self, name: str) -> Parameter | None:
        """The parameter of this full name, here or in the shared dict."""
        if name not in self._params and self._shared is not None and name in self._shared._params:
            self._params[name] = self._shared._params[name]
        return self._params.get(name)

    def get(self, name: str, **kwargs: Any) -> Parameter:
        """The parameter `prefix + name`; made with these arguments when there is none.

        Raises ParameterError when there is one with other attributes; unknown lengths of its shape
        are filled in.
        """
        full = self.prefix + name
        found = self._get_impl(full)
        if found is None:
            found = self._params[full] = Parameter(full, **kwargs)
        else:
            for key, value in kwargs.items():
                _agree(found, key, value)
        return found

    def get_constant(self, name: str, value: Any = None) -> Constant:
        """The constant `prefix + name`; made from the value when there is none.

        Raises KeyError when there is none and no value, ParameterError for another value.
        """
        full = self.prefix + name
        found = self._get_impl(full)
        if found is None:
            if value is None:
                raise KeyError(f"No constant named '{full}'. Please specify value to create it.")
            found = self._params[full] = Constant(full, value)
        if not isinstance(found, Constant):
            raise ParameterError(f"the parameter {full!r} exists, but is not a constant")
        wanted = value.asnumpy() if isinstance(value, NDArray) else value
        if value is not None and not np.array_equal(wanted, found.value.asnumpy()):
            raise ParameterError(f"the constant {full!r} exists with another value")
        return found

    def update(self, other: "ParameterDict") -> None:
        """Take over all parameters of another dict.

        Raises ParameterError where a different parameter has the same name.
        """
        for name, parameter in other.items():
            if self._params.setdefault(name, parameter) is not parameter:
                raise ParameterError(
                    f"two different parameters have the name {name!r}",
                    place=[*self._params[name]._made(), *parameter._made()],
                    hint="give the blocks different prefixes, or share parameters with params=",
                )

    # ---- all parameters at once

    def initialize(
        self,
        init: Any = initializer.Uniform(),  # noqa: B008 - MXNet's default, never changed
        ctx: Context | Sequence[Context] | None = None,
        verbose: bool = False,
        force_reinit: bool = False,
    ) -> None:
        """Give all parameters values; see `Parameter.initialize`."""
        if verbose:
            init.set_verbosity(verbose=verbose)
        for parameter in self.values():
            parameter.initialize(None, ctx, init, force_reinit=force_reinit)

    def zero_grad(self) -> None:
        """Set all gradients to 0."""
        for parameter in self.values():
            parameter.zero_grad()

    def reset_ctx(self, ctx: Context | Sequence[Context]) -> None:
        """Move all parameters to other devices."""
        for parameter in self.values():
            parameter.reset_ctx(ctx)

    def list_ctx(self) -> list[Context]:
        """All devices that some parameter is on."""
        return list(dict.fromkeys(c for p in self.values() for c in p.list_ctx()))

    def setattr(self, name: str, value: Any) -> None:
        """Set an attribute of all parameters, such as `grad_req` to "null"."""
        for parameter in self.values():
            setattr(parameter, name, value)

    # ---- files

    def save(self, filename: str, strip_prefix: str = "") -> None:
        """Write all values to a file, with `strip_prefix` taken off the names.

        Raises ParameterError for a name that does not begin with it.
        """
        for name in self.keys():
            if not name.startswith(strip_prefix):
                raise ParameterError(
                    f"{name!r} does not begin with {strip_prefix!r}, which is to be stripped",
                    hint="the parameter may be shared with another block, or the block was made "
                    "outside of `with name_scope()`",
                )
        values = {p.name.removeprefix(strip_prefix): p._reduce() for p in self.values()}
        nd.save(filename, values)

    def load(
        self,
        filename: str,
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Take values from a file whose names get `restore_prefix` put before them.

        See `Block.load_parameters` for the other arguments.
        """
        found = loading.named_arrays(filename)
        self.load_dict(
            found,
            ctx,
            allow_missing,
            ignore_extra,
            restore_prefix,
            filename,
            cast_dtype,
            dtype_source,
        )

    def load_dict(
        self,
        param_dict: dict[str, NDArray],
        ctx: Context | Sequence[Context] | None = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        filename: str | None = None,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Take values from a dict of arrays; see `load`.

        Raises ParameterError with a table of both sides where names or shapes do not match.
        """
        for name in self.keys() if restore_prefix else ():
            if not name.startswith(restore_prefix):
                raise ParameterError(
                    f"{name!r} does not begin with {restore_prefix!r}, which is to be restored"
                )
        arrays = {
            restore_prefix + k.removeprefix("arg:").removeprefix("aux:"): v
            for k, v in param_dict.items()
        }
        loading.load(
            self._params,
            arrays,
            source=filename or "param_dict",
            ctx=None if ctx is None else _contexts(ctx),
            allow_missing=allow_missing,
            ignore_extra=ignore_extra,
            cast_dtype=cast_dtype,
            dtype_source=dtype_source,
        )


def _agree(parameter: Parameter, key: str, value: Any) -> None:
    """Check one attribute of an existing parameter against a wanted one, or set it."""
    existing = getattr(parameter, key, None)
    if existing is None:
        setattr(parameter, key, value)
        return
    if value is None or value == existing or (key == "dtype" and np.dtype(value) == existing):
        return
    merged = _merged(existing, value) if key == "shape" else None
    if merged is None:
        raise ParameterError(
            f"the parameter {parameter.name!r} exists with another {key}",
            values=[("wanted", str(value)), ("existing", str(existing))],
            place=parameter._made(),
        )
    parameter._shape = merged


def _merged(a: tuple[int, ...], b: Any) -> tuple[int, ...] | None:
    """Two shapes as one, where each fills in what the other leaves unknown; None if they differ."""
    b = (b,) if isinstance(b, int) else tuple(b)
    if len(a) != len(b) or any(x != y and min(x, y) > 0 for x, y in zip(a, b, strict=True)):
        return None
    return tuple(max(x, y) for x, y in zip(a, b, strict=True))
