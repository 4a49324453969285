import subprocess
import sys
import textwrap
import threading
import traceback

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError
from mxbook.gluon.data import (
    ArrayDataset,
    BatchSampler,
    DataLoader,
    SequentialSampler,
    SimpleDataset,
)
from mxbook.gluon.data.dataloader import (
    LoaderTimeoutError,
    NoThreadsWarning,
    default_batchify_fn,
    default_mp_batchify_fn,
)
from tests.gluon.data.samples import Function


def threads():
    return [t for t in threading.enumerate() if t.name.startswith("mxbook-loader")]


@settings(max_examples=40, deadline=None)
@given(
    length=st.integers(1, 20),
    size=st.integers(1, 6),
    workers=st.integers(0, 3),
    prefetch=st.none() | st.integers(0, 5),
    shuffle=st.booleans(),
    last=st.sampled_from([None, "keep", "discard", "rollover"]),
    seed=st.integers(0, 100),
)
def test_threads_give_what_the_sampler_says(length, size, workers, prefetch, shuffle, last, seed):
    x = np.arange(2.0 * length).reshape(length, 2)
    options = {"batch_size": size, "shuffle": shuffle, "last_batch": last}
    dataset = ArrayDataset(x, list(range(length)))
    np.random.seed(seed)
    plain = [b.asnumpy().tolist() for _, b in DataLoader(dataset, **options)]
    np.random.seed(seed)
    loader = DataLoader(
        dataset, **options, num_workers=workers, prefetch=prefetch, thread_pool=True
    )
    assert len(loader) == len(plain)
    found = list(loader)
    assert [b.asnumpy().tolist() for _, b in found] == plain
    for data, label in found:
        assert (data.asnumpy() == x[label.asnumpy()]).all()
    assert not threads()


@given(workers=st.integers(1, 3), prefetch=st.integers(0, 6))
@settings(max_examples=20, deadline=None)
def test_prefetch_bounds_how_far_ahead_it_reads(workers, prefetch):
    drawn = []

    def batches():
        for i in range(20):
            drawn.append(i)
            yield [i]

    class Sampler:
        __iter__ = staticmethod(batches)
        __len__ = staticmethod(lambda: 20)

    loader = DataLoader(
        Function(float),
        batch_sampler=Sampler(),
        num_workers=workers,
        thread_pool=True,
        prefetch=prefetch,
    )
    for delivered, _ in enumerate(loader, 1):
        assert len(drawn) == min(20, delivered + prefetch)
    assert delivered == 20


def test_threads_work_at_the_same_time():
    both = threading.Barrier(2)

    def sample(i):
        both.wait(30)
        return i

    loader = DataLoader(Function(sample, 4), 1, num_workers=2, thread_pool=True)
    assert [b.asscalar() for b in loader] == [0, 1, 2, 3]


@pytest.mark.parametrize("leave", ["break", "raise", "forget"])
def test_leaving_the_loop_leaves_no_thread(leave):
    loader = DataLoader(Function(float), 4, num_workers=3, thread_pool=True)
    if leave == "forget":
        iterator = iter(loader)
        next(iterator)
        assert len(threads()) == 3
        del iterator
    elif leave == "break":
        for _ in loader:
            break
    else:
        with pytest.raises(KeyError):
            for _ in loader:
                raise KeyError
    assert not threads()
    assert len(list(loader)) == 25


@pytest.mark.parametrize("workers", [0, 2])
def test_an_exception_comes_back_with_sample_and_traceback(workers):
    def broken_sample(i):
        if i == 13:
            raise KeyError("this one")
        return float(i)

    got = []
    with pytest.raises(KeyError, match="this one") as info:
        got.extend(DataLoader(Function(broken_sample), 5, num_workers=workers, thread_pool=True))
    assert not threads()
    text = "".join(traceback.format_exception(info.value))
    assert "in broken_sample" in text
    assert "while loading sample 13 of Function" in text


def test_batches_before_the_broken_one_arrive():
    loader = DataLoader(Function(lambda i: 1 // (13 - i)), 5, num_workers=2, thread_pool=True)
    got = []
    with pytest.raises(ZeroDivisionError):
        got.extend(loader)
    assert len(got) == 2


@pytest.mark.parametrize("workers", [0, 1])
def test_an_exception_while_batching_names_the_samples(workers):
    loader = DataLoader(
        Function(lambda i: mx.nd.ones(1 + i // 3)), 2, num_workers=workers, thread_pool=True
    )
    with pytest.raises(mx.MXNetError) as info:
        list(loader)
    assert info.value.__notes__ == ["while putting samples 2, 3 together to a batch"]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_even_an_exit_inside_a_sample_reaches_the_loop(error):
    def leave(i):
        raise error

    with pytest.raises(error):
        list(DataLoader(Function(leave), 2, num_workers=1, thread_pool=True))
    assert not threads()


def test_timeout_names_the_slow_sample(monkeypatch):
    go_on = threading.Event()
    joined, join = [], threading.Thread.join
    monkeypatch.setattr(threading.Thread, "join", lambda *a: (joined.append(a), join(*a)))

    def slow(i):
        if i == 7:
            go_on.wait(60)
        return float(i)

    got = []
    with pytest.raises(LoaderTimeoutError, match="sample 7 is still being loaded") as info:
        got.extend(DataLoader(Function(slow, 16), 2, num_workers=2, thread_pool=True, timeout=0.2))
    assert isinstance(info.value, TimeoutError)
    assert "mxbook-loader-" in str(info.value)
    assert len(got) == 3
    assert not joined  # it does not wait a second time for a thread that may never end
    go_on.set()
    for thread in threads():
        thread.join(60)
    assert not threads()


def test_without_threads_it_loads_by_itself(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    loader = DataLoader(Function(float, 10), 3, num_workers=2, thread_pool=True)
    with pytest.warns(NoThreadsWarning, match="no worker thread could be started"):
        found = [b.asnumpy().tolist() for b in loader]
    assert found == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]


def test_with_fewer_threads_than_wanted_it_goes_on(monkeypatch):
    start = threading.Thread.start

    def refuse(self):
        if self.name != "mxbook-loader-0":
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.warns(NoThreadsWarning, match="only 1 of 3"):
        assert len(list(DataLoader(Function(float, 10), 3, num_workers=3, thread_pool=True))) == 4
    assert not threads()


# `held` is alive at the end with threads that wait; in the second case one never comes back.
@pytest.mark.parametrize("sample", ["float(i)", "float(i) if i < 4 else threading.Event().wait()"])
def test_the_interpreter_ends_with_a_loader_in_use(sample):
    code = f"""
    import threading
    from mxbook.gluon.data import DataLoader, Dataset

    class Data(Dataset):
        def __getitem__(self, i):
            return {sample}

        def __len__(self):
            return 1000

    held = iter(DataLoader(Data(), 2, num_workers=2, thread_pool=True, timeout=1000))
    print(next(held).asnumpy().tolist())
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[0.0, 1.0]\n", "")


@settings(deadline=None)
@given(st.sampled_from(["float16", "float64", "int8", "int64"]), st.integers(1, 5))
def test_batchify_keeps_types(dtype, count):
    samples = [(np.full(2, i, dtype), mx.nd.full(1, i), (i, float(i))) for i in range(count)]
    for batchify in (default_batchify_fn, default_mp_batchify_fn):
        a, b, (c, d) = batchify(samples)
        assert [np.dtype(x.dtype) for x in (a, b, c, d)] == [dtype, "float32", "int64", "float64"]
        assert [x.shape for x in (a, b, c, d)] == [(count, 2), (count, 1), (count,), (count,)]
        assert d.asnumpy().tolist() == list(range(count))


def test_own_batchify():
    assert list(DataLoader(SimpleDataset("abcd"), 2, batchify_fn="".join)) == ["ab", "cd"]


@pytest.mark.parametrize("workers", [0, 1])
def test_pinned_memory(workers):
    dataset = ArrayDataset(mx.nd.ones((3, 2)), [1, 2, 3])
    loader = DataLoader(
        dataset, 2, pin_memory=True, pin_device_id=1, num_workers=workers, thread_pool=True
    )
    contexts = {part.context for batch in loader for part in batch}
    assert contexts == {mx.cpu_pinned(1)}


some = SequentialSampler(3)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 2, "timeout": 0},
        {"batch_size": 2, "shuffle": True, "sampler": some},
        {"batch_size": 2, "last_batch": "drop"},
        {"batch_size": 2, "batch_sampler": BatchSampler(some, 2)},
        {"last_batch": "keep", "batch_sampler": BatchSampler(some, 2)},
    ],
)
def test_arguments_that_exclude_each_other(options):
    with pytest.raises(ParameterError):
        DataLoader(SimpleDataset([1, 2, 3]), **options)
