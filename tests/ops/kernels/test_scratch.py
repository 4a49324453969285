"""Memory between calls."""

import threading

import numpy as np

from mxbook.ops.kernels import scratch as module
from mxbook.ops.kernels.scratch import scratch


def test_a_purpose_has_one_memory():
    first = scratch(np, "test", (4, 5), "float32")
    again = scratch(np, "test", (3,), "float64")
    other = scratch(np, "test, another", (3,), "float64")
    assert first.shape == (4, 5)
    assert again.dtype == np.float64
    assert np.may_share_memory(first, again)
    assert not np.may_share_memory(first, other)


def test_threads_do_not_share():
    found = []
    thread = threading.Thread(target=lambda: found.append(scratch(np, "test", (4,), "float32")))
    thread.start()
    thread.join()
    assert not np.may_share_memory(found[0], scratch(np, "test", (4,), "float32"))


def test_huge_ones_are_not_kept(monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 16)
    assert not np.may_share_memory(
        scratch(np, "test", (5,), "float32"), scratch(np, "test", (5,), "float32")
    )
