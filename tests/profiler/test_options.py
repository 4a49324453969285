"""Settings and arguments, good and bad."""

import pytest

from mxbook import profiler
from mxbook.base.errors import ParameterError
from mxbook.profiler.session import session


@pytest.mark.parametrize(
    "given",
    [
        {"profile_al": True},
        {"profile_all": "x"},
        {"aggregate_stats": 3},
        {"profile_memory": None},
        {"dump_period": -1},
        {"dump_period": "soon"},
        {"dump_period": float("nan")},
        {"filename": ""},
        {"filename": 3},
        {"profile_process": "nobody"},
        {"profile_process": "server"},
    ],
)
def test_bad_settings(given):
    before = session.options
    with pytest.raises(ParameterError):
        profiler.set_config(**given)
    assert session.options is before


def test_an_unknown_setting_is_answered_with_the_nearest_one():
    with pytest.raises(ParameterError, match="did you mean profile_all"):
        profiler.set_config(profile_al=True)


def test_what_is_not_named_goes_back_to_its_default():
    profiler.set_config(profile_symbolic=False, dump_period="2")
    assert (session.options.profile_symbolic, session.options.dump_period) == (False, 2.0)
    profiler.set_config(profile_memory="0")
    assert session.options.profile_symbolic
    assert not session.options.profile_memory


@pytest.mark.parametrize(
    "call",
    [
        lambda: profiler.set_state("go"),
        lambda: profiler.set_state(1),
        lambda: profiler.set_state("run", profile_process="x"),
        lambda: profiler.pause("x"),
        lambda: profiler.resume("server"),
        lambda: profiler.dump(profile_process="x"),
        lambda: profiler.dumps(format="xml"),
        lambda: profiler.dumps(sort_by="name"),
        lambda: profiler.dumps(ascending="no"),
        lambda: profiler.dumps(reset=2),
        lambda: profiler.by_line(format="xml"),
        lambda: profiler.by_layer(sort_by="x"),
        lambda: profiler.Domain(3),
        lambda: profiler.Task("domain", "name"),
        lambda: profiler.Domain("d").new_counter("c", "five"),
        lambda: profiler.Domain("d").new_marker("m").mark("everywhere"),
        lambda: profiler.measure("expp"),
        lambda: profiler.measure("exp", elements=0),
    ],
)
def test_bad_arguments(call):
    with pytest.raises(ParameterError):
        call()
    assert not session.running


def test_without_aggregate_stats_there_is_nothing_to_say():
    profiler.set_config(aggregate_stats=False)
    assert profiler.dumps() == profiler.dumps(format="json") == ""


def test_the_older_names(tmp_path):
    with pytest.warns(UserWarning, match="deprecated"):
        profiler.profiler_set_config("all", str(tmp_path / "old.json"))
    assert session.options.profile_all
    with pytest.warns(UserWarning, match="deprecated"):
        profiler.profiler_set_state("run")
    assert session.running
    with pytest.warns(UserWarning, match="deprecated"):
        profiler.dump_profile()
    assert not session.running
    assert (tmp_path / "old.json").exists()
    profiler.set_kvstore_handle("handle")
    assert profiler.profiler_kvstore_handle == "handle"
    profiler.set_kvstore_handle(None)
