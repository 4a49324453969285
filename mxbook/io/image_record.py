"""ImageRecordIter and its sisters: images from record files, decoded and changed on threads.

One thread reads records and hands them to the threads of a crew; each of these decodes an image,
changes it and puts it to its place in a batch.  What is random about an image depends on the seed,
the pass and its number only: threads may be as many as they like.

Source: MXNet 1.6, `mxnet.io.ImageRecordIter`.
"""

from collections import deque
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np

from mxbook.base.dtypes import TYPES
from mxbook.base.errors import FileFormatError, MXNetError, ParameterError, ShapeError
from mxbook.formats import pictures
from mxbook.recordio import IRHeader, unpack

from .backend import Maker, MXDataIter, Source, as_ndarray, batch_array
from .batches import DataBatch
from .crew import Crew, Job
from .image_changes import Bytes, Changes, Numbers, mean_image
from .image_params import BYTES, IMAGES
from .lists import read_list
from .passes import Passes
from .records import Record, Records

IN_WORK = 2  # batches that are begun before the first of them is given away


class _Batch:
    """A batch in the making: its arrays, and the records they are made of."""

    def __init__(self, source: "ImageSource", examples: list, pad: int):
        size = source.batch_size
        self.examples = examples
        self.pad = pad
        self.data = batch_array((size, *source.data_shape), source.dtype)
        self.label = batch_array((size, source.label_width))
        self.index = np.zeros(size, "uint64")
        self.job: Job | None = None

    def fill_from(self, before: "_Batch | None") -> None:
        """What is missing is as it was in the batch before."""
        count = len(self.examples)
        for name in ("data", "label", "index"):
            array = getattr(self, name)
            array[count:] = 0 if before is None else getattr(before, name)[count:]

    def finished(self) -> DataBatch:
        label = self.label[:, 0].copy() if self.label.shape[1] == 1 else self.label
        return DataBatch([as_ndarray(self.data)], [as_ndarray(label)], self.pad, self.index)


class ImageSource(Source):
    """Batches of images from record files.

    Subclasses define `put`, which makes the numbers of an image, and set `label_width`.
    """

    label_width = 1

    def __init__(self, p: Any, records: Records, dtype: np.dtype, seed: int):
        if len(p.data_shape) != 3 or p.data_shape[0] not in (1, 3, 4):
            raise ShapeError(
                f"data_shape cannot be {p.data_shape}",
                rule="(channels, height, width), with 1, 3 or 4 channels",
            )
        self.p = p
        self.depth = p.prefetch_buffer
        self.batch_size = p.batch_size
        self.data_shape = p.data_shape
        self.dtype = dtype
        self._seed = seed
        self._records = records
        self._listed = (
            {entry.key: entry.label for entry in read_list(p.path_imglist)}
            if p.path_imglist
            else None
        )
        self._passes = Passes(self._examples, p.batch_size, p.round_batch)

    def abandon(self) -> None:
        """Let the next pass start at its beginning."""
        self._passes.abandon()

    def _examples(self, number: int) -> Iterator[tuple[Record, int]]:
        """Records, each with what decides its random numbers."""
        for i, record in enumerate(self._records.one_pass(number)):
            yield record, (self._seed << 64) + (number << 40) + i

    def batches(self) -> Iterator[DataBatch]:
        """The batches of the next pass."""
        begun: deque[_Batch] = deque()
        before: _Batch | None = None
        with Crew(self.p.preprocess_threads) as crew:
            for examples, pad in self._passes.batches():
                begun.append(self._begin(crew, examples, pad))
                if len(begun) > IN_WORK:
                    before = self._end(begun.popleft(), before)
                    yield before.finished()
            while begun:
                before = self._end(begun.popleft(), before)
                yield before.finished()

    def _begin(self, crew: Crew, examples: list, pad: int) -> _Batch:
        batch = _Batch(self, examples, pad)
        batch.job = crew.start(lambda i: self._one(batch, i), len(examples))
        return batch

    def _end(self, batch: _Batch, before: _Batch | None) -> _Batch:
        assert batch.job is not None
        batch.job.result()
        batch.job = None
        if len(batch.examples) < self.batch_size:
            batch.fill_from(before)
        batch.examples = []
        return batch

    def _one(self, batch: _Batch, i: int) -> None:
        """Make one image of a batch; errors say which record it is."""
        record, seed = batch.examples[i]
        try:
            header, content = unpack(record.content)
            batch.index[i] = header.id
            self.put(content, header, Random(seed), batch.data[i], batch.label[i])
        except MXNetError as error:
            error.place = (*error.place, ("file", record.file),
                           ("record", f"at byte {record.offset}"))  # fmt: skip
            raise

    def put(
        self, content: bytes, header: IRHeader, rng: Random, data: np.ndarray, label: np.ndarray
    ) -> None:
        """Put the image and the label of a record into their places in a batch."""
        raise TypeError(f"{type(self).__name__} must define put")

    def label_of(self, header: IRHeader) -> np.ndarray:
        """The numbers of a label, those of the list if there is one."""
        if self._listed is None:
            return np.reshape(header.label, -1)
        if header.id not in self._listed:
            raise ParameterError(
                f"fail to find imagelabel for id {header.id}",
                rule=f"a line in {self.p.path_imglist} for each record",
            )
        return self._listed[header.id]

    def decoded(self, content: bytes) -> np.ndarray:
        """The pixels of an image, with as many channels as the data has."""
        channels = self.data_shape[0]
        if channels < 4:
            return pictures.decode(content, channels == 3)
        found = pictures.decode_unchanged(content)
        if found.ndim < 3 or found.shape[2] != 4:
            given = 1 if found.ndim < 3 else found.shape[2]
            raise FileFormatError(f"Expected 4 channels, got {given}", rule="data_shape has 4")
        return found[..., [2, 1, 0, 3]]


class _PlainImages(ImageSource):
    """Images with labels of a fixed length."""

    def __init__(self, p: Any, dtype: Any = None):
        records = Records(
            p.path_imgrec, p.path_imgidx, p.part_index, p.num_parts, p.shuffle, p.seed,
            p.shuffle_chunk_size, p.shuffle_chunk_seed,
        )  # fmt: skip
        seed = p.seed if p.seed_aug is None else p.seed_aug
        super().__init__(p, records, dtype or p.dtype or TYPES["float32"], seed)
        if p.aug_seq != "aug_default":
            raise ParameterError(f"there is no augmenter {p.aug_seq!r}", rule="aug_default")
        self.label_width = p.label_width
        self._changes = Changes(p)
        self._numbers: Callable = Bytes()
        if self.dtype.kind == "f" or self.dtype.itemsize > 1:
            self._numbers = Numbers(p, self._mean_image())

    def _mean_image(self) -> np.ndarray | None:
        if not self.p.mean_img:
            return None
        return mean_image(self.p.mean_img, self.data_shape, self._all_images)

    def _all_images(self) -> Iterator[np.ndarray]:
        """The images of a pass, changed and cut, for their mean."""
        for record, seed in self._examples(0):
            yield self._changes(self.decoded(unpack(record.content)[1]), Random(seed))

    def put(
        self, content: bytes, header: IRHeader, rng: Random, data: np.ndarray, label: np.ndarray
    ) -> None:
        """Put the image and the label of a record into their places in a batch."""
        numbers = self.label_of(header)
        if len(numbers) != self.label_width:
            raise ParameterError(
                f"rec file provide {len(numbers)}-dimensional label but label_width is set to "
                f"{self.label_width}",
                rule="label_width is the number of numbers in each label",
            )
        label[...] = numbers
        self._numbers(self._changes(self.decoded(content), rng), rng, data)


def _maker(name: str, dtype: str | None = None) -> Maker:
    """What makes an iterator over images; `dtype` where the name says it."""
    kind = TYPES[dtype] if dtype else None
    return Maker(name, BYTES if dtype else IMAGES, lambda p: _PlainImages(p, kind))


_plain = _maker("ImageRecordIter")
_plain_v1 = _maker("ImageRecordIter_v1")
_uint8 = _maker("ImageRecordUInt8Iter", "uint8")
_uint8_v1 = _maker("ImageRecordUInt8Iter_v1", "uint8")
_int8 = _maker("ImageRecordInt8Iter", "int8")


@_plain
def ImageRecordIter(*args: Any, **kwargs: Any) -> MXDataIter:  # noqa: N802 - MXNet's name
    """Batches of images from record files, decoded and changed on threads, ahead of the program.

    `python -m mxbook.im2rec` makes such files of folders.  With an index, `shuffle` gives each pass
    an order of its own, that of MXNet; without one, what is mixed at a time is what fits into a
    chunk.  The same seeds give the same batches with any number of threads.

    >>> import numpy as np
    >>> from mxbook import image, recordio
    >>> with recordio.MXIndexedRecordIO("a.idx", "a.rec", "w") as out:
    ...     for i in range(5):
    ...         picture = image.imencode(np.full((20, 30, 3), i, "uint8"), ".png")
    ...         out.write_idx(i, recordio.pack(recordio.IRHeader(0, i, i, 0), picture))
    >>> data = ImageRecordIter(path_imgrec="a.rec", data_shape=(3, 8, 8), batch_size=3)
    >>> [(b.data[0].shape, b.label[0].asnumpy().tolist(), b.pad) for b in data]
    [((3, 3, 8, 8), [0.0, 1.0, 2.0], 0), ((3, 3, 8, 8), [3.0, 4.0, 0.0], 1)]

    Raises FileFormatError, with file and record, for images that cannot be decoded, and
    ParameterError for parameters and labels that do not fit.

    Source: MXNet 1.6, `mxnet.io.ImageRecordIter`.
    """
    return _plain.make(args, kwargs)


@_plain_v1
def ImageRecordIter_v1(*args: Any, **kwargs: Any) -> MXDataIter:  # noqa: N802 - MXNet's name
    """Another name of ImageRecordIter.

    Source: MXNet 1.6, `mxnet.io.ImageRecordIter_v1`.
    """
    return _plain_v1.make(args, kwargs)


@_uint8
def ImageRecordUInt8Iter(*args: Any, **kwargs: Any) -> MXDataIter:  # noqa: N802 - MXNet's name
    """ImageRecordIter with images of bytes: `dtype="uint8"`.

    Source: MXNet 1.6, `mxnet.io.ImageRecordUInt8Iter`.
    """
    return _uint8.make(args, kwargs)


@_uint8_v1
def ImageRecordUInt8Iter_v1(*args: Any, **kwargs: Any) -> MXDataIter:  # noqa: N802 - MXNet's name
    """Another name of ImageRecordUInt8Iter.

    Source: MXNet 1.6, `mxnet.io.ImageRecordUInt8Iter_v1`.
    """
    return _uint8_v1.make(args, kwargs)


@_int8
def ImageRecordInt8Iter(*args: Any, **kwargs: Any) -> MXDataIter:  # noqa: N802 - MXNet's name
    """ImageRecordIter with images of int8, in which what is above 127 becomes 127.

    Source: MXNet 1.6, `mxnet.io.ImageRecordInt8Iter`.
    """
    return _int8.make(args, kwargs)
