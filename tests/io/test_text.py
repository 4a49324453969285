"""CSV and LibSVM files."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.io import CSVIter, LibSVMIter, text
from tests import oracle


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name, content):
    with open(name, "w") as file:
        file.write(content)
    return name


def rows(iterator):
    return [(b.data[0].asnumpy().tolist(), b.label[0].asnumpy().tolist(), b.pad) for b in iterator]


def test_csv_with_labels():
    write("a.csv", "1,2\n3,4\n\n5,6\n")
    write("b.csv", "7\n8\n9\n")
    data = CSVIter(data_csv="a.csv", data_shape=(2,), label_csv="b.csv", batch_size=2)
    assert rows(data) == [([[1, 2], [3, 4]], [7, 8], 0), ([[5, 6], [1, 2]], [9, 7], 1)]
    data.reset()
    assert rows(data) == [([[3, 4], [5, 6]], [8, 9], 0)]  # the first row was in the last pass
    data.reset()
    next(data)
    data.reset()  # before the end of the pass: from the beginning
    assert next(data).index.tolist() == [0, 1]


def test_a_last_batch_that_is_not_filled_up_keeps_what_was_there():
    write("a.csv", "1\n2\n3\n4\n5\n")
    data = CSVIter(data_csv="a.csv", data_shape=(1,), batch_size=3, round_batch=False)
    for _ in range(2):
        assert [(d, pad) for d, _, pad in rows(data)] == [
            ([[1], [2], [3]], 0),
            ([[4], [5], [3]], 1),
        ]
        data.reset()


def test_shapes_and_types():
    write("a.csv", "1,2,3,4\n")
    batch = next(CSVIter(data_csv="a.csv", data_shape=(2, 2), batch_size=1, dtype="int64"))
    assert batch.data[0].dtype == np.int64
    assert batch.data[0].asnumpy().tolist() == [[[1, 2], [3, 4]]]
    wide = CSVIter(
        data_csv="a.csv", data_shape=(4,), label_csv="a.csv", label_shape=(4,), batch_size=1
    )
    assert wide.provide_label[0].shape == (1, 4)


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        ("1,2\n3\n", "a row has 1 numbers", 2),
        ("1,2,3\n", "a row has 3 numbers", 1),
        ("1,2\n\n3,x\n", "a row is not numbers", 3),
        ("1,\n", "a row is not numbers", 1),
    ],
)
def test_damaged_csv(content, message, line):
    write("a.csv", content)
    with pytest.raises(FileFormatError, match=message) as caught:
        rows(CSVIter(data_csv="a.csv", data_shape=(2,), batch_size=1))
    assert ("line", str(line)) in caught.value.place


def test_whole_numbers_are_not_rounded():
    write("a.csv", "1.5\n")
    with pytest.raises(FileFormatError, match="not whole numbers"):
        CSVIter(data_csv="a.csv", data_shape=(1,), batch_size=1, dtype="int32")


def test_files_that_are_not_there_or_too_short():
    write("a.csv", "1\n2\n3\n")
    write("l.csv", "1\n2\n")
    write("none.csv", "")
    with pytest.raises(FileNotFoundError, match=r"no file x\.csv"):
        CSVIter(data_csv="x.csv", data_shape=(1,), batch_size=1)
    with pytest.raises(ParameterError, match="there is nothing in"):
        CSVIter(data_csv="none.csv", data_shape=(1,), batch_size=1)
    with pytest.raises(FileFormatError, match="only 2 rows"):
        rows(CSVIter(data_csv="a.csv", label_csv="l.csv", data_shape=(1,), batch_size=1))
    large = CSVIter(data_csv="a.csv", data_shape=(1,), batch_size=7)
    assert [(d, pad) for d, _, pad in rows(large)] == [([[1], [2], [3], [1], [2], [3], [1]], 4)]


def test_a_folder_of_files():
    os.mkdir("many")
    write("many/b.csv", "3\n")
    write("many/a.csv", "1\n2\n")
    data = CSVIter(data_csv="many", data_shape=(1,), batch_size=3)
    assert rows(data)[0][0] == [[1], [2], [3]]
    both = CSVIter(data_csv="many/b.csv;many/a.csv", data_shape=(1,), batch_size=3)
    assert rows(both)[0][0] == [[3], [1], [2]]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=20), st.integers(1, 5), st.data())
def test_parts_hold_every_line_once(lengths, parts, data):
    for i in range(2):
        write(f"{i}.txt", "".join("x" * (n + i) + "\n" for n in lengths))
    whole = [line.text for line in text.lines_of(["0.txt", "1.txt"])]
    shares = [list(text.lines_of(["0.txt", "1.txt"], i, parts)) for i in range(parts)]
    assert [line.text for share in shares for line in share] == whole


def test_libsvm():
    write("a.t", "1.0 0:0.5 2:1.5\n-2.0\n# nothing\n-3:0.25 2:6 1:5  # any order\n4 qid:7 0:1\n")
    data = LibSVMIter(data_libsvm="a.t", data_shape=(3,), batch_size=3)
    batch = next(data)
    assert batch.data[0].stype == "csr"
    assert batch.data[0].asnumpy().tolist() == [[0.5, 0, 1.5], [0, 0, 0], [0, 5, 6]]
    assert batch.label[0].asnumpy().tolist() == [1, -2, -3]
    assert next(data).label[0].asnumpy().tolist() == [4, 1, -2]
    data = LibSVMIter(
        data_libsvm="a.t", data_shape=(3,), label_libsvm="a.t", label_shape=(4,), batch_size=2
    )
    label = next(data).label[0]
    assert (label.stype, label.shape) == ("csr", (2, 4))


@pytest.mark.parametrize("line", ["1 x:1", "1 0:y", "x 0:1", "1 3:1", "1 -1:2", "1 1:1 1:2", "1 2"])
def test_damaged_libsvm(line):
    write("a.t", f"1 0:1\n{line}\n")
    with pytest.raises(FileFormatError) as caught:
        rows(LibSVMIter(data_libsvm="a.t", data_shape=(3,), batch_size=1))
    assert ("line", "2") in caught.value.place


def test_libsvm_parameters():
    write("a.t", "1 0:1\n")
    for wrong in (
        {"data_shape": (3, 1)},
        {"label_shape": (2,)},
        {"label_libsvm": "a.t"},
        {"round_batch": False},
        {"num_parts": 2, "part_index": 2},
    ):
        with pytest.raises(ParameterError):
            LibSVMIter(**{"data_libsvm": "a.t", "data_shape": (3,), "batch_size": 1, **wrong})


BOTH = """
open("a.csv", "w").write("1,2\\n3,4\\n5,6\\n7,8.25\\n9,1e3\\n")
open("a.t", "w").write("1.0 0:0.5 2:1.2\\n-2.0\\n-3.0 0:0.6 1:2.4 2:1.2\\n4 2:-1.2\\n5 1:1\\n")
def seen(it):
    kept.append(it)
    answer = []
    for _ in range(3):
        answer.append(
            [[b.data[0].asnumpy(), b.label[0].asnumpy(), b.pad, b.index.astype(float)] for b in it])
        it.reset()
    return answer
for size in (1, 2, 3):
    for round_batch in (True, False):
        found[f"csv {size} {round_batch}"] = seen(mx.io.CSVIter(
            data_csv="a.csv", data_shape=(2,), label_csv="a.csv", label_shape=(2,),
            batch_size=size, round_batch=round_batch))
    found[f"svm {size}"] = seen(
        mx.io.LibSVMIter(data_libsvm="a.t", data_shape=(3,), batch_size=size))
for part in range(2):
    found[f"part {part}"] = seen(mx.io.LibSVMIter(
        data_libsvm="a.t", data_shape=(3,), batch_size=2, num_parts=2, part_index=part))
"""


@oracle.marks
def test_the_batches_of_real_mxnet(folder):
    oracle.both(BOTH, folder)


def test_positional_arguments_and_unknown_parameters():
    with pytest.raises(TypeError, match="keyword arguments"):
        mx.io.CSVIter("a.csv")
    with pytest.raises(ParameterError, match="no parameter 'data_cvs'"):
        mx.io.CSVIter(data_cvs="a.csv")
