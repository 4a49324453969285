"""`mx.recordio`: record files, and records that are an image (or anything) with a label.

    with mx.recordio.MXIndexedRecordIO("a.idx", "a.rec", "w") as out:
        out.write_idx(0, mx.recordio.pack(mx.recordio.IRHeader(0, 3.0, 0, 0), b"any bytes"))
    header, content = mx.recordio.unpack(mx.recordio.MXRecordIO("a.rec", "r").read())

The format, and which damage can be seen, is described in `formats/recordio.py`.

Source: MXNet 1.6, `mxnet.recordio`.
"""

import numbers
import os
import struct
import threading
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from mxbook.base.errors import FileFormatError, MXNetError, ParameterError
from mxbook.formats import pictures
from mxbook.formats.recordio import RecordReader, RecordWriter, read_index

__all__ = [
    "IRHeader",
    "MXIndexedRecordIO",
    "MXRecordIO",
    "pack",
    "pack_img",
    "unpack",
    "unpack_img",
]


class RecordModeError(MXNetError, RuntimeError):
    """A record file is closed, or open for the other direction, or another process writes it."""


class NoSuchRecordError(MXNetError, KeyError):
    """A key that the index of a record file does not have."""


_reopening = threading.Lock()


def _forked() -> None:
    """In a child process: nobody there holds the lock, whoever held it in the parent."""
    global _reopening
    _reopening = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class MXRecordIO:
    """A record file, read (`flag="r"`) or written (`"w"`) in order.

    A file that is written appears under its name when it is closed, in one step.  Threads may share
    a file: each record is read or written whole, by one of them.  A forked process goes on
    reading from where its parent was, on its own; it cannot write.  A reader can be pickled, and
    starts at the beginning then.

    Raises ParameterError for another flag, OSError for a file that cannot be opened,
    RecordModeError for reading what is written and the like, FileFormatError for damaged files.

    >>> with MXRecordIO("a.rec", "w") as out:
    ...     out.write(b"one")
    ...     out.write(b"two")
    >>> record = MXRecordIO("a.rec", "r")
    >>> record.read(), record.read(), record.read()
    (b'one', b'two', None)

    Source: MXNet 1.6, `mxnet.recordio.MXRecordIO`.
    """

    def __init__(self, uri: str, flag: str):
        self.uri = os.fspath(uri)
        self.flag = flag
        self.is_open = False
        self.open()

    def open(self) -> None:
        """Open the file, at its beginning; one to be written starts out empty."""
        if self.flag not in ("r", "w"):
            raise ParameterError(f"Invalid flag {self.flag}", rule="'r' to read or 'w' to write")
        self.writable = self.flag == "w"
        self._file: Any = (RecordWriter if self.writable else RecordReader)(self.uri)
        self._lock = threading.RLock()
        self.pid = os.getpid()
        self.is_open = True

    def close(self) -> None:
        """Close the file.  One that was written is complete from now on."""
        if not self.is_open:
            return
        self.is_open = False
        if not self.writable:
            self._file.close()
        elif self.pid != os.getpid():
            self._file.disown()
        else:
            try:
                self._finish()
            except BaseException:
                self._file.drop()
                raise

    def _finish(self) -> None:
        self._file.finish()

    def reset(self) -> None:
        """Start again at the beginning; what was written so far is replaced."""
        self.close()
        self.open()

    def write(self, buf: bytes) -> None:
        """Append a record.

        Raises ParameterError for 512 MB and more, DTypeError for what is no bytes.
        """
        with self._for("w") as file:
            file.write(buf)

    def read(self) -> bytes | None:
        """The next record, or None at the end of the file."""
        with self._for("r") as file:
            return file.read()

    def __enter__(self) -> "MXRecordIO":
        return self

    def __exit__(self, error: Any, *_: Any) -> None:
        if error is not None and self.is_open and self.writable and self.pid == os.getpid():
            self.is_open = False  # an unfinished file must not replace a good one
            self._file.drop()
        self.close()

    def __del__(self) -> None:
        if getattr(self, "is_open", False):
            self.close()

    def __getstate__(self) -> dict:
        if self.writable:
            raise RecordModeError(
                "a record file that is being written cannot be pickled",
                place=[("file", self.uri)],
                hint="close it and open it with flag 'r'",
            )
        return {k: v for k, v in self.__dict__.items() if k not in ("_file", "_lock", "pid")}

    def __setstate__(self, d: dict) -> None:
        self.__dict__.update(d)
        if self.is_open:
            self.open()

    @contextmanager
    def _for(self, flag: str) -> Iterator[Any]:
        """The open file for reading or writing, held by this thread inside a `with` block."""
        if self.pid != os.getpid():
            self._reopen()
        with self._lock:
            if not self.is_open:
                raise RecordModeError("the record file is closed", place=[("file", self.uri)])
            if flag != self.flag:
                can, wanted = ("written", "read") if self.writable else ("read", "written")
                raise RecordModeError(
                    f"this record file is being {can}, it cannot be {wanted}",
                    rule="flag 'r' opens a file for reading, 'w' for writing",
                    place=[("file", self.uri)],
                )
            yield self._file

    def _reopen(self) -> None:
        """Go on in a forked process, with a file of its own: the position of the parent's is its
        affair."""
        if self.writable:
            raise RecordModeError(
                "Forbidden operation in multiple processes",
                rule="the process that opened a record file writes it",
                place=[("file", self.uri)],
            )
        with _reopening:
            if self.pid == os.getpid():
                return
            inherited = self._file
            self._file = RecordReader(self.uri)
            self._file.seek(inherited.offset)
            self._file.number = inherited.number
            inherited.close()
            self._lock = threading.RLock()  # a thread of the parent may hold the old one
            self.pid = os.getpid()


class MXIndexedRecordIO(MXRecordIO):
    """A record file with an index, whose records can be read in any order.

    `keys` are the keys in the order of the index, `idx` the offset for each key; `key_type` makes a
    key of a text.  The index is written when the file is closed, together with it.

    Raises what MXRecordIO raises, NoSuchRecordError (a KeyError) for unknown keys.

    >>> with MXIndexedRecordIO("a.idx", "a.rec", "w") as out:
    ...     for i in range(5):
    ...         out.write_idx(i, f"record {i}".encode())
    >>> record = MXIndexedRecordIO("a.idx", "a.rec", "r")
    >>> record.keys, record.read_idx(3), record.read()
    ([0, 1, 2, 3, 4], b'record 3', b'record 4')

    Source: MXNet 1.6, `mxnet.recordio.MXIndexedRecordIO`.
    """

    def __init__(self, idx_path: str, uri: str, flag: str, key_type: Callable[[str], Any] = int):
        self.idx_path = os.fspath(idx_path)
        self.idx: dict[Any, int] = {}
        self.keys: list = []
        self.key_type = key_type
        super().__init__(uri, flag)

    def open(self) -> None:
        """Open the file at its beginning, and read the index of one to be read."""
        found = read_index(self.idx_path, self.key_type) if self.flag == "r" else []
        super().open()
        self.idx = dict(found)
        self.keys = [key for key, _ in found]
        self._index = found

    def _finish(self) -> None:
        self._file.finish((self.idx_path, self._index))

    def seek(self, idx: Any) -> None:
        """Let `read` go on with the record of this key."""
        with self._for("r") as file:
            file.seek(self._offset(idx))

    def tell(self) -> int:
        """The offset at which the next record will be written."""
        with self._for("w") as file:
            return file.offset

    def read_idx(self, idx: Any) -> bytes:
        """The record of a key."""
        with self._for("r") as file:
            offset = self._offset(idx)
            try:
                file.seek(offset)
                record = file.read()
            except FileFormatError as error:
                error.place = (*error.place, ("key", f"{idx!r} of {self.idx_path}"))
                raise
        if record is None:
            raise FileFormatError(
                f"the index leads to the end of the record file for {idx!r}",
                place=[("file", self.uri), ("index", self.idx_path), ("offset", f"byte {offset}")],
                hint="an index of another file, or a file that was cut short",
            )
        return record

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Append a record under a key."""
        key = self.key_type(idx)
        with self._for("w") as file:
            offset = file.write(buf)
            self.idx[key] = offset
            self.keys.append(key)
            self._index.append((key, offset))

    def _offset(self, idx: Any) -> int:
        try:
            return self.idx[idx]
        except KeyError:
            known = ", ".join(map(repr, self.keys[:5])) + (", ..." if len(self.keys) > 5 else "")
            raise NoSuchRecordError(
                f"the index has no key {idx!r}",
                values=[("keys", known or "none")],
                place=[("index", self.idx_path)],
            ) from None


# ---- records with a header

IRHeader = namedtuple("HEADER", ["flag", "label", "id", "id2"])
IRHeader.__doc__ = """What is known of an image: its label (a number, or several), and two numbers.

`flag` is how many numbers the label has, 0 for a single one; `pack` puts it in.
"""
_HEADER = struct.Struct("<IfQQ")


def pack(header: IRHeader, s: bytes) -> bytes:
    """A record of a header and any bytes.

    >>> pack(IRHeader(0, 4.0, 7, 0), b"abc").hex(" ", -4)
    '00000000 00008040 07000000 00000000 00000000 00000000 616263'

    Source: MXNet 1.6, `mxnet.recordio.pack`.
    """
    _flag, label, number, number2 = header
    if isinstance(label, numbers.Number):
        return _HEADER.pack(0, label, number, number2) + s
    if hasattr(label, "asnumpy"):
        label = label.asnumpy()
    values = np.asarray(label, dtype="<f4")
    return _HEADER.pack(values.size, 0, number, number2) + values.tobytes() + s


def unpack(s: bytes) -> tuple[IRHeader, bytes]:
    """The header of a record, and its bytes.

    Raises FileFormatError where the record is too short for them.

    >>> unpack(pack(IRHeader(0, [1, 2], 7, 0), b"abc"))
    (HEADER(flag=2, label=array([1., 2.], dtype=float32), id=7, id2=0), b'abc')

    Source: MXNet 1.6, `mxnet.recordio.unpack`.
    """
    if len(s) < _HEADER.size:
        raise _too_short(s, f"a header of {_HEADER.size} bytes")
    header = IRHeader(*_HEADER.unpack_from(s))
    rest = s[_HEADER.size :]
    if header.flag == 0:
        return header, rest
    end = 4 * header.flag
    if len(rest) < end:
        raise _too_short(
            s, f"a header of {_HEADER.size} bytes and a label of {header.flag} numbers"
        )
    label = np.frombuffer(rest, "<f4", header.flag).astype("float32")
    return header._replace(label=label), rest[end:]


def _too_short(record: bytes, rule: str) -> FileFormatError:
    return FileFormatError(
        f"a record of {len(record)} bytes has no header", rule=rule,
        hint="was it written with recordio.pack?",
    )  # fmt: skip


def unpack_img(s: bytes, iscolor: int = -1) -> tuple[IRHeader, np.ndarray]:
    """The header of a record, and the pixels of its picture, uint8.

    The channels are blue, green, red, as in OpenCV: (height, width, 3).  `iscolor`: 1 always
    colour, 0 always gray (height, width), -1 as it is in the file, transparency included.

    Raises FileFormatError for what is no picture, MXNetError without Pillow and OpenCV.

    >>> pixels = np.zeros((4, 5, 3), "uint8")
    >>> header, found = unpack_img(pack_img(IRHeader(0, 1.0, 0, 0), pixels, img_fmt=".png"))
    >>> header.label, found.shape
    (1.0, (4, 5, 3))

    Source: MXNet 1.6, `mxnet.recordio.unpack_img`.
    """
    header, content = unpack(s)
    return header, pictures.decode_unchanged(content, iscolor)


def pack_img(header: IRHeader, img: np.ndarray, quality: int = 95, img_fmt: str = ".jpg") -> bytes:
    """A record of a header and a picture.

    `img` is uint8, gray (height, width) or blue, green, red (height, width, 3), as in OpenCV.
    `quality` is 1 to 100 for `.jpg`, and 0 to 9, how small the file is to be, for `.png`.

    Raises ParameterError for other forms, MXNetError without Pillow and OpenCV.

    Source: MXNet 1.6, `mxnet.recordio.pack_img`.
    """
    return pack(header, pictures.encode(np.asarray(img), img_fmt, quality, red_first=False))
