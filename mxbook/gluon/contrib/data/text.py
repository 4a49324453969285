"""Texts as sequences of numbers: WikiText-2 and WikiText-103.

Source: MXNet 1.6, `mxnet.gluon.contrib.data.text`.
"""

import os
import shutil
from array import array
from collections import Counter
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.config import config
from mxbook.base.errors import FileFormatError, ParameterError
from mxbook.formats import atomic
from mxbook.gluon import utils
from mxbook.gluon.data.dataset import _DownloadedDataset

from ._constants import EOS_TOKEN

__all__ = ["WikiText2", "WikiText103"]


class _WikiText(_DownloadedDataset):
    """What both share; a subclass names its archive and files with their SHA-1 sums."""

    _namespace = ""
    _archive_file = ("", "")
    _data_file: dict[str, tuple[str, str]] = {}

    def __init__(self, root: str, segment: str, vocab: Any, seq_len: int):
        if segment not in self._data_file:
            raise ParameterError(
                f"segment cannot be {segment!r}", rule=", ".join(map(repr, self._data_file))
            )
        if seq_len < 1:
            raise ParameterError(f"seq_len cannot be {seq_len}", rule="at least 1")
        self._segment = segment
        self._seq_len = seq_len
        self._vocab = vocab
        self._counter: Counter | None = None
        super().__init__(root, None)

    @property
    def vocabulary(self) -> Any:
        """The words and their numbers, a `mx.contrib.text.vocab.Vocabulary`."""
        return self._vocab

    @property
    def frequencies(self) -> Counter | None:
        """How often each word is in the text."""
        return self._counter

    def _get_data(self) -> None:
        path = self._file()
        self._counter = _count(path)
        if self._vocab is None:
            from mxbook.contrib.text.vocab import Vocabulary

            self._vocab = Vocabulary(self._counter, reserved_tokens=[EOS_TOKEN])
        numbers = _numbers(path, self._vocab)
        samples = (len(numbers) - 1) // self._seq_len if len(numbers) else 0
        used, shape = samples * self._seq_len, (samples, self._seq_len)
        self._data = nd.array(numbers[:used].reshape(shape), dtype="int32")
        self._label = nd.array(numbers[1 : used + 1].reshape(shape), dtype="int32")

    def _file(self) -> str:
        """The file of the segment, fetched and unpacked where it is not there."""
        name, sha1 = self._data_file[self._segment]
        path = os.path.join(self._root, name)
        if not os.path.exists(path) or not utils.check_sha1(path, sha1):
            self._fetch(path)
            if not os.path.exists(path) or not utils.check_sha1(path, sha1):
                raise FileFormatError(
                    f"{path} is not the {self._segment} text of {self._namespace}",
                    rule=f"its SHA-1 sum is {sha1}",
                    hint="the archive may have changed",
                )
        return path

    def _fetch(self, wanted: str) -> None:
        """Fetch the archive, if it is not in the folder, and take the texts out of it."""
        name, sha1 = self._archive_file
        url = utils._get_repo_file_url("gluon/dataset", f"{self._namespace}/{name}")
        archive = os.path.join(self._root, name)
        try:
            utils.download(url, path=archive, sha1_hash=sha1, retries=0)
        except OSError as error:
            raise self._offline(wanted, url, error) from error
        _unpack(archive, [file for file, _ in self._data_file.values()], self._root)

    def _offline(self, wanted: str, url: str, error: OSError) -> OSError:
        """The error about an archive that could not be fetched."""
        found = "another file of that name" if os.path.exists(wanted) else "nothing"
        told = FileFormatError(
            f"{self._namespace} could not be fetched: {error}",
            values=[("from", url), ("to", self._root), ("there", f"{found}: {wanted}")],
            hint=f"where there is a network, fetch {self._archive_file[0]} and put it, or the "
            "files in it, into that folder",
        )
        return OSError(str(told))


class WikiText2(_WikiText):
    """Two million words of good articles of Wikipedia, for language models.

    A sample is a pair of int32 arrays (seq_len,): numbers of words, and those of the words that
    follow.  A line ends with the word `<eos>`; what does not fill a sample at the end is left out.

    root     folder of the files `wiki.train.tokens` and so on, or of `wikitext-2-v1.zip`; what is
             not there is fetched
    segment  `train`, `validation` or `test`
    vocab    the numbers of words, a `mx.contrib.text.vocab.Vocabulary`; by default one is made of
             the words of this segment, so give that of the training text to the others
    seq_len  number of words in a sample

    Raises ParameterError for an unknown segment, FileFormatError for a damaged archive, OSError,
    which says what to do by hand, when it cannot be fetched.

    Source: Merity and others, Pointer Sentinel Mixture Models, 2016; MXNet 1.6,
    `mxnet.gluon.contrib.data.text.WikiText2`.
    """

    _namespace = "wikitext-2"
    _archive_file = ("wikitext-2-v1.zip", "3c914d17d80b1459be871a5039ac23e752a53cbe")
    _data_file = {
        "train": ("wiki.train.tokens", "863f29c46ef9d167fff4940ec821195882fe29d1"),
        "validation": ("wiki.valid.tokens", "0418625c8b4da6e4b5c7a0b9e78d4ae8f7ee5422"),
        "test": ("wiki.test.tokens", "c7b8ce0aa086fb34dab808c5c49224211eb2b172"),
    }

    def __init__(
        self,
        root: str = os.path.join(config.home, "datasets", "wikitext-2"),
        segment: str = "train",
        vocab: Any = None,
        seq_len: int = 35,
    ):
        super().__init__(root, segment, vocab, seq_len)


class WikiText103(_WikiText):
    """A hundred million words of good articles of Wikipedia; for the rest see WikiText2.

    Source: Merity and others, Pointer Sentinel Mixture Models, 2016; MXNet 1.6,
    `mxnet.gluon.contrib.data.text.WikiText103`.
    """

    _namespace = "wikitext-103"
    _archive_file = ("wikitext-103-v1.zip", "0aec09a7537b58d4bb65362fee27650eeaba625a")
    _data_file = {
        "train": ("wiki.train.tokens", "b7497e2dfe77e72cfef5e3dbc61b7b53712ac211"),
        "validation": ("wiki.valid.tokens", "c326ac59dc587676d58c422eb8a03e119582f92b"),
        "test": ("wiki.test.tokens", "8a5befc548865cec54ed4273cf87dbbad60d1e47"),
    }

    def __init__(
        self,
        root: str = os.path.join(config.home, "datasets", "wikitext-103"),
        segment: str = "train",
        vocab: Any = None,
        seq_len: int = 35,
    ):
        super().__init__(root, segment, vocab, seq_len)


def _count(path: str) -> Counter:
    """How often each word is in a file; words are between blanks."""
    counter: Counter = Counter()
    with open(path, encoding="utf8") as lines:
        for line in lines:
            counter.update(filter(None, line.rstrip("\n").split(" ")))
    return counter


def _numbers(path: str, vocab: Any) -> np.ndarray:
    """The text as numbers, with `<eos>` behind each line that is not empty.

    As in MXNet, any white space parts words here, and any line break of Unicode ends a line.
    """
    numbers = array("i")
    with open(path, encoding="utf8") as lines:
        for part in (part for line in lines for part in line.splitlines()):
            words = part.split()
            if words:
                numbers.extend(vocab.to_indices([*words, EOS_TOKEN]))
    return np.frombuffer(numbers, "int32") if numbers else np.empty(0, "int32")


def _unpack(archive: str, names: list[str], folder: str) -> None:
    """Take files out of an archive, wherever in it they are; each appears whole or not at all."""
    import zipfile

    try:
        with zipfile.ZipFile(archive) as files:
            for member in files.infolist():
                name = os.path.basename(member.filename)
                if name in names:
                    _copy(files, member, os.path.join(folder, name))
    except zipfile.BadZipFile as error:
        raise FileFormatError(
            f"{archive} is damaged", rule=str(error), hint="remove it and try again"
        ) from None


def _copy(files: Any, member: Any, path: str) -> None:
    draft = atomic.Draft(path)
    try:
        with files.open(member) as source:
            shutil.copyfileobj(source, draft.stream)
        draft.finish()
    except BaseException:
        draft.drop()
        raise
