"""MXNet's .params files: files of real MXNet, round trips, every kind of damage, crashes."""

import json
import os
import pathlib
import struct
import subprocess
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbook.base.context import cpu, cpu_pinned, gpu
from mxbook.base.dtypes import CODES, TYPES
from mxbook.base.errors import DTypeError, FileFormatError, ParameterError, ShapeError
from mxbook.base.sparse import SparseParts
from mxbook.formats import atomic, params
from mxbook.formats.params import V1, V2, V3

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "files"
FILES = sorted(p.name for p in GOLDEN.glob("*.params"))
MASKS = (1, 2, 4, 8, 16, 32, 64, 128, 255)


# ---- building files by hand, and comparing


def u4(*numbers):
    return struct.pack(f"<{len(numbers)}I", *numbers)


def i8(*numbers):
    return struct.pack(f"<{len(numbers)}q", *numbers)


def a_file(*entries, names=()):
    listed = b"".join(i8(len(name)) + name for name in names)
    return i8(0x112, 0, len(entries)) + b"".join(entries) + i8(len(names)) + listed


VALUES = np.arange(6, dtype="f4")
CPU_F4 = u4(1, 0, 0)
V0_ENTRY = u4(2, 2, 3) + CPU_F4 + VALUES.tobytes()
V1_ENTRY = u4(V1, 2) + i8(2, 3) + CPU_F4 + VALUES.tobytes()
V2_ENTRY = u4(V2, 0, 2) + i8(2, 3) + CPU_F4 + VALUES.tobytes()
CSR_HEAD = u4(V2, 2, 1) + i8(1) + u4(2) + i8(2, 3) + CPU_F4  # one value in a (2, 3) array


def buffers(array):
    """The arrays that an entry consists of."""
    if not isinstance(array, SparseParts):
        return [array]
    return [array.data, *(i for i in (array.indptr, array.indices) if i is not None)]


def payload(arrays):
    return b"".join(b.tobytes() for a in arrays for b in buffers(a))


def key(array):
    """What has to agree for two entries to be the same, bit for bit (NaN too)."""
    stype = getattr(array, "stype", "default")
    return stype, array.shape, [(b.dtype, b.shape, b.tobytes()) for b in buffers(array)]


def same(left, right):
    return [key(a) for a in left] == [key(a) for a in right]


# ---- strategies

shapes = st.lists(st.integers(0, 4), max_size=4).map(tuple)
names_of = st.text(st.characters(codec="utf-8"), max_size=8)


@st.composite
def dense(draw, shape=shapes):
    name, shape = draw(st.sampled_from(list(TYPES))), draw(shape)
    size = int(np.prod(shape))
    if name == "bool":
        return np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)), bool).reshape(
            shape
        )
    count = size * TYPES[name].itemsize
    raw = draw(st.binary(min_size=count, max_size=count))
    return np.frombuffer(raw, TYPES[name]).reshape(shape)


@st.composite
def sparse(draw):
    rows, cols = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    if draw(st.booleans()):
        mask = np.array(draw(st.lists(st.booleans(), min_size=rows * cols, max_size=rows * cols)))
        mask = mask.reshape(rows, cols).astype(bool)
        indptr = np.concatenate([[0], np.cumsum(mask.sum(axis=1))]).astype("i8")
        indices = np.nonzero(mask)[1]
        data = draw(dense(st.just(indices.shape)))
        return SparseParts("csr", data, indices, indptr, (rows, cols))
    stored = draw(st.lists(st.integers(0, max(rows - 1, 0)), max_size=rows, unique=True))
    data = draw(dense(st.just((len(stored), cols))))
    return SparseParts("row_sparse", data, np.array(sorted(stored), "i8"), None, (rows, cols))


def lists_of(entry):
    def named(arrays):
        count = len(arrays)
        names = st.just([]) | st.lists(names_of, min_size=count, max_size=count)
        return st.tuples(st.just(arrays), names)

    return st.lists(entry, max_size=4).flatmap(named)


# ---- files of real MXNet


def test_there_are_golden_files():
    assert {"list.params", "np.params", "sparse.params"} <= set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_golden_files_are_rebuilt_byte_for_byte(name, tmp_path):
    arrays, names = params.load(GOLDEN / name)
    assert params.dumps(arrays, names) == (GOLDEN / name).read_bytes()
    params.save(tmp_path / name, arrays, names)
    assert (tmp_path / name).read_bytes() == (GOLDEN / name).read_bytes()


def test_golden_list():
    arrays, names = params.load(GOLDEN / "list.params")
    assert names == []
    assert [a.dtype.name for a in arrays] == list(CODES)[:-1]
    assert [a.shape for a in arrays] == [(2, 3), (4,), (1, 2, 2), (3, 1), (2, 2), (5,), (1,)]
    assert arrays[4].tolist() == [[29, 24], [14, 14]]
    assert all(a.flags.writeable and a.dtype.isnative for a in arrays)


def test_golden_sparse():
    (csr, rsp, dense, empty), names = params.load(GOLDEN / "sparse.params")
    assert names == ["csr", "rsp", "dense", "empty_rsp"]
    filled = np.zeros(csr.shape, csr.data.dtype)
    for row in range(4):
        part = slice(csr.indptr[row], csr.indptr[row + 1])
        filled[row, csr.indices[part]] = csr.data[part]
    assert np.array_equal(filled, dense)
    filled[:] = 0
    filled[rsp.indices] = rsp.data
    assert np.array_equal(filled, np.where(np.arange(4)[:, None] == 1, dense, 0))
    assert (empty.shape, empty.data.shape, empty.indptr) == ((3, 2), (0, 2), None)
    assert repr(csr) == "SparseParts(csr, float32, (4, 5), stored (7,))"


def test_golden_numpy_semantics():
    (scalar, empty, x), _ = params.load(GOLDEN / "np.params")
    assert (scalar.shape, float(scalar), empty.shape, x.dtype) == ((), 2.5, (0, 3), np.float64)
    assert [r.layout for r in params.records(GOLDEN / "np.params")] == ["V3"] * 3


# ---- layouts and contexts


@pytest.mark.parametrize(
    ("entry", "layout"), [(V0_ENTRY, "V0"), (V1_ENTRY, "V1"), (V2_ENTRY, "V2")]
)
def test_layouts_of_all_times(entry, layout):
    data = a_file(entry, entry, names=[b"a", "\u00e9".encode()])
    arrays, names = params.loads(data)
    assert same(arrays, [VALUES.reshape(2, 3)] * 2)
    assert names == ["a", "\u00e9"]
    found = params.records(data)
    assert [(r.layout, r.offset) for r in found] == [(layout, 24), (layout, 24 + len(entry))]


@pytest.mark.parametrize(("device", "context"), [(1, cpu(7)), (2, gpu(7)), (3, cpu_pinned(7))])
def test_entries_of_any_device_load(device, context):
    data = a_file(V2_ENTRY.replace(CPU_F4, u4(device, 7, 0)))
    (record,) = params.records(data)
    assert record.context == context
    assert same([record.array], [VALUES.reshape(2, 3)])


def test_index_arrays_of_32_bits_load():
    data = a_file(
        CSR_HEAD + u4(4, 1) + i8(3) + u4(4, 1) + i8(1) + VALUES[:1].tobytes() + u4(0, 1, 1, 2)
    )
    ((parts,), _) = params.loads(data)
    assert (parts.indptr.tolist(), parts.indices.tolist()) == ([0, 1, 1], [2])
    assert parts.indices.dtype == np.int32


# ---- round trips


@given(content=lists_of(dense()), np_shape=st.sampled_from([None, True, False]))
def test_dense_round_trip(content, np_shape):
    arrays, names = content
    data = params.dumps(arrays, names, np_shape=np_shape)
    back, back_names = params.loads(data)
    assert same(back, arrays)
    assert back_names == names
    assert params.dumps(back, names, np_shape=np_shape) == data
    scalar = any(a.shape == () for a in arrays)
    layout = "V3" if (scalar if np_shape is None else np_shape) else "V2"
    assert {r.layout for r in params.records(data)} <= {layout}


@given(lists_of(sparse() | dense(shapes.filter(len))))
def test_sparse_round_trip(content):
    arrays, names = content
    back, back_names = params.loads(params.dumps(arrays, names))
    assert same(back, arrays)
    assert back_names == names


@given(dense(), st.randoms())
def test_any_memory_order_and_byte_order(array, random):
    axes = list(range(array.ndim))
    random.shuffle(axes)
    plain = params.dumps([array.transpose(axes).copy("C")])
    assert params.dumps([array.transpose(axes)]) == plain
    assert params.dumps([array.transpose(axes).astype(array.dtype.newbyteorder(">"))]) == plain


def test_nothing_at_all():
    assert params.loads(params.dumps([])) == ([], [])
    assert params.dumps([]) == i8(0x112, 0, 0, 0)


def test_a_file_through_a_path(tmp_path):
    path = tmp_path / "x.params"
    params.save(path, [VALUES, VALUES[:2]], ["a", "a"])
    arrays, names = params.load(str(path))
    assert same(arrays, [VALUES, VALUES[:2]])
    assert names == ["a", "a"]


def test_many_small_and_one_large(tmp_path):
    arrays = [np.full(3, i, "i4") for i in range(300)] + [np.arange(700_000, dtype="i8")]
    params.save(tmp_path / "x", arrays)
    assert same(params.load(tmp_path / "x")[0], arrays)


# ---- what cannot be written


def test_names_must_match():
    for names in (["a"], ["a", "b", "c"]):
        with pytest.raises(ParameterError, match="names"):
            params.dumps([VALUES, VALUES], names)
    with pytest.raises(ParameterError, match="name"):
        params.dumps([VALUES], [3])


def test_element_types_that_mxnet_lacks():
    for array in (np.zeros(2, "i2"), np.zeros(2, "c8"), np.array(["x"]), np.array([None])):
        with pytest.raises(DTypeError) as caught:
            params.dumps([VALUES, array], ["good", "bad"])
        assert ("array", "'bad'") in caught.value.place


def rsp(data, indices, shape, indptr=None):
    return SparseParts("row_sparse", np.array(data, "f4"), np.array(indices), indptr, shape)


def csr(data, indices, indptr, shape):
    indptr = None if indptr is None else np.array(indptr)
    return SparseParts("csr", np.array(data, "f4"), np.array(indices), indptr, shape)


UNSOUND = [
    rsp([[1, 2]], [5], (5, 2)),
    rsp([[1, 2]], [-1], (5, 2)),
    rsp([[1, 2]], [1], (5, 3)),
    rsp([[1, 2]], [1, 2], (5, 2)),
    rsp([[1, 2]], [1], (5, 2), indptr=np.array([0])),
    rsp(1, [], ()),
    csr([1], [0], [0, 1], (1,)),
    csr([1], [0], [0, 1], (2, 2)),
    csr([1], [0], None, (1, 2)),
    csr([1], [0, 1], [0, 1], (1, 2)),
    csr([[1]], [[0]], [0, 1], (1, 2)),
    csr([1], [2], [0, 1], (1, 2)),
    csr([1], [-1], [0, 1], (1, 2)),
    csr([1], [0], [1, 1], (1, 2)),
    csr([1], [0], [0, 2], (1, 2)),
    csr([1], [0], [0, 2, 1], (2, 2)),
    SparseParts("coo", VALUES, VALUES, None, (6,)),
]


@pytest.mark.parametrize("parts", UNSOUND, ids=lambda p: p.broken_rule())
def test_unsound_sparse_arrays_are_not_written(parts):
    with pytest.raises(ShapeError, match="fit together") as caught:
        params.dumps([parts])
    assert caught.value.rule


def test_sparse_arrays_need_the_classic_layout():
    parts = rsp([[1, 2]], [1], (5, 2))
    for arrays, np_shape in (([parts], True), ([parts, np.float32(1)], None)):
        with pytest.raises(ParameterError, match="NumPy semantics"):
            params.dumps(arrays, np_shape=np_shape)


# ---- damage

SAMPLES = {
    **{name: (GOLDEN / name).read_bytes() for name in ("np.params", "one.params", "sparse.params")},
    "V0": a_file(V0_ENTRY, V0_ENTRY, names=[b"a", b"b"]),
    "V1": a_file(V1_ENTRY, V1_ENTRY),
    "bool": params.dumps([np.array([True, False])], ["flags"]),
}


@pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)
def test_cut_or_lengthened_anywhere(data):
    for length in range(len(data)):
        with pytest.raises(FileFormatError) as caught:
            params.loads(data[:length], "x.params")
        check_error(caught.value, length)
    with pytest.raises(FileFormatError, match="after the end"):
        params.loads(data + b"\0")


@pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)
def test_flipped_bytes(data):
    """A changed byte is found, or all values but one byte are still the same (in these files)."""
    good = payload(params.loads(data)[0])
    for at in range(len(data)):
        for mask in MASKS:
            bad = bytearray(data)
            bad[at] ^= mask
            try:
                arrays, _ = params.loads(bytes(bad), "x.params")
            except FileFormatError as error:
                check_error(error, len(data))
            else:
                changed = payload(arrays)
                assert len(changed) == len(good)
                assert sum(x != y for x, y in zip(changed, good, strict=True)) <= 1


def test_a_flip_that_no_reader_can_see():
    """One axis less, and everything after it still makes sense: the price of no checksums."""
    data = bytearray((GOLDEN / "list.params").read_bytes())
    third = params.records(bytes(data))[2]
    assert (third.array.shape, third.array.dtype, third.context) == ((1, 2, 2), np.float16, cpu(0))
    data[third.offset + 8] = 2
    third = params.records(bytes(data))[2]
    assert (third.array.shape, third.array.dtype, third.context) == ((1, 2), np.float64, gpu(0))


def check_error(error, size):
    place = dict(error.place)
    assert place["file"] == "x.params"
    assert 0 <= int(place["offset"].removeprefix("byte ")) <= size
    assert error.rule
    assert str(error)


def test_flipped_values_load():
    """Without checksums a changed value is a value; all other arrays stay what they were."""
    data = (GOLDEN / "list.params").read_bytes()
    good = params.loads(data)[0]
    start = data.index(good[1].tobytes())
    for at in range(start, start + good[1].nbytes):
        bad = bytearray(data)
        bad[at] ^= 255
        arrays, _ = params.loads(bytes(bad))
        assert [a.tobytes() == b.tobytes() for a, b in zip(arrays, good, strict=True)] == [
            i != 1 for i in range(7)
        ]


@given(st.data())
@settings(max_examples=300)
def test_any_wild_damage(data):
    """Several bytes overwritten anywhere, by anything."""
    bad = bytearray(data.draw(st.sampled_from(list(SAMPLES.values()))))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(bad) - 1))
        bad[at : at + 8] = data.draw(st.binary(max_size=12))
    try:
        params.loads(bytes(bad))
    except FileFormatError as error:
        assert error.rule


HUGE = (1 << 63) - 1
ABSURD = {
    "arrays": i8(0x112, 0, HUGE),
    "most arrays": i8(0x112, 0, -1),
    "names": i8(0x112, 0, 0, HUGE),
    "name": i8(0x112, 0, 1) + V2_ENTRY + i8(1, HUGE),
    "axes": a_file(u4(V2, 0, 0xFFFFFFFF)),
    "65 axes": a_file(u4(V2, 0, 65) + i8(*[1] * 65) + CPU_F4 + bytes(4)),
    "length": a_file(u4(V2, 0, 1) + i8(HUGE) + CPU_F4),
    "negative": a_file(u4(V2, 0, 1) + i8(-1) + CPU_F4),
    "product": a_file(u4(V2, 0, 2) + i8(1 << 40, 1 << 40) + CPU_F4),
    "empty but wide": a_file(u4(V3, 0, 3) + i8(0, 1 << 40, 1 << 40) + CPU_F4),
    "old lengths": a_file(u4(3, *[0xFFFFFFFF] * 3) + CPU_F4),
    "stored": a_file(u4(V2, 1, 2) + i8(HUGE, 2) + u4(2) + i8(5, 2) + CPU_F4 + u4(6, 1) + i8(1)),
    "indices": a_file(CSR_HEAD + u4(6, 1) + i8(HUGE) + u4(6, 1) + i8(HUGE) + bytes(99)),
}


@pytest.mark.parametrize("data", ABSURD.values(), ids=ABSURD)
def test_absurd_sizes_cost_nothing(data):
    tracemalloc.start()
    try:
        with pytest.raises(FileFormatError):
            params.loads(data)
        assert tracemalloc.get_traced_memory()[1] < 200_000
    finally:
        tracemalloc.stop()


INDEX_HEADS = u4(6, 1) + i8(3) + u4(6, 1) + i8(1)
ONE = VALUES[:1].tobytes()
WRONG = {
    "no array starts here": a_file(u4(0xF993FAC7)),
    "no array starts": a_file(u4(0) + CPU_F4),
    "no storage type": a_file(u4(V2, 3, 1) + i8(1) + CPU_F4 + ONE),
    "2 is no storage type": a_file(CSR_HEAD.replace(u4(V2), u4(V3)) + INDEX_HEADS),
    "no device type": a_file(V2_ENTRY.replace(CPU_F4, u4(9, 0, 0))),
    "8 is no element type": a_file(V2_ENTRY.replace(CPU_F4, u4(1, 0, 8))),
    "0 is no element type": a_file(CSR_HEAD + u4(0, 1) + i8(3) + u4(6, 1) + i8(1)),
    "neither 0 nor 1": a_file(u4(V3, 0, 1) + i8(2) + u4(1, 0, 7) + b"\x01\x02"),
    "fit together": a_file(CSR_HEAD + INDEX_HEADS + ONE + i8(0, 1, 1, 3)),
    "not fit together": a_file(CSR_HEAD + INDEX_HEADS + ONE + i8(0, 2, 1, 2)),
    "2 names for 1 arrays": a_file(V2_ENTRY, names=[b"a", b"b"]),
    "not text": a_file(V2_ENTRY, names=[b"a\xff"]),
}


@pytest.mark.parametrize(("message", "data"), WRONG.items(), ids=WRONG)
def test_what_is_wrong_is_said(message, data):
    with pytest.raises(FileFormatError, match=message) as caught:
        params.loads(data)
    assert caught.value.rule


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (b"PK\x03\x04 and more", "npz"),
        (b'{"nodes": []}', "symbol"),
        (b"<!DOCTYPE html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"\x1f\x8b\x08 and more", "gzip"),
        (b"something else", ""),
    ],
)
def test_files_of_another_kind_are_recognised(data, hint):
    with pytest.raises(FileFormatError, match=r"not a \.params file") as caught:
        params.loads(data)
    assert hint in caught.value.hint


def test_the_place_names_the_record():
    data = bytearray(params.dumps([VALUES, VALUES, VALUES], ["fc1", "fc2", "fc3"]))
    second = params.records(bytes(data))[1].offset
    data[second + 8] = 77  # the number of axes
    with pytest.raises(FileFormatError) as caught:
        params.loads(bytes(data), "net.params")
    place = {"file": "net.params", "offset": f"byte {second + 8}", "record": "2 of 3"}
    assert dict(caught.value.place) == {**place, "name": "'fc2'"}
    with pytest.raises(FileFormatError) as caught:
        params.loads(bytes(data[:-1]), "net.params")
    assert dict(caught.value.place) == place  # the names at the end are no longer whole


def test_many_lookalikes_of_the_name_list_do_not_slow_an_error_down():
    bad = i8(0x112, 0, 1) + u4(V2, 9) + i8(*[1] * 20_000)
    with pytest.raises(FileFormatError, match="storage type") as caught:
        params.loads(bad)
    assert "name" not in dict(caught.value.place)


def test_missing_files_are_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        params.load(tmp_path / "none.params")


# ---- crashes while saving


@pytest.mark.parametrize("step", ["fsync", "replace"])  # test_atomic.py has more
def test_a_crash_leaves_the_old_file(tmp_path, monkeypatch, step):
    path = tmp_path / "x.params"
    params.save(path, [VALUES], ["old"])
    before = path.read_bytes()

    def fail(*args):
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(atomic.os, step, fail)
    with pytest.raises(OSError, match="no space"):
        params.save(path, [VALUES] * 3, ["new1", "new2", "new3"])
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["x.params"]


def test_what_cannot_be_saved_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.params"
    params.save(path, [VALUES])
    before = path.read_bytes()
    with pytest.raises(DTypeError):
        params.save(path, [VALUES, np.zeros(2, "c8")])
    assert path.read_bytes() == before


# ---- real MXNet

ORACLE = os.environ.get("MXBOOK_ORACLE_PYTHON", "")

# Runs under real MXNet, in a folder with in.npz, kinds.json (names of sparse arrays) and our files.
ORACLE_SCRIPT = """
import json, numpy as np
for name in ("bool", "int", "float", "object", "complex", "str"):
    if name not in np.__dict__:
        setattr(np, name, getattr(__import__("builtins"), name))
import mxnet as mx
arrays = {k: v for k, v in np.load("in.npz").items()}
kinds = json.load(open("kinds.json"))
nd = {k: mx.nd.array(v, dtype=v.dtype) for k, v in arrays.items() if v.ndim}
mx.nd.save("list.theirs", [nd[k] for k in nd])
mx.nd.save("dict.theirs", nd)
matrix = {t: mx.nd.array(arrays["matrix"], dtype=t) for t in ("float32", "float64")}
sparse = {k: matrix[t].tostype(s) for k, (s, t) in kinds.items()}
mx.nd.waitall()  # MXNet 1.6 saves the number of stored values that it finds, ready or not
mx.nd.save("sparse.theirs", sparse)
for name in ("list", "dict", "sparse", "V0", "V1"):
    mx.nd.save(name + ".back", mx.nd.load(name + ".ours"))
mx.npx.set_np()
mx.npx.save("np.theirs", {k: mx.np.array(v, dtype=v.dtype) for k, v in arrays.items()})
mx.npx.save("np.back", mx.npx.load("np.ours"))
"""


@pytest.mark.oracle
@pytest.mark.skipif(not ORACLE, reason="MXBOOK_ORACLE_PYTHON names no interpreter with MXNet")
def test_real_mxnet_writes_and_reads_the_same_bytes(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {f"x_{name}": (rng.random((2, 3)) * 9).astype(name) for name in TYPES}
    arrays |= {"empty": np.zeros((0, 3), "f4"), "t\u00e4glich": np.ones((1, 2, 1, 2), "f8")}
    arrays |= {"matrix": np.array([[0, 1, 0], [0, 0, 0], [2, 0, 3]], "f4")}
    scalars = {"scalar": np.array(2.5, "f4"), "flag": np.array(True)}
    kinds = {f"{s}_{t}": (s, t) for s in ("csr", "row_sparse") for t in ("float32", "float64")}
    np.savez(tmp_path / "in.npz", **arrays, **scalars)
    (tmp_path / "kinds.json").write_text(json.dumps(kinds))

    values, names = list(arrays.values()), list(arrays)
    both = {**arrays, **scalars}
    sparse_arrays = [as_sparse(s, arrays["matrix"].astype(t)) for s, t in kinds.values()]
    params.save(tmp_path / "list.ours", values)
    params.save(tmp_path / "dict.ours", values, names)
    params.save(tmp_path / "sparse.ours", sparse_arrays, list(kinds))
    params.save(tmp_path / "np.ours", both.values(), both, np_shape=True)
    (tmp_path / "V0.ours").write_bytes(SAMPLES["V0"])
    (tmp_path / "V1.ours").write_bytes(SAMPLES["V1"])

    command = [ORACLE, "-c", ORACLE_SCRIPT]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    for name in ("list", "dict", "sparse", "np"):
        ours = (tmp_path / f"{name}.ours").read_bytes()
        assert (tmp_path / f"{name}.theirs").read_bytes() == ours
        assert (tmp_path / f"{name}.back").read_bytes() == ours
    for name in ("V0", "V1"):
        theirs, ours = (
            params.load(tmp_path / f"{name}.back"),
            params.load(tmp_path / f"{name}.ours"),
        )
        assert same(theirs[0], ours[0])
        assert theirs[1] == ours[1]


def as_sparse(stype, matrix):
    if stype == "csr":
        rows, indices = np.nonzero(matrix)
        indptr = np.searchsorted(rows, np.arange(len(matrix) + 1))
        return SparseParts("csr", matrix[rows, indices], indices, indptr, matrix.shape)
    indices = np.nonzero(matrix.any(axis=1))[0]
    return SparseParts("row_sparse", matrix[indices], indices, None, matrix.shape)
