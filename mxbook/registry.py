"""`mx.registry`: classes that are made by their name, as in `mx.metric.create("acc")`.

    register = get_register_func(Animal, "animal")
    create = get_create_func(Animal, "animal")

    @register
    class Cat(Animal): ...

    create("cat")

Source: MXNet 1.6, `mxnet.registry`.
"""

import warnings
from collections.abc import Callable
from typing import Any

from .base.errors import ParameterError, nearest
from .base.registries import table

__all__ = ["get_alias_func", "get_create_func", "get_register_func", "get_registry"]


def get_registry(base_class: type) -> dict[str, type]:
    """A copy of the table of a base class: what is registered, by name.

    >>> class Animal: ...
    >>> class Cat(Animal): ...
    >>> get_register_func(Animal, "animal")(Cat).__name__
    'Cat'
    >>> sorted(get_registry(Animal))
    ['cat']
    """
    return dict(table(base_class))


def get_register_func(base_class: type, nickname: str) -> Callable:
    """A function `register(klass, name=None)`, also a decorator, that makes classes known.

    Their name is in lower case; a name that is taken goes to the new class, with a warning.  The
    function raises ParameterError for what is no subclass.
    """
    known = table(base_class)

    def register(klass: type, name: str | None = None) -> type:
        if not (isinstance(klass, type) and issubclass(klass, base_class)):
            raise ParameterError(f"Can only register subclass of {base_class.__name__}")
        name = (name or klass.__name__).lower()
        before = known.get(name)
        if before not in (None, klass):
            warnings.warn(
                f"New {nickname} {_path(klass)} registered with name {name} is overriding "
                f"existing {nickname} {_path(before)}",
                UserWarning,
                stacklevel=2,
            )
        known[name] = klass
        return klass

    register.__doc__ = f"Register {nickname} to the {nickname} factory"
    return register


def _path(klass: Any) -> str:
    return f"{klass.__module__}.{klass.__name__}"


def get_alias_func(base_class: type, nickname: str) -> Callable:
    """A decorator `alias(*names)` that makes a class known under further names."""
    register = get_register_func(base_class, nickname)

    def alias(*aliases: str) -> Callable[[type], type]:
        def reg(klass: type) -> type:
            for name in aliases:
                register(klass, name)
            return klass

        return reg

    return alias


def get_create_func(base_class: type, nickname: str) -> Callable:
    """A function that makes an object from a name and arguments, or from a text in JSON.

    `create("cat", age=3)`, `create(animal="cat", age=3)`, `create('["cat", {"age": 3}]')` and
    `create('{"animal": "cat", "age": 3}')` are the same; an object is given back as it is.  The
    function raises ParameterError for an unknown name and for arguments to what is made already.
    """

    def create(*args: Any, **kwargs: Any) -> Any:
        if not args and nickname not in kwargs:
            raise ParameterError(f"create needs a name: create({nickname}=...)")
        name, args = (args[0], args[1:]) if args else (kwargs.pop(nickname), ())
        if isinstance(name, base_class):
            if args or kwargs:
                raise ParameterError(
                    f"{nickname} is already an instance. Additional arguments are invalid"
                )
            return name
        if isinstance(name, dict):
            return create(**name)
        if not isinstance(name, str):
            raise ParameterError(f"{nickname} must be of string type")
        if name[:1] in ("[", "{"):
            return _from_json(create, name, args, kwargs)
        return _find(base_class, nickname, name)(*args, **kwargs)

    create.__doc__ = f"Create a {nickname} instance from config."
    return create


def _from_json(create: Callable, text: str, args: tuple, kwargs: dict) -> Any:
    import json

    if args or kwargs:
        raise ParameterError("a text in JSON holds all arguments", values=[("text", text)])
    found = json.loads(text)
    return create(**found) if isinstance(found, dict) else create(found[0], **found[1])


def _find(base_class: type, nickname: str, name: str) -> type:
    known = table(base_class)
    if name.lower() not in known:
        raise ParameterError(
            f"{name} is not registered. Please register with {nickname}.register first",
            rule="one of " + ", ".join(sorted(known)),
            hint=nearest(name.lower(), known),
        )
    return known[name.lower()]
