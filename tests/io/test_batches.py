"""Descriptions and batches."""

import pickle

import numpy as np
import pytest

import mxbook as mx
from mxbook.io import DataBatch, DataDesc, DataIter


def test_a_description_is_a_pair():
    desc = DataDesc("data", (2, 3), "int8", "NTC")
    assert desc == ("data", (2, 3))
    name, shape = desc
    assert (name, shape, desc.dtype, desc.layout) == ("data", (2, 3), "int8", "NTC")
    assert repr(DataDesc("x", (1,))) == "DataDesc[x,(1,),<class 'numpy.float32'>,NCHW]"
    again = pickle.loads(pickle.dumps(desc))
    assert (again, again.dtype, again.layout) == (desc, "int8", "NTC")


def test_the_axis_of_the_batch():
    layouts = (None, "NCHW", "TNC", "TC")
    assert [DataDesc.get_batch_axis(x) for x in layouts] == [0, 0, 1, -1]


def test_lists_of_descriptions():
    both = DataDesc.get_list([("a", (1,)), ("b", (2,))], [("b", "int8"), ("a", "int32")])
    assert [(d.name, d.dtype) for d in both] == [("a", "int32"), ("b", "int8")]
    assert DataDesc.get_list([("a", (1,))], None)[0].dtype is np.float32


def test_a_batch():
    batch = DataBatch([mx.nd.zeros((2, 3))], [mx.nd.zeros(2)], pad=1, bucket_key=7)
    assert str(batch) == "DataBatch: data shapes: [(2, 3)] label shapes: [(2,)]"
    assert (batch.pad, batch.index, batch.bucket_key) == (1, None, 7)
    assert str(DataBatch([mx.nd.zeros(1)])) == "DataBatch: data shapes: [(1,)] label shapes: None"
    for bad in ((mx.nd.zeros(2),), ([mx.nd.zeros(2)], mx.nd.zeros(2))):
        with pytest.raises(ValueError, match="must be list"):
            DataBatch(*bad)


def test_an_iterator_of_ones_own():
    class Squares(DataIter):
        def __init__(self):
            super().__init__(batch_size=1)
            self.i = 0

        def iter_next(self):
            self.i += 1
            return self.i < 4

        def getdata(self):
            return [mx.nd.array([self.i**2])]

        def getlabel(self):
            return [mx.nd.array([self.i])]

        def getpad(self):
            return 0

    found = [(b.data[0].asscalar(), b.label[0].asscalar(), b.pad, b.index) for b in Squares()]
    assert found == [(1, 1, 0, None), (4, 2, 0, None), (9, 3, 0, None)]
    assert DataIter(4).batch_size == 4
    assert DataIter().getindex() is None
