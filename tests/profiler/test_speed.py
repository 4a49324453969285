"""The benchmark of operators."""

import json

import pytest

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


def test_the_command_gives_json(capsys):
    main(["exp", "--elements", "6", "--rounds", "1", "--json"])
    found = json.loads(capsys.readouterr().out)["exp"][0]
    assert found["call"] == "exp(float32[2, 3])"
    assert 0 < found["quickest"] <= found["forward"]


def test_nothing_to_measure(capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "name operators, or say --all" in capsys.readouterr().err


@pytest.mark.slow
def test_all_operators_can_be_measured(capsys):
    main(["--all", "--elements", "1000", "--rounds", "1", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert len(found) > 400
    assert all(found.values())
