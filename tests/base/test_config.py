"""Settings: one home, parsed once, and it is known where a value came from."""

import pytest

from mxbook.base.config import SETTINGS, Config
from mxbook.base.errors import ConfigError


def test_defaults_and_the_environment():
    config = Config({"MXNET_ENGINE_TYPE": "NaiveEngine", "MXBOOK_ENGINE_RUN_AHEAD_BYTES": "64k"})
    assert config.engine_type == "NaiveEngine"
    assert config.run_ahead_bytes == 65536
    sources = {row[0]: row[2] for row in config.table()}
    assert sources["engine_type"] == "environment MXNET_ENGINE_TYPE=NaiveEngine"
    assert sources["cpu_workers"] == "default"


def test_assignment_is_checked_and_announced():
    config, heard = Config({}), []
    config.on_change(heard.append)
    config.cpu_workers = 3
    assert config.cpu_workers == 3 and heard == ["cpu_workers"]
    with pytest.raises(ConfigError) as caught:
        config.cpu_workers = -1
    assert "must not be negative" in str(caught.value)
    assert config.cpu_workers == 3
    config.reset("cpu_workers")
    assert config.cpu_workers == 0


def test_unknown_names_are_refused_with_the_nearest_known_one():
    config = Config({})
    with pytest.raises(ConfigError, match="engine_type"):
        config.engine_typ = "NaiveEngine"
    with pytest.raises(AttributeError, match="engine_type"):
        _ = config.engine_typ


def test_a_bad_environment_says_which_variable():
    with pytest.raises(ConfigError, match="MXNET_ENGINE_TYPE"):
        Config({"MXNET_ENGINE_TYPE": "Turbo"})


def test_show_tells_everything(capsys):
    Config({}).show()
    text = capsys.readouterr().out
    for setting in SETTINGS:
        assert f"{setting.name} = " in text
        assert setting.doc.split(".")[0][:30] in text.replace("\n    ", " ")
