"""Sending objects to other processes, also those whose classes and functions live in a notebook.

Python's `pickle` sends a function or class as "module and name", which another process can import.
What stands in `__main__` (a cell, a script), and functions inside functions, it cannot.  These are
sent by value here: their code, the global names that they use, their closures.

Large arrays are not part of the bytes: they come as buffers, which go through shared memory.
"""

import builtins
import importlib
import io
import marshal
import pickle
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

from mxbook.backend import GPU
from mxbook.base.context import context_of
from mxbook.base.errors import MXNetError
from mxbook.base.spec import spec_of
from mxbook.imperative import arrays
from mxbook.ndarray import NDArray

from .lending import LARGE


class NotShippable(MXNetError):  # noqa: N818 - it says why, not that something has failed
    """An object that cannot be sent to another process; the message says which part, and why."""


class Exchange:
    """What this process sends to another one, or to several alike, and what they send back.

    Classes and functions that went by value have numbers: when the other side sends one back, it is
    the same one that is found here.

    >>> content, buffers = Exchange().pack({"f": lambda x: x + 1, "x": 2})
    >>> found = Exchange().unpack(content, buffers)
    >>> found["f"](found["x"])
    3
    """

    def __init__(self) -> None:
        self.sent: dict[int, Any] = {}  # by value, under their numbers
        self.received: dict[int, tuple[int, Any]] = {}  # by `id`: the other side's number

    def pack(self, thing: Any) -> tuple[bytes, list[memoryview]]:
        """An object as bytes, and its large buffers, which are still the object's own memory.

        Raises NotShippable.
        """
        buffers: list[memoryview] = []

        def keep_in_band(buffer: pickle.PickleBuffer) -> bool:
            raw = buffer.raw()
            if raw.nbytes >= LARGE:
                buffers.append(raw)
            return raw.nbytes < LARGE

        stream = io.BytesIO()
        try:
            _Packer(stream, keep_in_band, self).dump(thing)
        except Exception as error:  # pickle lets through what __reduce__ and others raise
            raise NotShippable(f"{_path_to_culprit(thing)} cannot be sent: {error}") from error
        return stream.getvalue(), buffers

    def unpack(self, content: Any, buffers: Sequence[Any] = ()) -> Any:
        """The object that `pack` made the bytes and buffers of; its arrays lie on these buffers."""
        return _Unpacker(io.BytesIO(content), buffers, self).load()


class _Packer(pickle.Pickler):
    def __init__(self, stream: Any, keep_in_band: Callable, exchange: Exchange):
        super().__init__(stream, 5, buffer_callback=keep_in_band)
        self._exchange = exchange
        self._numbers = {id(thing): number for number, thing in exchange.sent.items()}

    def reducer_override(self, obj: Any) -> Any:
        """How an object is sent, where that is another way than pickle's."""
        if isinstance(obj, NDArray):
            return _array(obj)
        if isinstance(obj, type | types.FunctionType):
            theirs = self._exchange.received.get(id(obj))
            if theirs is not None:
                return _yours, (theirs[0],)
            return self._by_value(obj) if lives_here(obj) else NotImplemented
        way = _WAYS.get(type(obj))
        return NotImplemented if way is None else way(obj)

    def _by_value(self, obj: Any) -> Any:
        number = self._numbers.get(id(obj))
        if number is None:
            number = self._numbers[id(obj)] = len(self._exchange.sent)
            self._exchange.sent[number] = obj
        return (_of_class if isinstance(obj, type) else _of_function)(obj, number)


class _Unpacker(pickle.Unpickler):
    def __init__(self, stream: Any, buffers: Sequence[Any], exchange: Exchange):
        super().__init__(stream, buffers=buffers)
        self._exchange = exchange

    def find_class(self, module: str, name: str) -> Any:
        """Look up what `pickle` wants by name; some of it depends on the exchange."""
        if module == __name__ and name in ("_yours", "_function", "_class"):
            return partial(globals()[name], self._exchange)
        return super().find_class(module, name)


def _yours(exchange: Exchange, number: int) -> Any:
    return exchange.sent[number]


def lives_here(obj: Any) -> bool:
    """Whether a class or function can only be sent by value: no module has it under its name."""
    module = obj.__module__
    return module == "__main__" or "<" in obj.__qualname__ or module not in sys.modules


# ---- arrays: their memory, instead of a copy of it


def _array(array: NDArray) -> Any:
    if array.stype != "default" or array.context.device_typeid == GPU:
        return NotImplemented
    arrays.wait(array)
    return _ndarray, (array._data, type(array), str(array.context))


def _ndarray(data: Any, cls: type, ctx: str) -> NDArray:
    data = data if data.flags.writeable else data.copy()
    spec = spec_of(data.shape, data.dtype, context_of(ctx))
    return arrays.wrap(data, spec, arrays.origin_of("array", "host"), cls)


# ---- functions


def _of_function(f: types.FunctionType, number: int) -> Any:
    names = f.__globals__
    module = names.get("__name__", "__main__")
    own = module == "__main__" or getattr(sys.modules.get(module), "__dict__", None) is not names
    used = {n: names[n] for n in sorted(_globals_of(f.__code__)) if n in names} if own else {}
    state = (
        *(f.__closure__, used, f.__defaults__, f.__kwdefaults__, f.__dict__),
        *(f.__module__, f.__qualname__, f.__doc__, f.__annotations__ if own else {}),
    )
    count = len(f.__code__.co_freevars)
    made = marshal.dumps(f.__code__), module, own, f.__name__, count, number
    return _function, made, state, None, None, _finish_function


def _globals_of(code: types.CodeType) -> set[str]:
    """The global names that a piece of code, or one inside it, uses."""
    import dis

    found = {
        step.argval
        for step in dis.get_instructions(code)
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL")
    }
    inside = (c for c in code.co_consts if isinstance(c, types.CodeType))
    return found.union(*map(_globals_of, inside))


_namespaces: dict[str, dict[str, Any]] = {}  # of modules that are not here


def _function(
    exchange: Exchange, code: bytes, module: str, own: bool, name: str, cells: int, number: int
) -> Any:
    # Made empty and filled later, as it may well refer to itself.
    if own and module != "__main__":
        names = _namespaces.setdefault(module, {"__name__": module, "__builtins__": builtins})
    else:
        names = importlib.import_module(module).__dict__
    closure = tuple(types.CellType() for _ in range(cells))
    made = types.FunctionType(marshal.loads(code), names, name, None, closure)
    exchange.received[id(made)] = number, made
    return made


def _finish_function(f: Any, state: tuple) -> None:
    closure, used, f.__defaults__, f.__kwdefaults__, attributes, *words = state
    f.__module__, f.__qualname__, f.__doc__, f.__annotations__ = words
    f.__dict__.update(attributes)
    f.__globals__.update(used)
    for mine, sent in zip(f.__closure__ or (), closure or (), strict=True):
        _set_content(mine, _content(sent))


# ---- classes

_NOT_SENT = {"__dict__", "__weakref__", "_abc_impl", "__module__", "__annotate_func__"}


def _of_class(cls: type, number: int) -> Any:
    slots = cls.__dict__.get("__slots__", ())
    slots = (slots,) if isinstance(slots, str) else tuple(slots)
    state = {n: v for n, v in cls.__dict__.items() if n not in _NOT_SENT and n not in slots}
    for made_by_type in ("__slots__", "__qualname__"):
        state.pop(made_by_type, None)
    first = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
    if "__slots__" in cls.__dict__:
        first["__slots__"] = slots
    made = type(cls), cls.__name__, cls.__bases__, first, number
    return _class, made, state, None, None, _finish_class


def _class(
    exchange: Exchange, meta: type, name: str, bases: tuple, first: dict, number: int
) -> Any:
    made = types.new_class(name, bases, {"metaclass": meta}, lambda space: space.update(first))
    exchange.received[id(made)] = number, made
    return made


def _finish_class(cls: Any, state: dict) -> None:
    for name, value in state.items():
        setattr(cls, name, value)


# ---- what functions and classes are made of


def _cached_function(cached: Any) -> Any:
    if not lives_here(cached):
        return NotImplemented
    return _cached, (cached.__wrapped__, cached.cache_parameters())


def _cached(f: Callable, parameters: dict) -> Any:
    return lru_cache(**parameters)(f)


_WAYS: dict[type, Callable] = {
    types.ModuleType: lambda m: (importlib.import_module, (m.__name__,)),
    types.CellType: lambda c: (_cell, (), _content(c), None, None, _set_content),
    types.MappingProxyType: lambda m: (_proxy, (dict(m),)),
    staticmethod: lambda s: (staticmethod, (s.__func__,)),
    classmethod: lambda c: (classmethod, (c.__func__,)),
    property: lambda p: (property, (p.fget, p.fset, p.fdel, p.__doc__)),
    type(lru_cache(len)): _cached_function,
}


def _cell() -> types.CellType:
    return types.CellType()


def _proxy(content: dict) -> types.MappingProxyType:
    return types.MappingProxyType(content)


def _content(cell: types.CellType) -> tuple:
    try:
        return (cell.cell_contents,)
    except ValueError:  # a variable that has no value
        return ()


def _set_content(cell: types.CellType, content: tuple) -> None:
    if content:
        (cell.cell_contents,) = content


# ---- what cannot be sent


def _path_to_culprit(thing: Any) -> str:
    """The innermost attribute or part that cannot be sent, as in `Data.files[2]`."""
    if isinstance(thing, tuple):  # several things: the one that it is about
        thing = next((part for part in thing if not _can_be_sent(part)), thing)
    path, depth = type(thing).__name__, 0
    while depth < 8:
        depth += 1
        for step, part in _parts(thing):
            if not _can_be_sent(part):
                path, thing = path + step, part
                break
        else:
            break
    return path


def _parts(thing: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, dict):
        yield from ((f"[{key!r}]", part) for key, part in thing.items())
    elif isinstance(thing, list | tuple):
        yield from ((f"[{i}]", part) for i, part in enumerate(thing))
    elif isinstance(thing, types.FunctionType):
        for name in sorted(set(_globals_of(thing.__code__)) & set(thing.__globals__)):
            yield f" (which uses {name})", thing.__globals__[name]
    else:
        yield from ((f".{name}", part) for name, part in getattr(thing, "__dict__", {}).items())


def _can_be_sent(part: Any) -> bool:
    try:
        _Packer(io.BytesIO(), lambda _buffer: False, Exchange()).dump(part)
    except Exception:
        return False
    return True
