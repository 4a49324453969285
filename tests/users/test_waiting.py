"""Rows 3 and 4: where waiting time went, and running ahead without filling the memory."""

import contextlib
import io
import threading

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, gluon, nd


def test_row_3_the_wait_is_split_into_waiting_and_copying():
    gate, var = threading.Event(), mx.engine.new_variable("slow thing")
    mx.config.engine_type = "ThreadedEngine"
    text = io.StringIO()
    try:
        x = nd.ones((4,))
        mx.engine.push(gate.wait, writes=[var], name="sleepy")
        y = x * 2
        with contextlib.redirect_stdout(text), mx.engine.explain():
            threading.Timer(0.05, gate.set).start()
            mx.engine.wait_for_var(var)
            y.asnumpy()
    finally:
        gate.set()
        mx.config.reset("engine_type")
    lines = text.getvalue().splitlines()
    assert any("waited" in line and "sleepy" in line for line in lines), lines
    assert any("copied in" in line for line in lines), lines
    assert "test_waiting.py, line" in text.getvalue()


@pytest.mark.parametrize("engine", ["HybridEngine", "ThreadedEngine"])
def test_row_4_a_loop_without_any_wait_has_flat_memory(engine):
    """10,000 steps: the pool's peak stays at the bound, whatever the number of steps."""
    mx.config.engine_type = engine
    mx.config.run_ahead_bytes = "8M"
    mx.waitall()
    mx.storage.release()
    before = mx.storage.stats()["used"]
    x = nd.ones((1 << 17,))  # half a megabyte, worth a block of the pool
    try:
        peak = 0
        for step in range(10_000):
            y = x + 1
            if step % 100 == 0:
                peak = max(peak, mx.storage.stats()["used"])
        mx.waitall()
        assert y.asnumpy()[0] == 2
        assert peak - before <= 12 << 20
    finally:
        mx.config.reset("engine_type")
        mx.config.reset("run_ahead_bytes")


def test_row_4_small_operations_are_bounded_too():
    mx.config.engine_type = "ThreadedEngine"
    mx.config.run_ahead_operations = 50
    gate, var, most = threading.Event(), mx.engine.new_variable(), 0
    x = nd.zeros((3,))
    pushed = []

    def pusher():
        for i in range(200):
            mx.engine.push(lambda: None, reads=[var])
            pushed.append(i)

    try:
        mx.engine.push(gate.wait, writes=[var])
        thread = threading.Thread(target=pusher)
        thread.start()
        while len(pushed) < 40:
            most = max(most, len(pushed))
        assert len(pushed) <= 50
        gate.set()
        thread.join()
        assert len(pushed) == 200
        assert (x + 1).asnumpy().tolist() == [1, 1, 1]
    finally:
        gate.set()
        mx.config.reset("engine_type")
        mx.config.reset("run_ahead_operations")


@pytest.mark.slow
def test_row_4_training_without_a_wait_has_flat_memory():
    net = gluon.nn.Dense(64, in_units=64)
    net.initialize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1e-4})
    x, loss = nd.ones((2048, 64)), gluon.loss.L2Loss()

    def steps(n):
        for _ in range(n):
            with autograd.record():
                value = loss(net(x), x)
            value.backward()
            trainer.step(2048)
        mx.waitall()
        return value

    mx.config.run_ahead_bytes = "16M"
    try:
        steps(50)
        first = mx.storage.stats()["peak"]
        value = steps(500)
    finally:
        mx.config.reset("run_ahead_bytes")
    assert mx.storage.stats()["peak"] <= first * 1.2 + (1 << 20)
    assert np.isfinite(value.asnumpy()).all()
