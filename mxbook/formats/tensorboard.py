"""Event files of TensorBoard: numbers by name and step, for its page of scalars.

    writer = SummaryWriter("logs")
    writer.add_scalar("loss", 0.5, global_step=1)
    writer.close()

A file is a row of records (as in TFRecord):

    uint64   length of the event          little-endian
    uint32   checksum of these 8 bytes    CRC-32C, masked
    bytes    the event
    uint32   checksum of the event

An event is a protocol buffer: a field is its number with its wire type in one byte, then the value.

    1 double wall_time   2 varint step   3 text file_version, of the first event only
    5 summary, which has 1 value, which has 1 text tag and 2 float simple_value
"""

import os
import struct
import time
import weakref
from functools import lru_cache

POLYNOMIAL = 0x82F63B78  # of CRC-32C, reflected


@lru_cache(1)
def _table() -> tuple[int, ...]:
    """The checksum of each byte."""
    found = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
        found.append(crc)
    return tuple(found)


def crc32c(data: bytes) -> int:
    """The checksum that iSCSI, ext4 and TensorBoard use.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    crc, table = 0xFFFFFFFF, _table()
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def record(data: bytes) -> bytes:
    """An event with its length and checksums.

    >>> len(record(b"event"))
    21
    """
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def _masked(data: bytes) -> bytes:
    """A checksum that may stand among data which has checksums itself."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; negative numbers as in 64 bits."""
    number &= (1 << 64) - 1
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _sized(field: int, content: bytes) -> bytes:
    """A field of bytes: a text, or a message inside."""
    return bytes([field << 3 | 2]) + _varint(len(content)) + content


def scalar_event(tag: str, value: float, step: int, wall_time: float) -> bytes:
    """The event that a number had a value at a step."""
    number = _sized(1, tag.encode()) + b"\x15" + struct.pack("<f", value)
    at = b"\x09" + struct.pack("<d", wall_time) + b"\x10" + _varint(step)
    return at + _sized(5, _sized(1, number))


class SummaryWriter:
    """Writes an event file into a folder, which `tensorboard --logdir FOLDER` shows.

    The names are those of the packages mxboard and tensorboardX.  Raises OSError where the folder
    or file cannot be written.
    """

    def __init__(self, logdir: str | os.PathLike):
        import socket

        os.makedirs(logdir, exist_ok=True)
        now, unique = time.time(), f"{os.getpid()}.{os.urandom(4).hex()}"
        name = f"events.out.tfevents.{int(now):010}.{socket.gethostname()}.{unique}"
        self.path = os.path.join(logdir, name)
        self._file = open(self.path, "xb")  # noqa: SIM115 - closed by close, or with the writer
        weakref.finalize(self, self._file.close)
        version = b"\x09" + struct.pack("<d", now) + _sized(3, b"brain.Event:2")
        self._file.write(record(version))
        self.flush()

    def add_scalar(self, tag: str, value: float, global_step: int = 0) -> None:
        """Write that the number `tag` had a value at a step."""
        self._file.write(record(scalar_event(tag, float(value), int(global_step), time.time())))
        self.flush()

    def flush(self) -> None:
        """Let readers see everything."""
        self._file.flush()

    def close(self) -> None:
        """Finish the file."""
        self._file.close()
