"""Stands in for `cupy.cuda`: two devices with memory, streams and events, all of them pretended.

Work is done at once, so a stream has nothing to wait for; what is checked is the bookkeeping: that
a device exists, that an event was recorded before it is waited for, and that events and streams of
different devices are not mixed up.
"""

import threading
import weakref
from types import SimpleNamespace

import numpy as np

DEVICES = 2
TOTAL_BYTES = 8 * 2**30


class CUDARuntimeError(RuntimeError):
    """What the CUDA runtime answers to an impossible request."""


class _Local(threading.local):
    """A thread's current device, and its current stream on each device."""

    def __init__(self):
        self.device = 0
        self.streams: dict[int, Stream] = {}


_local = _Local()


def current_device() -> int:
    """Number of the thread's current device."""
    return _local.device


def _set_device(number: int) -> None:
    if not 0 <= number < DEVICES:
        raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
    _local.device = number


class Device:
    """A device by number (default: the current one); as a context it is current inside."""

    def __init__(self, device=None):
        self.id = current_device() if device is None else int(device)
        self._before: list[int] = []

    def use(self) -> None:
        """Make it the thread's current device."""
        _set_device(self.id)

    def synchronize(self) -> None:
        """Wait for everything on the device: nothing here, as all work is done at once."""

    @property
    def mem_info(self) -> tuple[int, int]:
        """Free and total bytes."""
        return TOTAL_BYTES - pool_of(self.id).total_bytes(), TOTAL_BYTES

    @property
    def compute_capability(self) -> str:
        """The capability of a recent device."""
        return "90"

    def __enter__(self):
        self._before.append(current_device())
        self.use()
        return self

    def __exit__(self, *exc):
        _set_device(self._before.pop())

    def __eq__(self, other):
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self):
        return hash(self.id)

    def __int__(self):
        return self.id

    def __repr__(self):
        return f"<CUDA Device {self.id}>"


class MemoryPool:
    """Counts the bytes of the arrays of one device: used by arrays, and kept after they died."""

    def __init__(self):
        self._used = self._free = 0
        self._lock = threading.RLock()

    def used_bytes(self) -> int:
        """Bytes that arrays lie on."""
        return self._used

    def free_bytes(self) -> int:
        """Bytes kept for reuse."""
        return self._free

    def total_bytes(self) -> int:
        """Bytes taken from the driver."""
        return self._used + self._free

    def free_all_blocks(self, stream=None) -> None:
        """Give back what is kept for reuse."""
        self._free = 0

    def _take(self, nbytes: int) -> None:
        with self._lock:
            self._free -= min(nbytes, self._free)
            self._used += nbytes

    def _give_back(self, nbytes: int) -> None:
        with self._lock:
            self._used -= nbytes
            self._free += nbytes


_pools = [MemoryPool() for _ in range(DEVICES)]
_homes: dict[int, tuple[weakref.ref, int]] = {}  # id of a block of memory -> the block, its device


def pool_of(device: int) -> MemoryPool:
    """The memory pool of a device."""
    return _pools[device]


def get_default_memory_pool() -> MemoryPool:
    """The memory pool of the current device."""
    return pool_of(current_device())


def home_of(data: np.ndarray) -> int:
    """The device that the memory under `data` belongs to; the current one for new memory.

    Views lie on the memory of another array, so they are where that array is.
    """
    owner = data
    while getattr(owner, "base", None) is not None:
        owner = owner.base
    known = _homes.get(id(owner))
    if known is not None:
        return known[1]
    device, key, nbytes = current_device(), id(owner), owner.nbytes
    pool_of(device)._take(nbytes)

    def forget(_ref) -> None:
        del _homes[key]
        pool_of(device)._give_back(nbytes)

    _homes[key] = (weakref.ref(owner, forget), device)
    return device


class Stream:
    """A queue of work on the device that was current when it was made."""

    def __init__(self, null=False, non_blocking=False, ptds=False):
        self.device_id = current_device()
        self._before: list[Stream] = []

    def use(self):
        """Make it the thread's current stream on its device."""
        _local.streams[self.device_id] = self
        return self

    def synchronize(self) -> None:
        """Wait for the queue."""

    @property
    def done(self) -> bool:
        """Whether the queue is empty."""
        return True

    def record(self, event=None):
        """Put an event into the queue; returns it."""
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event) -> None:
        """Let what follows in the queue wait for an event."""
        if not event._recorded:
            raise CUDARuntimeError("the event was never recorded, so there is nothing to wait for")

    def __enter__(self):
        self._before.append(get_current_stream(self.device_id))
        return self.use()

    def __exit__(self, *exc):
        self._before.pop().use()


_null_streams: dict[int, Stream] = {}


def get_current_stream(device_id: int | None = None) -> Stream:
    """The thread's current stream on a device (the current device)."""
    device = current_device() if device_id is None else device_id
    found = _local.streams.get(device)
    if found is None:
        with Device(device):
            found = _null_streams.setdefault(device, Stream(null=True))
    return found


class Event:
    """A mark in a stream of the device that was current when the event was made."""

    def __init__(self, block=True, disable_timing=False, interprocess=False):
        self._device = current_device()
        self._recorded = False

    def record(self, stream=None) -> None:
        """Put the mark into a stream (the current one)."""
        stream = get_current_stream() if stream is None else stream
        if stream.device_id != self._device:
            raise CUDARuntimeError(
                f"cudaErrorInvalidResourceHandle: an event of device {self._device} "
                f"in a stream of device {stream.device_id}"
            )
        self._recorded = True

    def synchronize(self) -> None:
        """Wait until the mark is reached."""

    @property
    def done(self) -> bool:
        """Whether the mark was reached."""
        return True


def get_elapsed_time(start_event: Event, end_event: Event) -> float:
    """Milliseconds between two recorded events."""
    if not (start_event._recorded and end_event._recorded):
        raise CUDARuntimeError("cudaErrorInvalidResourceHandle: an event was never recorded")
    return 0.0


def is_available() -> bool:
    """Whether there is a device."""
    return True


runtime = SimpleNamespace(
    CUDARuntimeError=CUDARuntimeError,
    getDeviceCount=lambda: DEVICES,
    getDevice=current_device,
    setDevice=_set_device,
    memGetInfo=lambda: Device().mem_info,
    deviceSynchronize=lambda: None,
    driverGetVersion=lambda: 12040,
    runtimeGetVersion=lambda: 12040,
)
