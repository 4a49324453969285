"""Worker processes, with real faults: killed, stuck, broken, forgotten."""

import os
import random
import signal
import sys
import time
import traceback
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.gluon.data import ArrayDataset, BatchSampler, DataLoader, SequentialSampler
from mxbook.gluon.data.dataloader import (
    LoaderTimeoutError,
    NoProcessesWarning,
    WorkerDiedError,
    WorkerError,
)
from mxbook.gluon.data.workers import nursery, processes
from tests.gluon.data import samples
from tests.gluon.data.samples import At, Function

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module", autouse=True)
def one_nursery():
    """Kept for all tests of this file: starting one takes a second."""
    with nursery.held():
        kept = nursery.enter()
    yield
    nursery.leave(kept, [], 0)


def values(batch):
    """A batch in plain Python."""
    if isinstance(batch, mx.nd.NDArray):
        return batch.asnumpy().tolist()
    if isinstance(batch, dict):
        return {key: values(part) for key, part in batch.items()}
    return [values(part) for part in batch]


def seed():
    mx.random.seed(5)
    np.random.seed(5)
    random.seed(5)


def loaded(fn, workers, **options):
    """Two passes under one seed, and what the program's generators give then."""
    seed()
    loader = DataLoader(Function(fn, 21), 4, shuffle=True, num_workers=workers, **options)
    passes = [[values(batch) for batch in loader] for _ in range(2)]
    after = random.random(), np.random.rand(), mx.nd.random.uniform().asscalar()
    return passes, after


def gone(pids):
    return not any(os.path.exists(f"/proc/{pid}") for pid in pids)


def pids_of(loader):
    return loader._processes.pids


# ---- the same batches


@pytest.mark.parametrize("fn", [float, samples.by_chance, samples.by_images])
def test_the_number_of_workers_does_not_matter(fn):
    plain = loaded(fn, 0)
    for workers in (1, 2, 4):
        assert loaded(fn, workers) == plain


def test_nor_does_it_for_threads_and_what_mxbook_draws():
    plain = loaded(samples.by_images, 0)
    for workers in (1, 3):
        assert loaded(samples.by_images, workers, thread_pool=True) == plain


@pytest.mark.parametrize("workers", [0, 2])
def test_passes_differ_and_seeds_bring_them_back(workers):
    loader = DataLoader(Function(samples.by_chance, 6), 3, num_workers=workers)
    seed()
    first, second = ([values(b) for b in loader] for _ in range(2))
    drawn = [
        [x for batch in one for sample in batch for x in sample[:5]] for one in (first, second)
    ]
    assert len({*drawn[0], *drawn[1]}) == 2 * 6 * 5  # all are different
    seed()
    assert [values(b) for b in loader] == first


@pytest.mark.parametrize("workers", [0, 2])
def test_the_program_s_generators_stay_where_nothing_is_drawn(workers):
    seed()
    expected = random.random(), np.random.rand(), mx.nd.random.uniform().asscalar()
    seed()
    list(DataLoader(Function(float, 6), 3, num_workers=workers))
    assert (random.random(), np.random.rand(), mx.nd.random.uniform().asscalar()) == expected


@settings(max_examples=12, deadline=None)
@given(
    length=st.integers(1, 20),
    size=st.integers(1, 6),
    workers=st.integers(1, 3),
    prefetch=st.none() | st.integers(0, 5),
    shuffle=st.booleans(),
    last=st.sampled_from([None, "keep", "discard", "rollover"]),
)
def test_batches_are_what_the_sampler_says(length, size, workers, prefetch, shuffle, last):
    x = np.arange(2.0 * length).reshape(length, 2)
    options = {"batch_size": size, "shuffle": shuffle, "last_batch": last}
    dataset = ArrayDataset(x, list(range(length)))
    passes = []
    for more in ({}, {"num_workers": workers, "prefetch": prefetch}):
        np.random.seed(length)
        loader = DataLoader(dataset, **options, **more)
        passes.append([[values(batch) for batch in loader] for _ in range(2)])
        assert len(loader) == len(DataLoader(dataset, **options)) or last == "rollover"
    assert passes[0] == passes[1]


@pytest.mark.parametrize("workers", [0, 1])
def test_nested_samples(workers):
    loader = DataLoader(Function(samples.nested, 3), 2, num_workers=workers)
    first, last = loader
    assert first["image"].shape == (2, 100, 100)
    assert first["image"].dtype == np.float64
    assert values(first["more"]) == [[[[i] * 3] * 2 for i in (0, 1)], {"label": [0, 1]}]
    assert (last["image"] == 2).asnumpy().all()


def test_own_batchify_functions_give_what_they_like():
    dataset = Function(samples.large, 4)
    for batch in DataLoader(dataset, 2, batchify_fn=samples.pairs, num_workers=1):
        assert type(batch) is samples.Pair
        assert type(batch.image) is np.ndarray
        assert batch.image[:, 3, 3].tolist() == batch.label
        batch.image[...] += 1  # it belongs to the receiver
    sampler = BatchSampler(SequentialSampler(4), 3)
    loader = DataLoader(dataset, batch_sampler=sampler, batchify_fn=len, num_workers=1)
    assert list(loader) == [3, 1]


def test_arrays_of_numpy_s_kind():
    with mx.util.np_array(True):
        (batch,) = DataLoader(Function(samples.large, 2), 2, num_workers=1)
    assert all(type(part) is mx.np.ndarray for part in batch)


def test_pinned_memory():
    loader = DataLoader(Function(samples.large, 3), 2, num_workers=1, pin_memory=True)
    assert {part.context for batch in loader for part in batch} == {mx.cpu_pinned(0)}


def test_a_large_data_set_is_shared_and_stays_as_it_is():
    x = mx.nd.array(np.arange(40000).reshape(4, 10000))
    loader = DataLoader(ArrayDataset(x, np.arange(4)), 2, num_workers=2)
    assert [values(data)[1][:2] for data, _ in loader] == [[10000, 10001], [30000, 30001]]
    x[:] = 0  # workers have the data set as it was
    assert [values(data)[1][:2] for data, _ in loader] == [[10000, 10001], [30000, 30001]]


def test_several_passes_at_once():
    loader = DataLoader(Function(float, 12), 2, num_workers=2)
    for a, b in zip(loader, loader, strict=True):
        assert values(a) == values(b)
    nested = [[values(b)[0] for b in loader] for _ in loader]
    assert nested == [[0, 2, 4, 6, 8, 10]] * 6


@pytest.mark.parametrize("prefetch", [0, 1, 5])
def test_prefetch_bounds_how_far_ahead_it_asks(prefetch):
    drawn = []

    class Sampler:
        def __iter__(self):
            for i in range(12):
                drawn.append(i)
                yield [i]

        def __len__(self):
            return 12

    loader = DataLoader(Function(float), batch_sampler=Sampler(), num_workers=2, prefetch=prefetch)
    for delivered, _ in enumerate(loader, 1):
        assert len(drawn) == min(12, delivered + prefetch)


# ---- shared memory


def segments():
    """Where segments are mapped in this process."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    ranges = [line.split()[0].split("-") for line in lines if "memfd:mxbook" in line]
    return [(int(low, 16), int(high, 16)) for low, high in ranges]


def test_batches_lie_in_shared_memory_that_is_used_again():
    loader = DataLoader(Function(samples.large, 400), 4, num_workers=2)
    for i, (image, label) in enumerate(loader):
        at = image._data.__array_interface__["data"][0]
        assert any(low <= at < high for low, high in segments())
        assert image.asnumpy()[:, 5, 5].tolist() == label.asnumpy().tolist()
        assert label.asnumpy().tolist() == [4 * i + k for k in range(4)]
        assert len(segments()) < 20
        (image + 1).wait_to_read()


@pytest.mark.parametrize("most", [4, 256])
def test_batches_that_are_kept_stay_as_they_are(monkeypatch, most):
    monkeypatch.setattr("mxbook.gluon.data.workers.processes.HELD", most)
    loader = DataLoader(Function(samples.large, 60), 2, num_workers=2)
    kept = [image for image, _ in loader]
    again = [image for image, _ in loader]
    loader.close()
    for both in (kept, again):
        assert [x.asnumpy()[:, 1, 1].tolist() for x in both] == [
            [i, i + 1] for i in range(0, 60, 2)
        ]


# ---- errors inside samples


def test_an_exception_comes_back_with_sample_and_traceback():
    loader = DataLoader(At(13, samples.broken), 5, num_workers=2)
    got = []
    with pytest.raises(KeyError, match="this one") as info:
        got.extend(loader)
    assert len(got) == 2
    text = "".join(traceback.format_exception(info.value))
    assert "in broken" in text
    assert "while loading sample 13 of At" in text
    assert "worker " in text
    assert values(next(iter(loader))) == [0, 1, 2, 3, 4]  # the workers are still there


def test_an_error_of_mxbook_keeps_its_parts():
    loader = DataLoader(Function(lambda i: mx.nd.ones(1 + i // 3)), 2, num_workers=1)
    with pytest.raises(mx.MXNetError) as info:
        list(loader)
    assert info.value.__notes__ == ["while putting samples 2, 3 together to a batch"]


def test_an_exception_that_cannot_be_sent_comes_in_words():
    with pytest.raises(WorkerError, match="this and that") as info:
        list(DataLoader(At(1, samples.broken_badly), 2, num_workers=1))
    assert "NotSendableError" in str(info.value)
    assert "in broken_badly" in str(info.value.__cause__)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_even_an_exit_inside_a_sample_reaches_the_loop(error):
    with pytest.raises(error):
        list(DataLoader(At(1, samples.leave, error), 2, num_workers=1))


# ---- stuck and killed workers


@pytest.fixture
def at_sample_7(tmp_path):
    """A loader whose worker is in the middle of sample 7, until the file is closed."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    loader = DataLoader(
        At(7, samples.wait_at, str(fifo), length=16), 2, num_workers=2, timeout=10_000
    )
    batches = iter(loader)
    assert [values(next(batches)) for _ in range(3)] == [[0, 1], [2, 3], [4, 5]]
    with open(fifo, "w"):  # returns when a worker has opened it, too
        yield loader, batches


def test_a_timeout_names_the_slow_sample(at_sample_7):
    loader, batches = at_sample_7
    pids = pids_of(loader)
    loader._processes._timeout = 0.1
    with pytest.raises(LoaderTimeoutError, match="sample 7 is still being loaded") as info:
        next(batches)
    assert isinstance(info.value, TimeoutError)
    assert any(f"(process {pid})" in str(info.value) for pid in pids)
    assert gone(pids)  # a process need not be waited for


def test_a_killed_worker_is_named_at_once(at_sample_7):
    loader, batches = at_sample_7
    pids = pids_of(loader)
    crew = loader._processes
    worker = next(w for w in crew._workers if (crew._at(w) or (None,))[0] == 7)
    start = time.monotonic()
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerDiedError) as info:
        next(batches)
    assert time.monotonic() - start < 5
    text = str(info.value)
    assert f"{worker.name} was killed by SIGKILL while loading sample 7" in text
    assert "memory" in info.value.hint
    assert gone(pids)
    with pytest.raises(StopIteration):
        next(batches)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (partial(samples.die, "SIGSEGV"), "was killed by SIGSEGV while loading sample 3"),
        (partial(os._exit, 7), "ended with exit code 7 while loading sample 3"),
    ],
)
def test_workers_that_end_themselves(how, words):
    loader = DataLoader(At(3, how, length=4), 2, num_workers=2)
    with pytest.raises(WorkerDiedError, match=words):
        list(loader)
    loader._dataset = Function(float, 4)
    assert len(list(loader)) == 2  # with other workers


def test_without_its_nursery_a_crew_works_on():
    with nursery.held():
        own = nursery.Nursery()
    loader = DataLoader(Function(float, 8), 2, num_workers=2)
    list(loader)
    assert loader._processes._nursery is not own
    own._process.kill()
    own._process.wait()
    with pytest.raises(nursery.CannotStart):
        own.fork([])
    own.close()
    assert len(list(loader)) == 4


def test_stopping_a_crew_whose_worker_never_answers(at_sample_7):
    loader, batches = at_sample_7
    pids = pids_of(loader)
    del batches
    loader.close()
    assert gone(pids)


# ---- where there can be no processes


class Locked(Function):
    def __init__(self):
        super().__init__(float, 6)
        self.inner = {"files": [open(os.devnull)]}  # noqa: SIM115


def test_what_cannot_be_sent_is_loaded_by_threads():
    loader = DataLoader(Locked(), 2, num_workers=2)
    with pytest.warns(NoProcessesWarning, match=r"Locked.*\.inner\['files'\]\[0\] cannot be sent"):
        found = [values(batch) for batch in loader]
    assert found == [[0, 1], [2, 3], [4, 5]]
    assert len(list(loader)) == 3  # it is said once
    loader._dataset.inner["files"][0].close()


class NotUnpackable(Function):
    def __setstate__(self, state):
        raise ValueError("not today")


def test_what_cannot_be_unpacked_is_loaded_by_threads():
    loader = DataLoader(NotUnpackable(float, 6), 2, num_workers=2)
    with pytest.warns(NoProcessesWarning, match="cannot unpack the data set: ValueError: not tod"):
        assert len(list(loader)) == 3


@pytest.mark.parametrize("python", ["", "/nowhere/python"])
def test_where_no_process_can_be_started_threads_load(monkeypatch, python):
    monkeypatch.setattr(nursery, "_nursery", None)
    monkeypatch.setattr(sys, "executable", python)
    loader = DataLoader(Function(float, 6), 2, num_workers=2)
    with pytest.warns(NoProcessesWarning, match="2 threads load the batches"):
        assert len(list(loader)) == 3


def test_a_worker_that_cannot_be_forked_leaves_no_channel(monkeypatch):
    opened = []

    def refused(_self, descriptors):
        opened.append(descriptors)
        raise nursery.CannotStart("no more processes")

    before = set(processes._open)
    monkeypatch.setattr(nursery.Nursery, "fork", refused)
    with pytest.warns(NoProcessesWarning, match="no more processes"):
        assert len(list(DataLoader(Function(float, 6), 2, num_workers=2))) == 3
    assert len(opened) == 1
    assert processes._open == before
