"""ImageIter: batches of images from record files, lists of files, or Python lists.

Source: MXNet 1.6, `mxnet.image.ImageIter`.
"""

import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook import recordio
from mxbook.base.errors import FileFormatError, ParameterError, ShapeError
from mxbook.io import DataBatch, DataIter
from mxbook.io.lists import read_list
from mxbook.ndarray import NDArray
from mxbook.resource.chance import python as random

from .augmenters import CreateAugmenter
from .image import imdecode

_LABEL_TYPES = ("int32", "float32", "int64", "float64")
ENDS = ("pad", "discard", "roll_over")


class ImageIter(DataIter):
    """Batches of images and labels, read, decoded and changed as they are asked for.

    `mx.io.ImageRecordIter` does the same from record files only, ahead, on several threads.

    Parameters
    ----------
    batch_size, data_shape
        Images in a batch, and (channels, height, width) of each; channels is 3.
    label_width
        Numbers in a label.
    path_imgrec, path_imgidx
        A record file, and its index, which is needed for `shuffle` and `num_parts`.
    path_imglist
        A list file: lines of key, label (one or more numbers) and path, separated by tabulators.
        Together with a record file, its labels replace those of the records.
    imglist
        The same as a Python list: [label, path] or [number, number, ..., path].
    path_root
        Folder of the paths.
    shuffle
        Whether each pass has an order of its own, drawn by Python's `random`.
    part_index, num_parts
        Which of how many equal parts of the data is wanted.
    aug_list
        What is done with each image; `CreateAugmenter(data_shape, **kwargs)` by default.
    data_name, label_name, dtype
        Names of the two arrays of a batch; the type of labels from lists.
    last_batch_handle
        What becomes of a last batch that is not full: `pad` it from the beginning, `discard`, or
        `roll_over` to the next pass.

    Images that cannot be decoded raise FileFormatError, with their place.  Raises ParameterError
    for arguments that do not go together.

    >>> from mxbook import image
    >>> with recordio.MXIndexedRecordIO("a.idx", "a.rec", "w") as out:
    ...     for i in range(5):
    ...         picture = image.imencode(np.full((20, 30, 3), i, "uint8"))
    ...         out.write_idx(i, recordio.pack(recordio.IRHeader(0, i, i, 0), picture))
    >>> data = ImageIter(2, (3, 8, 8), path_imgrec="a.rec", path_imgidx="a.idx")
    >>> [(batch.data[0].shape, batch.label[0].asnumpy().tolist(), batch.pad) for batch in data]
    [((2, 3, 8, 8), [0.0, 1.0], 0), ((2, 3, 8, 8), [2.0, 3.0], 0), ((2, 3, 8, 8), [4.0, 0.0], 1)]
    """

    def __init__(
        self,
        batch_size: int,
        data_shape: tuple[int, int, int],
        label_width: int = 1,
        path_imgrec: str | None = None,
        path_imglist: str | None = None,
        path_root: str | None = None,
        path_imgidx: str | None = None,
        shuffle: bool = False,
        part_index: int = 0,
        num_parts: int = 1,
        aug_list: Sequence | None = None,
        imglist: list | None = None,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
        last_batch_handle: str = "pad",
        **kwargs: Any,
    ):
        super().__init__(batch_size)
        _check(path_imgrec, path_imglist, imglist, dtype, last_batch_handle)
        self.check_data_shape(data_shape)
        self.path_root = path_root
        self.imgrec, self.imgidx = _opened(path_imgrec, path_imgidx)
        self.imglist: dict | None = None
        keys: list = []
        if path_imglist:
            entries = list(read_list(path_imglist))
            keys = [entry.key for entry in entries]
            self.imglist = {e.key: (nd.array(e.label, dtype=dtype), e.path) for e in entries}
        elif isinstance(imglist, list):
            keys, self.imglist = labelled(imglist, dtype)
        self.seq = self._order(keys, shuffle, num_parts)
        if num_parts > 1:
            self.seq = _part(self.seq, part_index, num_parts)
        self.num_image = None if self.seq is None else len(self.seq)
        self.data_shape = tuple(data_shape)
        self.label_width = label_width
        self.shuffle = shuffle
        self.dtype = dtype
        self.last_batch_handle = last_batch_handle
        self.auglist = CreateAugmenter(data_shape, **kwargs) if aug_list is None else aug_list
        self.provide_data: list = [(data_name, (batch_size, *self.data_shape))]
        self.provide_label: list = [(label_name, _label_shape(batch_size, label_width))]
        self.cur = 0
        self._allow_read = True
        self._kept: tuple | None = None  # data, labels and number of images of a batch rolled over
        self.reset()

    def _order(self, keys: list, shuffle: bool, num_parts: int) -> list | None:
        """The keys of all images; None for a record file that is read from start to end."""
        if self.imgrec is None:
            return keys
        if self.imgidx is None and (shuffle or num_parts > 1):
            raise ParameterError(
                "shuffle and num_parts need the index of the record file", rule="path_imgidx=...",
                hint="python -m mxbook.im2rec writes it beside the record file",
            )  # fmt: skip
        return self.imgidx

    def reset(self) -> None:
        """Start a new pass, with images kept for `roll_over` first."""
        if self.seq is not None and self.shuffle:
            random.shuffle(self.seq)
        if self.last_batch_handle != "roll_over" or self._kept is None:
            self._rewind()

    def hard_reset(self) -> None:
        """Start a new pass, and forget what was kept for `roll_over`."""
        if self.seq is not None and self.shuffle:
            random.shuffle(self.seq)
        self._kept = None
        self._rewind()

    def _rewind(self) -> None:
        if self.imgrec is not None:
            self.imgrec.reset()
        self.cur = 0
        self._allow_read = True

    def next_sample(self) -> tuple[Any, Any]:
        """Label and undecoded bytes of the next image.  Raises StopIteration after the last."""
        if not self._allow_read:
            raise StopIteration
        if self.seq is None:
            return self._next_record()
        if self.cur >= len(self.seq):
            if self.last_batch_handle != "discard":
                self.cur = 0
            raise StopIteration
        key = self.seq[self.cur]
        self.cur += 1
        if self.imgrec is None:
            label, name = self.imglist[key]
            return label, self.read_image(name)
        header, content = recordio.unpack(self.imgrec.read_idx(key))
        return header.label if self.imglist is None else self._listed(key), content

    def _next_record(self) -> tuple[Any, Any]:
        record = self.imgrec.read()
        if record is None:
            if self.last_batch_handle != "discard":
                self.imgrec.reset()
            raise StopIteration
        header, content = recordio.unpack(record)
        return header.label, content

    def _listed(self, key: Any) -> Any:
        if key not in self.imglist:
            raise ParameterError(f"the list has no image {key!r}, which the record file has")
        return self.imglist[key][0]

    def _batchify(self, batch_data: NDArray, batch_label: NDArray, start: int = 0) -> int:
        """Fill a batch from `start` on; how many images it has then."""
        i = start
        while i < self.batch_size:
            try:
                label, content = self.next_sample()
            except StopIteration:
                if i == 0:
                    raise
                break
            data = self.imdecode(content)
            self.check_valid_image(data)
            data = self.augmentation_transform(data)
            batch_data[i] = self.postprocess_data(data)
            batch_label[i] = label
            i += 1
        return i

    def _new_batch(self) -> tuple[NDArray, NDArray]:
        data = nd.zeros((self.batch_size, *self.data_shape))
        return data, nd.zeros(self.provide_label[0][1])

    def next(self) -> DataBatch:
        """The next batch.  Raises StopIteration after the last."""
        if self._kept is not None:
            data, label, count = self._kept
        else:
            data, label = self._new_batch()
            count = self._batchify(data, label)
        pad = self.batch_size - count
        if pad:
            if self.last_batch_handle == "discard":
                raise StopIteration
            if self.last_batch_handle == "roll_over" and self._kept is None:
                self._kept = data, label, count
                raise StopIteration
            self._batchify(data, label, count)
            if self.last_batch_handle == "pad":
                self._allow_read = False
            self._kept = None
        return DataBatch([data], [label], pad=pad)

    def check_data_shape(self, data_shape: tuple[int, ...]) -> None:
        """Raise ShapeError unless this is (3, height, width)."""
        if not len(data_shape) == 3:
            raise ShapeError(f"data_shape cannot be {data_shape}", rule="(3, height, width)")
        if not data_shape[0] == 3:
            raise ShapeError(
                "This iterator expects inputs to have 3 channels.", rule="data_shape[0] is 3"
            )

    def check_valid_image(self, data: Any) -> None:
        """Raise ShapeError unless `data`, an image or a list of one, begins with something."""
        if len(data[0].shape) == 0:
            raise ShapeError("Data shape is wrong", rule="(height, width, channels)")

    def imdecode(self, s: bytes) -> NDArray:
        """Bytes as an image; the error names the place."""
        try:
            return imdecode(s)
        except FileFormatError as error:
            error.place = (*error.place, *self._place())
            raise

    def _place(self) -> list[tuple[str, str]]:
        """Where the image came from that was read last."""
        place = [] if self.imgrec is None else [("file", self.imgrec.uri)]
        if self.seq is None or not 0 < self.cur <= len(self.seq):
            return place
        key = self.seq[self.cur - 1]
        if self.imgrec is None:
            return [("file", self._path(self.imglist[key][1]))]
        return [*place, ("key", repr(key))]

    def _path(self, name: str) -> str:
        return name if self.path_root is None else os.path.join(self.path_root, name)

    def read_image(self, fname: str) -> bytes:
        """The bytes of a file below `path_root`."""
        with open(self._path(fname), "rb") as file:
            return file.read()

    def augmentation_transform(self, data: NDArray) -> NDArray:
        """The image after all augmenters."""
        for change in self.auglist:
            data = change(data)
        return data

    def postprocess_data(self, datum: NDArray) -> NDArray:
        """The channels first."""
        return nd.transpose(datum, axes=(2, 0, 1))


# ---- where images come from


def _check(
    path_imgrec: Any, path_imglist: Any, imglist: Any, dtype: str, last_batch_handle: str
) -> None:
    if not (path_imgrec or path_imglist or isinstance(imglist, list)):
        raise ParameterError(
            "there are no images", rule="path_imgrec, path_imglist or a list as imglist"
        )
    if dtype not in _LABEL_TYPES:
        raise ParameterError(f"{dtype} label not supported", rule=", ".join(_LABEL_TYPES))
    if last_batch_handle not in ENDS:
        raise ParameterError(
            f"last_batch_handle cannot be {last_batch_handle!r}", rule=", ".join(map(repr, ENDS))
        )


def _opened(path_imgrec: str | None, path_imgidx: str | None) -> tuple[Any, list | None]:
    """A record file and the keys of its index."""
    if not path_imgrec:
        return None, None
    if not path_imgidx:
        return recordio.MXRecordIO(path_imgrec, "r"), None
    indexed = recordio.MXIndexedRecordIO(path_imgidx, path_imgrec, "r")
    return indexed, list(indexed.keys)


def labelled(images: Iterable, dtype: str) -> tuple[list[str], dict]:
    """The keys "1", "2", ... of a Python list, and label and path for each."""
    found = {}
    for number, image in enumerate(images, 1):
        label = image[:-1] if len(image) > 2 else image[0]
        found[str(number)] = (nd.array(np.reshape(label, -1), dtype=dtype), image[-1])
    return list(found), found


def _label_shape(batch_size: int, width: int) -> tuple[int, ...]:
    return (batch_size, width) if width > 1 else (batch_size,)


def _part(seq: Any, part_index: int, num_parts: int) -> list:
    if not 0 <= part_index < num_parts:
        raise ParameterError(
            f"there is no part {part_index} of {num_parts}", rule="0 <= part_index < num_parts"
        )
    length = len(seq) // num_parts
    return seq[part_index * length : (part_index + 1) * length]
