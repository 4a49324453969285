"""Rows 1, 2 and 29 of what users stumble over: failures that come late, and Jupyter."""

import contextlib
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import mxbook as mx
from mxbook import nd
from mxbook.base.errors import MXNetError, OperationError


def out_of_range():
    """An operation that fails while it runs, and its result."""
    table, index = nd.ones((10, 4)), nd.array([1, 10042])
    return nd.take(table, index, mode="raise")  # the guilty line


@pytest.fixture(params=["HybridEngine", "ThreadedEngine"])
def engine(request):
    mx.config.engine_type = request.param
    yield request.param
    with contextlib.suppress(MXNetError):
        mx.waitall()  # what a test left behind
    mx.config.reset("engine_type")


def test_row_1_error_at_the_wait_says_what_where_and_why(engine):
    bad = out_of_range()
    with pytest.raises(OperationError) as caught:
        bad.asnumpy()  # the noticing line
    text = str(caught.value)
    assert "take" in text and "10042" in text
    assert "operation #" in text
    assert "return nd.take(table, index" in text  # pushed
    assert "bad.asnumpy()  # the noticing line" in text  # noticed
    assert "(10, 4)" in text and "float32" in text and "cpu(0)" in text


def test_row_1_only_dependents_are_poisoned(engine):
    healthy = nd.ones((2, 2)) * 3
    bad = out_of_range()
    child = bad * 2
    grandchild = child.sum() + healthy.sum()
    other = healthy + 1
    for array in (child, grandchild):
        with pytest.raises(OperationError, match="take"):
            array.asnumpy()
    assert (other.asnumpy() == 4).all()
    assert (healthy.asnumpy() == 3).all()


def test_row_1_no_value_is_half_written_and_a_later_write_heals(engine):
    target = nd.zeros((2, 4))
    nd.take(nd.ones((10, 4)), nd.array([1, 10042]), mode="raise", out=target)
    with pytest.raises(OperationError):
        target.asnumpy()
    target[:] = 5
    assert (target.asnumpy() == 5).all()


def test_row_2_waitall_raises_the_first_failure_and_lists_the_others(engine):
    kept = [out_of_range(), out_of_range()]
    with pytest.raises(OperationError) as caught:
        mx.waitall()
    assert "take" in str(caught.value)
    assert any("take" in note for note in caught.value.__notes__)
    mx.waitall()  # everything has been shown
    del kept


def test_row_29_a_failed_cell_leaves_everything_usable(engine):
    x = nd.array([1, 2, 3])
    with pytest.raises(MXNetError):
        nd.broadcast_add(x, nd.ones((2, 2)))
    with pytest.raises(MXNetError):
        out_of_range().asnumpy()
    assert (x + 1).asnumpy().tolist() == [2, 3, 4]


def interrupt_the_wait(thread: int) -> None:
    """Press the stop button as soon as that thread is seen waiting."""
    while True:
        frame = sys._current_frames()[thread]
        while frame is not None and not frame.f_code.co_filename.endswith("gates.py"):
            frame = frame.f_back
        if frame is not None:
            os.kill(os.getpid(), signal.SIGINT)
            return


@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to itself")
def test_row_29_interrupting_a_wait_cancels_queued_work_and_says_how_much():
    started, interrupted = threading.Event(), threading.Event()

    def slow():
        started.set()
        interrupted.wait()

    var = mx.engine.new_variable("slow")
    ran = []
    mx.config.engine_type = "ThreadedEngine"
    try:
        mx.engine.push(slow, writes=[var])
        for i in range(5):
            mx.engine.push(lambda i=i: ran.append(i), writes=[var])
        started.wait()
        killer = threading.Thread(target=interrupt_the_wait, args=(threading.get_ident(),))
        with pytest.raises(KeyboardInterrupt) as caught:
            killer.start()
            mx.engine.wait_for_var(var)
        killer.join()
        interrupted.set()
        assert any("5" in note and "cancel" in note for note in caught.value.__notes__)
        x = nd.ones((2,)) + 1
        assert x.asnumpy().tolist() == [2, 2]
        assert ran == []
    finally:
        interrupted.set()
        mx.config.reset("engine_type")


def test_row_29_the_process_survives_anything_an_operation_raises():
    code = """
import mxbook as mx
mx.config.engine_type = "ThreadedEngine"
var = mx.engine.new_variable()
def fail():
    raise SystemExit(3)
mx.engine.push(fail, writes=[var], name="fail")
try:
    mx.engine.wait_for_var(var)
except mx.MXNetError as error:
    print("caught", type(error).__name__)
print((mx.nd.ones(2) + 1).asnumpy().sum())
"""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == ["caught", "OperationError", "4.0"]


def test_bad_values_never_crash():
    for bad in ("text", object(), [[1], [2, 3]], {"a": 1}, None):
        with pytest.raises(MXNetError):
            nd.array(bad)
    for shape in ((-1, 2), "ab", (2.5,)):
        with pytest.raises((MXNetError, TypeError)):
            nd.zeros(shape)
    with pytest.raises(MXNetError):
        nd.zeros((2,), dtype="complex64")
    with pytest.raises(ValueError, match="cpu"):
        mx.Context("tpu", 0)
    assert np.isfinite(nd.ones(3).asnumpy()).all()
