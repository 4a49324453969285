"""Settings: each has a name, a type, a default, an environment variable and a sentence, here only.

    mx.config.show()                    what is set, and where the value came from
    mx.config.inline_elements           read
    mx.config.inline_elements = 1000    change; `reset` goes back

The environment is read once, when mxbook is imported.  MXNet's own variables keep their names.
"""

import os
from collections.abc import Callable
from typing import Any, NamedTuple

from .errors import ConfigError, nearest


class Setting(NamedTuple):
    """One setting: `parse` turns text into the value and raises ValueError when it cannot."""

    name: str
    parse: Callable[[str], Any]
    default: Any
    env: str
    doc: str


def _count(text: str) -> int:
    """A whole number, not negative; 64k, 512M and 2G are understood."""
    scale = {"k": 2**10, "m": 2**20, "g": 2**30}.get(text[-1:].lower(), 1)
    number = int(text[:-1] if scale > 1 else text) * scale
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _engine(text: str) -> str:
    names = ("HybridEngine", "ThreadedEngine", "ThreadedEnginePerDevice", "NaiveEngine")
    if text not in names:
        raise ValueError("must be one of " + ", ".join(names))
    return text


def _fallback(text: str) -> str:
    known = {"0": "silent", "1": "warn"}  # MXNet's values
    if known.get(text, text) not in ("silent", "warn", "raise"):
        raise ValueError("must be silent, warn or raise")
    return known.get(text, text)


def _flag(text: str) -> bool:
    known = {"0": False, "1": True, "false": False, "true": True}
    if text.lower() not in known:
        raise ValueError("must be 0 or 1")
    return known[text.lower()]


SETTINGS = (
    Setting(
        "engine_type",
        _engine,
        "HybridEngine",
        "MXNET_ENGINE_TYPE",
        "HybridEngine runs small ready operations at once and large ones on worker threads; "
        "ThreadedEngine (also under MXNet's name ThreadedEnginePerDevice) sends every operation "
        "to a worker; NaiveEngine runs every operation at once.",
    ),
    Setting(
        "cpu_workers",
        _count,
        0,
        "MXNET_CPU_WORKER_NTHREADS",
        "Worker threads of the engine; 0 means one for each processor core, at most 8.",
    ),
    Setting(
        "blas_threads",
        _count,
        0,
        "MXBOOK_BLAS_THREADS",
        "Threads of NumPy's matrix product when it is computed by itself, at most; 0 leaves that "
        "to NumPy. While workers of the engine share an operation it has one.",
    ),
    Setting(
        "channels_last",
        _flag,
        False,
        "MXBOOK_CHANNELS_LAST",
        "Graphs that are made from now on compute convolutions with many filters with the channels "
        "last in memory, on the processor: a little faster, with other last digits.",
    ),
    Setting(
        "inline_elements",
        _count,
        2**23,
        "MXBOOK_ENGINE_INLINE_ELEMENTS",
        "The hybrid engine runs a ready operation at once when its work is below that of an "
        "elementwise operation on this many elements, about two milliseconds.",
    ),
    Setting(
        "run_ahead_operations",
        _count,
        4096,
        "MXBOOK_ENGINE_RUN_AHEAD_OPERATIONS",
        "A push waits while this many operations are queued, so that a loop without any wait "
        "cannot fill the memory.",
    ),
    Setting(
        "run_ahead_bytes",
        _count,
        2**26,
        "MXBOOK_ENGINE_RUN_AHEAD_BYTES",
        "A push waits while the queued operations are to write more bytes than this (two for each "
        "worker may always be queued).",
    ),
    Setting(
        "compiled",
        _flag,
        True,
        "MXBOOK_COMPILED",
        "Use kernels compiled by Numba, where that is installed, for large arrays of float32; "
        "otherwise NumPy computes everything.",
    ),
    Setting(
        "verify_graphs",
        _flag,
        False,
        "MXBOOK_VERIFY_GRAPHS",
        "Check after each pass over a graph that it still means the same; for those who write "
        "passes.",
    ),
    Setting(
        "profiler_autostart",
        _flag,
        False,
        "MXNET_PROFILER_AUTOSTART",
        "Profile the whole program, from the import of mxbook to its end.",
    ),
    Setting(
        "log_events",
        _count,
        2**16,
        "MXBOOK_ENGINE_LOG_EVENTS",
        "How many events the engine's log remembers before it forgets the oldest.",
    ),
    Setting(
        "pool_bytes",
        _count,
        2**30,
        "MXBOOK_STORAGE_POOL_BYTES",
        "How many free bytes the storage pool of a device keeps for reuse.",
    ),
    Setting(
        "pool_smallest",
        _count,
        2**20,
        "MXBOOK_STORAGE_POOL_SMALLEST",
        "Arrays smaller than this many bytes come from the array library's own small-block cache.",
    ),
    Setting(
        "home",
        str,
        "~/.mxnet",
        "MXNET_HOME",
        "Folder of data sets and model parameters.",
    ),
    Setting(
        "sparse_fallback",
        _fallback,
        "warn",
        "MXNET_STORAGE_FALLBACK_LOG_VERBOSE",
        "What happens where an operator has no kernel for sparse arrays and makes them dense: "
        "warn, raise (an error), or silent.",
    ),
    Setting(
        "enforce_determinism",
        _flag,
        False,
        "MXNET_ENFORCE_DETERMINISM",
        "Refuse algorithms whose result depends on timing.",
    ),
)


class Config:
    """The settings as attributes; see `show`."""

    def __init__(self, environ=os.environ):
        self._settings = {s.name: s for s in SETTINGS}
        self._values: dict[str, Any] = {}
        self._sources: dict[str, str] = {}
        self._listeners: list[Callable[[str], None]] = []
        for s in SETTINGS:
            text = environ.get(s.env)
            self._values[s.name] = s.default if text is None else self._parsed(s, text, s.env)
            self._sources[s.name] = "default" if text is None else f"environment {s.env}={text}"

    def _parsed(self, setting: Setting, text: str, label: str):
        try:
            return setting.parse(text)
        except ValueError as error:
            raise ConfigError(
                f"{setting.name} cannot be {text!r}",
                rule=str(error),
                values=[("from", label)],
                hint=setting.doc,
            ) from None

    def _find(self, name: str) -> Setting:
        if name not in self._settings:
            raise ConfigError(f"there is no setting {name}", hint=nearest(name, self._settings))
        return self._settings[name]

    def __getattr__(self, name: str):
        # Reached only for names that are no ordinary attributes, i.e. for settings.
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._values[name]
        except KeyError:
            hint = nearest(name, self._settings)
            raise AttributeError(f"mx.config has no setting {name}; {hint}") from None

    def __setattr__(self, name: str, value) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
            return
        setting = self._find(name)
        text = str(int(value)) if isinstance(value, bool) else str(value)
        self._change(name, self._parsed(setting, text, "assignment"), "assignment")

    def __dir__(self):
        return [*object.__dir__(self), *self._settings]

    def _change(self, name: str, value, source: str) -> None:
        self._values[name] = value
        self._sources[name] = source
        for listener in self._listeners:
            listener(name)

    def reset(self, name: str) -> None:
        """Go back to the default of one setting."""
        self._change(name, self._find(name).default, "default")

    def on_change(self, listener: Callable[[str], None]) -> None:
        """Call `listener(name)` after a setting has changed."""
        self._listeners.append(listener)

    def table(self) -> list[tuple[str, str, str, str]]:
        """Rows of name, value, source and sentence, in the order of definition."""
        return [(s.name, str(self._values[s.name]), self._sources[s.name], s.doc) for s in SETTINGS]

    def show(self) -> None:
        """Print every setting with its value, where that came from, and what it means."""
        import textwrap

        for name, value, source, doc in self.table():
            print(f"{name} = {value}   ({source})")
            print(textwrap.indent(textwrap.fill(doc, 88), "    "))


config = Config()
