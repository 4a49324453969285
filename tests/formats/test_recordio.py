"""Record files: what goes in comes out, and damage is seen."""

import os
import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mxbook.base.errors import DTypeError, FileFormatError, ParameterError
from mxbook.formats import recordio
from mxbook.formats.recordio import MARK, RecordReader, RecordWriter

# Records in which the mark occurs, aligned and not.
with_marks = st.lists(st.sampled_from([MARK, b"a", b"bc", bytes(4), MARK[:2]]), max_size=6).map(
    b"".join
)
some_records = st.lists(st.binary(max_size=20) | with_marks, max_size=6)
SMALL = [b"", b"abcde", b"1234" + MARK + b"x", b"12345678", MARK + MARK, b"end"]


def written(records):
    return b"".join(b"".join(recordio.pieces(r)) for r in records)


def test_a_record_as_mxnet_writes_it():
    head = struct.Struct("<II")
    assert written([b"abcd" + MARK + b"e"]) == b"".join(
        [
            head.pack(0xCED7230A, 1 << 29 | 4),
            b"abcd",
            head.pack(0xCED7230A, 3 << 29 | 1),
            b"e\0\0\0",
        ]
    )


@given(some_records)
def test_records_come_back(records):
    content = written(records)
    assert len(content) % 4 == 0
    assert list(recordio.records(content)) == records
    offsets = recordio.offsets(content)
    assert len(offsets) == len(records)
    reader = RecordReader(content)
    for record, offset in reversed(list(zip(records, offsets, strict=True))):
        reader.seek(offset)
        assert reader.read() == record


@given(some_records, st.integers(0, 200))
@example([b"1234" + MARK + b"x"], 4)
def test_the_next_record_is_found_from_anywhere(records, start):
    content = written(records)
    offsets = [*recordio.offsets(content), len(content)]
    reader = RecordReader(content)
    reader.find(start)
    assert reader.offset == min((o for o in offsets if o >= start), default=len(content))


def test_a_mark_far_away_is_found(monkeypatch):
    monkeypatch.setattr(recordio, "_STRIDE", 16)
    content = written([b"x" * 101, b"y"])
    reader = RecordReader(content)
    reader.find(4)
    assert reader.read() == b"y"


def test_many_records_of_mixed_size(tmp_path):
    sizes = np.random.default_rng(0).integers(0, 60, 100_000)
    path = tmp_path / "many.rec"
    writer = RecordWriter(path)
    offsets = [writer.write(bytes([i % 251]) * size) for i, size in enumerate(sizes)]
    writer.finish()
    assert os.path.getsize(path) == writer.offset
    for i, record in enumerate(recordio.records(path)):
        assert record == bytes([i % 251]) * sizes[i]
    assert i == len(sizes) - 1
    assert recordio.offsets(path) == offsets


# ---- damage


def first_error(content):
    """The records that were given out, and the error that ended it (None: the file's end)."""
    found = []
    try:
        found.extend(recordio.records(content))
    except FileFormatError as error:
        return found, error
    return found, None


@pytest.mark.parametrize("length", range(len(written(SMALL))))
def test_a_file_that_is_cut(length):
    content = written(SMALL)
    offsets = recordio.offsets(content)
    found, error = first_error(content[:length])
    whole = sum(o <= length for o in [*offsets[1:], len(content)])
    if error is None:
        assert length in offsets
        assert found == SMALL[:whole]
    else:
        assert found == SMALL[: len(found)]
        assert {"offset", "record"} <= {label for label, _ in error.place}
        assert error.rule
    assert len(found) >= whole - 1  # the last one is held back when what follows is cut


def places_of(content):
    """For each byte of a file: what it belongs to (mark, length, kind, content, padding)."""
    found, at = [], 0
    while at < len(content):
        word = struct.unpack_from("<I", content, at + 4)[0]
        length = word & (1 << 29) - 1
        found += ["mark"] * 4 + ["length"] * 3 + ["kind"] + ["content"] * length
        found += ["padding"] * (-length % 4)
        at = len(found)
    return found


CONTENT = written(SMALL)


@pytest.mark.parametrize("at", range(len(CONTENT)), ids=places_of(CONTENT).__getitem__)
def test_every_byte_changed_in_every_way(at):
    where = places_of(CONTENT)[at]
    for value in range(256):
        if value == CONTENT[at]:
            continue
        damaged = CONTENT[:at] + bytes([value]) + CONTENT[at + 1 :]
        found, error = first_error(damaged)
        if where in ("mark", "kind", "padding"):
            assert error is not None
        wrong = [(a, b) for a, b in zip(found, SMALL, strict=False) if a != b]
        if error is not None:
            # No wrong record was given out before the damage was seen.
            assert not wrong or where == "content"
        elif where == "content":
            ((new, old),) = wrong
            assert sum(a != b for a, b in zip(new, old, strict=True)) == 1
        else:
            assert where == "length"
            assert len(found) == len(SMALL)
            for new, old in wrong:
                # The end moved within the padding.
                assert new.rstrip(b"\0") == old.rstrip(b"\0")
                assert abs(len(new) - len(old)) < 4


@given(some_records, st.data())
def test_any_damage_ends(records, data):
    content = bytearray(written(records))
    for _ in range(data.draw(st.integers(0, 4))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found, _ = first_error(bytes(content))
    assert sum(map(len, found)) <= len(content)
    reader = RecordReader(bytes(content))
    try:
        reader.find(data.draw(st.integers(0, 50)))
        reader.read()
    except FileFormatError as error:
        assert "offset" in dict(error.place)


def test_an_error_names_file_offset_and_record(tmp_path):
    path = tmp_path / "x.rec"
    path.write_bytes(CONTENT[:-2])
    with pytest.raises(FileFormatError) as caught:
        list(recordio.records(path))
    place = dict(caught.value.place)
    assert place["file"] == str(path)
    assert place["record"] == "number 6"
    assert "left" in dict(caught.value.values)


def test_offsets_that_are_none():
    for offset in (-4, 2, len(CONTENT) + 4):
        with pytest.raises(FileFormatError, match="no record starts"):
            RecordReader(CONTENT).seek(offset)
    reader = RecordReader(CONTENT)
    reader.seek(4)
    with pytest.raises(FileFormatError, match="no record starts here"):
        reader.read()


def test_what_is_no_record(monkeypatch):
    with pytest.raises(DTypeError, match="text"):
        recordio.pieces("text")
    assert recordio.pieces(bytearray(b"ab"))[2] == b"ab"

    monkeypatch.setattr(recordio, "_BITS", 5)
    with pytest.raises(ParameterError, match="32 bytes"):
        recordio.pieces(bytes(32))


# ---- writing


def test_an_unfinished_file_is_not_there(tmp_path):
    path = tmp_path / "x.rec"
    path.write_bytes(b"old")
    writer = RecordWriter(path)
    writer.write(b"new")
    assert path.read_bytes() == b"old"
    writer.drop()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"x.rec": b"old"}


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_at_the_end_leaves_both_files(tmp_path, monkeypatch, step):
    rec, idx = tmp_path / "x.rec", tmp_path / "x.idx"
    rec.write_bytes(b"old")
    idx.write_bytes(b"old")
    writer = RecordWriter(rec)
    writer.write(b"new")

    def fail(*_):
        raise OSError(28, "disk full")

    monkeypatch.setattr(recordio.atomic.os, step, fail)
    with pytest.raises(OSError, match="disk full"):
        writer.finish((str(idx), [(0, 0)]))
    monkeypatch.undo()
    writer.drop()
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        "x.rec": b"old",
        "x.idx": b"old",
    }


# ---- indices


@given(st.lists(st.tuples(st.integers(), st.integers(0, 2**40))))
def test_indices_come_back(tmp_path_factory, pairs):
    path = tmp_path_factory.mktemp("index") / "a.idx"
    recordio.write_index(path, pairs)
    assert recordio.read_index(path) == pairs


@pytest.mark.parametrize("line", ["x\t4", "1", "1\ty", "1 4", "\t4"])
def test_a_damaged_index(tmp_path, line):
    path = tmp_path / "a.idx"
    path.write_text(f"0\t0\n\n{line}\n")
    with pytest.raises(FileFormatError, match="line 3") as caught:
        recordio.read_index(path)
    assert ("file", str(path)) in caught.value.place


def test_keys_of_other_types(tmp_path):
    path = tmp_path / "a.idx"
    recordio.write_index(path, [("a b", 0), ("c", 12)])
    assert recordio.read_index(path, str) == [("a b", 0), ("c", 12)]
