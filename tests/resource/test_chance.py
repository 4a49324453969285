"""Generators for each thread."""

import random
import threading

import numpy as np

from mxbook.resource import chance


def test_the_modules_where_nothing_else_is_said():
    random.seed(3)
    np.random.seed(3)
    found = chance.python.random(), chance.numpy.rand()
    random.seed(3)
    np.random.seed(3)
    assert found == (random.random(), np.random.rand())


def test_threads_draw_on_their_own():
    before = random.getstate()
    both, found = threading.Barrier(2), {}

    def work(seed):
        with chance.drawing_from(random.Random(seed), np.random.RandomState(seed)):
            both.wait()
            found[seed] = (
                [chance.python.random() for _ in range(100)],
                chance.numpy.rand(3).tolist(),
            )

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in (1, 2):
        own = random.Random(seed)
        assert found[seed][0] == [own.random() for _ in range(100)]
        assert found[seed][1] == np.random.RandomState(seed).rand(3).tolist()
    assert random.getstate() == before
    assert chance.python.getstate() == before


def test_scopes_nest():
    with chance.drawing_from(random.Random(1), np.random):
        with chance.drawing_from(random.Random(2), np.random):
            assert chance.python.random() == random.Random(2).random()
        assert chance.python.random() == random.Random(1).random()
