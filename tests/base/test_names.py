"""Automatic names."""

import mxbook as mx


def test_the_manager_in_force():
    outer = mx.name.NameManager.current
    with mx.name.NameManager() as inner:
        assert mx.name.NameManager.current is inner is mx.name.Prefix.current
        assert inner.get(None, "fc") == "fc0"
    assert mx.name.NameManager.current is outer


def test_a_manager_inside_of_itself_counts_on():
    with mx.name.Prefix("net_") as names:
        first = mx.sym.exp(mx.sym.var("x")).name
        with mx.name.NameManager():
            assert mx.sym.exp(mx.sym.var("x")).name == "exp0"
        assert (first, mx.sym.exp(mx.sym.var("x")).name) == ("net_exp0", "net_exp1")
    assert names.get("given", "fc") == "net_given"
