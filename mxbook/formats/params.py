"""MXNet's binary files of arrays: `.params`, and whatever `nd.save` writes.

All numbers are little-endian.  A file is

    uint64 0x112, uint64 0        the mark of the file, and room that MXNet left
    uint64 n, then n records      the arrays
    uint64 m, then m names        m is n, or 0 for a list; a name is uint64 length, then UTF-8

and a record is

    uint32 mark                   V1, V2, V3; in the oldest files the number of axes itself
    int32 storage type            V2, V3: 0 dense, 1 row_sparse, 2 csr
    shape of the stored values    sparse only
    shape                         uint32 number of axes, then int64 (oldest: uint32) lengths
    int32, int32                  device type and number of the context
    int32                         element type
    int32, shape                  sparse only, for each index array: its element type and shape
    values, index arrays          in the order announced; csr: indptr, indices

MXNet writes V2, under NumPy semantics (`npx.save`) V3; a V3 file has dense arrays only.
"""

import os
import struct
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress

import numpy as np

from mxbook.base.context import Context
from mxbook.base.dtypes import CODES, NAMES, TYPES, as_dtype
from mxbook.base.errors import FileFormatError, MXNetError, ParameterError, ShapeError
from mxbook.base.sparse import STYPES, SparseParts

from . import atomic
from .reader import MAX_NDIM, Reader, reading

FILE_MARK = 0x112
V1, V2, V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
LAYOUTS = {V1: "V1", V2: "V2", V3: "V3"}
INDEX_TYPES = ("int32", "int64")
_CPU = (Context.devstr2type["cpu"], 0)
_TAIL = 1 << 16  # bytes at the end of a file in which names are looked for

# What people load by mistake, by its first bytes.
_OTHER_FILES = {
    b"PK\x03\x04": "it is a zip archive, perhaps an .npz file: see numpy.load",
    b"\x93NUMPY": "it is an .npy file: see numpy.load",
    b"{": "it is JSON, perhaps a -symbol.json file: see symbol.load",
    b"\x80": "it is a pickle, perhaps a .states file: see Trainer.load_states",
    b"\x0a\x23\xd7\xce": "it is a record file: see recordio",
    b"\x1f\x8b": "it is compressed with gzip: unpack it first",
    b"<": "it is a web page: the download went wrong",
    b"version https://git-lfs": "it is a placeholder of git-lfs: fetch the file with git lfs pull",
}


class Record:
    """One entry of a file: `array` (ndarray or SparseParts), `name` (None in a list), the
    `context` it was saved from, the `layout` ("V0" to "V3") and the byte `offset` it starts at.
    """

    __slots__ = ("array", "context", "layout", "name", "offset")

    def __init__(self, array: np.ndarray | SparseParts, context: Context, layout: str, offset: int):
        self.array = array
        self.context = context
        self.layout = layout
        self.offset = offset
        self.name: str | None = None

    def __repr__(self) -> str:
        array = self.array
        what = array if isinstance(array, SparseParts) else f"{array.dtype} {array.shape}"
        return f"Record({self.name!r}, {what}, {self.context}, {self.layout})"


def dumps(
    arrays: Iterable[np.ndarray | SparseParts],
    names: Iterable[str] = (),
    *,
    np_shape: bool | None = None,
) -> bytes:
    """The bytes of a file with `arrays`, as MXNet 1.6 writes them from `cpu(0)`.

    `names` is empty (a list) or has one name for each array.  `np_shape`: True writes as
    `npx.save` (V3), False as `nd.save` (V2); None chooses V3 if some array has no axes, because
    MXNet cannot read such an array back from V2.

    Raises ParameterError for names that do not match the arrays and for sparse arrays in V3,
    ShapeError for unsound sparse arrays, DTypeError for element types that MXNet 1.6 lacks.

    >>> loads(dumps([np.arange(3)], ["x"]))
    ([array([0, 1, 2])], ['x'])
    """
    return b"".join(_pieces(list(arrays), list(names), np_shape))


def save(
    path: str | os.PathLike,
    arrays: Iterable[np.ndarray | SparseParts],
    names: Iterable[str] = (),
    *,
    np_shape: bool | None = None,
) -> None:
    """Write what `dumps` makes to a file, in one step: a crash leaves the old file whole.

    Raises what `dumps` raises, before the file is touched, and OSError.
    """
    atomic.write(path, _pieces(list(arrays), list(names), np_shape))


def loads(data: bytes, source: str = "") -> tuple[list[np.ndarray | SparseParts], list[str]]:
    """The arrays and the names (none for a list) in the bytes of a file.

    `source` says in errors where the bytes came from.  Raises FileFormatError.

    >>> loads(dumps([np.zeros(2, "float16")]))
    ([array([0., 0.], dtype=float16)], [])
    """
    with reading(data, source) as reader:
        return _arrays_and_names(_read_file(reader))


def load(path: str | os.PathLike) -> tuple[list[np.ndarray | SparseParts], list[str]]:
    """The arrays and the names (none for a list) in a file.

    Raises FileFormatError for a damaged file, OSError for one that cannot be read.
    """
    return _arrays_and_names(records(path))


def records(where: str | os.PathLike | bytes) -> list[Record]:
    """Everything that is in a file, given by its path or its bytes: see `Record`.

    >>> records(dumps([np.zeros((2, 3), "int8")], ["w"]))
    [Record('w', int8 (2, 3), cpu(0), V2)]
    """
    with reading(where) as reader:
        return _read_file(reader)


# ---- writing


def _pieces(arrays: list, names: list, np_shape: bool | None) -> list:
    """The content of a file as bytes and arrays, so that large arrays are not copied."""
    if names and len(names) != len(arrays):
        raise ParameterError(
            f"{len(arrays)} arrays cannot have {len(names)} names",
            rule="one name for each array, or none at all",
        )
    arrays = [a if isinstance(a, SparseParts) else np.asarray(a) for a in arrays]
    if np_shape is None:
        np_shape = any(a.shape == () for a in arrays)
    pieces: list = [struct.pack("<QQQ", FILE_MARK, 0, len(arrays))]
    for number, array in enumerate(arrays):
        try:
            write = _sparse_pieces if isinstance(array, SparseParts) else _dense_pieces
            pieces += write(array, np_shape)
        except MXNetError as error:
            label = repr(names[number]) if names else f"number {number + 1} of {len(arrays)}"
            error.place = (*error.place, ("array", label))
            raise
    pieces.append(struct.pack("<Q", len(names)))
    pieces += [_name_bytes(name) for name in names]
    return pieces


def _name_bytes(name: str) -> bytes:
    if not isinstance(name, str):
        raise ParameterError(f"{name!r} cannot be the name of an array", rule="names are str")
    text = name.encode()
    return struct.pack("<Q", len(text)) + text


def _shape_bytes(shape: Sequence[int]) -> bytes:
    return struct.pack(f"<I{len(shape)}q", len(shape), *shape)


def _values(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The elements in file order, as bytes; a view where that is possible."""
    return np.ascontiguousarray(array, dtype.newbyteorder("<")).reshape(-1).view(np.uint8)


def _dense_pieces(array: np.ndarray, np_shape: bool) -> list:
    dtype = as_dtype(array.dtype)
    head = struct.pack("<Ii", V3 if np_shape else V2, STYPES.index("default"))
    tail = struct.pack("<iii", *_CPU, CODES[dtype.name])
    return [head, _shape_bytes(array.shape), tail, _values(array, dtype)]


def _sparse_pieces(parts: SparseParts, np_shape: bool) -> list:
    if rule := parts.broken_rule():
        raise ShapeError(f"the parts of a {parts.stype} array do not fit together", rule=rule)
    if np_shape:
        raise ParameterError(
            f"a {parts.stype} array cannot be saved under NumPy semantics",
            rule="such a file (and any with an array without axes) holds dense arrays only",
            hint="save the sparse arrays to a file of their own, or convert them to dense ones",
        )
    dtype = as_dtype(parts.data.dtype)
    indices = [parts.indices] if parts.indptr is None else [parts.indptr, parts.indices]
    head = [
        struct.pack("<Ii", V2, STYPES.index(parts.stype)),
        _shape_bytes(parts.data.shape),
        _shape_bytes(parts.shape),
        struct.pack("<iii", *_CPU, CODES[dtype.name]),
    ]
    # MXNet's own index arrays are always int64.
    for index in indices:
        head += [struct.pack("<i", CODES["int64"]), _shape_bytes(index.shape)]
    return [*head, _values(parts.data, dtype), *(_values(i, TYPES["int64"]) for i in indices)]


# ---- reading


def _arrays_and_names(found: list[Record]) -> tuple[list[np.ndarray | SparseParts], list[str]]:
    return [r.array for r in found], [r.name for r in found if r.name is not None]


def _read_file(reader: Reader) -> list[Record]:
    first = reader.take(8, "the mark of the file")
    if first != struct.pack("<Q", FILE_MARK):
        raise reader.error(
            "this is not a .params file",
            rule=f"it starts with the bytes {struct.pack('<Q', FILE_MARK).hex(' ')}",
            values=[("found", first.hex(" "))],
            hint=next((h for start, h in _OTHER_FILES.items() if first.startswith(start[:8])), ""),
            at=0,
        )
    reader.take(8, "the room after the mark")  # MXNet does not look at it either
    (count,) = reader.unpack("<Q", "the number of arrays")
    found = []
    for number in range(1, count + 1):
        reader.place = [("record", f"{number} of {count}")]
        try:
            found.append(_read_record(reader))
        except FileFormatError as error:
            error.place = (*error.place, *_name_at_end(reader, number - 1, count))
            raise
    reader.place = []
    for record, name in zip(found, _read_names(reader, count), strict=False):
        record.name = name
    reader.finish()
    return found


def _read_names(reader: Reader, arrays: int) -> list[str]:
    start = reader.offset
    (count,) = reader.unpack("<Q", "the number of names")
    if count not in (0, arrays):
        raise reader.error(
            f"{count} names for {arrays} arrays", rule="one name for each array, or none", at=start
        )
    names = []
    for number in range(1, count + 1):
        reader.place = [("name", f"{number} of {count}")]
        (length,) = reader.unpack("<Q", "the length of a name")
        start = reader.offset
        try:
            names.append(reader.take(length, "a name").decode())
        except UnicodeDecodeError as error:
            at = start + error.start
            raise reader.error("a name is not text", rule="names are UTF-8", at=at) from None
    reader.place = []
    return names


def _name_at_end(reader: Reader, index: int, count: int) -> list[tuple[str, str]]:
    """The name of a record that could not be read, if the list at the end of the file is whole."""
    if reader.size is None:
        return []
    reader.stream.seek(max(reader.offset, reader.size - _TAIL))
    tail = reader.stream.read(_TAIL)
    mark = struct.pack("<Q", count)
    at = len(tail)
    # Other numbers may look like the count, but only the list ends where the file ends.
    for _ in range(16):
        at = tail.rfind(mark, 0, at + 7)
        if at < 0:
            break
        with reading(tail[at:]) as rest, suppress(FileFormatError):
            names = _read_names(rest, count)
            rest.finish()
            return [("name", repr(names[index]))]
    return []


def _read_record(reader: Reader) -> Record:
    start = reader.offset
    (mark,) = reader.unpack("<I", "the mark of a record")
    stype = _read_stype(reader, mark) if mark in (V2, V3) else "default"
    stored = _read_shape(reader, "the shape of the stored values") if stype != "default" else ()
    if mark in LAYOUTS:
        shape = _read_shape(reader, "the shape")
    elif 0 < mark <= MAX_NDIM:
        shape = reader.unpack(f"<{mark}I", "the shape")
    else:
        raise reader.error(
            "no array starts here",
            rule="a record starts with " + ", ".join(f"{m:#x}" for m in LAYOUTS),
            values=[("found", f"{mark:#x}")],
            at=start,
        )
    context = _read_context(reader)
    dtype = _read_dtype(reader, CODES)
    if stype == "default":
        array: np.ndarray | SparseParts = _read_values(reader, shape, dtype)
    else:
        array = _read_sparse(reader, stype, stored, shape, dtype)
    return Record(array, context, LAYOUTS.get(mark, "V0"), start)


def _read_stype(reader: Reader, mark: int) -> str:
    start = reader.offset
    (code,) = reader.unpack("<i", "the storage type")
    allowed = STYPES if mark == V2 else STYPES[:1]
    if not 0 <= code < len(allowed):
        raise reader.error(
            f"{code} is no storage type here",
            rule=", ".join(f"{i} {name}" for i, name in enumerate(allowed)),
            at=start,
        )
    return allowed[code]


def _read_shape(reader: Reader, what: str) -> tuple[int, ...]:
    start = reader.offset
    (ndim,) = reader.unpack("<I", what)
    if ndim > MAX_NDIM:
        raise reader.error(f"{what} cannot have {ndim} axes", rule=f"at most {MAX_NDIM}", at=start)
    shape = reader.unpack(f"<{ndim}q", what)
    if min(shape, default=0) < 0:
        raise reader.error(f"{what} cannot be {shape}", rule="lengths are not negative", at=start)
    return shape


def _read_context(reader: Reader) -> Context:
    start = reader.offset
    kind, number = reader.unpack("<ii", "the context")
    if kind not in Context.devtype2str:
        raise reader.error(
            f"{kind} is no device type",
            rule=", ".join(f"{code} {name}" for code, name in Context.devtype2str.items()),
            at=start,
        )
    return Context(Context.devtype2str[kind], number)


def _read_dtype(reader: Reader, allowed: Collection[str]) -> np.dtype:
    start = reader.offset
    (code,) = reader.unpack("<i", "the element type")
    name = NAMES.get(code, "")
    if name not in allowed:
        raise reader.error(
            f"{code} is no element type here",
            rule=", ".join(f"{CODES[n]} {n}" for n in allowed),
            hint="written by an MXNet later than 1.6, or damaged",
            at=start,
        )
    return TYPES[name]


def _read_values(reader: Reader, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    start = reader.offset
    array = reader.array(shape, dtype.newbyteorder("<"), "the values of an array")
    if dtype == TYPES["bool"]:
        # NumPy takes the two bytes on trust; others would give wrong sums and comparisons.
        wrong = array.reshape(-1).view(np.uint8) > 1
        if wrong.any():
            at = start + int(wrong.argmax())
            raise reader.error("a bool is neither 0 nor 1", rule="0 or 1", at=at)
    return array


def _read_sparse(
    reader: Reader, stype: str, stored: tuple[int, ...], shape: tuple[int, ...], dtype: np.dtype
) -> SparseParts:
    heads = []
    for _ in range(2 if stype == "csr" else 1):
        index_type = _read_dtype(reader, INDEX_TYPES)
        heads.append((_read_shape(reader, "the shape of the indices"), index_type))
    if stype == "row_sparse":  # MXNet may write an old number of rows before the right one
        stored = (*heads[0][0], *stored[1:])
    start = reader.offset
    data = _read_values(reader, stored, dtype)
    *indptr, indices = [
        reader.array(s, t.newbyteorder("<"), "the indices of a sparse array") for s, t in heads
    ]
    parts = SparseParts(stype, data, indices, indptr[0] if indptr else None, shape)
    if rule := parts.broken_rule():
        raise reader.error(f"the parts of a {stype} array do not fit together", rule=rule, at=start)
    return parts


# ---- what makes sparse parts sound
