"""The benchmark of operators."""

from mxbook import profiler
from mxbook.profiler.__main__ import main


def test_measure_scales_examples():
    found = profiler.measure("exp", elements=600, rounds=1)
    assert found[0].call == "exp(float32[20, 30])"
    assert 0 < found[0].quickest <= found[0].forward
    assert found[0].backward > 0


def test_parameters_that_fix_shapes_leave_the_first_axis():
    calls = [s.call for s in profiler.measure("FullyConnected", elements=600, rounds=1)]
    assert "FullyConnected(float32[200, 3], float32[4, 3], float32[4], num_hidden=4)" in calls


def test_the_command(capsys):
    main(["argmax", "dot", "--elements", "10", "--rounds", "1"])
    printed = capsys.readouterr().out
    assert "argmax(" in printed
    assert "dot(" in printed
    assert "backward" in printed
