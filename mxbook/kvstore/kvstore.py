"""The key-value store of one process: devices push gradients, and pull what came of them."""

import math
import os
import warnings
from collections.abc import Callable
from typing import Any

from mxbook.base.context import Context
from mxbook.base.errors import (
    DeviceError,
    DTypeError,
    MXNetError,
    ParameterError,
    ShapeError,
    nearest,
)
from mxbook.ndarray import NDArray

from . import comm
from .keys import Key, pairs

_HOST = Context("cpu", 0)
_LOCAL = ("local", "local_update_cpu", "local_allreduce_cpu")
_DEVICE = ("device", "local_allreduce_device")
_ELSEWHERE = ("nccl", "dist", "dist_sync", "dist_async", "dist_sync_device", "dist_async_device")


def create(name: str = "local") -> "KVStore":
    """A new store.  `local` adds values up on the processor, `device` where they are pushed first.

    Raises ParameterError for an unknown type, DeviceError for the types that need several
    processes or several GPUs.

    >>> create("device").type
    'device'

    Source: MXNet 1.6, `mx.kv.create`.
    """
    if not isinstance(name, str):
        raise TypeError("name must be a string")
    name = name.lower()
    if name == "nccl" or name.startswith("dist"):
        raise DeviceError(
            f"a KVStore of type {name!r} makes no sense in one process",
            rule="dist_* stores need several processes and nccl several GPUs; both come with "
            "mxbook.distributed",
            hint="within one process 'device' (or 'local') does the same job",
        )
    if name not in _LOCAL + _DEVICE:
        known = _LOCAL + _DEVICE + _ELSEWHERE
        raise ParameterError(
            f"there is no KVStore of type {name!r}",
            rule="one of " + ", ".join(known),
            hint=nearest(name, known),
        )
    return KVStore(name)


class KVStore:
    """One value for each key; made by `create`.

    `push` adds up the arrays of all devices, then either hands the sum to the updater, which
    changes the stored value, or, without an updater, stores the sum.  `pull` copies the stored
    value out.  Keys are whole numbers or texts, of one kind in a store.

    >>> from mxbook import nd, cpu
    >>> kv = create("local")
    >>> kv.init(3, nd.zeros(2))
    >>> kv.push(3, [nd.ones(2, ctx=cpu(i)) for i in range(4)])
    >>> out = nd.zeros(2)
    >>> kv.pull(3, out=out)
    >>> out.asnumpy()
    array([4., 4.], dtype=float32)

    Source: MXNet 1.6, `mxnet.kvstore.KVStore`.
    """

    def __init__(self, handle: str):
        self._type = handle
        self._stored: dict[Key, NDArray] = {}  # its order is that of `init`
        self._places: dict[Key, Context] = {}  # where the values of a key are added up
        self._updater: Callable | None = None
        self._compression: comm.TwoBit | None = None

    # ---- values

    def init(self, key, value) -> None:
        """Set the first value of keys; each key once.

        Raises MXNetError for a key that has a value already, ParameterError for one of the other
        kind.
        """
        found = pairs(key, value)
        for k, arrays in found:
            self._check_kind(k)
            if k in self._stored or len(arrays) != 1:
                raise MXNetError(
                    f"key {k!r} cannot be initialised",
                    rule="init gives each key one value, once; push changes it",
                    values=[("values", str(len(arrays))), ("known keys", _some(self._stored))],
                )
        for k, (array,) in found:
            self._stored[k] = comm.add_up([array], self._first_place(array), 1)

    def push(self, key, value, priority: int = 0) -> None:
        """Add up the arrays of each key and store the sum, or give it to the updater.

        `value` is an array or a list with one for each device (for a list of keys, a list of
        these).  Of the work that waits, a higher `priority` runs first.  Raises MXNetError for a
        key without `init`, ShapeError for arrays of another shape than the stored one.

        >>> from mxbook import nd
        >>> kv = create()
        >>> kv.init(["a", "b"], [nd.zeros(1)] * 2)
        >>> kv.push(["a", "b"], [[nd.ones(1)] * 2, nd.ones(1)])
        """
        for k, arrays in self._known(key, value, "value"):
            if arrays:
                self._push_one(k, arrays, priority)

    def pull(self, key, out=None, priority: int = 0, ignore_sparse: bool = True) -> None:
        """Copy the stored value of each key into `out`: an array or a list, one for each device.

        The element type of `out` may differ.  Sparse arrays in `out` are left as they are, with a
        warning, unless `ignore_sparse` is False: a sparse value is as a rule too large to be
        fetched whole, see `row_sparse_pull`.  Raises MXNetError for a key without `init`,
        ShapeError for another shape.
        """
        if out is None:
            raise ParameterError("pull needs out=", rule="the arrays that receive the values")
        for k, arrays in self._known(key, out, "out"):
            wanted = [a for a in arrays if a.stype == "default" or not ignore_sparse]
            if len(wanted) < len(arrays):
                warnings.warn(
                    f"pull leaves the sparse arrays for key {k!r} as they are; use "
                    "row_sparse_pull, or ignore_sparse=False to fetch all rows",
                    stacklevel=2,
                )
            if wanted:
                comm.hand_out(self._stored[k], wanted, priority)

    def row_sparse_pull(self, key, out=None, priority: int = 0, row_ids=None) -> None:
        """Copy rows of row_sparse values into `out`, for each array those numbered in `row_ids`.

        `out` is a RowSparseNDArray, or a list with one for each device; `row_ids` an array of
        numbers, in any order and more than once, or a list with one for each array of `out` (one
        alone serves all).  Rows that the value does not store become zeros.

        Raises MXNetError for a key without `init`, ParameterError where the numbers of arrays
        differ or a value is not row_sparse.

        >>> from mxbook import nd
        >>> kv = create()
        >>> kv.init("table", nd.ones((3, 2)).tostype("row_sparse"))
        >>> rows = nd.sparse.zeros("row_sparse", (3, 2))
        >>> kv.row_sparse_pull("table", out=rows, row_ids=nd.array([2, 2, 0]))
        >>> rows.indices.asnumpy()
        array([0, 2])
        """
        if out is None or row_ids is None:
            raise ParameterError("row_sparse_pull needs out= and row_ids=")
        row_ids = [row_ids] if isinstance(row_ids, NDArray) else row_ids
        numbers = dict(pairs(key, row_ids, "row_ids"))
        for k, arrays in self._known(key, out, "out"):
            ids = numbers[k] * len(arrays) if len(numbers[k]) == 1 else numbers[k]
            if len(ids) != len(arrays):
                raise ParameterError(
                    f"the number of row_ids for key {k!r} does not match the number of arrays",
                    values=[("row_ids", str(len(ids))), ("out", str(len(arrays)))],
                )
            stored = self._stored[k]
            if any(a.stype != "row_sparse" for a in (stored, *arrays)):
                raise ParameterError(
                    f"rows of key {k!r} cannot be pulled",
                    rule="the stored value and the arrays of out are row_sparse",
                    values=[("stored", repr(stored._spec)), ("out", repr(arrays[0]._spec))],
                    hint="pull copies dense values",
                )
            comm.hand_out_rows(stored, arrays, ids, priority)

    def pushpull(self, key, value, out=None, priority: int = 0) -> None:
        """`push`, then `pull` into `out` (into `value` itself when None).

        >>> from mxbook import nd
        >>> kv = create()
        >>> kv.init(0, nd.zeros(1))
        >>> a, b = nd.ones(1), nd.ones(1)
        >>> kv.pushpull(0, [a, b])
        >>> a.asscalar().item(), b.asscalar().item()
        (2.0, 2.0)
        """
        self.push(key, value, priority)
        self.pull(key, value if out is None else out, priority)

    def _known(self, key, value, what: str) -> list[tuple[Key, list[NDArray]]]:
        """Pairs in the order of processing: sorted numbers, or texts in the order of `init`."""
        found = pairs(key, value, what)
        for k, arrays in found:
            self._check_kind(k)
            stored = self._stored.get(k)
            if stored is None:
                raise MXNetError(
                    f"key {k!r} has no value",
                    rule="init(key, value) before push and pull",
                    values=[("known keys", _some(self._stored))],
                )
            for array in arrays:
                if array.shape != stored.shape:
                    raise ShapeError(
                        f"the {what} of key {k!r} has another shape than the stored value",
                        values=[(what, repr(array._spec)), ("stored", repr(stored._spec))],
                    )
        if len(found) > 1 and isinstance(found[0][0], str):
            order = {k: i for i, k in enumerate(self._stored)}
            return sorted(found, key=lambda pair: order[pair[0]])
        return sorted(found, key=lambda pair: pair[0])

    def _check_kind(self, key: Key) -> None:
        for known in self._stored:
            if type(known) is not type(key):
                raise ParameterError(
                    f"key {key!r} is of another kind than the keys of this store",
                    rule="all keys are whole numbers or all are texts",
                    values=[("known keys", _some(self._stored))],
                )
            return

    def _push_one(self, key: Key, arrays: list[NDArray], priority: int) -> None:
        _check_types(key, arrays)
        place = self._places.setdefault(key, self._first_place(arrays[0]))
        if self._compression:
            if any(a.stype != "default" for a in arrays):
                raise ParameterError(
                    f"what is pushed for key {key!r} is sparse", rule="only dense is compressed"
                )
            arrays = [self._compression.compress(key, i, a) for i, a in enumerate(arrays)]
        total = comm.add_up(arrays, place, self._group, priority)
        if self._updater is None:
            self._stored[key] = total
            return
        if self._stored[key].context != place:
            self._stored[key] = comm.add_up([self._stored[key]], place, 1, priority)
        self._updater(key, total, self._stored[key])

    def _first_place(self, array: NDArray) -> Context:
        return array.context if self._type in _DEVICE else _HOST

    @property
    def _group(self) -> int:
        """How many values are added together before they join the total; see `comm.add_up`."""
        return 1 if self._type in _DEVICE else 4

    # ---- who changes the stored value

    def set_optimizer(self, optimizer) -> None:
        """Let an optimizer change the stored values (weights) with what is pushed (gradients)."""
        from mxbook import optimizer as opt

        self._set_updater(opt.get_updater(optimizer))

    def _set_updater(self, updater: Callable[[Key, NDArray, NDArray], Any]) -> None:
        """Call `updater(key, sum of the pushed, stored value)` at each push; it changes the last.

        >>> from mxbook import nd
        >>> kv = create()
        >>> kv.init(0, nd.ones(1))
        >>> def add(key, pushed, stored):
        ...     stored += pushed
        >>> kv._set_updater(add)
        >>> kv.push(0, nd.ones(1))
        """
        if not callable(updater):
            raise ParameterError(f"the updater cannot be {updater!r}", rule="a function")
        self._updater = updater

    def save_optimizer_states(self, fname: str | os.PathLike, dump_optimizer: bool = False) -> None:
        """Write the states of the optimizer (with `dump_optimizer` also itself) to a file.

        Raises MXNetError without `set_optimizer`.
        """
        from mxbook.formats import atomic

        atomic.write(fname, [self._optimizer_updater().get_states(dump_optimizer)])

    def load_optimizer_states(self, fname: str | os.PathLike) -> None:
        """Read what `save_optimizer_states` wrote.  Raises MXNetError without `set_optimizer`."""
        with open(fname, "rb") as stream:
            self._optimizer_updater().set_states(stream.read())

    def _optimizer_updater(self) -> Any:
        if not hasattr(self._updater, "get_states"):
            raise MXNetError("this store has no optimizer", hint="call set_optimizer first")
        return self._updater

    # ---- what it is

    def set_gradient_compression(self, compression_params: dict[str, Any]) -> None:
        """Round what is pushed to -threshold, 0, +threshold: `{"type": "2bit", "threshold": 0.5}`.

        What is cut off is added to the next push of the same device.  Only for the `device` types.
        Raises ParameterError for anything else.
        """
        if not isinstance(compression_params, dict):
            raise ParameterError("compression_params must be a dict")
        params = dict(compression_params)
        kind, threshold = params.pop("type", None), _number(params.pop("threshold", 0.5))
        if self._type not in _DEVICE or kind != "2bit" or not threshold > 0 or params:
            raise ParameterError(
                f"gradient compression cannot be {compression_params}",
                rule="type '2bit' with a threshold above 0, in a store of type 'device'",
                values=[("store", self._type)],
            )
        self._compression = comm.TwoBit(threshold)

    @property
    def type(self) -> str:
        """The type it was created with."""
        return self._type

    @property
    def rank(self) -> int:
        """The number of this worker process: 0, as there is one."""
        return 0

    @property
    def num_workers(self) -> int:
        """How many worker processes share the store: 1."""
        return 1

    def explain(self) -> None:
        """Print the way of a value through this store, with the choices that are active.

        >>> create("local").explain()
        KVStore 'local': one process, 0 keys
          push     one array, or one for each device
            |
          reduce   added up on cpu(0)
            |
          update   no updater: the sum takes the place of the stored value
            |
          pull     the stored value is copied into every `out`
        """
        print(self._text())

    def _text(self) -> str:
        count = f"{len(self._stored)} key{'s' * (len(self._stored) != 1)}"
        if self._stored:
            count += f" ({_some(self._stored)})"
        push = "one array, or one for each device"
        if self._compression:
            push += f", compressed to 2 bits (threshold {self._compression.threshold:g})"
        places = ", ".join(dict.fromkeys(map(str, self._places.values())))
        device = f"the device that pushed first ({places or 'none yet'})"
        steps = [
            ("push", push),
            ("reduce", f"added up on {device if self._type in _DEVICE else _HOST}"),
            ("update", self._update_text()),
            ("pull", "the stored value is copied into every `out`"),
        ]
        drawn = "\n    |\n".join(f"  {step:<8} {text}" for step, text in steps)
        return f"KVStore {self._type!r}: one process, {count}\n{drawn}"

    def _update_text(self) -> str:
        if self._updater is None:
            return "no updater: the sum takes the place of the stored value"
        optimizer = getattr(self._updater, "optimizer", None)
        if optimizer is not None:
            return f"{type(optimizer).__name__} changes the stored weight with the sum as gradient"
        name = getattr(self._updater, "__name__", type(self._updater).__name__)
        return f"{name}(key, sum, stored value) changes the stored value"


def _check_types(key: Key, arrays: list[NDArray]) -> None:
    if len({a.dtype for a in arrays}) > 1:
        raise DTypeError(
            f"the values of key {key!r} have different element types",
            rule="arrays that are added up have one type",
            values=[(f"value {i}", repr(a._spec)) for i, a in enumerate(arrays)],
        )


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _some(keys) -> str:
    known = [repr(k) for k in keys]
    return ", ".join(known[:8] + ["..."] * (len(known) > 8)) or "none"
