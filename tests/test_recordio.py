"""`mx.recordio`: reading and writing, shared among threads and processes."""

import gc
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import FileFormatError, MXNetError, ParameterError
from mxbook.recordio import IRHeader, MXIndexedRecordIO, MXRecordIO, pack, unpack
from tests import oracle

RECORDS = [f"record {i}".encode() * i for i in range(50)]


@pytest.fixture
def paths(tmp_path):
    return str(tmp_path / "a.idx"), str(tmp_path / "a.rec")


@pytest.fixture
def indexed(paths):
    with MXIndexedRecordIO(*paths, "w") as out:
        for i, record in enumerate(RECORDS):
            out.write_idx(i, record)
    return MXIndexedRecordIO(*paths, "r")


def all_of(reader):
    return list(iter(reader.read, None))


def test_in_order_and_again(indexed, paths):
    reader = MXRecordIO(paths[1], "r")
    assert all_of(reader) == RECORDS
    assert reader.read() is None
    reader.reset()
    assert all_of(reader) == RECORDS
    reader.close()
    reader.close()
    with pytest.raises(MXNetError, match="closed"):
        reader.read()


def test_by_key(indexed):
    assert indexed.keys == list(range(50))
    for i in (3, 0, 49, 20):
        assert indexed.read_idx(i) == RECORDS[i]
    indexed.seek(7)
    assert indexed.read() == RECORDS[7]
    assert indexed.read() == RECORDS[8]
    with pytest.raises(KeyError) as caught:
        indexed.read_idx(50)
    assert "0, 1, 2" in str(caught.value)


def test_keys_that_are_names_and_come_twice(paths):
    with MXIndexedRecordIO(*paths, "w", key_type=str) as out:
        assert out.tell() == 0
        out.write_idx("a b", b"1")
        assert out.tell() == 12
        out.write_idx(5, b"2")
        out.write_idx("a b", b"3")
    reader = MXIndexedRecordIO(*paths, "r", key_type=str)
    assert reader.keys == ["a b", "5", "a b"]
    assert reader.idx == {"a b": 24, "5": 12}
    assert [reader.read_idx(k) for k in reader.keys] == [b"3", b"2", b"3"]
    with pytest.raises(FileFormatError, match="line 1"):
        MXIndexedRecordIO(*paths, "r")


def test_what_a_file_is_not_open_for(indexed, paths):
    for call in (lambda: indexed.write(b""), lambda: indexed.write_idx(1, b""), indexed.tell):
        with pytest.raises(MXNetError, match="being read"):
            call()
    out = MXIndexedRecordIO(*paths, "w")
    for call in (out.read, lambda: out.read_idx(1), lambda: out.seek(1)):
        with pytest.raises(MXNetError, match="being written"):
            call()
    with pytest.raises(ValueError, match="Invalid flag"):
        MXRecordIO(paths[1], "a")
    with pytest.raises(FileNotFoundError):
        MXRecordIO(paths[1] + "x", "r")


def test_files_appear_when_they_are_closed(paths):
    out = MXIndexedRecordIO(*paths, "w")
    out.write_idx(0, b"x")
    assert not any(map(os.path.exists, paths))
    out.reset()
    out.write_idx(1, b"y")
    del out
    gc.collect()
    assert MXIndexedRecordIO(*paths, "r").read_idx(1) == b"y"


def test_an_error_while_writing_leaves_the_old_files(indexed, paths):
    with pytest.raises(ZeroDivisionError), MXIndexedRecordIO(*paths, "w") as out:
        out.write_idx(0, b"new")
        raise ZeroDivisionError
    assert MXIndexedRecordIO(*paths, "r").read_idx(49) == RECORDS[49]
    assert len(os.listdir(os.path.dirname(paths[0]))) == 2


def test_a_program_that_forgets_to_close(paths):
    code = (
        "import sys; from mxbook.recordio import *\n"
        "out = MXIndexedRecordIO(*sys.argv[1:], 'w'); out.write_idx(3, b'kept')"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code, *paths], env=env, check=False)
    assert done.returncode == 0
    assert MXIndexedRecordIO(*paths, "r").read_idx(3) == b"kept"


def test_pickling_a_reader(indexed, paths):
    indexed.read_idx(30)
    other = pickle.loads(pickle.dumps(indexed))
    assert other.read() == RECORDS[0]
    assert other.read_idx(9) == RECORDS[9]
    assert indexed.read() == RECORDS[31]
    closed = MXRecordIO(paths[1], "r")
    closed.close()
    assert not pickle.loads(pickle.dumps(closed)).is_open
    with pytest.raises(MXNetError, match="pickled"):
        pickle.dumps(MXRecordIO(paths[1], "w"))


# ---- threads and processes


def in_threads(count, work):
    threads = [threading.Thread(target=work, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_read_each_record_once(indexed):
    found = []
    in_threads(6, lambda i: found.extend(all_of(indexed)))
    assert sorted(found) == sorted(RECORDS)


def test_threads_read_by_key(indexed):
    wrong = []

    def work(i):
        order = np.random.RandomState(i).permutation(len(RECORDS))
        wrong.extend(k for k in order if indexed.read_idx(k) != RECORDS[k])

    in_threads(6, work)
    assert wrong == []


def test_threads_write_whole_records(paths):
    with MXIndexedRecordIO(*paths, "w") as out:
        in_threads(5, lambda i: [out.write_idx(k, RECORDS[k]) for k in range(i, 50, 5)])
    reader = MXIndexedRecordIO(*paths, "r")
    assert [reader.read_idx(k) for k in range(50)] == RECORDS


def in_a_fork(work):
    """What `work()` returns in a forked process."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(send, pickle.dumps(work()))
            status = 0
        finally:
            os._exit(status)
    os.close(send)
    with open(receive, "rb") as answer:
        content = answer.read()
    assert os.waitpid(child, 0)[1] == 0
    return pickle.loads(content)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
quiet = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@needs_fork
@quiet
def test_a_forked_process_reads_on_its_own(indexed):
    for _ in range(3):
        indexed.read()
    child = in_a_fork(lambda: (all_of(indexed), indexed.read_idx(9)))
    assert child == (RECORDS[3:], RECORDS[9])
    assert all_of(indexed) == RECORDS[3:]


@needs_fork
@quiet
def test_a_lock_that_was_held_in_the_parent_does_not_stop_the_child(indexed):
    holding, done = threading.Event(), threading.Event()

    def hold():
        with indexed._for("r"):
            holding.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait()
    try:
        assert in_a_fork(lambda: indexed.read_idx(4)) == RECORDS[4]
    finally:
        done.set()
        thread.join()


@needs_fork
@quiet
def test_a_forked_process_does_not_write(paths):
    out = MXIndexedRecordIO(*paths, "w")
    out.write_idx(0, b"first")

    def work():
        try:
            out.write_idx(1, b"child")
        except MXNetError as error:
            out.close()  # as if the child were done with it
            return str(error)

    assert "multiple processes" in in_a_fork(work)
    out.write_idx(1, b"second")
    out.close()
    assert all_of(MXRecordIO(paths[1], "r")) == [b"first", b"second"]


# ---- damage


def test_a_file_that_was_cut(indexed, paths):
    with open(paths[1], "r+b") as file:
        file.truncate(os.path.getsize(paths[1]) - 30)
    reader = MXIndexedRecordIO(*paths, "r")
    assert reader.read_idx(48) == RECORDS[48]
    with pytest.raises(FileFormatError, match="ends inside the content") as caught:
        reader.read_idx(49)
    place = dict(caught.value.place)
    assert place["key"].startswith("49 of")
    assert place["record"] == f"at byte {reader.idx[49]}"
    assert reader.read_idx(2) == RECORDS[2]


def test_an_index_of_another_file(indexed, paths):
    other = MXIndexedRecordIO(*paths, "r")
    for offset in (4, 6, 10**6):
        other.idx[7] = offset
        with pytest.raises(FileFormatError, match="no record starts") as caught:
            other.read_idx(7)
        assert "7 of" in dict(caught.value.place)["key"]
    other.idx[7] = os.path.getsize(paths[1])
    with pytest.raises(FileFormatError, match="end of the record file"):
        other.read_idx(7)


# ---- headers

labels = st.floats(width=32, allow_nan=False) | st.lists(
    st.floats(width=32, allow_nan=False), min_size=1, max_size=5
)


@given(labels, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.binary(max_size=9))
def test_headers_come_back(label, number, number2, content):
    header, found = unpack(pack(IRHeader(9, label, number, number2), content))
    assert found == content
    assert (header.id, header.id2) == (number, number2)
    np.testing.assert_array_equal(header.label, np.float32(label))
    assert header.flag == (len(label) if isinstance(label, list) else 0)


def test_labels_of_all_kinds():
    for label in (mx.nd.array([1, 2]), np.array([1, 2]), (1, 2)):
        assert unpack(pack((0, label, 1, 2), b""))[0].label.tolist() == [1, 2]
    for label in (np.float32(3), 3, True):
        assert unpack(pack((0, label, 1, 2), b""))[0].label == label


@pytest.mark.parametrize("record", [b"", bytes(23), b"\3" + bytes(31)])
def test_a_record_without_a_header(record):
    with pytest.raises(FileFormatError, match="has no header"):
        unpack(record)


def test_pictures(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 5, 3)).astype("uint8")
    header = IRHeader(0, 2.0, 3, 0)
    record = mx.recordio.pack_img(header, pixels, quality=9, img_fmt=".png")
    found, same = mx.recordio.unpack_img(record)
    assert found == header
    np.testing.assert_array_equal(same, pixels)
    # Blue comes first in these two functions, red everywhere else.
    seen = mx.nd._internal._cvimdecode(
        mx.nd.array(np.frombuffer(unpack(record)[1], "u1"), dtype="uint8")
    )
    np.testing.assert_array_equal(seen.asnumpy(), pixels[..., ::-1])
    assert mx.recordio.unpack_img(record, iscolor=0)[1].shape == (6, 5)
    jpeg = mx.recordio.unpack_img(mx.recordio.pack_img(header, np.full((9, 9, 3), 77, "uint8")))[1]
    assert abs(jpeg.astype(int) - 77).max() <= 2
    with pytest.raises(ParameterError, match="no picture file"):
        mx.recordio.pack_img(header, pixels, img_fmt=".xyz")
    with pytest.raises(ParameterError, match="is no picture"):
        mx.recordio.pack_img(header, pixels.astype("float32"))


# ---- real MXNet

EXCHANGE = """
rec = mx.recordio
magic = b"\\x0a\\x23\\xd7\\xce"
some = [b"", b"a", b"abcd" + magic, magic * 3, b"x" + magic, b"12345678" * 999, bytes(7)]
out = rec.MXIndexedRecordIO("{me}.idx", "{me}.rec", "w")
for i, record in enumerate(some):
    out.write_idx(3 * i, record)
out.write_idx(99, rec.pack(rec.IRHeader(0, [1.5, 2], 7, 8), b"content"))
out.close()
found["bytes"] = open("{me}.rec", "rb").read()
found["index"] = open("{me}.idx").read()
if os.path.exists("{you}.rec"):
    same = rec.MXIndexedRecordIO("{you}.idx", "{you}.rec", "r")
    found["read"] = [same.read_idx(k) for k in reversed(same.keys)]
    header, content = rec.unpack(same.read_idx(99))
    found["header"] = list(header)
    found["content"] = content
"""


@oracle.marks
def test_real_mxnet_reads_and_writes_the_same_files(tmp_path):
    first = oracle.ask(EXCHANGE.format(me="ours", you="none"), tmp_path, "mxbook")
    theirs = oracle.ask(EXCHANGE.format(me="theirs", you="ours"), tmp_path)
    ours = oracle.ask(EXCHANGE.format(me="ours", you="theirs"), tmp_path, "mxbook")
    assert ours["bytes"] == theirs["bytes"] == first["bytes"]
    assert ours["index"] == theirs["index"]
    oracle.compare([ours["read"], ours["header"]], [theirs["read"], theirs["header"]], "read")
    assert ours["content"] == theirs["content"]
