"""Texts as numbers: from files, from an archive, and without a network."""

import hashlib
import zipfile
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook import gluon
from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.gluon.contrib.data import text
from mxbook.gluon.contrib.data.text import WikiText2, WikiText103
from tests import oracle

TEXTS = {
    "train": "\n = A title = \n \n the cat sat on <unk> mat \n the dog\n",
    "validation": "the cat sat\nzebra on zebra the dog \u00e4 y z w v u the the\n",
    "test": "a b c d e f g h i j k l",
}
FILES = {
    "train": "wiki.train.tokens",
    "validation": "wiki.valid.tokens",
    "test": "wiki.test.tokens",
}


def sha1(content):
    return hashlib.sha1(content).hexdigest()


@pytest.fixture
def sums(monkeypatch):
    """The real sums are those of real texts; here are those of small ones."""
    found = {s: (FILES[s], sha1(content.encode())) for s, content in TEXTS.items()}
    monkeypatch.setattr(WikiText2, "_data_file", found)
    return found


@pytest.fixture
def folder(tmp_path, sums, monkeypatch):
    """A folder with the files; nothing can be fetched."""
    monkeypatch.setenv("MXNET_GLUON_REPO", (tmp_path / "nowhere").as_uri())
    for segment, content in TEXTS.items():
        (tmp_path / FILES[segment]).write_bytes(content.encode())
    return str(tmp_path)


@pytest.fixture
def archive(tmp_path, sums, monkeypatch):
    """A repository with the archive."""
    place = tmp_path / "repository" / "gluon" / "dataset" / "wikitext-2"
    place.mkdir(parents=True)
    path = place / "wikitext-2-v1.zip"
    with zipfile.ZipFile(path, "w") as files:
        files.writestr("wikitext-2/", "")
        files.writestr("wikitext-2/README", "no text")
        for segment, content in TEXTS.items():
            files.writestr(f"wikitext-2/{FILES[segment]}", content.encode())
    monkeypatch.setenv("MXNET_GLUON_REPO", (tmp_path / "repository").as_uri())
    monkeypatch.setattr(WikiText2, "_archive_file", (path.name, sha1(path.read_bytes())))
    return path


def words(data):
    """Samples and what follows, as words."""
    known = data.vocabulary.idx_to_token
    return [[[known[i] for i in part.asnumpy()] for part in pair] for pair in data]


def test_samples(folder):
    data = WikiText2(folder, "train", seq_len=3)
    assert words(data) == [
        [["=", "A", "title"], ["A", "title", "="]],
        [["=", "<eos>", "the"], ["<eos>", "the", "cat"]],
        [["cat", "sat", "on"], ["sat", "on", "<unk>"]],
        [["<unk>", "mat", "<eos>"], ["mat", "<eos>", "the"]],
    ]
    assert all(np.dtype(part.dtype) == "int32" for part in data[0])
    assert data.frequencies["the"] == 2 and data.frequencies["<eos>"] == 0
    assert data.vocabulary.reserved_tokens == ["<eos>"]
    loader = gluon.data.DataLoader(data, 2)
    assert [x.shape for x, _ in loader] == [(2, 3), (2, 3)]


def test_the_numbers_of_the_training_text_serve_all(folder):
    train = WikiText2(folder, "train", seq_len=1)
    val = WikiText2(folder, "validation", train.vocabulary, 4)
    assert val.vocabulary is train.vocabulary
    assert words(val)[:2] == [
        [["the", "cat", "sat", "<eos>"], ["cat", "sat", "<eos>", "<unk>"]],
        [["<unk>", "on", "<unk>", "the"], ["on", "<unk>", "the", "dog"]],
    ]


def test_a_text_shorter_than_a_sample(folder):
    assert len(WikiText2(folder, "test", seq_len=12)) == 1
    assert len(WikiText2(folder, "test", seq_len=13)) == 0


lines = st.lists(st.lists(st.sampled_from(["a", "b", "c", "<unk>"]), max_size=5), max_size=6)


@given(lines, st.integers(1, 4))
def test_nothing_is_lost(tmp_path_factory, rows, seq_len):
    path = tmp_path_factory.mktemp("text") / "text"
    path.write_text("\n".join(" ".join(row) for row in rows), encoding="utf8")
    counter = text._count(str(path))
    assert counter == Counter(word for row in rows for word in row)
    from mxbook.contrib.text.vocab import Vocabulary

    vocabulary = Vocabulary(counter, reserved_tokens=["<eos>"])
    numbers = text._numbers(str(path), vocabulary)
    expected = [word for row in rows if row for word in [*row, "<eos>"]]
    assert [vocabulary.idx_to_token[i] for i in numbers] == expected


def test_fetching(archive, tmp_path):
    root = tmp_path / "data"
    data = WikiText2(str(root), "test", seq_len=3)
    assert words(data)[0] == [["a", "b", "c"], ["b", "c", "d"]]
    names = {*FILES.values(), archive.name}  # and not what else is in the archive
    assert {path.name for path in root.iterdir()} == names
    archive.unlink()  # now everything comes from the folder
    assert len(WikiText2(str(root), "train", seq_len=3)) == 4
    (root / "wiki.train.tokens").write_text("damaged")  # the archive in the folder helps
    assert len(WikiText2(str(root), "train", seq_len=3)) == 4


def test_an_archive_that_was_put_there_by_hand(archive, tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    archive.rename(root / archive.name)
    assert len(WikiText2(str(root), "train", seq_len=3)) == 4


def test_archives_that_are_damaged(archive, tmp_path, monkeypatch):
    with open(archive, "ab") as file:
        file.write(b"x")
    with pytest.raises(FileFormatError, match="not the expected one"):
        WikiText2(str(tmp_path / "data"))
    archive.write_bytes(b"no archive")
    monkeypatch.setattr(WikiText2, "_archive_file", (archive.name, sha1(b"no archive")))
    with pytest.raises(FileFormatError, match=r"wikitext-2-v1\.zip is damaged"):
        WikiText2(str(tmp_path / "data"))
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("wiki.train.tokens", "another text")
    name = (archive.name, sha1(archive.read_bytes()))
    monkeypatch.setattr(WikiText2, "_archive_file", name)
    with pytest.raises(FileFormatError, match="is not the train text of wikitext-2"):
        WikiText2(str(tmp_path / "other"))


@pytest.mark.parametrize(("there", "told"), [(False, "nothing"), (True, "another file of that")])
def test_without_a_network(tmp_path, monkeypatch, there, told):
    monkeypatch.setenv("MXNET_GLUON_REPO", (tmp_path / "nothing").as_uri())
    if there:
        (tmp_path / "wiki.valid.tokens").write_text("a b c")
    with pytest.raises(OSError, match="wikitext-103 could not be fetched") as caught:
        WikiText103(str(tmp_path), "validation")
    for part in (told, "gluon/dataset/wikitext-103/wikitext-103-v1.zip", str(tmp_path), "put it"):
        assert part in str(caught.value)


def test_what_cannot_be(tmp_path):
    with pytest.raises(ParameterError, match="'train', 'validation', 'test'"):
        WikiText2(str(tmp_path), "valid")
    with pytest.raises(ParameterError, match="seq_len cannot be 0"):
        WikiText103(str(tmp_path), seq_len=0)


BOTH = """
import warnings
warnings.simplefilter("ignore")
T = mx.gluon.contrib.data.text
if mx.__name__ == "mxnet":
    T.check_sha1 = lambda *args: True
else:
    T.utils.check_sha1 = lambda *args: True
train = T.WikiText2(".", "train", seq_len=2)
for kind, segment, vocab, length in (
    (T.WikiText2, "train", None, 3), (T.WikiText103, "validation", None, 2),
    (T.WikiText2, "validation", train.vocabulary, 3), (T.WikiText2, "test", None, 35),
):
    data = kind(".", segment, vocab, length)
    name = "%s %s %s" % (kind.__name__, segment, vocab is not None)
    found[name + " names"] = [list(data._archive_file), sorted(map(list, data._data_file.values()))]
    found[name + " words"] = data.vocabulary.idx_to_token
    found[name + " counts"] = sorted(data.frequencies.items())
    found[name] = [list(data[i]) for i in range(len(data))]
"""


@oracle.marks
def test_the_answers_of_real_mxnet(tmp_path):
    odd = "a  b\tc\u00a0d\u3000e  \n\n   \n x <eos> y\r\n \u00a0 z \x0b q \u2028 r\n<unk>"
    for segment, content in TEXTS.items():
        (tmp_path / FILES[segment]).write_bytes((content + odd).encode())
    oracle.both(BOTH, tmp_path)
