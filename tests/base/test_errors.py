"""Errors: five parts, ordinary Python classes too, and they survive pickling."""

import pickle

import pytest

from mxbook.base import errors
from mxbook.base.errors import MXNetError, ShapeError, nearest


def test_the_parts_are_shown_in_order():
    error = ShapeError(
        "add cannot do this",
        rule="shapes agree",
        values=[("lhs", "(2, 3)"), ("a_long_name", "(3,)")],
        place=[("called", "cell 1, line 2")],
        hint="reshape\none of them",
    )
    assert str(error).splitlines() == [
        "add cannot do this",
        "  rule        shapes agree",
        "  lhs         (2, 3)",
        "  a_long_name (3,)",
        "  called      cell 1, line 2",
        "  hint        reshape",
        "              one of them",
    ]


@pytest.mark.parametrize(
    "cls", [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, MXNetError)]
)
def test_every_error_survives_pickling(cls):
    error = cls("message", rule="r", values=[("a", "b")], hint="h")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls and str(copy) == str(error)


def test_the_tree_is_also_pythons():
    assert issubclass(errors.IndexingError, IndexError)
    assert issubclass(errors.DTypeError, TypeError)
    assert issubclass(errors.StorageError, MemoryError)


def test_nearest():
    assert nearest("kernal", ["kernel", "stride"]) == "did you mean kernel?"
    assert nearest("zzz", ["kernel"]) == ""
