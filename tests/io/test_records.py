"""The records of a pass: parts, orders, chunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.errors import FileFormatError, MXNetError, ParameterError
from mxbook.formats.recordio import RecordWriter, write_index
from mxbook.io import records
from mxbook.io.records import Records


def write(folder, name, contents):
    writer = RecordWriter(folder / f"{name}.rec")
    offsets = [writer.write(content) for content in contents]
    writer.finish()
    write_index(folder / f"{name}.idx", enumerate(offsets))
    return str(folder / f"{name}.rec"), str(folder / f"{name}.idx")


CONTENTS = [f"record {i:02d}".encode() * (1 + i % 3) for i in range(23)]


@pytest.fixture
def file(tmp_path):
    return write(tmp_path, "a", CONTENTS)


def contents(source, number=0):
    return [record.content for record in source.one_pass(number)]


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=20), st.integers(1, 6), st.data())
def test_parts_hold_every_record_once(tmp_path_factory, some, parts, data):
    path, index = write(tmp_path_factory.mktemp("records"), "a", some)
    with_index = data.draw(st.booleans())
    shares = [contents(Records(path, index if with_index else "", i, parts)) for i in range(parts)]
    assert [content for share in shares for content in share] == some


def test_records_say_where_they_are(file):
    first, second, *_ = Records(file[0]).one_pass(0)
    assert (first.file, first.offset) == (file[0], 0)
    assert second.offset == 8 + len(CONTENTS[0]) + -len(CONTENTS[0]) % 4


@pytest.mark.parametrize("with_index", [False, True])
def test_shuffled_passes(file, with_index):
    source = Records(file[0], file[1] if with_index else "", shuffle=True, seed=0)
    passes = [contents(source, i) for i in range(3)]
    assert all(sorted(one) == sorted(CONTENTS) for one in passes)
    assert len({tuple(one) for one in passes}) == 3
    # The order of real MXNet, for files as small as this one.
    assert [int(c[7:9]) for c in passes[0]][:6] == [13, 11, 22, 2, 17, 6]
    again = Records(file[0], file[1] if with_index else "", shuffle=True, seed=0)
    assert contents(again, 2) == passes[2]  # a pass does not depend on those before it
    other = Records(file[0], file[1] if with_index else "", shuffle=True, seed=1)
    assert contents(other) != passes[0]


def test_chunks_are_mixed_inside_and_among_each_other(file, monkeypatch):
    monkeypatch.setattr(records, "MEGABYTE", 128)
    plain = Records(file[0])
    starts = [record.offset for record in plain.one_pass(0)]
    mixed = list(Records(file[0], shuffle=True, chunk_size=1, chunk_seed=3).one_pass(0))
    assert sorted(r.offset for r in mixed) == starts
    chunks = [r.offset // 128 for r in mixed]
    together = [c for i, c in enumerate(chunks) if i == 0 or chunks[i - 1] != c]
    assert len(together) == len(set(together)) > 3  # each chunk in one piece
    assert together != sorted(together)
    assert [r.offset for r in mixed] != sorted(r.offset for r in mixed)
    monkeypatch.setattr(records, "CHUNK", 1)
    inside = [r.offset // 128 for r in Records(file[0], shuffle=True).one_pass(0)]
    assert inside == sorted(inside)  # without a chunk size the chunks stay in order


def test_several_files_and_folders(tmp_path):
    (tmp_path / "many").mkdir()
    for name in "ba":
        write(tmp_path / "many", name, [f"{name}{i}".encode() for i in range(3)])
    for path in (tmp_path / "many").glob("*.idx"):
        path.unlink()
    assert contents(Records(str(tmp_path / "many"))) == [b"a0", b"a1", b"a2", b"b0", b"b1", b"b2"]
    halves = [contents(Records(str(tmp_path / "many"), "", i, 2)) for i in range(2)]
    assert halves == [[b"a0", b"a1", b"a2"], [b"b0", b"b1", b"b2"]]
    with pytest.raises(ParameterError, match="one file, not with 2"):
        Records(str(tmp_path / "many"), "some.idx")


def test_wrong_parts_and_files(file, tmp_path):
    with pytest.raises(ParameterError, match="no part 2 of 2"):
        Records(file[0], part_index=2, num_parts=2)
    with pytest.raises(FileNotFoundError):
        Records(str(tmp_path / "x.rec"))


def test_damage_is_noticed(file, tmp_path):
    whole = (tmp_path / "a.rec").read_bytes()
    (tmp_path / "a.rec").write_bytes(whole[:-8])
    for index in ("", file[1]):
        with pytest.raises(FileFormatError, match="ends inside"):
            contents(Records(file[0], index))
    write_index(file[1], [(0, 0), (1, len(whole) - 8)])
    with pytest.raises(MXNetError, match=r"no record starts|end of the record file"):
        contents(Records(file[0], file[1]))
