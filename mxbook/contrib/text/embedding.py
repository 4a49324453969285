"""Vectors for words, from files that others have computed: GloVe, fastText, or your own.

    glove = mx.contrib.text.embedding.GloVe("glove.6B.50d.txt", vocabulary=vocabulary)
    layer = gluon.nn.Embedding(len(vocabulary), glove.vec_len)
    layer.initialize()
    layer.weight.set_data(glove.idx_to_vec)

A file has a line for each word: the word and the numbers of its vector, with a delimiter between.

Source: MXNet 1.6, `mxnet.contrib.text.embedding`.
"""

import logging
import os
import warnings
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mxbook import ndarray as nd
from mxbook import registry
from mxbook.base.config import config
from mxbook.base.errors import DTypeError, FileFormatError, ParameterError, ShapeError, nearest
from mxbook.formats import atomic
from mxbook.gluon import utils
from mxbook.ndarray.ndarray import NDArray
from mxbook.util import is_np_array

from .vocab import Vocabulary

__all__ = [
    "CompositeEmbedding",
    "CustomEmbedding",
    "FastText",
    "GloVe",
    "create",
    "get_pretrained_file_names",
    "register",
]

ROOT = os.path.join(config.home, "embeddings")


class _TokenEmbedding(Vocabulary):
    """Words with their numbers and vectors; what all embeddings share.

    The words are those that the arguments of Vocabulary name, then those of the file, or only those
    of `vocabulary` where one is given.  A word that the file lacks has the vector of the unknown
    one: the file's for `unknown_token`, or what `init_unknown_vec` makes.  (The name is MXNet's;
    embeddings of one's own derive from it.)
    """

    # Files that can be fetched, with their SHA-1 sums; likewise the archives they are in.
    pretrained_file_name_sha1: ClassVar[dict[str, str]] = {}
    pretrained_archive_name_sha1: ClassVar[dict[str, str]] = {}

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._vec_len = 0
        self._idx_to_vec: Any = None

    @property
    def vec_len(self) -> int:
        """Length of the vectors."""
        return self._vec_len

    @property
    def idx_to_vec(self) -> NDArray:
        """The vectors (number of words, vec_len) in the order of the words' numbers."""
        found = self._idx_to_vec
        return found.as_np_ndarray() if is_np_array() and found is not None else found

    def get_vecs_by_tokens(
        self, tokens: str | Sequence[str], lower_case_backup: bool = False
    ) -> NDArray:
        """The vector of a word, or those of a list of words (number, vec_len).

        With `lower_case_backup` a word that is unknown is looked up in lower case, too.
        """
        words = [tokens] if isinstance(tokens, str) else list(tokens)
        known = self.token_to_idx
        if lower_case_backup:
            words = [word if word in known else word.lower() for word in words]
        places = nd.array([known.get(word, 0) for word in words], dtype="int64")
        found = nd.take(self._idx_to_vec, places)
        found = found[0] if isinstance(tokens, str) else found
        return found.as_np_ndarray() if is_np_array() else found

    def update_token_vectors(self, tokens: str | Sequence[str], new_vectors: NDArray) -> None:
        """Change the vectors of words: one of them, or a row for each of a list.

        Raises ParameterError, a ValueError, for an unknown word (the unknown token itself may be
        named), ShapeError for vectors that do not fit.
        """
        words = [tokens] if isinstance(tokens, str) else list(tokens)
        unknown = [word for word in words if word not in self.token_to_idx]
        if unknown:
            raise ParameterError(
                f"Token {unknown[0]} is unknown.",
                hint=f"to change the vector of all unknown words, name {self.unknown_token!r}",
            )
        shape = (len(words), self.vec_len)
        if new_vectors.shape != shape and not (len(words) == 1 and new_vectors.shape == shape[1:]):
            raise ShapeError(
                f"{len(words)} words cannot have vectors of the shape {new_vectors.shape}",
                rule=f"the shape is {shape}",
            )
        rows = new_vectors.as_nd_ndarray().reshape(shape)
        for word, row in zip(words, rows, strict=True):
            self._idx_to_vec[self.token_to_idx[word]] = row

    # ---- from files

    def _load_embedding(
        self,
        pretrained_file_path: str,
        elem_delim: str,
        init_unknown_vec: Callable,
        encoding: str = "utf8",
    ) -> None:
        """Take the words and vectors of a file over."""
        path = os.path.expanduser(pretrained_file_path)
        if not os.path.isfile(path):
            raise ParameterError(
                "`pretrained_file_path` must be a valid path to the pre-trained token embedding "
                "file.",
                values=[("path", path)],
            )
        logging.info("Loading pre-trained token embedding vectors from %s", path)
        tokens, vectors = read_vectors(path, elem_delim, encoding)
        new = [token for token in tokens if token not in self._token_to_idx]
        self._token_to_idx.update((t, i) for i, t in enumerate(new, len(self)))
        self._idx_to_token.extend(new)
        self._vec_len = vectors.shape[1]
        found = np.empty((len(self), self._vec_len), "float32")
        if self.unknown_token not in tokens:
            found[:] = init_unknown_vec(shape=self._vec_len).asnumpy()
        else:
            found[:] = vectors[tokens.index(self.unknown_token)]
        found[[self._token_to_idx[token] for token in tokens]] = vectors
        self._idx_to_vec = nd.array(found)

    def _restrict(self, vocabulary: Vocabulary | None) -> None:
        """Keep the vectors of a vocabulary's words, in its order, if there is one."""
        if vocabulary is not None:
            self._set_vectors(vocabulary, [self])

    def _set_vectors(self, vocabulary: Vocabulary, embeddings: Sequence["_TokenEmbedding"]) -> None:
        """Become the words of a vocabulary with the vectors of embeddings, one after the other."""
        words = vocabulary.idx_to_token[1:]
        parts = [e._idx_to_vec.asnumpy()[[0, *e.to_indices(words)]] for e in embeddings]
        self._unknown_token = vocabulary.unknown_token
        self._reserved_tokens = vocabulary.reserved_tokens
        self._idx_to_token = list(vocabulary.idx_to_token)
        self._token_to_idx = dict(vocabulary.token_to_idx)
        found = np.concatenate(parts, axis=1)
        self._vec_len, self._idx_to_vec = found.shape[1], nd.array(found)

    # ---- files that can be fetched

    @classmethod
    def _get_download_file_name(cls, pretrained_file_name: str) -> str:
        """The archive, or the file itself, in MXNet's repository."""
        return pretrained_file_name

    @classmethod
    def _get_pretrained_file(cls, embedding_root: str, pretrained_file_name: str) -> str:
        """The path of a file, which is fetched and unpacked where it is not there.

        Raises ParameterError for an unknown name, DownloadError, which says what to do by hand,
        when it cannot be fetched, FileFormatError when its sum is wrong.
        """
        kind = cls.__name__.lower()
        known = cls.pretrained_file_name_sha1
        if pretrained_file_name not in known:
            raise ParameterError(
                f"Cannot find pretrained file {pretrained_file_name} for token embedding {kind}.",
                rule=", ".join([*known][:20]) + (", ..." if len(known) > 20 else ""),
                hint=nearest(pretrained_file_name, known),
            )
        folder = os.path.join(os.path.expanduser(embedding_root), kind)
        path = os.path.join(folder, pretrained_file_name)
        sha1 = known[pretrained_file_name]
        if os.path.exists(path) and utils.check_sha1(path, sha1):
            return path
        name = cls._get_download_file_name(pretrained_file_name)
        archive = os.path.join(folder, name)
        url = utils._get_repo_file_url("gluon/embeddings", f"{kind}/{name}")
        utils.fetch(url, archive, sha1_hash=cls.pretrained_archive_name_sha1.get(name, sha1))
        if archive != path:
            _unpack(archive, path)
        if not utils.check_sha1(path, sha1):
            raise FileFormatError(f"{path} is not the expected file", rule=f"its sum is {sha1}")
        return path


def _unpack(archive: str, path: str) -> None:
    """Take the file of this name out of a zip archive."""
    import zipfile

    member = os.path.basename(path)
    try:
        with zipfile.ZipFile(archive) as files, files.open(member) as content:
            atomic.write(path, iter(lambda: content.read(1 << 20), b""))
    except (zipfile.BadZipFile, KeyError) as error:
        raise FileFormatError(f"{archive} is no archive with {member}", rule=str(error)) from None


def read_vectors(path: str, elem_delim: str, encoding: str) -> tuple[list[str], np.ndarray]:
    """The words of a file and their vectors (number of words, length).

    Lines of one number, which are headers, and words that come again are left out, with a warning.
    Raises FileFormatError, which names the line, for anything else that is no word with a vector of
    the same length.
    """
    tokens: dict[str, None] = {}
    numbers, width = array("f"), 0
    with open(path, encoding=encoding) as file:
        for number, line in enumerate(file, start=1):
            token, *values = line.rstrip().split(elem_delim)
            if token in tokens:
                _skip(path, number, f"the embedding vector for token {token!r} is there already")
                continue
            if len(values) == 1:
                _skip(path, number, f"{line.rstrip()!r} is likely a header")
                continue
            width = width or len(values)
            if not values or len(values) != width:
                rule = f"a word and a vector of {width} numbers" if width else "a word and a vector"
                raise _unreadable(path, number, line, rule, elem_delim)
            try:
                numbers.extend([float(value) for value in values])
            except ValueError as error:
                raise _unreadable(path, number, line, str(error), elem_delim) from None
            tokens[token] = None
    if not tokens:
        raise FileFormatError(f"{path} has no words with vectors of two numbers or more")
    return list(tokens), np.frombuffer(numbers, "float32").reshape(len(tokens), width)


def _skip(path: str, number: int, why: str) -> None:
    warnings.warn(f"line {number} of {path} is skipped: {why}", stacklevel=5)


def _unreadable(path: str, number: int, line: str, rule: str, delimiter: str) -> FileFormatError:
    return FileFormatError(
        f"line {number} of {path} is no word with its vector",
        rule=rule,
        values=[("line", repr(line[:60])), ("elem_delim", repr(delimiter))],
    )


# ---- by name

_register = registry.get_register_func(_TokenEmbedding, "token embedding")
_create = registry.get_create_func(_TokenEmbedding, "token embedding")


def register(embedding_cls: type) -> type:
    """Make a subclass of `_TokenEmbedding` known to `create` by its name; a decorator."""
    return _register(embedding_cls)


def create(embedding_name: str, **kwargs: Any) -> _TokenEmbedding:
    """An embedding by its name: `create("glove", pretrained_file_name="glove.6B.50d.txt")`.

    The other arguments are those of the class.  Raises ParameterError for an unknown name.
    """
    return _create(embedding_name, **kwargs)


def get_pretrained_file_names(embedding_name: str | None = None) -> Any:
    """The files that can be fetched for an embedding; those of all, by name, when none is named.

    >>> get_pretrained_file_names("glove")[:2]
    ['glove.42B.300d.txt', 'glove.6B.50d.txt']

    Raises ParameterError for an unknown name.
    """
    known = {
        name: list(kind.pretrained_file_name_sha1)
        for name, kind in registry.get_registry(_TokenEmbedding).items()
    }
    if embedding_name is None:
        return known
    if embedding_name not in known:
        raise ParameterError(
            f"Cannot find `embedding_name` {embedding_name}.", rule=", ".join(sorted(known))
        )
    return known[embedding_name]


# ---- embeddings


@register
class GloVe(_TokenEmbedding):
    """Vectors from counts of words that stand near each other, of Wikipedia, the web or tweets.

    pretrained_file_name  one of `get_pretrained_file_names("glove")`, fetched when it is not there
    embedding_root        the folder for such files, `~/.mxnet/embeddings` by default
    init_unknown_vec      makes the vector for unknown words: a function of a `shape`
    vocabulary            keep only the vectors of its words; all of them by default

    Source: Pennington, Socher and Manning, GloVe: Global Vectors for Word Representation, 2014.
    """

    pretrained_archive_name_sha1: ClassVar[dict[str, str]] = {
        "glove.42B.300d.zip": "f8e722b39578f776927465b71b231bae2ae8776a",
        "glove.6B.zip": "b64e54f1877d2f735bdd000c1d7d771e25c7dfdc",
        "glove.840B.300d.zip": "8084fbacc2dee3b1fd1ca4cc534cbfff3519ed0d",
        "glove.twitter.27B.zip": "dce69c404025a8312c323197347695e81fd529fc",
    }
    pretrained_file_name_sha1: ClassVar[dict[str, str]] = {
        "glove.42B.300d.txt": "876767977d6bd4d947c0f84d44510677bc94612a",
        "glove.6B.50d.txt": "21bf566a9d27f84d253e0cd4d4be9dcc07976a6d",
        "glove.6B.100d.txt": "16b1dbfaf35476790bd9df40c83e2dfbd05312f1",
        "glove.6B.200d.txt": "17d0355ddaa253e298ede39877d1be70f99d9148",
        "glove.6B.300d.txt": "646443dd885090927f8215ecf7a677e9f703858d",
        "glove.840B.300d.txt": "294b9f37fa64cce31f9ebb409c266fc379527708",
        "glove.twitter.27B.25d.txt": "767d80889d8c8a22ae7cd25e09d0650a6ff0a502",
        "glove.twitter.27B.50d.txt": "9585f4be97e286339bf0112d0d3aa7c15a3e864d",
        "glove.twitter.27B.100d.txt": "1bbeab8323c72332bd46ada0fc3c99f2faaa8ca8",
        "glove.twitter.27B.200d.txt": "7921c77a53aa5977b1d9ce3a7c4430cbd9d1207a",
    }

    def __init__(
        self,
        pretrained_file_name: str = "glove.840B.300d.txt",
        embedding_root: str = ROOT,
        init_unknown_vec: Callable = nd.zeros,
        vocabulary: Vocabulary | None = None,
        **kwargs: Any,
    ):
        path = self._get_pretrained_file(embedding_root, pretrained_file_name)
        super().__init__(**kwargs)
        self._load_embedding(path, " ", init_unknown_vec)
        self._restrict(vocabulary)

    @classmethod
    def _get_download_file_name(cls, pretrained_file_name: str) -> str:
        """The archive: one for all lengths of the vectors, where there are several."""
        source = pretrained_file_name[: pretrained_file_name.rindex(".", 0, -4)]
        whole = f"{pretrained_file_name[:-4]}.zip"
        return whole if whole in cls.pretrained_archive_name_sha1 else f"{source}.zip"


@register
class FastText(_TokenEmbedding):
    """Vectors of words from those of their parts, for 294 languages, of Wikipedia or the web.

    The arguments are those of GloVe, with files such as `wiki.simple.vec` (simple English).

    Source: Bojanowski and others, Enriching Word Vectors with Subword Information, 2017.
    """

    # Each line: the name without its ending, the sums of file and archive.
    _rows = [
        line.split("\t")
        for line in Path(__file__).with_name("fasttext.tsv").read_text().splitlines()
    ]
    pretrained_archive_name_sha1: ClassVar[dict[str, str]] = {f"{n}.zip": s for n, _, s in _rows}
    pretrained_file_name_sha1: ClassVar[dict[str, str]] = {f"{n}.vec": s for n, s, _ in _rows}

    def __init__(
        self,
        pretrained_file_name: str = "wiki.simple.vec",
        embedding_root: str = ROOT,
        init_unknown_vec: Callable = nd.zeros,
        vocabulary: Vocabulary | None = None,
        **kwargs: Any,
    ):
        path = self._get_pretrained_file(embedding_root, pretrained_file_name)
        super().__init__(**kwargs)
        self._load_embedding(path, " ", init_unknown_vec)
        self._restrict(vocabulary)

    @classmethod
    def _get_download_file_name(cls, pretrained_file_name: str) -> str:
        """The archive with this file."""
        return f"{pretrained_file_name.removesuffix('.vec')}.zip"


class CustomEmbedding(_TokenEmbedding):
    """Vectors from a file of your own.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "vectors.txt")
    >>> _ = Path(path).write_text("hello 0.5 1\\nworld 2 3\\n")
    >>> embedding = CustomEmbedding(path)
    >>> embedding.get_vecs_by_tokens(["world", "moon"]).asnumpy()
    array([[2., 3.],
           [0., 0.]], dtype=float32)

    pretrained_file_path  the file: a word and its vector on each line
    elem_delim            what is between them
    encoding              of the file
    init_unknown_vec      makes the vector for unknown words: a function of a `shape`
    vocabulary            keep only the vectors of its words; all of them by default
    """

    def __init__(
        self,
        pretrained_file_path: str,
        elem_delim: str = " ",
        encoding: str = "utf8",
        init_unknown_vec: Callable = nd.zeros,
        vocabulary: Vocabulary | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self._load_embedding(pretrained_file_path, elem_delim, init_unknown_vec, encoding)
        self._restrict(vocabulary)


class CompositeEmbedding(_TokenEmbedding):
    """The words of a vocabulary with the vectors of several embeddings, one after the other.

    `token_embeddings` is an embedding or a list of them.
    """

    def __init__(self, vocabulary: Vocabulary, token_embeddings: Any):
        super().__init__()
        if isinstance(token_embeddings, _TokenEmbedding):
            token_embeddings = [token_embeddings]
        embeddings = list(token_embeddings)
        if not embeddings or not all(isinstance(e, _TokenEmbedding) for e in embeddings):
            raise DTypeError("token_embeddings are not embeddings", rule="one of them, or a list")
        self._set_vectors(vocabulary, embeddings)
