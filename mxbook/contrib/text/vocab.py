"""Words and their numbers.

Source: MXNet 1.6, `mxnet.contrib.text.vocab`.
"""

from collections import Counter
from collections.abc import Hashable
from numbers import Integral
from operator import itemgetter

from mxbook.base.errors import DTypeError, ParameterError

__all__ = ["Vocabulary"]


class Vocabulary:
    """Numbers for words: 0 for all unknown ones, then the reserved words, then the most frequent.

    counter          how often each word occurs, a `collections.Counter`; none of them by default
    most_freq_count  at most so many words of the counter
    min_freq         only words that occur at least so often
    unknown_token    what an unknown word becomes
    reserved_tokens  words that are known in any case, such as `<eos>`

    Words that are equally frequent are in alphabetical order.  Raises DTypeError for another kind
    of counter, ParameterError for impossible arguments.

    >>> vocabulary = Vocabulary(Counter("abracadabra"), min_freq=2, reserved_tokens=["<eos>"])
    >>> vocabulary.idx_to_token
    ['<unk>', '<eos>', 'a', 'b', 'r']
    >>> vocabulary.to_indices(["r", "c", "a"])
    [4, 0, 2]
    """

    def __init__(
        self,
        counter: Counter | None = None,
        most_freq_count: int | None = None,
        min_freq: int = 1,
        unknown_token: Hashable = "<unk>",
        reserved_tokens: list | None = None,
    ):
        if min_freq < 1:
            raise ParameterError(f"min_freq cannot be {min_freq}", rule="at least 1")
        reserved = reserved_tokens or []
        if len({unknown_token, *reserved}) <= len(reserved):
            raise ParameterError(
                f"reserved_tokens cannot be {reserved!r}",
                rule=f"each word once, and {unknown_token!r} is reserved already",
            )
        self._unknown_token = unknown_token
        self._reserved_tokens = None if reserved_tokens is None else list(reserved_tokens)
        self._idx_to_token = [unknown_token, *reserved]
        if counter is not None:
            if not isinstance(counter, Counter):
                raise DTypeError(
                    f"counter is a {type(counter).__name__}", rule="a collections.Counter"
                )
            self._idx_to_token += _frequent(
                counter, most_freq_count, min_freq, set(self._idx_to_token)
            )
        self._token_to_idx = {token: i for i, token in enumerate(self._idx_to_token)}

    def __len__(self) -> int:
        return len(self._idx_to_token)

    @property
    def token_to_idx(self) -> dict:
        """The number of each word."""
        return self._token_to_idx

    @property
    def idx_to_token(self) -> list:
        """The words in the order of their numbers."""
        return self._idx_to_token

    @property
    def unknown_token(self) -> Hashable:
        """What an unknown word becomes."""
        return self._unknown_token

    @property
    def reserved_tokens(self) -> list | None:
        """Words that are known in any case."""
        return self._reserved_tokens

    def to_indices(self, tokens: Hashable | list) -> int | list[int]:
        """The number of a word, or those of a list of words; 0 for unknown ones."""
        known = self._token_to_idx
        if isinstance(tokens, list):
            return [known.get(token, 0) for token in tokens]
        return known.get(tokens, 0)

    def to_tokens(self, indices: int | list[int]) -> Hashable | list:
        """The word with a number, or those of a list of numbers.

        Raises ParameterError, a ValueError, for what is no number of a word.
        """
        if isinstance(indices, list):
            return [self.to_tokens(index) for index in indices]
        if not isinstance(indices, Integral) or not 0 <= indices < len(self):
            raise ParameterError(
                f"Token index {indices!r} is invalid.", rule=f"0 to {len(self) - 1}"
            )
        return self._idx_to_token[indices]


def _frequent(counter: Counter, most: int | None, least: int, taken: set) -> list:
    """The words of a counter, but those in `taken`, the most frequent ones first."""
    by_name = sorted(counter.items(), key=itemgetter(0))
    by_count = sorted(by_name, key=itemgetter(1), reverse=True)
    found = [word for word, count in by_count if count >= least and word not in taken]
    return found[:most]
