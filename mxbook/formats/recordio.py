"""Record files (`.rec`) with their indices (`.idx`): pieces of bytes, one after the other.

A record is one part or several, all numbers little-endian:

    uint32 0xCED7230A             the mark
    uint32 kind << 29 | length    kind 0: all of the record; 1: its first part, 2: a middle, 3: last
    length bytes                  the content
    0 to 3 zero bytes             so that the next part starts at a multiple of 4

Where the four bytes of the mark stand in a record at a multiple of 4, the record is cut there and
the mark left out.  So a mark at a multiple of 4 always starts a part, and whoever jumps to the
middle of a file finds the next record.  An index has a line `key<TAB>offset` for each record.

There is no checksum.  Seen is all damage to marks, kinds and padding, and to lengths, unless the
end of the record moves within its own padding; not seen are changed bytes of the content.
"""

import io
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mxbook.base.errors import DTypeError, FileFormatError, ParameterError

from . import atomic
from .reader import Reader

MARK = struct.pack("<I", 0xCED7230A)
WHOLE, FIRST, MIDDLE, LAST = range(4)
_KINDS = "0 all of a record, 1 its first part, 2 a middle one, 3 the last"
_BITS = 29  # of the length
_STRIDE = 1 << 16  # bytes looked through at once for a mark


def pieces(record: bytes) -> list[bytes]:
    """What a file holds of one record.

    Raises DTypeError for what is no bytes, ParameterError for 512 MB and more.

    >>> b"".join(pieces(b"abc"))
    b'\\n#\\xd7\\xce\\x03\\x00\\x00\\x00abc\\x00'
    """
    if isinstance(record, str):
        raise DTypeError("a record cannot be text", rule="bytes", hint="text.encode() is bytes")
    content = bytes(record)
    if len(content) >= 1 << _BITS:
        raise ParameterError(
            f"a record cannot have {len(content)} bytes", rule=f"fewer than {1 << _BITS}"
        )
    parts = _cut(content)
    kinds = [WHOLE] if len(parts) == 1 else [FIRST, *[MIDDLE] * (len(parts) - 2), LAST]
    found = []
    for kind, part in zip(kinds, parts, strict=True):
        found += [MARK, struct.pack("<I", kind << _BITS | len(part)), part, bytes(-len(part) % 4)]
    return found


def _cut(content: bytes) -> list[bytes]:
    """The content without the marks that stand at multiples of 4, in pieces."""
    parts, start = [], 0
    while (at := _mark_in(content, start)) >= 0:
        parts.append(content[start:at])
        start = at + len(MARK)
    return [*parts, content[start:]]


def _mark_in(content: bytes, start: int = 0) -> int:
    """Where the next mark at a multiple of 4 is, or -1."""
    at = content.find(MARK, start)
    while at % 4 and at >= 0:
        at = content.find(MARK, at + 1)
    return at


# ---- reading


class RecordReader:
    """The records of a file, given by its path or its bytes, in order or from given offsets.

    Raises FileFormatError with offset and record where the file is damaged, OSError where it cannot
    be read.  A record is only given when the file ends behind it or another record starts there.

    >>> reader = RecordReader(b"".join(pieces(b"one") + pieces(b"two")))
    >>> reader.read(), reader.read(), reader.read()
    (b'one', b'two', None)
    """

    def __init__(self, where: str | os.PathLike | bytes, source: str = ""):
        if isinstance(where, str | os.PathLike):
            source = source or os.fspath(where)
            stream: Any = open(where, "rb")  # noqa: SIM115 (closed by close)
        else:
            stream = io.BytesIO(where)
        self.size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        self._reader = Reader(stream, source, self.size)
        self._head: tuple[int, int] | None = None  # of the part at `offset`, if already read
        self.offset = 0  # where the next record starts
        self.number: int | None = 1  # the next record's, where it is known

    def close(self) -> None:
        """Close the file."""
        self._reader.stream.close()

    def __enter__(self) -> "RecordReader":
        return self

    def __exit__(self, *_exc: Any) -> None:
        self.close()

    def seek(self, offset: int) -> None:
        """Go on reading with the record that starts at this byte."""
        if offset == self.offset:
            return
        if not 0 <= offset <= self.size or offset % 4:
            raise self._reader.error(
                f"no record starts at byte {offset}",
                rule=f"a multiple of 4, at most {self.size}, the length of the file",
                hint="an index of another file?",
                at=offset,
            )
        self._go(offset)

    def read(self) -> bytes | None:
        """The next record; None at the end of the file."""
        return self._next(self._content)

    def skip(self) -> int | None:
        """Pass over the next record without reading its content: its offset, None at the end."""
        start = self.offset
        return None if self._next(self._pass) is None else start

    def find(self, offset: int) -> None:
        """Go to the first record that starts at this byte or behind it, or to the file's end."""
        at = offset + -offset % 4
        while at < self.size:
            self._reader.stream.seek(at)
            inside = _mark_in(self._reader.stream.read(_STRIDE))
            if inside < 0:
                at += _STRIDE
                continue
            at += inside
            self._go(at)
            if self._look()[0] in (WHOLE, FIRST):
                return
            at += len(MARK)
        self._go(self.size)

    # what a record is made of

    def _next(self, take: Callable[[int], Any]) -> Any:
        """The next record by `take(length)` for each of its parts, joined."""
        number = f"number {self.number}" if self.number else f"at byte {self.offset}"
        self._reader.place = [("record", number)]
        head = self._look()
        if head is None:
            return None
        kind, length = head
        if kind not in (WHOLE, FIRST):
            raise self._wrong_kind(kind, f"{WHOLE} or {FIRST}, where a record starts")
        parts = [take(length)]
        while kind in (FIRST, MIDDLE):
            kind, length = self._look() or self._reader.unpack("<II", "a record of several parts")
            if kind not in (MIDDLE, LAST):
                raise self._wrong_kind(kind, f"{MIDDLE} or {LAST}, inside a record")
            parts.append(take(length))
        after = self._look()
        if after and after[0] not in (WHOLE, FIRST):
            raise self._wrong_kind(after[0], f"{WHOLE} or {FIRST}, behind a record")
        if self.number:
            self.number += 1
        return parts[0] if len(parts) == 1 else MARK.join(parts)

    def _look(self) -> tuple[int, int] | None:
        """Kind and length of the part at `offset`; None at the end of the file."""
        reader = self._reader
        if self._head is None and self.offset < self.size:
            mark, word = reader.unpack("<4sI", "the head of a record")
            if mark != MARK:
                raise reader.error(
                    "no record starts here",
                    rule=f"a record starts with the bytes {MARK.hex(' ')}",
                    values=[("found", mark.hex(" "))],
                    at=self.offset,
                )
            self._head = word >> _BITS, word & (1 << _BITS) - 1
        return self._head

    def _content(self, length: int) -> bytes:
        """The content of the part at `offset`."""
        reader = self._reader
        start = reader.offset
        content = bytes(reader.take(length, "the content of a record"))
        padding = reader.take(-length % 4, "the padding of a record")
        if any(padding):
            raise reader.error("the padding of a record is not zero", "0 to 3 zero bytes")
        inside = _mark_in(content)
        if inside >= 0:
            raise reader.error(
                "a record starts inside another one",
                rule=f"the bytes {MARK.hex(' ')} at a multiple of 4 start a part",
                at=start + inside,
            )
        self._passed()
        return content

    def _pass(self, length: int) -> bytes:
        reader = self._reader
        end = reader.offset + length + -length % 4
        if end > self.size:
            reader.take(end - reader.offset, "the content of a record")  # raises
        reader.stream.seek(end)
        reader.offset = end
        self._passed()
        return b""

    def _passed(self) -> None:
        self.offset = self._reader.offset
        self._head = None

    def _go(self, offset: int) -> None:
        self._reader.stream.seek(offset)
        self._reader.offset = self.offset = offset
        self._reader.place = []
        self._head = None
        self.number = 1 if offset == 0 else None

    def _wrong_kind(self, kind: int, rule: str) -> FileFormatError:
        return self._reader.error(
            f"a part of kind {kind} stands at a wrong place",
            rule=rule,
            values=[("kinds", _KINDS)],
            at=self.offset,
        )


def records(where: str | os.PathLike | bytes) -> Iterator[bytes]:
    """All records of a file, given by its path or its bytes.

    >>> list(records(b"".join(pieces(b"one") + pieces(b"two"))))
    [b'one', b'two']
    """
    with RecordReader(where) as reader:
        while (record := reader.read()) is not None:
            yield record


def offsets(where: str | os.PathLike | bytes) -> list[int]:
    """Where each record starts; only the heads of the records are read.

    >>> offsets(b"".join(pieces(b"one") + pieces(b"two")))
    [0, 12]
    """
    with RecordReader(where) as reader:
        return list(iter(reader.skip, None))


# ---- writing


class RecordWriter:
    """Writes a record file, which is at `path` when it is finished, not before.

    Raises OSError where it cannot be written.
    """

    def __init__(self, path: str | os.PathLike):
        self._draft = atomic.Draft(path)
        self.offset = 0  # where the next record will start

    def write(self, record: bytes) -> int:
        """Append a record and return its offset; raises what `pieces` raises."""
        start = self.offset
        for piece in pieces(record):
            self._draft.stream.write(piece)
            self.offset += len(piece)
        return start

    def finish(self, index: tuple[str, Iterable[tuple[Any, int]]] | None = None) -> None:
        """Take the place of the file at `path`, and of its index: (path, pairs of key, offset)."""
        other = index and _index_draft(*index)
        try:
            self._draft.finish()
        except BaseException:
            if other:
                other.drop()
            raise
        if other:
            other.finish()

    def drop(self) -> None:
        """Forget what was written."""
        self._draft.drop()

    def disown(self) -> None:
        """In a forked process: leave the file to the parent."""
        self._draft.disown()


# ---- indices


def read_index(path: str | os.PathLike, key_type: Callable[[str], Any] = int) -> list:
    """Pairs of key and offset, in the order of the file; a key may come twice.

    Raises FileFormatError with the number of the line, and OSError.
    """
    found = []
    with open(path, encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            key, _, offset = line.strip().partition("\t")
            if not line.strip():
                continue
            try:
                found.append((key_type(key), int(offset)))
            except ValueError:
                kind = getattr(key_type, "__name__", "key")
                raise FileFormatError(
                    f"line {number} of an index cannot be read",
                    rule=f"a key ({kind}), a tabulator and the record's offset",
                    values=[("found", repr(line.rstrip(chr(10))))],
                    place=[("file", os.fspath(path)), ("line", str(number))],
                ) from None
    return found


def write_index(path: str | os.PathLike, index: Iterable[tuple[Any, int]]) -> None:
    """Write pairs of key and offset as an index file, in one step.  Raises OSError."""
    _index_draft(path, index).finish()


def _index_draft(path: str | os.PathLike, index: Iterable[tuple[Any, int]]) -> atomic.Draft:
    draft = atomic.Draft(path)
    try:
        draft.stream.writelines(f"{key}\t{offset}\n".encode() for key, offset in index)
        draft.settle()
    except BaseException:
        draft.drop()
        raise
    return draft
