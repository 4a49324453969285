"""Numbers about what is inside of an executor."""

import numpy as np
import pytest

import mxbook as mx


def executor():
    h = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=2, name="fc")
    net = mx.sym.BatchNorm(mx.sym.Activation(h, act_type="relu", name="act"), name="bn")
    bound = net.simple_bind(mx.cpu(), x=(1, 3))
    bound.arg_dict["x"][:] = [[1, 2, 3]]
    bound.arg_dict["fc_weight"][:] = 1
    return bound


def watched(**kwargs):
    monitor = mx.mon.Monitor(1, **kwargs)
    bound = executor()
    monitor.install(bound)
    monitor.tic()
    bound.forward()
    return monitor.toc()


def test_results_arguments_and_states():
    names = [name for _, name, _ in watched()]
    assert names[:3] == ["fc_output", "act_output", "bn_output"]
    assert set(names[3:]) == {
        *("x", "fc_weight", "fc_bias", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var")
    }


def test_the_usual_number_is_the_root_of_the_mean_square():
    rows = {name: text for _, name, text in watched()}
    np.testing.assert_allclose(float(rows["x"]), np.sqrt(14 / 3), rtol=1e-6)
    assert rows["fc_output"] == "6.0\t"


def test_a_number_of_ones_own():
    assert {n: t for _, n, t in watched(stat_func=lambda a: a.max())}["x"] == "3.0\t"
    both = watched(stat_func=lambda a: [a.max(), a.min()])
    assert {n: t for _, n, t in both}["x"] == "3.0\t1.0\t"
    whole = watched(stat_func=lambda a: a, pattern="x$")
    assert whole == [(1, "x", "[[1. 2. 3.]]\t")]
    assert watched(stat_func=lambda a: "text", pattern="x$") == [(1, "x", "text\t")]


def test_some_names_in_order():
    names = [name for _, name, _ in watched(pattern="fc|act", sort=True)]
    assert names == ["act_output", "fc_bias", "fc_output", "fc_weight"]


def test_inputs_too():
    names = [name for _, name, _ in watched(monitor_all=True)]
    assert {"fc_data", "act_data", "bn_data"} <= set(names)


@pytest.mark.parametrize("interval", [1, 2, 3])
def test_every_few_batches(interval):
    monitor, bound = mx.mon.Monitor(interval, pattern="fc_output"), executor()
    monitor.install(bound)
    steps = []
    for _ in range(6):
        monitor.tic()
        bound.forward()
        steps += [step for step, _, _ in monitor.toc()]
        assert not monitor.activated
    assert steps == list(range(1, 7, interval))


def test_printing(caplog):
    caplog.set_level("INFO")
    monitor, bound = mx.mon.Monitor(1, pattern="fc_output"), executor()
    monitor.install(bound)
    monitor.tic()
    bound.forward()
    monitor.toc_print()
    assert caplog.messages == ["Batch:       1 fc_output                      6.0\t"]
