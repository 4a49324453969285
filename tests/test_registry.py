"""Classes by name."""

import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError


class Animal:
    def __init__(self, age=1):
        self.age = age


register = mx.registry.get_register_func(Animal, "animal")
alias = mx.registry.get_alias_func(Animal, "animal")
create = mx.registry.get_create_func(Animal, "animal")


@alias("kitty", "Tiger")
@register
class Cat(Animal):
    pass


def test_the_table():
    assert mx.registry.get_registry(Animal) == {"cat": Cat, "kitty": Cat, "tiger": Cat}
    mx.registry.get_registry(Animal).clear()  # a copy
    assert create("cat").age == 1


@pytest.mark.parametrize(
    "made",
    [
        lambda: create("Cat", age=3),
        lambda: create("cat", 3),
        lambda: create(animal="kitty", age=3),
        lambda: create('["tiger", {"age": 3}]'),
        lambda: create('{"animal": "cat", "age": 3}'),
        lambda: create({"animal": "cat", "age": 3}),
        lambda: create(Cat(3)),
    ],
)
def test_every_way(made):
    assert (type(made()), made().age) == (Cat, 3)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda: create("cow"), "not registered"),
        (lambda: create(3), "string"),
        (lambda: create(Cat(), age=3), "already an instance"),
        (lambda: create('["cat", {}]', age=3), "JSON"),
        (create, "needs a name"),
        (lambda: register(int), "subclass of Animal"),
        (lambda: register(3), "subclass of Animal"),
    ],
)
def test_what_cannot_be(wrong, text):
    with pytest.raises(ParameterError, match=text):
        wrong()


def test_a_name_that_is_taken():
    class Dog(Animal):
        pass

    register(Dog)
    register(Dog)

    class Wolf(Animal):
        pass

    with pytest.warns(UserWarning, match="overriding"):
        register(Wolf, "dog")
    assert type(create("dog")) is Wolf


def test_metrics_and_initializers_are_there():
    assert mx.registry.get_registry(mx.metric.EvalMetric)["acc"] is mx.metric.Accuracy
    assert mx.registry.get_registry(mx.init.Initializer)["zeros"] is mx.init.Zero
