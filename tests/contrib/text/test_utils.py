from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mxbook.contrib.text.utils import count_tokens_from_str


@given(st.lists(st.lists(st.sampled_from("abAB"))), st.booleans())
def test_counts(lines, to_lower):
    text = "\n".join(" ".join(line) for line in lines)
    words = [word.lower() if to_lower else word for line in lines for word in line]
    assert count_tokens_from_str(text, to_lower=to_lower) == Counter(words)


def test_delimiters_and_counting_on():
    counter = Counter({"a": 1})
    found = count_tokens_from_str("a, b;c,a;", r",\s*", ";", counter_to_update=counter)
    assert found is counter
    assert found == {"a": 3, "b": 1, "c": 1}
