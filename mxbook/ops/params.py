"""Typed operator parameters.  Their text form is MXNet's, so that symbol files agree.

A parameter is declared once, in the operator's block::

    Int("num_hidden", low=1, doc="Number of output features.")
    Shape("kernel", doc="Window size.")
    Enum("act_type", ("relu", "sigmoid"), doc="...")

`parse` takes what users write (Python values, NumPy scalars, or MXNet's text) and gives the value
the kernel sees; it raises ValueError with the rule in words.  `format` gives the text for a file.
"""

import ast
from collections.abc import Sequence
from struct import Struct
from typing import Any

from mxbook.base.context import context_of
from mxbook.base.dtypes import TYPES, as_dtype
from mxbook.base.errors import DTypeError, ParameterError, nearest
from mxbook.base.null import _Null

REQUIRED: Any = object()


class Param:
    """One parameter: `name`, `default` (REQUIRED when there is none), `doc`, `optional` (None
    allowed).

    A `dynamic` parameter never influences shapes or the choice of a kernel, so its value does not
    enter the key under which plans are remembered (learning rates change in every step).
    """

    kind = "value"
    dynamic = False

    def __init__(self, name: str, default: Any = REQUIRED, doc: str = "", optional: bool = False):
        self.name = name
        self.doc = doc
        self.optional = optional or default is None
        self.default = default if default is REQUIRED else self.parse(default)

    @property
    def required(self) -> bool:
        """Whether the caller must give it."""
        return self.default is REQUIRED

    def parse(self, value: Any) -> Any:
        """The kernel's value for a user's value or text; ValueError says what is allowed."""
        if value is None or (self.optional and value == "None"):
            if self.optional:
                return None
            raise ValueError(f"must be {self.describe()}")
        try:
            return self.convert(value)
        except (TypeError, SyntaxError, ValueError, DTypeError):
            raise ValueError(f"must be {self.describe()}") from None

    def convert(self, value: Any) -> Any:
        """`parse` without the treatment of None; may raise anything a conversion raises."""
        return value

    def key(self, value: Any) -> Any:
        """What of a value plans depend on."""
        return value

    def format(self, value: Any) -> str:
        """MXNet's text of a value."""
        return str(value)

    def describe(self) -> str:
        """The allowed values in words."""
        return self.kind + (" or None" if self.optional else "")


def _literal(value: Any) -> Any:
    return ast.literal_eval(value) if isinstance(value, str) else value


def _check_bounds(number: float, low: float | None, high: float | None) -> None:
    """Raise ValueError for a number out of bounds; NaN is never within."""
    if (low is not None and not number >= low) or (high is not None and not number <= high):
        raise ValueError


def _bounds_in_words(low: float | None, high: float | None) -> str:
    return (f", at least {low}" if low is not None else "") + (
        f", at most {high}" if high is not None else ""
    )


class Int(Param):
    """A whole number, with optional bounds."""

    kind = "a whole number"

    def __init__(self, name, default=REQUIRED, low=None, high=None, doc="", optional=False):
        self.low, self.high = low, high
        super().__init__(name, default, doc, optional)

    def convert(self, value):
        """Truncates nothing: 2.0 is accepted, 2.5 is not."""
        value = _literal(value)
        number = int(value)
        if number != value or not -(2**63) <= number < 2**63:  # what 64 bits can hold
            raise ValueError
        _check_bounds(number, self.low, self.high)
        return number

    def describe(self):
        """The kind and the bounds."""
        return super().describe() + _bounds_in_words(self.low, self.high)


class Count(Int):
    """How many arrays a call has; more than `MOST` cannot be meant."""

    MOST = 2**16

    def __init__(self, name, default=REQUIRED, low=1, doc=""):
        super().__init__(name, default, low, self.MOST, doc)


class Real(Param):
    """A real number that shapes may depend on, with optional bounds."""

    kind = "a number"

    def __init__(self, name, default=REQUIRED, low=None, high=None, doc="", optional=False):
        self.low, self.high = low, high
        super().__init__(name, default, doc, optional)

    def convert(self, value):
        """Numbers, NumPy scalars and text."""
        number = float(value)
        _check_bounds(number, self.low, self.high)
        return number

    def describe(self):
        """The kind and the bounds."""
        return super().describe() + _bounds_in_words(self.low, self.high)


class Float(Real):
    """A real number that changes values only: plans do not depend on it."""

    dynamic = True


class Single(Float):
    """A `Float` that is rounded to single precision, as MXNet keeps most of its parameters.

    It matters where a small difference counts: `1 - 0.999` is 0.00099998713 then.
    """

    def convert(self, value):
        """The nearest number in single precision."""
        return single(super().convert(value))

    def format(self, value):
        """The shortest text that gives this number again."""
        return f"{value:.9g}"


_SINGLE = Struct("f")


def single(number: float) -> float:
    """A number rounded to single precision; ValueError for one beyond its range.

    >>> single(0.1)
    0.10000000149011612
    """
    try:
        return _SINGLE.unpack(_SINGLE.pack(number))[0]
    except OverflowError:
        raise ValueError from None  # `parse` says what is allowed


class Bool(Param):
    """True or False; MXNet's texts `True`, `true`, `1` and their opposites."""

    kind = "True or False"
    _texts = {"True": True, "true": True, "1": True, "False": False, "false": False, "0": False}

    def convert(self, value):
        """0 and 1 count as bool."""
        if isinstance(value, str):
            value = self._texts.get(value)
        if value is None or value not in (0, 1):
            raise ValueError
        return bool(value)


class Shape(Param):
    """A tuple of whole numbers; a single number stands for a tuple of one."""

    kind = "a tuple of whole numbers"

    def convert(self, value):
        """Elements may be None only where MXNet allows it (`slice`)."""
        value = _literal(value)
        items = value if isinstance(value, Sequence) else self._items(value)
        return tuple(None if i is None else Int("", 0).convert(i) for i in items)

    @staticmethod
    def _items(value):
        try:
            return tuple(value)
        except TypeError:
            return (value,)


class Floats(Param):
    """A tuple of real numbers; a single number stands for a tuple of one."""

    kind = "a tuple of numbers"

    def convert(self, value):
        """Numbers, tuples, lists and text."""
        value = _literal(value)
        items = value if isinstance(value, Sequence) else Shape._items(value)
        return tuple(float(i) for i in items)


class Rates(Floats):
    """Numbers in single precision, one for each of many arrays; plans depend on how many only."""

    def convert(self, value):
        """Like `Floats`; the nearest numbers in single precision."""
        numbers = super().convert(value)
        nearest_to = {i: single(i) for i in set(numbers)}  # as a rule all are the same
        return tuple([nearest_to[i] for i in numbers])

    def key(self, value):
        """The number of numbers."""
        return len(value)


class Enum(Param):
    """One of a few texts."""

    def __init__(self, name, choices: tuple[str | None, ...], default=REQUIRED, doc=""):
        self.choices = choices
        super().__init__(name, default, doc, optional=None in choices)

    def convert(self, value):
        """Texts are compared exactly."""
        if value not in self.choices:
            raise ValueError
        return value

    def describe(self):
        """The choices."""
        return "one of " + ", ".join(map(repr, self.choices))


class Text(Param):
    """Any text."""

    kind = "a text"

    def convert(self, value):
        """Anything that can be written as text."""
        return str(value)


class Device(Text):
    """A device as MXNet's text, `cpu(0)`; empty for the current one."""

    kind = "a device, as in cpu(0)"

    def convert(self, value):
        """Contexts and texts."""
        text = str(value)
        context_of(text)
        return text


class DType(Param):
    """An element type."""

    kind = "one of " + ", ".join(TYPES)

    def convert(self, value):
        """Names, types, dtypes and MXNet's codes."""
        return as_dtype(int(value) if isinstance(value, str) and value.isdigit() else value)

    def format(self, value):
        """The name, as in `float32`."""
        return "None" if value is None else as_dtype(value).name


class Values:
    """The parameters of one call as attributes.  `plan_key` holds what a plan depends on.

    Each operator has a subclass with its own slots; see `values_class`.
    """

    __slots__ = ("plan_key",)
    params: tuple[Param, ...] = ()

    def __init__(self, given: dict[str, Any]):
        for param in self.params:
            setattr(self, param.name, given.get(param.name, param.default))
        self.plan_key = tuple(p.key(getattr(self, p.name)) for p in self.params if not p.dynamic)

    def items(self) -> list[tuple[str, Any]]:
        """Name and value of every parameter."""
        return [(p.name, getattr(self, p.name)) for p in self.params]

    def __repr__(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.items())


def values_class(params: tuple[Param, ...]) -> type[Values]:
    """The class of an operator's parameter values."""
    return type("Values", (Values,), {"__slots__": tuple(p.name for p in params), "params": params})


def parse(owner: str, cls: type[Values], given: dict[str, Any]) -> Values:
    """The values of a call; `_Null` counts as not given.

    Raises ParameterError: for unknown names first (with the nearest known one), then for missing
    ones, then for values out of range.
    """
    known = {p.name: p for p in cls.params}
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ParameterError(
            f"{owner} has no parameter {unknown[0]!r}",
            rule="parameters are " + (", ".join(known) or "none"),
            hint=nearest(unknown[0], known),
        )
    given = {name: value for name, value in given.items() if value is not _Null}
    missing = [p.name for p in cls.params if p.required and p.name not in given]
    if missing:
        raise ParameterError(
            f"{owner} needs the parameter {missing[0]!r}",
            rule=f"{missing[0]}: {known[missing[0]].describe()}",
            hint=known[missing[0]].doc,
        )
    parsed = {}
    for name, value in given.items():
        try:
            parsed[name] = known[name].parse(value)
        except ValueError as error:
            raise ParameterError(
                f"{owner}: {name} cannot be {value!r}",
                rule=f"{name} {error}",
                hint=known[name].doc,
            ) from None
    return cls(parsed)
