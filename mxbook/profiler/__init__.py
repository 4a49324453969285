"""`mx.profiler`: what ran when, for how long, and who asked for it.

    mx.profiler.set_config(profile_all=True, aggregate_stats=True, filename="profile.json")
    mx.profiler.set_state("run")
    ...
    mx.profiler.set_state("stop")
    print(mx.profiler.dumps())        # by operator, as in MXNet
    print(mx.profiler.by_layer())     # by block
    print(mx.profiler.by_line())      # by line of your program
    mx.profiler.dump()                # profile.json: open it in https://ui.perfetto.dev

The data is the engine's log (`mxbook/engine/log.py`): while the profiler runs, the array layer
gives every operation to the engine, also those it runs itself otherwise, and programs of hybridized
nets tell of every instruction.  `mx.explain.timeline` shows the same record.  Times of all threads
are added up; on a GPU every operation is waited for, so that its time is that of its work.

`MXNET_PROFILER_AUTOSTART=1` in the environment profiles the whole program; the file is written at
its end.  Speed of single operators: `python -m mxbook.profiler exp dot`.

`session.py` what was seen; `options.py` settings; `marks.py` what users mark; `tables.py` and
`trace.py` how it is shown; `writer.py` files written while it runs; `speed.py` the benchmark.

Source: MXNet 1.6, `mxnet.profiler`.
"""

import atexit
import os
import warnings
from typing import Any

from mxbook.base.errors import ParameterError
from mxbook.explain.timeline import Timeline

from . import tables, trace, writer
from .marks import Counter, Domain, Event, Frame, Marker, Task
from .options import FORMATS, PROCESSES, SORTS, checked, options_of
from .session import session
from .speed import measure

__all__ = [
    "Counter",
    "Domain",
    "Event",
    "Frame",
    "Marker",
    "Task",
    "by_layer",
    "by_line",
    "dump",
    "dump_profile",
    "dumps",
    "measure",
    "pause",
    "profiler_kvstore_handle",
    "profiler_set_config",
    "profiler_set_state",
    "resume",
    "set_config",
    "set_kvstore_handle",
    "set_state",
    "timeline",
]

profiler_kvstore_handle: Any = None


def set_kvstore_handle(handle: Any) -> None:
    """Kept for MXNet's sake: the store whose servers were to be profiled."""
    global profiler_kvstore_handle
    profiler_kvstore_handle = handle


def set_config(**kwargs: Any) -> None:
    """Say what to profile and where to write it; what is not named goes back to its default.

    filename            the trace, "profile.json"
    profile_all         everything below
    profile_symbolic    graphs of hybridized nets and executors, with their instructions (True)
    profile_imperative  all other operations (True)
    profile_memory      bytes in use (True)
    profile_api         waits for results (True)
    aggregate_stats     whether `dumps` has something to say (False)
    continuous_dump     also write the file every `dump_period` seconds while running (False; in
                        MXNet True)
    dump_period         1.0
    profile_process     "worker"; servers of a distributed store are not profiled

    Raises ParameterError for other names and for values of the wrong kind.
    """
    options = options_of(kwargs)
    _check_process(options.profile_process)
    session.options = options
    writer.follow()


def set_state(state: str = "stop", profile_process: str = "worker") -> None:
    """Start ("run") or stop ("stop") profiling; stopping waits for what was asked for meanwhile."""
    checked("state", state, ("run", "stop"))
    _check_process(profile_process)
    if state == "run":
        session.run()
    else:
        session.stop()
    writer.follow()


def pause(profile_process: str = "worker") -> None:
    """Look away until `resume`; does nothing while the profiler is stopped."""
    _check_process(profile_process)
    session.pause(True)


def resume(profile_process: str = "worker") -> None:
    """Look again after `pause`."""
    _check_process(profile_process)
    session.pause(False)


def dump(finished: bool = True, profile_process: str = "worker") -> None:
    """Write the trace to the file that `set_config` named, and, if `finished`, stop.

    The file appears in one step, never half.  After a finished dump the next run begins afresh.
    Raises OSError where it cannot be written.
    """
    _check_process(profile_process)
    if finished:
        set_state("stop")
    trace.write(session)
    session.written = bool(finished)


def dumps(
    reset: bool = False, format: str = "table", sort_by: str = "total", ascending: bool = False
) -> str:
    """Counts and times by operator (and whatever else was seen), as a "table" or as "json".

    Sorted by "total", "avg", "min", "max" or "count", the greatest first unless `ascending`.  With
    `reset` all that was seen is forgotten afterwards.  Empty unless `set_config` was told
    `aggregate_stats=True`.  Raises ParameterError for other values.
    """
    _check_flag("reset", reset)
    form, _ = _check_form(format, sort_by, ascending)
    if not session.options.aggregate_stats:
        return ""
    marks, samples = list(session.marks), list(session.samples)
    found = tables.sections(session.timeline(), marks, samples, sort_by, ascending)
    text = tables.as_json(found) if form == "json" else tables.table(found)
    if form == "table" and session.lost:
        text += "The oldest operations are missing: there were more than the log holds.\n"
    if reset:
        session.forget()
    return text


def by_layer(format: str = "table", sort_by: str = "total", ascending: bool = False) -> str:
    """Which block took which share of the time; the backward pass of a block stands by itself.

    Nodes of a symbol that no block made stand under their own names.
    """
    _check_form(format, sort_by, ascending)
    pairs = [(layer or "(no block)", ms) for layer, _, ms in tables.pieces(session.timeline())]
    return tables.shares("block", pairs, sort_by, ascending, format)


def by_line(format: str = "table", sort_by: str = "total", ascending: bool = False) -> str:
    """Which line of the program asked for which share of the time."""
    _check_form(format, sort_by, ascending)
    pairs = [(line or "(unknown)", ms) for _, line, ms in tables.pieces(session.timeline())]
    return tables.shares("line", pairs, sort_by, ascending, format)


def timeline() -> Timeline:
    """What was seen, as the plain data of `mx.explain.timeline`."""
    return session.timeline()


def _check_process(process: str) -> None:
    checked("profile_process", process, PROCESSES)
    if process == "server":
        raise ParameterError(
            "servers cannot be profiled from here",
            rule='profile_process="worker"',
            hint="set MXNET_PROFILER_AUTOSTART=1 in the environment of the server",
        )


def _check_form(form: str, sort_by: str, ascending: bool) -> tuple[str, str]:
    _check_flag("ascending", ascending)
    return checked("format", form, FORMATS), checked("sort_by", sort_by, SORTS)


def _check_flag(name: str, value: Any) -> None:
    if value not in (True, False):
        raise ParameterError(f"{name} cannot be {value!r}", rule="True or False")


# ---- MXNet's older names


def _deprecated(old: str, new: str) -> None:
    message = f"profiler.{old}() is deprecated. Please use profiler.{new}() instead"
    warnings.warn(message, stacklevel=3)


def profiler_set_config(mode: str = "symbolic", filename: str = "profile.json") -> None:
    """The older `set_config`; `mode` is "symbolic", "imperative", "memory", "api" or "all"."""
    _deprecated("profiler_set_config", "set_config")
    set_config(**{f"profile_{mode}": True, "filename": filename})


def profiler_set_state(state: str = "stop") -> None:
    """The older `set_state`."""
    _deprecated("profiler_set_state", "set_state")
    set_state(state)


def dump_profile() -> None:
    """The older `dump`."""
    _deprecated("dump_profile", "dump")
    dump(True)


_process = os.getpid()


def _at_exit() -> None:
    if session.running and os.getpid() == _process:  # the file is not a forked child's to write
        dump()


atexit.register(_at_exit)
