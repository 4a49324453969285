"""The records of record files, pass after pass: parts, orders, chunks.

With an index every order is possible, and is drawn anew for each pass.  Without one a file is
read from start to end; `shuffle` then mixes what is in memory at a time, and the order of chunks.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from mxbook.base.errors import ParameterError
from mxbook.formats.recordio import RecordReader, read_index

from .order import Orders
from .text import files_of

MEGABYTE = 1 << 20
CHUNK = 64  # megabytes mixed together where `shuffle_chunk_size` does not say
SEED = 111  # MXNet adds it to the seed


class Record(NamedTuple):
    """A record, and where it is."""

    content: bytes
    file: str
    offset: int


class Range(NamedTuple):
    """The records of a file that start at `first` or behind it, and before `last`."""

    file: str
    first: int
    last: int

    def records(self) -> Iterator[Record]:
        """All of them, in order."""
        with RecordReader(self.file) as reader:
            reader.find(self.first)
            while (offset := reader.offset) < self.last:
                content = reader.read()
                if content is None:
                    return
                yield Record(content, self.file, offset)


class Records:
    """One part of the records of `path`: a file, a folder, or files with `;` between them.

    `part_index`, `num_parts`: which of how many parts of about equal size.  `shuffle`: whether each
    pass has its own order, decided by `seed`.  `index`: the path of the index, of a single file.
    `chunk_size`: megabytes that are mixed together without an index; if given, the order of these
    chunks is mixed, too, as `chunk_seed` decides.

    Raises ParameterError for arguments that do not go together, OSError for files that cannot be
    read; reading raises FileFormatError where they are damaged.
    """

    def __init__(
        self,
        path: str,
        index: str = "",
        part_index: int = 0,
        num_parts: int = 1,
        shuffle: bool = False,
        seed: int = 0,
        chunk_size: int = 0,
        chunk_seed: int = 0,
    ):
        if part_index >= num_parts:
            raise ParameterError(
                f"there is no part {part_index} of {num_parts}",
                rule="0 <= part_index < num_parts",
            )
        files = files_of(path)
        self._shuffle = shuffle
        self._orders: dict[int, Orders] = {}  # of each chunk
        self._seed = SEED + seed
        self._offsets: list[int] | None = None
        self._file = files[0]
        if index:
            if len(files) > 1:
                raise ParameterError(
                    f"an index goes with one file, not with {len(files)}", rule="path_imgrec"
                )
            self._offsets = _share(sorted(o for _, o in read_index(index)), part_index, num_parts)
        else:
            self._ranges = _ranges(files, part_index, num_parts)
            self._chunk = (chunk_size or CHUNK) * MEGABYTE
            self._chunk_orders = Orders(chunk_seed) if shuffle and chunk_size else None

    def one_pass(self, number: int) -> Iterator[Record]:
        """The records of pass `number`."""
        if self._offsets is not None:
            return self._by_index(number, self._offsets)
        return self._by_chunks(number) if self._shuffle else self._from_start_to_end()

    def _by_index(self, number: int, offsets: list[int]) -> Iterator[Record]:
        if self._shuffle:
            offsets = [offsets[i] for i in self._order(0, len(offsets), number)]
        with RecordReader(self._file) as reader:
            for offset in offsets:
                reader.seek(offset)
                content = reader.read()
                if content is None:
                    raise ParameterError(
                        "the index leads to the end of the record file",
                        place=[("file", self._file), ("offset", f"byte {offset}")],
                        hint="an index of another file, or a file that was cut short",
                    )
                yield Record(content, self._file, offset)

    def _from_start_to_end(self) -> Iterator[Record]:
        for part in self._ranges:
            yield from part.records()

    def _by_chunks(self, number: int) -> Iterator[Record]:
        chunks = [
            Range(r.file, start, min(start + self._chunk, r.last))
            for r in self._ranges
            for start in range(r.first, r.last, self._chunk)
        ]
        order: Any = range(len(chunks))
        if self._chunk_orders:
            order = self._chunk_orders.order(len(chunks), number)
        for i in order:
            records = list(chunks[i].records())
            for k in self._order(i, len(records), number):
                yield records[k]

    def _order(self, chunk: int, count: int, number: int) -> list[int]:
        orders = self._orders.setdefault(chunk, Orders(self._seed + chunk))
        return orders.order(count, number)


def _share(offsets: list[int], part_index: int, num_parts: int) -> list[int]:
    """Equally many for each part; the last one may have fewer."""
    step = -(-len(offsets) // num_parts)
    return offsets[step * part_index : step * (part_index + 1)]


def _ranges(files: list[str], part_index: int, num_parts: int) -> list[Range]:
    """Equally many bytes for each part, rounded up to a multiple of 4."""
    sizes = []
    for file in files:
        with RecordReader(file) as reader:
            sizes.append(reader.size)
    step = -(-sum(sizes) // num_parts)
    step += -step % 4
    first, last = step * part_index, step * (part_index + 1)
    found, start = [], 0
    for file, size in zip(files, sizes, strict=True):
        low, high = max(first - start, 0), min(last - start, size)
        if low < high:
            found.append(Range(file, low, high))
        start += size
    return found
