"""NDArrayIter: which examples come, in which order, and what becomes of the last batch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError, ShapeError
from mxbook.io import NDArrayIter
from tests import oracle

lengths = st.integers(1, 12)


def examples(iterator):
    """The examples of a pass: (data, label, pad) of each batch."""
    return [(b.data[0].asnumpy().tolist(), b.label[0].asnumpy().tolist(), b.pad) for b in iterator]


@given(lengths, st.integers(1, 30))
def test_pad_fills_up_from_the_beginning(count, size):
    data = NDArrayIter(np.arange(count), np.arange(count) * 2, size)
    for _ in range(2):
        found = examples(data)
        together = [x for batch, _, _ in found for x in batch]
        assert together == [i % count for i in range(len(together))]
        assert all(label == [2 * x for x in batch] for batch, label, _ in found)
        pads = [pad for _, _, pad in found]
        assert pads == [0] * (len(found) - 1) + [len(together) - count]
        assert pads[-1] < size
        data.reset()


@given(lengths, st.integers(1, 30))
def test_discard(count, size):
    data = NDArrayIter(np.arange(count), np.arange(count), size, last_batch_handle="discard")
    for _ in range(2):
        found = examples(data)
        assert [x for batch, _, _ in found for x in batch] == list(range(count // size * size))
        data.reset()


@given(lengths, st.data())
def test_roll_over_loses_nothing(count, data):
    size = data.draw(st.integers(1, count))
    it = NDArrayIter(np.arange(count), np.arange(count), size, last_batch_handle="roll_over")
    together, passes = [], data.draw(st.integers(1, 4))
    for _ in range(passes):
        together += [x for batch, _, _ in examples(it) for x in batch]
        it.reset()
    assert together == [i % count for i in range(len(together))]
    assert passes * count - len(together) < size
    it.hard_reset()
    assert examples(it)[0][0] == list(range(size))


def test_a_pass_that_is_left_starts_again():
    for rule in ("pad", "discard", "roll_over"):
        data = NDArrayIter(np.arange(7), np.arange(7), 3, last_batch_handle=rule)
        next(data)
        data.reset()
        assert next(data).data[0].asnumpy().tolist() == [0, 1, 2]


@given(lengths, st.integers(0, 9))
def test_shuffling_keeps_pairs(count, seed):
    np.random.seed(seed)
    data = NDArrayIter(np.arange(count), np.arange(count) * 3, count, shuffle=True)
    for _ in range(2):
        ((batch, label, _),) = examples(data)
        assert sorted(batch) == list(range(count))
        assert label == [3 * x for x in batch]
        data.reset()


def test_names_shapes_and_types():
    x, y = np.zeros((4, 2)), mx.nd.zeros(4, dtype="int32")
    one = NDArrayIter(x, y, 2)
    assert [str(d) for d in one.provide_data + one.provide_label] == [
        "DataDesc[data,(2, 2),<class 'numpy.float32'>,NCHW]",
        "DataDesc[softmax_label,(2,),<class 'numpy.int32'>,NCHW]",
    ]
    assert [d.name for d in NDArrayIter([x, x], [y], 2).provide_data] == ["_0_data", "_1_data"]
    both = NDArrayIter({"b": x, "a": x}, {"l": y}, 2, data_name="z")
    assert [d.name for d in both.provide_data + both.provide_label] == ["a", "b", "l"]
    assert both.num_source == 3
    assert NDArrayIter(x, data_name="z").provide_data[0].name == "z"
    assert NDArrayIter(x).provide_label == []
    np.random.seed(0)
    kept = NDArrayIter(x, y, 2, shuffle=True)
    assert next(kept).label[0].dtype == np.int32


class Lazy:
    """Stands for an HDF5 data set: it can be cut, and knows its shape and type."""

    __module__ = "h5py._hl.dataset"

    def __init__(self, values):
        self.values = values
        self.shape, self.dtype, self.read = values.shape, values.dtype, []

    def __getitem__(self, key):
        self.read.append(key)
        return self.values[key]


def test_hdf5_is_read_bit_by_bit():
    lazy = Lazy(np.arange(10, dtype="float64"))
    data = NDArrayIter(lazy, None, 4)
    assert [b.data[0].asnumpy().tolist() for b in data][-1] == [8, 9, 0, 1]
    assert lazy.read[:2] == [slice(0, 4), slice(4, 8)]
    assert next(NDArrayIter(lazy, None, 4)).data[0].dtype == np.float64


def test_csr():
    rows = np.arange(14).reshape(7, 2) % 5
    matrix = mx.nd.sparse.csr_matrix(rows.astype("float32"))
    data = NDArrayIter(matrix, np.arange(7), 3, last_batch_handle="discard")
    batch = next(data)
    assert batch.data[0].stype == "csr"
    np.testing.assert_array_equal(batch.data[0].asnumpy(), rows[:3])
    np.random.seed(0)
    mixed = NDArrayIter(matrix, np.arange(7), 3, shuffle=True, last_batch_handle="discard")
    for batch in mixed:
        np.testing.assert_array_equal(
            batch.data[0].asnumpy(), rows[batch.label[0].asnumpy().astype(int)]
        )
    with pytest.raises(ParameterError, match="CSRNDArray"):
        NDArrayIter(matrix, None, 3)


def test_what_makes_no_sense():
    x = np.zeros((4, 2))
    for wrong, message in (
        (lambda: NDArrayIter(x, x[:3]), "different lengths"),
        (lambda: NDArrayIter(np.array(3.0)), "different lengths, or none"),
    ):
        with pytest.raises(ShapeError, match=message):
            wrong()
    for arguments in ({"batch_size": 0}, {"last_batch_handle": "keep"}):
        with pytest.raises(ParameterError):
            NDArrayIter(x, **arguments)
    for nothing in (None, []):
        with pytest.raises(ParameterError, match="no data"):
            NDArrayIter(nothing)
    with pytest.raises(TypeError, match="Input must be NDArray"):
        NDArrayIter("text")
    with pytest.raises(TypeError, match="Invalid type"):
        NDArrayIter({"a": object()})
    with pytest.raises(MXNetError, match="not at a batch"):
        NDArrayIter(x).getdata()


ALL_RULES = """
x, y = np.arange(22).reshape(11, 2), np.arange(11)
for rule in ("pad", "discard", "roll_over"):
    for shuffle in (False, True):
        np.random.seed(3)
        it = mx.io.NDArrayIter(x, y, 4, shuffle, rule)
        for number in range(4):
            found[f"{rule} {shuffle} {number}"] = [[b.data[0], b.label[0], b.pad] for b in it]
            it.reset()
"""


@oracle.marks
def test_the_batches_of_real_mxnet(tmp_path):
    oracle.both(ALL_RULES, tmp_path)
