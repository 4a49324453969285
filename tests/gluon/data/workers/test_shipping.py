"""Objects that go to another process, by reference or by value."""

import abc
import functools
import threading

import numpy as np
import pytest

import mxbook as mx
from mxbook.gluon.data.workers.lending import LARGE
from mxbook.gluon.data.workers.shipping import Exchange, NotShippable, lives_here
from tests.gluon.data import samples


def sent(thing):
    return Exchange().unpack(*Exchange().pack(thing))


@pytest.mark.parametrize("thing", [int, np.ndarray, samples.Function, samples.large, len, np.mean])
def test_what_a_module_has_goes_by_name(thing):
    assert sent(thing) is thing
    if isinstance(thing, type):
        assert not lives_here(thing)


def test_functions_with_all_that_belongs_to_them():
    def outer(factor, start=[1]):  # noqa: B006
        """Words."""
        total = 0

        def inner(x, *, more=2):
            nonlocal total
            total += factor * x + more + start[0]
            return total

        inner.mark = "kept"
        return inner

    inner = sent(outer(10))
    assert inner(1) == 13
    assert inner(1, more=0) == 24
    assert inner.mark == "kept"
    assert sent(outer).__doc__ == "Words."
    assert sent(outer).__qualname__ == outer.__qualname__


def test_functions_that_refer_to_themselves():
    def factorial(n):
        return 1 if n == 0 else n * factorial(n - 1)

    assert sent(factorial)(5) == 120
    even, odd = sent(mutual())
    assert even(10)
    assert not odd(10)


def mutual():
    def even(n):
        return n == 0 or odd(n - 1)

    def odd(n):
        return n != 0 and even(n - 1)

    return even, odd


def test_a_variable_without_value_stays_without():
    def outer():
        def inner():
            return later

        if inner is None:
            later = 1
        return inner

    with pytest.raises(NameError):
        sent(outer())()


def test_decorated_functions():
    @functools.lru_cache(maxsize=7)
    def cached(x):
        return x + 1

    @functools.wraps(cached)
    def wrapper(x):
        return 2 * x

    assert sent(wrapper)(4) == 8
    found = sent(cached)
    assert [found(4), found(4)] == [5, 5]
    assert found.cache_info()[:3] == (1, 1, 7)
    assert sent(functools.partial(lambda a, b: a - b, 10))(3) == 7


def test_classes_with_all_that_belongs_to_them():
    class Base(abc.ABC):
        made = 0

        def __init__(self, x):
            type(self).made += 1
            self.x = x

        @abc.abstractmethod
        def value(self):
            return self.x

    class Derived(Base):
        """Words."""

        __slots__ = ("y",)

        def __init__(self, x):
            super().__init__(x)
            self.y = 1

        def value(self):
            return super().value() + self.y

        @property
        def twice(self):
            return 2 * self.x

        @staticmethod
        def fixed():
            return "fixed"

        @classmethod
        def named(cls):
            return cls.__name__

    one, cls = sent((Derived(3), Derived))
    assert type(one) is cls
    assert cls is not Derived
    assert one.value() == 4
    assert (one.twice, one.fixed(), one.named()) == (6, "fixed", "Derived")
    assert cls.__doc__ == "Words."
    with pytest.raises(TypeError, match="abstract"):
        cls.__mro__[1](1)


def test_what_came_goes_back_as_what_it_was():
    class Local:
        pass

    here, there = Exchange(), Exchange()
    theirs = there.unpack(*here.pack([Local, lambda: 1, Local()]))
    assert theirs[0] is not Local
    back = here.unpack(*there.pack([theirs[0], theirs[0](), theirs[1]]))
    assert back[0] is Local
    assert type(back[1]) is Local


def test_arrays_keep_class_type_and_device():
    large = mx.nd.ones((LARGE,), dtype="float16")
    things = [large, mx.np.arange(3), mx.nd.zeros((0, 2)), mx.nd.ones(2, ctx=mx.cpu(1))]
    content, buffers = Exchange().pack([*things, np.arange(LARGE)])
    assert len(content) < LARGE
    assert [b.nbytes for b in buffers] == [2 * LARGE, 8 * LARGE]
    found = Exchange().unpack(content, [bytearray(b) for b in buffers])
    for a, b in zip(things, found, strict=False):
        assert (type(a), a.shape, a.dtype, a.context) == (type(b), b.shape, b.dtype, b.context)
        assert (a.asnumpy() == b.asnumpy()).all()
    found[0][:] = 5  # it can be written
    assert found[0].asnumpy().max() == 5


def test_sparse_arrays():
    rows = mx.nd.sparse.row_sparse_array(([[1, 2]], [1]), shape=(3, 2))
    found = sent(rows)
    assert found.stype == "row_sparse"
    assert found.asnumpy().tolist() == [[0, 0], [1, 2], [0, 0]]


class Keeper:
    def __init__(self, kept):
        self.kept = kept


def test_the_message_names_the_part_that_cannot_be_sent():
    thing = Keeper({"a": [1, Keeper(threading.Lock())]})
    with pytest.raises(
        NotShippable, match=r"Keeper\.kept\['a'\]\[1\]\.kept cannot be sent"
    ) as info:
        Exchange().pack(thing)
    assert "lock" in str(info.value)
    with pytest.raises(NotShippable, match=r"Keeper\.kept cannot"):
        Exchange().pack((1, Keeper(threading.Lock())))
