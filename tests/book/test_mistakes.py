import pytest

import mxbook as mx
from mxbook import nd


def test_the_error_is_printed_and_the_code_goes_on(capsys):
    with mx.book.mistake():
        nd.ones((3, 4)) + nd.ones(3)
    said = capsys.readouterr().out
    assert said.startswith("ShapeError: broadcast_add: shapes (3, 4) and (3,)")
    assert "hint" in said


def test_code_that_works_is_told(capsys):
    with mx.book.mistake():
        value = 1
    assert (value, capsys.readouterr().out) == (1, "no error\n")


def test_who_stops_the_program_stops_it():
    with pytest.raises(KeyboardInterrupt), mx.book.mistake():
        raise KeyboardInterrupt
