import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError, ShapeError
from mxbook.gluon.data import (
    ArrayDataset,
    Dataset,
    RecordFileDataset,
    SequentialSampler,
    SimpleDataset,
)

lists = st.lists(st.integers(0, 9), max_size=20)


def items(dataset):
    return [dataset[i] for i in range(len(dataset))]


@settings(deadline=None)
@given(lists, st.integers(1, 7))
def test_shards_are_a_partition_of_nearly_equal_parts(data, count):
    shards = [items(SimpleDataset(data).shard(count, i)) for i in range(count)]
    assert [x for shard in shards for x in shard] == data
    found = [len(s) for s in shards]
    assert found == sorted(found, reverse=True)
    assert max(found) - min(found) <= 1


@settings(deadline=None)
@given(lists, st.none() | st.integers(0, 30))
def test_take(data, count):
    assert items(SimpleDataset(data).take(count)) == data[:count]


@settings(deadline=None)
@given(lists)
def test_filter_and_sample(data):
    dataset = SimpleDataset(data)
    odd = dataset.filter(lambda x: x % 2)
    assert items(odd) == [x for x in data if x % 2]
    some = SequentialSampler(len(data) // 2, len(data) // 3)
    assert items(dataset.sample(some)) == [data[i] for i in some]


@settings(deadline=None)
@given(lists, st.booleans())
def test_transform(data, lazy):
    calls = []

    def square(x):
        calls.append(x)
        return x * x

    found = SimpleDataset(data).transform(square, lazy)
    assert calls == ([] if lazy else data)
    assert items(found) == items(found) == [x * x for x in data]
    assert calls == (data * 2 if lazy else data)


@settings(deadline=None)
@given(lists)
def test_transform_of_tuples(data):
    pairs = ArrayDataset(data, [x + 1 for x in data])
    assert items(pairs.transform(lambda a, b: a + b)) == [2 * x + 1 for x in data]
    assert items(pairs.transform_first(lambda a: a + 5)) == [(x + 5, x + 1) for x in data]
    assert items(SimpleDataset(data).transform_first(lambda a: a + 5)) == [x + 5 for x in data]


def test_views_can_be_stacked_and_pickled():
    dataset = SimpleDataset(list(range(10))).filter(bool).shard(2, 1).take(3)
    assert items(pickle.loads(pickle.dumps(dataset.transform_first(abs)))) == [6, 7, 8]


def test_arrays():
    dataset = ArrayDataset(mx.nd.ones((3, 2)), mx.nd.arange(3), np.zeros(3, "int8"))
    data, label, other = dataset[1]
    assert isinstance(data, mx.nd.NDArray)
    assert data.shape == (2,)
    assert isinstance(label, np.float32)
    assert label == 1
    assert other.dtype == "int8"
    assert ArrayDataset([4, 5])[1] == 5


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (ArrayDataset, ParameterError),
        (lambda: ArrayDataset([1, 2], [1]), ShapeError),
        (lambda: SimpleDataset([1]).shard(3, 3), ParameterError),
        (lambda: SimpleDataset([1]).shard(0, 0), ParameterError),
        (lambda: SimpleDataset([1]).take(-1), ParameterError),
        (lambda: SimpleDataset([1]).sample([0]), TypeError),
        (lambda: Dataset()[0], TypeError),
        (lambda: len(Dataset()), TypeError),
    ],
)
def test_bad_input(make, error):
    with pytest.raises(error):
        make()


def test_record_files(tmp_path):
    path = str(tmp_path / "a.rec")
    with mx.recordio.MXIndexedRecordIO(str(tmp_path / "a.idx"), path, "w") as out:
        for i in range(5):
            out.write_idx(10 * i, bytes([i]) * i)
    records = RecordFileDataset(path)
    assert len(records) == 5
    assert [records[i] for i in (3, 0)] == [b"\3\3\3", b""]
    assert pickle.loads(pickle.dumps(records))[4] == b"\4\4\4\4"
    (tmp_path / "a.idx").unlink()
    with pytest.raises(MXNetError, match="has no index") as caught:
        RecordFileDataset(path)
    exec(caught.value.hint)  # the hint is a program that writes it
    assert RecordFileDataset(path)[2] == b"\2\2"
