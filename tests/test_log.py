"""Loggers."""

import logging
import re

import pytest

import mxbook as mx


def test_lines(capsys):
    log = mx.log.get_logger("mxbook.test.lines", level=mx.log.INFO)
    log.info("epoch %d", 3)
    log.error("bad")
    log.debug("nothing")
    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"I\d{4} [\d:]{8} \d+ \S+test_log.py:test_lines:\d+\] epoch 3", first)
    assert second.startswith("E")
    assert mx.log.get_logger("mxbook.test.lines", level=mx.log.DEBUG) is log
    assert (log.level, len(log.handlers)) == (mx.log.INFO, 1)


def test_colours(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    mx.log.get_logger("mxbook.test.colours").warning("careful")
    assert capsys.readouterr().err.startswith("\x1b[31mW")


def test_files(tmp_path):
    name = str(tmp_path / "log.txt")
    log = mx.log.get_logger("mxbook.test.files", name, level=mx.log.DEBUG)
    log.debug("here")
    (handler,) = log.handlers
    handler.close()
    assert (tmp_path / "log.txt").read_text().endswith("] here\n")


def test_old_names():
    with pytest.warns(DeprecationWarning, match="get_logger"):
        assert mx.log.getLogger() is logging.getLogger()
    assert logging.getLogger().handlers == mx.log.get_logger().handlers
    assert mx.log.PY3
