"""CSVIter and LibSVMIter: examples from text files, read line by line.

Source: MXNet 1.6, `mxnet.io.CSVIter` and `mxnet.io.LibSVMIter`.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.dtypes import DEFAULT
from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.ops.params import Shape, Text, Values

from .backend import (
    BATCH_SIZE,
    PARTS,
    PREFETCH,
    ROUND_BATCH,
    Maker,
    MXDataIter,
    Source,
    as_ndarray,
    full_batch,
)
from .batches import DataBatch
from .passes import Passes

NONE = "NULL"  # MXNet's text for a file that is not given


def files_of(path: str) -> list[str]:
    """A file, all files of a folder, or several of these with `;` between them."""
    found: list[str] = []
    for part in filter(None, path.split(";")):
        if os.path.isdir(part):
            inside = (os.path.join(part, name) for name in sorted(os.listdir(part)))
            found += filter(os.path.isfile, inside)
        elif os.path.exists(part):
            found.append(part)
        else:
            raise FileNotFoundError(f"there is no file {part}")
    if not any(map(os.path.getsize, found)):
        raise ParameterError(f"there is nothing in {path!r}", rule="a file with content")
    return found


class Line(NamedTuple):
    """A line of a file, and where it is."""

    text: str
    number: int
    file: str

    def error(self, message: str, rule: str) -> FileFormatError:
        """What is wrong with it, to be raised."""
        return FileFormatError(
            message,
            rule=rule,
            values=[("found", repr(self.text[:60]))],
            place=[("file", self.file), ("line", str(self.number))],
        )


def lines_of(files: list[str], part_index: int = 0, num_parts: int = 1) -> Iterator[Line]:
    """The lines with something in them, of one of several parts of about equal size.

    A line belongs to the part in which it starts.
    """
    sizes = [os.path.getsize(file) for file in files]
    step = -(-sum(sizes) // num_parts)
    first, last = step * part_index, step * (part_index + 1)
    start = 0
    for file, size in zip(files, sizes, strict=True):
        if start < last and first < start + size:
            with open(file, "rb") as stream:
                for number, raw in enumerate(stream, 1):
                    here, start = start, start + len(raw)
                    text = raw.decode("utf-8", "replace").strip()
                    if first <= here < last and text:
                        yield Line(text, number, file)
        else:
            start += size


class _TextSource(Source):
    """Examples that are made of the lines of one file or two."""

    def __init__(self, p: Values, examples: Callable[[int], Iterator]):
        self._p: Any = p
        self.depth = self._p.prefetch_buffer
        self._passes = Passes(examples, self._p.batch_size, getattr(p, "round_batch", True))

    def abandon(self) -> None:
        self._passes.abandon()


# ---- CSV


class _CsvSource(_TextSource):
    def __init__(self, p: Any):
        super().__init__(p, self._examples)
        self._data = files_of(p.data_csv)
        self._label = [] if p.label_csv == NONE else files_of(p.label_csv)
        self._dtype = p.dtype or DEFAULT

    def _examples(self, number: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        p = self._p
        labels = _rows(self._label, p.label_shape, self._dtype)
        nothing = np.zeros(p.label_shape, self._dtype)
        for i, row in enumerate(_rows(self._data, p.data_shape, self._dtype)):
            label = next(labels, None) if self._label else nothing
            if label is None:
                raise FileFormatError(
                    f"{p.label_csv} has only {i} rows, {p.data_csv} has more",
                    rule="a label for each row of the data",
                )
            yield i, row, label

    def batches(self) -> Iterator[DataBatch]:
        size = self._p.batch_size
        data = label = None
        index = np.zeros(size, "uint64")
        for rows, pad in self._passes.batches():
            data = full_batch([row for _, row, _ in rows], size, data, self._dtype)
            label = full_batch([one for _, _, one in rows], size, label, self._dtype)
            index = index.copy()  # what is missing is here, too, as it was before
            index[: len(rows)] = [i for i, _, _ in rows]
            # MXNet's labels have no axis of length 1.
            flat = label[:, 0] if self._p.label_shape == (1,) else label
            yield DataBatch(
                [as_ndarray(data)], [as_ndarray(np.ascontiguousarray(flat))], pad, index
            )


def _rows(files: list[str], shape: tuple[int, ...], dtype: np.dtype) -> Iterator[np.ndarray]:
    """The rows of CSV files as arrays of this shape."""
    width = int(np.prod(shape))
    number = float if dtype.kind == "f" else int
    for line in lines_of(files) if files else ():
        fields = line.text.split(",")
        if len(fields) != width:
            raise line.error(
                f"a row has {len(fields)} numbers, the shape {shape} has {width}",
                rule="as many numbers in each row as the shape has",
            )
        try:
            yield np.array([number(field) for field in fields], dtype).reshape(shape)
        except (ValueError, OverflowError):
            kind = "numbers" if number is float else "whole numbers"
            raise line.error(
                f"a row is not {kind}", rule=f"{kind} with commas between them"
            ) from None


_CSVIter = Maker(
    "CSVIter",
    (
        Text("data_csv", doc="The file of the data; a folder stands for all its files."),
        Shape("data_shape", doc="Shape of an example, which is one row."),
        Text("label_csv", NONE, doc="The file of the labels; without one they are all 0."),
        Shape("label_shape", (1,), doc="Shape of a label, which is one row."),
        BATCH_SIZE,
        ROUND_BATCH,
        *PREFETCH,
    ),
    _CsvSource,
)


@_CSVIter
def CSVIter(*args: Any, **kwargs: Any) -> MXDataIter:  # noqa: N802 - MXNet's name
    """Batches from CSV files: a row of numbers, separated by commas, is an example.

    >>> from pathlib import Path
    >>> _ = Path("a.csv").write_text("1,2\\n3,4\\n5,6\\n")
    >>> data = CSVIter(data_csv="a.csv", data_shape=(2,), batch_size=2)
    >>> [(batch.data[0].asnumpy().tolist(), batch.pad) for batch in data]
    [([[1.0, 2.0], [3.0, 4.0]], 0), ([[5.0, 6.0], [1.0, 2.0]], 1)]

    Raises FileFormatError, with file and line, for rows of other lengths and what is no number.

    Source: MXNet 1.6, `mxnet.io.CSVIter`.
    """
    return _CSVIter.make(args, kwargs)


# ---- LibSVM


class _Row(NamedTuple):
    """A sparse row: the label in front, places and values."""

    label: float
    places: list[int]
    values: list[float]


class _SvmSource(_TextSource):
    def __init__(self, p: Any):
        super().__init__(p, self._examples)
        if not p.round_batch:
            raise ParameterError("LibSVMIter needs round_batch=True", rule="as in MXNet")
        separate = p.label_libsvm != NONE
        for name, shape in (("data_shape", p.data_shape), ("label_shape", p.label_shape)):
            if len(shape) != 1:
                raise ParameterError(f"{name} cannot be {shape}", rule="one length, as in (3,)")
        if separate == (p.label_shape == (1,)):
            raise ParameterError(
                f"label_shape cannot be {p.label_shape}",
                rule="(1,) without a label_libsvm, another length with one",
            )
        _check_part(p)
        self._data = files_of(p.data_libsvm)
        self._label = files_of(p.label_libsvm) if separate else []

    def _examples(self, number: int) -> Iterator[tuple[int, _Row, _Row | None]]:
        p = self._p
        part = p.part_index, p.num_parts
        labels = _sparse_rows(self._label, p.label_shape[0], *part)
        for i, row in enumerate(_sparse_rows(self._data, p.data_shape[0], *part)):
            label = next(labels, None)
            if self._label and label is None:
                raise FileFormatError(
                    f"{p.label_libsvm} has only {i} rows, {p.data_libsvm} has more",
                    rule="a label for each row of the data",
                )
            yield i, row, label

    def batches(self) -> Iterator[DataBatch]:
        p = self._p
        dtype = p.dtype or DEFAULT
        for rows, pad in self._passes.batches():
            data = _csr([row for _, row, _ in rows], p.data_shape[0], dtype)
            if self._label:
                label = _csr([one for _, _, one in rows], p.label_shape[0], dtype)
            else:
                label = as_ndarray(np.array([row.label for _, row, _ in rows], dtype))
            index = np.array([i for i, _, _ in rows], "uint64")
            yield DataBatch([data], [label], pad, index)


def _check_part(p: Any) -> None:
    if p.part_index >= p.num_parts:
        raise ParameterError(
            f"there is no part {p.part_index} of {p.num_parts}",
            rule="0 <= part_index < num_parts",
        )


def _sparse_rows(files: list[str], width: int, part_index: int, num_parts: int) -> Iterator[_Row]:
    """The rows of LibSVM files: `label place:value place:value ...`, places counted from 0."""
    for line in lines_of(files, part_index, num_parts) if files else ():
        fields = line.text.partition("#")[0].split()
        if not fields:
            continue
        try:
            label = float(fields[0].partition(":")[0])
            pairs = [f.split(":") for f in fields[1:] if not f.startswith("qid:")]
            found = sorted((int(place), float(value)) for place, value in pairs)
        except ValueError:
            raise line.error("a row cannot be read", "label place:value place:value ...") from None
        places = [place for place, _ in found]
        if places and not 0 <= places[0] <= places[-1] < width:
            raise line.error(
                f"a place is outside the shape ({width},)", f"places from 0 to {width - 1}"
            )
        if len(set(places)) < len(places):
            raise line.error("a place comes twice", "one value for each place")
        yield _Row(label, places, [value for _, value in found])


def _csr(rows: list, width: int, dtype: Any) -> Any:
    ends = np.cumsum([0, *(len(row.places) for row in rows)])
    values = np.array([v for row in rows for v in row.values], dtype)
    places = np.array([p for row in rows for p in row.places], "int64")
    return nd.sparse.csr_matrix((values, places, ends), shape=(len(rows), width), dtype=dtype)


_LibSVMIter = Maker(
    "LibSVMIter",
    (
        Text("data_libsvm", doc="The file of the data; a folder stands for all its files."),
        Shape("data_shape", doc="Length of a row, as in (3,)."),
        Text("label_libsvm", NONE, doc="The file of the labels; without one they are in the data."),
        Shape("label_shape", (1,), doc="Length of a label's row; (1,) without a file of labels."),
        *PARTS,
        BATCH_SIZE,
        ROUND_BATCH,
        *PREFETCH,
    ),
    _SvmSource,
)


@_LibSVMIter
def LibSVMIter(*args: Any, **kwargs: Any) -> MXDataIter:  # noqa: N802 - MXNet's name
    """Batches of csr matrices from LibSVM files: `label place:value place:value ...` in each line.

    Places are counted from 0.  Labels are a dense vector, or csr where they have a file.

    >>> from pathlib import Path
    >>> _ = Path("a.t").write_text("1.0 0:0.5 2:1.5\\n-2.0\\n")
    >>> batch = next(LibSVMIter(data_libsvm="a.t", data_shape=(3,), batch_size=2))
    >>> batch.data[0].asnumpy().tolist(), batch.label[0].asnumpy().tolist()
    ([[0.5, 0.0, 1.5], [0.0, 0.0, 0.0]], [1.0, -2.0])

    Raises FileFormatError, with file and line, for what cannot be read.

    Source: MXNet 1.6, `mxnet.io.LibSVMIter`.
    """
    return _LibSVMIter.make(args, kwargs)
