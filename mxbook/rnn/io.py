"""Sentences of different lengths as batches: `encode_sentences`, `BucketSentenceIter`."""

import bisect
import logging
import random
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.errors import ParameterError
from mxbook.io import DataBatch, DataDesc, DataIter

__all__ = ["BucketSentenceIter", "encode_sentences"]


def encode_sentences(
    sentences: Iterable[Sequence],
    vocab: dict | None = None,
    invalid_label: int = -1,
    invalid_key: Any = "\n",
    start_label: int = 0,
    unknown_token: Any = None,
) -> tuple[list[list[int]], dict]:
    """Words as numbers: the sentences, and the number of each word.

    vocab          the numbers; made from the words when None
    invalid_label  the number of `invalid_key`, which stands for no word
    start_label    the number of the first word
    unknown_token  takes the place of words that a given `vocab` does not have (in MXNet 1.6 each of
                   them gets another number)

    Raises ParameterError for such a word without `unknown_token`.

    >>> encode_sentences([["a", "b"], ["b"]])
    ([[0, 1], [1]], {'\\n': -1, 'a': 0, 'b': 1})
    """
    numbers = {invalid_key: invalid_label} if vocab is None else vocab
    following = start_label
    coded = []
    for sentence in sentences:
        words = []
        for word in sentence:
            if word not in numbers and vocab is not None:
                if not unknown_token:
                    raise ParameterError(f"Unknown token {word!r}", hint="give an unknown_token")
                word = unknown_token
            if word not in numbers:
                following += following == invalid_label
                numbers[word] = following
                following += 1
            words.append(numbers[word])
        coded.append(words)
    return coded, numbers


class BucketSentenceIter(DataIter):
    """Batches of sentences of similar length; the label of each word is the next one.

    sentences      lists of numbers, see `encode_sentences`
    batch_size     how many sentences a batch has
    buckets        the lengths of batches: a sentence goes into the shortest one that fits; when
                   None, all lengths with enough sentences
    invalid_label  fills up shorter sentences
    layout         `NT` or `TN`: sentences or words come first

    Sentences longer than the largest bucket are left out, with a warning; what does not fill a
    batch of its bucket, too.  `reset` shuffles, with the generators of NumPy and `random`.

    Raises ParameterError for another layout.
    """

    def __init__(
        self,
        sentences: Sequence[Sequence[int]],
        batch_size: int,
        buckets: list[int] | None = None,
        invalid_label: int = -1,
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: str = "float32",
        layout: str = "NT",
    ):
        super().__init__(batch_size)
        if layout not in ("NT", "TN"):
            raise ParameterError(f"layout cannot be {layout!r}", rule="NT or TN")
        lengths = np.bincount([len(s) for s in sentences])
        self.buckets = sorted(buckets or [n for n, j in enumerate(lengths) if j >= batch_size])
        self.data_name = data_name
        self.label_name = label_name
        self.dtype = dtype
        self.invalid_label = invalid_label
        self.layout = layout
        self.major_axis = layout.find("N")
        self.data = self._filled(sentences)
        self.default_bucket_key = max(self.buckets)
        self.provide_data = [self._desc(data_name, self.default_bucket_key)]
        self.provide_label = [self._desc(label_name, self.default_bucket_key)]
        self.idx = [
            (i, j)
            for i, bucket in enumerate(self.data)
            for j in range(0, len(bucket) - batch_size + 1, batch_size)
        ]
        self.curr_idx = 0
        self.nddata: list[Any] = []
        self.ndlabel: list[Any] = []
        self.reset()

    def _filled(self, sentences: Sequence[Sequence[int]]) -> list[np.ndarray]:
        """The sentences of each bucket, filled up to its length."""
        found: list[list[np.ndarray]] = [[] for _ in self.buckets]
        left_out = 0
        for sentence in sentences:
            place = bisect.bisect_left(self.buckets, len(sentence))
            if place == len(self.buckets):
                left_out += 1
                continue
            row = np.full(self.buckets[place], self.invalid_label, dtype=self.dtype)
            row[: len(sentence)] = sentence
            found[place].append(row)
        if left_out:
            logging.warning("discarded %d sentences longer than the largest bucket.", left_out)
        pairs = zip(found, self.buckets, strict=True)
        return [np.asarray(rows, dtype=self.dtype).reshape(-1, length) for rows, length in pairs]

    def _desc(self, name: str, length: int) -> DataDesc:
        sizes = (self.batch_size, length)
        shape = sizes if self.major_axis == 0 else sizes[::-1]
        return DataDesc(name=name, shape=shape, layout=self.layout)

    def reset(self) -> None:
        """Begin again, with the sentences of each bucket and the batches in another order."""
        self.curr_idx = 0
        random.shuffle(self.idx)
        for bucket in self.data:
            np.random.shuffle(bucket)
        self.nddata, self.ndlabel = [], []
        for bucket in self.data:
            label = np.full_like(bucket, self.invalid_label)
            label[:, :-1] = bucket[:, 1:]
            self.nddata.append(nd.array(bucket, dtype=self.dtype))
            self.ndlabel.append(nd.array(label, dtype=self.dtype))

    def next(self) -> DataBatch:
        """The next batch; its `bucket_key` is the length.  Raises StopIteration at the end."""
        if self.curr_idx == len(self.idx):
            raise StopIteration
        i, j = self.idx[self.curr_idx]
        self.curr_idx += 1
        pair = [a[i][j : j + self.batch_size] for a in (self.nddata, self.ndlabel)]
        data, label = pair if self.major_axis == 0 else [a.T for a in pair]
        length = self.buckets[i]
        return DataBatch(
            [data],
            [label],
            pad=0,
            bucket_key=length,
            provide_data=[self._desc(self.data_name, length)],
            provide_label=[self._desc(self.label_name, length)],
        )
