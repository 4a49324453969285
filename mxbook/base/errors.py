"""Every error that mxbook raises, and how it is written.

An error has five parts: what failed, the rule in words, the values and where they came from,
the place (cell, line, block), and a hint.  Only the first is obligatory.

The tree, with the built-in exception each class also is, so that ordinary Python idioms
(`except ValueError`) keep working::

    MXNetError
    |-- ShapeError            ValueError     shapes that an operator cannot combine
    |-- DTypeError            TypeError      element types that do not fit
    |-- ParameterError        ValueError     unknown, missing or impossible operator parameters
    |-- ContextError          ValueError     arrays on the wrong device, unknown devices
    |-- DeviceError           RuntimeError   a device that this machine does not offer
    |-- IndexingError         IndexError     an index outside an array
    |-- FileFormatError       ValueError     a file that is damaged or of another kind
    |-- StorageError          MemoryError    memory that could not be had
    |-- ConfigError           ValueError     a setting that does not exist or a value it cannot take
    `-- EngineError           RuntimeError   an operation that failed while the engine ran it
        |-- OperationError                   ... with the operation, where pushed, where noticed
        `-- CancelledError                   work dropped because the user interrupted a wait
"""

from collections.abc import Iterable


class MXNetError(Exception):
    """Root of all errors of mxbook.

    `message` says what failed; `rule` what would have been right; `values` and `place` are
    pairs of a label and a text; `hint` says what to try.

    >>> raise MXNetError("cannot add", rule="shapes must agree", hint="reshape one of them")
    Traceback (most recent call last):
    mxbook.base.errors.MXNetError: cannot add
      rule     shapes must agree
      hint     reshape one of them
    """

    def __init__(
        self,
        message: str = "",
        *,
        rule: str = "",
        values: Iterable[tuple[str, str]] = (),
        place: Iterable[tuple[str, str]] = (),
        hint: str = "",
    ):
        super().__init__(message)
        self.message = message
        self.rule = rule
        self.values = tuple(values)
        self.place = tuple(place)
        self.hint = hint

    def parts(self) -> list[tuple[str, str]]:
        """The labelled lines below the message, in the order they are shown."""
        rule = [("rule", self.rule)] if self.rule else []
        hint = [("hint", self.hint)] if self.hint else []
        return [*rule, *self.values, *self.place, *hint]

    def __str__(self) -> str:
        rows = self.parts()
        width = max([8, *(len(label) for label, _ in rows)])
        indent = "\n" + " " * (width + 3)
        lines = [f"  {label:<{width}} {text.replace(chr(10), indent)}" for label, text in rows]
        return "\n".join([str(self.message), *lines])

    def __reduce__(self):
        # Keyword-only arguments do not survive Exception's own pickling.
        return _rebuild, (type(self), self.message, self.__dict__.copy())


def _rebuild(cls: type[MXNetError], message: str, state: dict) -> MXNetError:
    error = cls(message)
    error.__dict__.update(state)
    return error


class ShapeError(MXNetError, ValueError):
    """Shapes that an operator cannot combine."""


class DTypeError(MXNetError, TypeError):
    """Element types that an operator cannot combine or that do not exist."""


class ParameterError(MXNetError, ValueError):
    """An operator parameter that is unknown, missing or out of its range."""


class ContextError(MXNetError, ValueError):
    """Arrays on different devices, or a device name that does not exist."""


class DeviceError(MXNetError, RuntimeError):
    """A device that this machine does not offer, and what is missing."""


class IndexingError(MXNetError, IndexError):
    """An index that lies outside its array or is of a wrong kind."""


class FileFormatError(MXNetError, ValueError):
    """A file that is damaged, cut short or not of the expected kind."""


class StorageError(MXNetError, MemoryError):
    """Memory that could not be allocated."""


class NotSupportedForSparseNDArray(MXNetError):  # noqa: N818 - MXNet's name
    """Something that a sparse array cannot do."""


class NotImplementedForSymbol(MXNetError):  # noqa: N818 - MXNet's name
    """Something that arrays have and symbols, which have no values yet, cannot have."""


class CompiledKernelWarning(UserWarning):
    """Compiled kernels cannot be used; NumPy computes instead."""


class SparseFallbackWarning(UserWarning):
    """A sparse array was made dense, because an operator has no kernel for it."""


class ConfigError(MXNetError, ValueError):
    """A setting that does not exist, or a value that it cannot take."""


class EngineError(MXNetError, RuntimeError):
    """Something went wrong while the engine ran operations."""


class OperationError(EngineError):
    """An operation failed; raised where its result is waited for."""


class CancelledError(EngineError):
    """Queued work that was dropped because a wait was interrupted."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the most similar known name, or an empty text.

    >>> nearest("num_hiden", ["num_hidden", "no_bias"])
    'did you mean num_hidden?'
    """
    import difflib  # only when something went wrong

    found = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {found[0]}?" if found else ""
