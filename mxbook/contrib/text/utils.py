"""Counting words.

The module has the name that MXNet gave it.  Source: MXNet 1.6, `mxnet.contrib.text.utils`.
"""

import re
from collections import Counter

__all__ = ["count_tokens_from_str"]


def count_tokens_from_str(
    source_str: str,
    token_delim: str = " ",
    seq_delim: str = "\n",
    to_lower: bool = False,
    counter_to_update: Counter | None = None,
) -> Counter:
    """How often each word occurs in a text, between delimiters of words and of sequences.

    The delimiters are patterns of `re`.  The numbers are added to `counter_to_update` if it is
    given, which is then returned.

    >>> count_tokens_from_str("a b\\nb c B", to_lower=True)["b"]
    3
    """
    text = source_str.lower() if to_lower else source_str
    words = re.split(f"{token_delim}|{seq_delim}", text)
    counter = Counter() if counter_to_update is None else counter_to_update
    counter.update(word for word in words if word)
    return counter
