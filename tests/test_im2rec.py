"""`python -m mxbook.im2rec`."""

import os
import subprocess
import sys

import numpy as np
import pytest

import mxbook as mx
from mxbook import im2rec
from mxbook.formats import pictures
from mxbook.recordio import MXIndexedRecordIO, unpack, unpack_img
from tests.io.files import photo, plain


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for kind, count in (("dog", 4), ("cat", 3), ("dog/small", 2)):
        os.makedirs(f"images/{kind}", exist_ok=True)
        for i in range(count):
            with open(f"images/{kind}/{i}.png", "wb") as file:
                file.write(pictures.encode(plain(10 * i + 7, (30, 40, 3)), ".png"))
    with open("images/dog/note.txt", "w") as file:
        file.write("no image")
    return tmp_path


def run(*args):
    assert im2rec.main([str(a) for a in args]) == 0


def lines(path):
    with open(path) as file:
        return [line.rstrip("\n").split("\t") for line in file]


def test_lists_of_folders(folder, capsys):
    run("--list", "--recursive", "--no-shuffle", "data", "images")
    found = lines("data.lst")
    assert [key for key, *_ in found] == [str(i) for i in range(9)]
    assert [(label, path) for _, label, path in found[2:5]] == [
        ("0.000000", "cat/2.png"), ("1.000000", "dog/0.png"), ("1.000000", "dog/1.png"),
    ]  # fmt: skip
    assert found[-1] == ["8", "2.000000", "dog/small/1.png"]
    assert capsys.readouterr().out.splitlines() == ["cat 0", "dog 1", "dog/small 2"]
    run("--list", "--recursive", "mixed", "images")
    assert sorted(lines("mixed.lst")) == sorted(found)
    assert lines("mixed.lst") != found
    run("--list", "flat", "images/cat")
    assert {label for _, label, _ in lines("flat.lst")} == {"0.000000"}
    run("--list", "--exts", ".jpg", "--", "none", "images/cat")
    assert lines("none.lst") == []


def test_shares_and_chunks(folder):
    run("--list", "--recursive", "--train-ratio", 0.5, "--test-ratio", 0.25, "some", "images")
    counts = {k: len(lines(f"some_{k}.lst")) for k in ("train", "test", "val")}
    assert counts == {"train": 4, "test": 2, "val": 3}
    run("--list", "--recursive", "--chunks", 2, "part", "images")
    assert [len(lines(f"part_{i}.lst")) for i in (0, 1)] == [5, 4]


def records(base):
    reader = MXIndexedRecordIO(f"{base}.idx", f"{base}.rec", "r")
    return {key: unpack(reader.read_idx(key)) for key in reader.keys}


def test_records(folder, capsys):
    run("--list", "--recursive", "data", "images")
    run("--encoding", ".png", "--quality", 3, "data", "images")
    found = records("data")
    assert list(found) == [int(key) for key, *_ in lines("data.lst")]
    for key, label, path in lines("data.lst"):
        header, content = found[int(key)]
        assert (header.label, header.id) == (float(label), int(key))
        with open(f"images/{path}", "rb") as file:
            np.testing.assert_array_equal(pictures.decode(content), pictures.decode(file.read()))
    assert "data.rec: 9 images" in capsys.readouterr().out
    data = mx.io.ImageRecordIter(
        path_imgrec="data.rec", path_imgidx="data.idx", data_shape=(3, 30, 40), batch_size=9
    )
    assert sorted(next(data).label[0].asnumpy().tolist()) == [0] * 3 + [1] * 4 + [2] * 2


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_write_the_same_file(folder, threads):
    run("--list", "--recursive", "data", "images")
    run("--num-thread", threads, "data", "images")
    whole = (folder / "data.rec").read_bytes()
    known = test_threads_write_the_same_file.__dict__.setdefault("known", whole)
    assert whole == known


def sizes(*options):
    run("--encoding", ".png", "--quality", "1", *options, "one", "images")
    return unpack_img(MXIndexedRecordIO("one.idx", "one.rec", "r").read_idx(0))[1].shape


def test_sizes_and_colours(folder):
    (folder / "one.lst").write_text("0\t1\tdog/1.png\n")
    assert sizes() == (30, 40, 3)
    assert sizes("--resize", "15") == (15, 20, 3)
    assert sizes("--center-crop") == (30, 30, 3)
    assert sizes("--center-crop", "--resize", "12") == (12, 12, 3)
    assert sizes("--color", "0") == (30, 40)
    assert sizes("--color", "-1") == (30, 40, 3)


def test_pass_through_and_packed_labels(folder):
    (folder / "one.lst").write_text("4\t1\t2.5\tdog/1.png\n")
    run("--pass-through", "one", "images")
    header, content = records("one")[4]
    assert content == (folder / "images/dog/1.png").read_bytes()
    assert header.label == 1
    run("--pass-through", "--pack-label", "one", "images")
    assert records("one")[4][0].label.tolist() == [1, 2.5]


def test_images_that_cannot_be_read_are_left_out(folder, capsys):
    (folder / "images/bad.png").write_bytes(b"nothing")
    (folder / "one.lst").write_text("0\t1\tbad.png\n1\t1\tnone.png\n2\t1\tdog/1.png\n")
    run("one", "images")
    assert list(records("one")) == [2]
    said = capsys.readouterr()
    assert "1 images, 2 left out" in said.out
    assert "bad.png: the bytes are no picture" in said.err
    assert "none.png" in said.err


def test_which_lists_are_meant(folder):
    for name in ("a", "ab", "b"):
        (folder / f"{name}.lst").write_text("0\t1\tdog/1.png\n")
    (folder / "more").mkdir()
    (folder / "more/x.lst").write_text("")
    assert [os.path.basename(p) for p in im2rec.lists_of("a")] == ["a.lst", "ab.lst"]
    assert im2rec.lists_of("more") == ["more/x.lst"]
    assert im2rec.main(["nothing", "images"]) == 2


def test_as_a_program(folder):
    picture = pictures.encode(photo(0, 300, 400), ".jpg")
    (folder / "images/photo.jpg").write_bytes(picture)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for args in (["--list", "p", "images"], ["--resize", "100", "p", "images"]):
        done = subprocess.run(
            [sys.executable, "-m", "mxbook.im2rec", *args], env=env, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    _, pixels = unpack_img(MXIndexedRecordIO("p.idx", "p.rec", "r").read())
    assert pixels.shape == (100, 133, 3)
