"""Calls told in text: every example of every operator gets the shapes that computing it gives."""

import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError
from mxbook.explain.card.trial import asked, options, tried
from mxbook.imperative.plan import plan_for
from mxbook.ops.registry import operators
from mxbook.testing.cases import all_cases


def spoken(case):
    op = case.op
    texts, parameters = asked(case)
    names = op.inputs if op.variadic else op.input_names(case.values)
    return tried(op, dict(zip(names, texts, strict=False)), parameters)


def test_all_examples_are_understood_and_answered_as_the_planner_does():
    for case in all_cases():
        answer = spoken(case)
        assert answer.error == "", (case, answer.error)
        if case.op.dynamic_shape:
            continue
        specs = tuple(a._spec for a in case.arrays())
        plan = plan_for(case.op, case.values, specs, train=False)
        for spec, text in zip(plan.outputs[: plan.visible], answer.outputs, strict=True):
            lengths = ", ".join(map(str, spec.shape))
            assert f"({lengths}" in text, (case, text)
            assert (spec.dtype.name in text) == (spec.dtype.name != "float32"), (case, text)


def test_what_follows_is_told():
    card = mx.explain.operator("Convolution")
    found = card.tried({"data": "1×3×8×8"}, "kernel=(3,3), num_filter=4")
    assert found.outputs == ["output (1, 4, 6, 6)"]
    assert found.inputs == ["weight (4, 3, 3, 3)", "bias (4,)"]
    assert found.work.replace(",", "").isdigit()
    assert card.tried({"data": "1,3,8,8"}, "kernel=(3,3), num_filter=4, no_bias=True").inputs == [
        "weight (4, 3, 3, 3)"
    ]


@pytest.mark.parametrize(
    ("inputs", "parameters", "words"),
    [
        ({"data": "2,3", "weight": "4,5"}, "num_hidden=4", "differ"),
        ({"data": "2,3"}, "", "needs the parameter 'num_hidden'"),
        ({"data": "2,3"}, "num_hiden=4", "did you mean num_hidden"),
        ({"data": "2,3"}, "num_hidden=0", "at least 1"),
        ({"data": "2;3"}, "num_hidden=4", "cannot understand data"),
        ({"data": "2,3"}, "num_hidden", "cannot understand 'num_hidden'"),
        ({"data": "2,3 float15"}, "num_hidden=4", "float15"),
        ({}, "num_hidden=4", "no shape is given"),
    ],
)
def test_errors_in_words(inputs, parameters, words):
    answer = tried(operators["FullyConnected"], inputs, parameters)
    assert words in answer.error
    assert answer.outputs == []


def test_parameters_as_text():
    assert options("") == {}
    found = options("a=1, b=(2,), c=x, d='y', e=None")
    assert found == {"a": 1, "b": (2,), "c": "x", "d": "y", "e": None}
    for bad in ("1", "a=f(x)", "**a", "a=", ")", "a=1)+f("):
        with pytest.raises(ParameterError, match="cannot understand"):
            options(bad)
