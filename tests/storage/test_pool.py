"""The pool: blocks come back, are reused, and memory goes when Python lets go."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.backend import cpu
from mxbook.base.errors import StorageError
from mxbook.storage import host
from mxbook.storage.pool import Pool, size_class


@given(st.integers(1, 2**40))
def test_size_classes_are_few_and_waste_little(n):
    size = size_class(n)
    assert n <= size <= max(64, n * 9 // 8 + 64)
    assert size_class(size) == size


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10_000)), max_size=60))
def test_blocks_are_never_in_use_twice(steps):
    pool, held, taken = Pool(bytearray, lambda: 50_000), [], 0
    for take, n in steps:
        if take or not held:
            block, size = pool.take(n)
            assert len(block) == size >= n
            assert all(block is not other for other, _ in held)
            held.append((block, size))
            taken += 1
        else:
            pool.give_back(*held.pop(n % len(held)))
        assert pool.used == sum(size for _, size in held)
        assert pool.free <= 50_000
        assert pool.peak >= pool.used
    assert pool.hits + pool.misses == taken


def test_an_array_keeps_its_block_until_the_last_view_dies():
    used = host.pool.used
    array = cpu.shaped(host.allocate(1 << 20), (1 << 18,), np.dtype("float32"))
    part = array[10:20].reshape(2, 5)[1]
    del array
    gc.collect()
    assert host.pool.used == used + (1 << 20)
    del part
    gc.collect()
    assert host.pool.used == used


def test_large_arrays_are_recycled():
    x = mx.nd.ones((1 << 18,))
    for _ in range(3):
        y = x + 1
        y.wait_to_read()
    del y
    hits = mx.storage.stats(mx.cpu())["hits"]
    y = x + 1
    y.wait_to_read()
    assert mx.storage.stats(mx.cpu())["hits"] > hits


def test_what_is_kept_is_bounded_and_can_be_released():
    mx.config.pool_bytes = "1M"
    try:
        blocks = [host.allocate(1 << 19) for _ in range(8)]
        del blocks
        gc.collect()
        assert mx.storage.stats()["free"] <= 1 << 20
        mx.storage.release()
        assert mx.storage.stats()["free"] == 0
    finally:
        mx.config.reset("pool_bytes")


def test_no_memory_is_an_error_that_helps(monkeypatch):
    def full(_size):
        raise MemoryError

    monkeypatch.setattr(host.pool, "_allocate", full)
    with pytest.raises(StorageError, match="no memory for") as caught:
        host.allocate(1 << 30)
    assert "in use" in str(caught.value)


def test_free_blocks_are_dropped_before_giving_up():
    failures = iter([False, True, False])

    def allocate(n):
        if next(failures):
            raise MemoryError
        return bytearray(n)

    pool = Pool(allocate, lambda: 1 << 20)
    pool.give_back(*pool.take(1000))
    assert pool.free
    block, _ = pool.take(5000)
    assert len(block) >= 5000 and pool.free == 0
