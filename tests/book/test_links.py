import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.book import links

from .conftest import book, markdown

words = st.text(alphabet="abcdef-_/.", min_size=1, max_size=10)


@given(words, words, st.booleans())
def test_targets_are_found_in_every_way_of_writing_them(text, target, picture):
    mark = "!" if picture else ""
    assert links.targets(f"x {mark}[{text}]({target}) y") == [target]
    assert links.targets(f'{mark}[{text}](<{target}> "title")') == [target]
    assert links.targets(f'<a href="{target}">{text}</a>') == [target]
    assert links.targets(f"<img alt='{text}' src='{target}'>") == [target]


@given(words)
def test_code_is_not_text(target):
    assert links.targets(f"`[a]({target})` ``x ` [a]({target})``") == []
    assert links.targets(f"```python\n[a]({target})\n```\n") == []
    assert links.without_alt(f"`![]({target})`") == []


@pytest.mark.parametrize(
    "text, silent",
    [
        ("![](a.png)", ["a.png"]),
        ("![  ](a.png)", ["a.png"]),
        ("![a cat](a.png)", []),
        ('<img src="a.png">', ["a.png"]),
        ('<img src="a.png" alt="">', ["a.png"]),
        ('<img alt="a cat" src="a.png"/>', []),
        ("[](a.png)", []),
    ],
)
def test_pictures_without_words(text, silent):
    assert links.without_alt(text) == silent


@pytest.mark.parametrize(
    "target, is_dead",
    [
        ("01-b.ipynb", False),
        ("01-b.ipynb#The-end", False),
        ("01-b.ipynb#The-beginning", True),
        ("02-c.ipynb", True),
        ("#A-title", False),
        ("#Nowhere", True),
        ("../notebooks", False),
        ("a%20picture.png", False),
        ("https://mxnet.apache.org/nowhere", False),
        ("mailto:someone", False),
    ],
)
def test_links_that_lead_nowhere(shelf, target, is_dead):
    here = book(card="# A title")
    path = shelf(here)
    shelf(book(markdown("## The end\n\n```\n# The beginning\n```")), "01-b")
    (path.parent / "a picture.png").write_bytes(b"")
    assert links.dead(target, path, here) == is_dead
