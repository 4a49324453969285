"""List files."""

import numpy as np
import pytest

from mxbook.base.errors import FileFormatError
from mxbook.io.lists import read_list


def test_entries(tmp_path):
    path = tmp_path / "a.lst"
    path.write_text("3\t1.5\tcat/a b.png\n\n0\t1\t2\td\u00fc/c.png\n")
    first, second = read_list(str(path))
    assert (first.key, first.label.tolist(), first.path) == (3, [1.5], "cat/a b.png")
    assert (second.key, second.label.tolist(), second.path) == (0, [1, 2], "d\u00fc/c.png")
    assert second.label.dtype == np.float32


@pytest.mark.parametrize("line", ["1\ta.png", "x\t1\ta.png", "1\tx\ta.png", "1", "1\t\ta.png"])
def test_damaged_lines_are_named(tmp_path, line):
    path = tmp_path / "a.lst"
    path.write_text(f"3\t1\tb.png\n{line}\n")
    with pytest.raises(FileFormatError, match="line 2") as caught:
        list(read_list(str(path)))
    assert ("file", str(path)) in caught.value.place
