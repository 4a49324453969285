"""Iterators that are known by their parameters."""

import gc

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.io import DataBatch, MXDataIter, backend
from mxbook.io.backend import Source
from tests.io.files import plain, write


class Counting(Source):
    """Batches 0, 1, 2, ...; counts passes, and which of them were left."""

    def __init__(self, batches=3, depth=0):
        self.count, self.depth = batches, depth
        self.passes, self.left = 0, 0

    def batches(self):
        self.passes += 1
        for i in range(self.count):
            data = backend.as_ndarray(np.full((2, 1), i, "float32"))
            yield DataBatch([data], [backend.as_ndarray(np.zeros(2, "int32"))], i, np.arange(2))

    def abandon(self):
        self.left += 1


def numbers(iterator):
    return [b.data[0].asnumpy()[0, 0] for b in iterator]


@pytest.mark.parametrize("depth", [0, 1, 4])
def test_passes(depth):
    source = Counting(depth=depth)
    data = MXDataIter(source, data_name="x", label_name="y")
    assert [str(d) for d in data.provide_data + data.provide_label] == [
        "DataDesc[x,(2, 1),<class 'numpy.float32'>,NCHW]",
        "DataDesc[y,(2,),<class 'numpy.int32'>,NCHW]",
    ]
    assert data.batch_size == 2
    assert numbers(data) == [0, 1, 2]
    with pytest.raises(StopIteration):
        data.next()
    data.reset()
    assert source.left == 0
    next(data)
    data.reset()
    assert source.left == 1
    assert numbers(data) == [0, 1, 2]
    assert source.passes == 3


def test_step_by_step():
    data = MXDataIter(Counting())
    assert data.iter_next()
    assert data.getdata().shape == (2, 1)
    assert (data.getpad(), data.getindex().tolist(), data.getlabel().shape) == (0, [0, 1], (2,))
    assert data.next().pad == 0  # it is the batch that iter_next has found
    assert data.next().pad == 1


def test_the_first_batch_for_ever():
    data = MXDataIter(Counting())
    data.debug_skip_load()
    assert [data.next().pad for _ in range(5)] == [0] * 5


def test_nothing_at_all():
    with pytest.raises(MXNetError, match="no batch at all"):
        MXDataIter(Counting(0))


def test_no_thread_is_left():
    data = MXDataIter(Counting(10**6, depth=2))
    next(data)
    thread = data._ahead.thread
    del data
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()


def test_missing_rows_are_those_of_the_batch_before():
    rows = [np.ones(2), np.ones(2) * 2]
    first = backend.full_batch(rows, 2, None, np.dtype("f4"))
    second = backend.full_batch([np.zeros(2)], 2, first, np.dtype("f4"))
    assert second.tolist() == [[0, 0], [2, 2]]
    assert backend.full_batch([np.ones(2)], 2, None, np.dtype("f4")).tolist() == [[1, 1], [0, 0]]


NAMES = [
    "CSVIter", "ImageDetRecordIter", "ImageRecordInt8Iter", "ImageRecordIter", "ImageRecordIter_v1",
    "ImageRecordUInt8Iter", "ImageRecordUInt8Iter_v1", "LibSVMIter", "MNISTIter",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_documented_and_checked(name):
    make = getattr(mx.io, name)
    assert "Parameters\n    ----------\n" in make.__doc__
    assert "    batch_size : a whole number, at least 1" in make.__doc__
    assert make.__name__ == name
    with pytest.raises(TypeError, match="keyword arguments"):
        make("x")
    with pytest.raises(ParameterError, match="no parameter 'batch_sizes'") as caught:
        make(batch_sizes=3)
    assert "did you mean batch_size?" in str(caught.value)
    if name != "MNISTIter":
        with pytest.raises(ParameterError, match="needs the parameter"):
            make()


def test_parameters_may_be_text(tmp_path):
    path = write(tmp_path / "a", [plain(i) for i in range(3)])
    data = mx.io.ImageRecordIter(
        path_imgrec=path, data_shape="(3, 4, 4)", batch_size="2", round_batch="0", shuffle="False"
    )
    assert next(data).data[0].shape == (2, 3, 4, 4)


def test_arrays_come_from_where_they_were_asked_for():
    from mxbook.imperative.arrays import site_of

    batch = next(MXDataIter(Counting(depth=2)))
    for array in (*batch.data, *batch.label):
        assert site_of(array).filename == __file__
