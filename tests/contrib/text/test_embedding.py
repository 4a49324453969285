import hashlib
import threading
import zipfile
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.contrib.text import embedding as E
from mxbook.contrib.text.vocab import Vocabulary
from tests.oracle import both, marks

LINES = "a 0.5 1 2\nb 1 2 3\n<unk> 9 9 9\nc 4 5 6\n"


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "vectors.txt"
    file.write_text(LINES)
    return str(file)


@pytest.fixture
def vocabulary():
    return Vocabulary(Counter("bbza"), reserved_tokens=["<pad>"])


def rows(embedding):
    return dict(zip(embedding.idx_to_token, embedding.idx_to_vec.asnumpy().tolist(), strict=True))


def test_a_file(path):
    found = E.CustomEmbedding(path)
    assert found.vec_len == 3
    assert len(found) == 4
    assert rows(found) == {"<unk>": [9] * 3, "a": [0.5, 1, 2], "b": [1, 2, 3], "c": [4, 5, 6]}
    assert found.get_vecs_by_tokens("c").asnumpy().tolist() == [4, 5, 6]
    vectors = found.get_vecs_by_tokens(["A", "zz", "b"], lower_case_backup=True)
    assert vectors.asnumpy().tolist() == [[0.5, 1, 2], [9, 9, 9], [1, 2, 3]]
    assert found.get_vecs_by_tokens([]).shape == (0, 3)


def test_other_unknown_tokens(path):
    found = E.CustomEmbedding(path, unknown_token="?", init_unknown_vec=mx.nd.ones)
    assert rows(found)["?"] == [1, 1, 1]
    assert rows(found)["<unk>"] == [9, 9, 9]
    found = E.CustomEmbedding(path, counter=Counter("bz"), reserved_tokens=["r"])
    assert found.idx_to_token == ["<unk>", "r", "b", "z", "a", "c"]
    assert [rows(found)[w] for w in "rbz"] == [[9] * 3, [1, 2, 3], [9] * 3]


def test_only_the_words_of_a_vocabulary(path, vocabulary):
    found = E.CustomEmbedding(path, vocabulary=vocabulary)
    assert found.idx_to_token == vocabulary.idx_to_token == ["<unk>", "<pad>", "b", "a", "z"]
    assert found.idx_to_vec.asnumpy()[:, 0].tolist() == [9, 9, 1, 0.5, 9]
    assert found.reserved_tokens == ["<pad>"]


def test_several_side_by_side(path, vocabulary, tmp_path):
    (tmp_path / "d.txt").write_text("a;1;2\nq;3;4\n")
    other = E.CustomEmbedding(str(tmp_path / "d.txt"), elem_delim=";")
    found = E.CompositeEmbedding(vocabulary, [E.CustomEmbedding(path), other])
    assert found.vec_len == 5
    assert rows(found)["a"] == [0.5, 1, 2, 1, 2]
    assert rows(found)["b"] == [1, 2, 3, 0, 0]
    assert rows(E.CompositeEmbedding(vocabulary, other))["a"] == [1, 2]
    for wrong in ([], [3]):
        with pytest.raises(TypeError):
            E.CompositeEmbedding(vocabulary, wrong)


def test_new_vectors(path):
    found = E.CustomEmbedding(path)
    found.update_token_vectors("a", mx.nd.array([1, 1, 1]))
    found.update_token_vectors(["b", "<unk>"], mx.nd.array([[2, 2, 2], [3, 3, 3]]))
    found.update_token_vectors(["c"], mx.nd.array([[4, 4, 4]]))
    assert [row[0] for row in found.idx_to_vec.asnumpy().tolist()] == [3, 1, 2, 4]
    with pytest.raises(ValueError, match="zz is unknown"):
        found.update_token_vectors(["a", "zz"], mx.nd.ones((2, 3)))
    for words, shape in (("a", (2,)), (["a", "b"], (3,)), (["a"], (2, 3))):
        with pytest.raises(ValueError, match="shape"):
            found.update_token_vectors(words, mx.nd.ones(shape))


def test_numpy_arrays(path):
    mx.npx.set_np()
    try:
        found = E.CustomEmbedding(path)
        assert type(found.idx_to_vec) is mx.np.ndarray
        assert type(found.get_vecs_by_tokens("a")) is mx.np.ndarray
        found.update_token_vectors("a", mx.np.array([7, 7, 7]))
        assert found.idx_to_vec[1, 0] == 7
    finally:
        mx.npx.reset_np()


def test_headers_and_doubles_are_left_out(tmp_path):
    file = tmp_path / "v.txt"
    file.write_text("2 3\na 1 2 3\nb 1 2 3\na 9 9 9\n")
    with pytest.warns(UserWarning) as caught:
        found = E.CustomEmbedding(str(file))
    assert [str(w.message).split(" is")[0] for w in caught] == [
        f"line {n} of {file}" for n in (1, 4)
    ]
    assert all(w.filename == __file__ for w in caught)
    assert rows(found)["a"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a 1 2\nb 1 2 3\n", 2),
        ("a 1 x\n", 1),
        ("a  1 2\n", 1),
        ("\na 1 2", 1),
        ("alone", 1),
    ],
)
def test_unreadable_lines(tmp_path, text, line):
    (tmp_path / "v.txt").write_text(text)
    with pytest.raises(ValueError, match=f"line {line} of"):
        E.CustomEmbedding(str(tmp_path / "v.txt"))


def test_no_file(tmp_path):
    with pytest.raises(ValueError, match="valid path"):
        E.CustomEmbedding(str(tmp_path / "none"))
    (tmp_path / "empty").write_text("")
    with pytest.raises(ValueError, match="no words"):
        E.CustomEmbedding(str(tmp_path / "empty"))


WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=5)
FLOATS = st.floats(-1e6, 1e6, width=32)


@given(st.dictionaries(WORDS, st.tuples(FLOATS, FLOATS), min_size=1))
def test_any_vectors(tmp_path_factory, vectors):
    file = tmp_path_factory.mktemp("any") / "v.txt"
    lines = [f"{word} {x!r} {y!r}\n" for word, (x, y) in vectors.items()]
    file.write_text("".join(lines), encoding="utf8")
    tokens, found = E.read_vectors(str(file), " ", "utf8")
    assert tokens == list(vectors)
    np.testing.assert_array_equal(found, np.array([*vectors.values()], "float32"))


# ---- files from MXNet's repository


def test_names():
    assert set(E.get_pretrained_file_names()) >= {"glove", "fasttext"}
    assert "glove.6B.50d.txt" in E.get_pretrained_file_names("glove")
    assert len(E.get_pretrained_file_names("fasttext")) == 327
    for wrong in (
        lambda: E.get_pretrained_file_names("none"),
        lambda: E.create("none"),
        lambda: E.GloVe("glove.6B.51d.txt"),
    ):
        with pytest.raises(mx.base.MXNetError, match=r"none|Cannot find"):
            wrong()


@pytest.mark.parametrize("kind", [E.GloVe, E.FastText])
def test_every_file_has_an_archive(kind):
    archives = kind.pretrained_archive_name_sha1
    names = kind.pretrained_file_name_sha1
    assert {kind._get_download_file_name(name) for name in names} == set(archives)
    assert all(len(sha1) == 40 for sha1 in [*archives.values(), *names.values()])


@E.register
class Tiny(E._TokenEmbedding):
    """An embedding of one's own, of a file that can be fetched."""

    pretrained_file_name_sha1 = {"t.txt": hashlib.sha1(LINES.encode()).hexdigest()}

    def __init__(self, embedding_root, pretrained_file_name="t.txt", **kwargs):
        super().__init__(**kwargs)
        path = self._get_pretrained_file(embedding_root, pretrained_file_name)
        self._load_embedding(path, " ", mx.nd.zeros)

    @classmethod
    def _get_download_file_name(cls, pretrained_file_name):
        return "t.zip"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A repository with the archive of Tiny's file."""
    path = tmp_path / "server" / "gluon" / "embeddings" / "tiny" / "t.zip"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as files:
        files.writestr("t.txt", LINES)
    sha1 = hashlib.sha1(path.read_bytes()).hexdigest()
    monkeypatch.setattr(Tiny, "pretrained_archive_name_sha1", {"t.zip": sha1})
    httpd = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "server"))
    )
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    monkeypatch.setenv("MXNET_GLUON_REPO", f"http://127.0.0.1:{httpd.server_port}")
    yield path
    httpd.shutdown()
    httpd.server_close()


def test_fetching(archive, tmp_path):
    root = tmp_path / "root"
    found = E.create("tiny", embedding_root=str(root))
    assert rows(found)["a"] == [0.5, 1, 2]
    archive.unlink()
    assert len(E.create("tiny", embedding_root=str(root))) == 4  # not fetched again
    file = root / "tiny" / "t.txt"
    file.write_text("damaged")
    assert len(E.create("tiny", embedding_root=str(root))) == 4  # unpacked again
    assert file.read_text() == LINES


def test_fetching_what_is_not_the_expected_file(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(Tiny, "pretrained_file_name_sha1", {"t.txt": "0" * 40, "u.txt": "0" * 40})
    with pytest.raises(ValueError, match="not the expected file"):
        Tiny(str(tmp_path / "root"))
    with pytest.raises(ValueError, match=r"no archive with u\.txt"):
        Tiny(str(tmp_path / "root"), "u.txt")


def test_offline(tmp_path, monkeypatch):
    monkeypatch.setenv("MXNET_GLUON_REPO", "http://127.0.0.1:9")
    with pytest.raises(OSError, match=r"glove\.6B\.zip could not be fetched") as caught:
        E.GloVe("glove.6B.50d.txt", embedding_root=str(tmp_path))
    assert str(tmp_path / "glove" / "glove.6B.zip") in str(caught.value)


SCRIPT = r"""
from collections import Counter
import warnings
warnings.simplefilter("ignore")
text = mx.contrib.text
with open("a.txt", "w") as f: f.write("a .1 .2 .3\nb 1 2 3\n<unk> 9 9 9\nc 4 5 6\nb 7 7 7\n")
with open("h.txt", "w") as f: f.write("2 3\na .1 .2 .3\nb 1 2 3\n")
def show(name, e):
    found[name] = [e.idx_to_token, sorted(e.token_to_idx.values()), e.vec_len, e.idx_to_vec,
                   e.unknown_token, e.reserved_tokens]
custom = text.embedding.CustomEmbedding
vocabulary = text.vocab.Vocabulary(Counter(["b", "b", "z", "a"]), reserved_tokens=["<pad>"])
a, h = custom("a.txt"), custom("h.txt", init_unknown_vec=mx.nd.ones)
show("a", a)
show("h", h)
show("vocabulary", custom("a.txt", vocabulary=vocabulary))
show("unknown", custom("a.txt", unknown_token="UNK"))
show("composite", text.embedding.CompositeEmbedding(vocabulary, [a, h]))
found["vectors"] = a.get_vecs_by_tokens(["A", "q", "b"], True)
found["vector"] = a.get_vecs_by_tokens("zz")
a.update_token_vectors(["a", "<unk>"], mx.nd.array([[1, 2, 3], [4, 5, 6]]))
found["updated"] = a.idx_to_vec
found["counts"] = sorted(text.utils.count_tokens_from_str(" a b  a\nC a ", to_lower=True).items())
found["files"] = text.embedding.get_pretrained_file_names("fasttext")
found["sums"] = text.embedding.FastText.pretrained_file_name_sha1
"""


@marks
def test_as_mxnet(tmp_path):
    both(SCRIPT, tmp_path)
