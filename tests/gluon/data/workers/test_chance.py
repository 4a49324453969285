"""Which random numbers a batch is made with."""

import random
import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.gluon.data.workers import chance
from mxbook.gluon.data.workers.chance import MX, NUMPY, PYTHON, Pass, Seeds, ThreadsOwn, mixed
from mxbook.resource import chance as present

words = st.integers(0, 2**64 - 1)
DRAWS = {
    PYTHON: random.random,
    NUMPY: np.random.normal,
    MX: lambda: float(mx.nd.random.uniform().asscalar()),
}


@given(words, words, st.integers(0, 10**6))
def test_seeds_are_mixed(start, other, number):
    assert 0 <= mixed(start, number) < 2**64
    assert mixed(start, number) != mixed(start, number + 1)
    if start != other:
        assert mixed(start, number) != mixed(other, number)


@given(st.sets(st.sampled_from([PYTHON, NUMPY, MX])), st.integers(0, 2**31 - 1))
def test_what_was_used_is_seen_and_put_back(kinds, seed):
    np.random.normal()  # one more number is kept for the next call
    before = [draw() for draw in DRAWS.values()]
    for start in (chance.in_the_program, ThreadsOwn().start):
        state = random.getstate(), np.random.get_state(), mx.random.state()["streams"]
        with start(Seeds(seed, seed, seed)) as used:
            if start is not chance.in_the_program:
                draws = {PYTHON: present.python.random, NUMPY: present.numpy.random, MX: DRAWS[MX]}
            else:
                draws = DRAWS
            for kind in kinds:
                draws[kind]()
            assert used() == sum(kinds)
        after = random.getstate(), np.random.get_state(), mx.random.state()["streams"]
        assert state[0] == after[0]
        for a, b in zip(state[1], after[1], strict=True):
            assert np.array_equal(a, b)
        for name, stream in state[2].items():
            assert all((stream[k] == after[2][name][k]).all() for k in stream)
    assert before


def test_the_same_seeds_give_the_same_numbers():
    def drawn(seeds):
        with chance.in_the_program(seeds):
            return [draw() for draw in DRAWS.values()]

    one = drawn(Seeds(1, 2, 3))
    assert drawn(Seeds(1, 2, 3)) == one
    assert not set(one) & set(drawn(Seeds(2, 3, 4)))
    found = []
    own = ThreadsOwn()
    for _ in range(2):
        with own.start(Seeds(1, 2, 3)):
            found.append((present.python.random(), present.numpy.normal(), DRAWS[MX]()))
    assert found[0] == found[1] == tuple(one)


def test_a_thread_besides_leaves_the_program_s_generators_alone():
    state = random.getstate()
    seen = []

    def work():
        with chance.in_the_program(Seeds(1, 2, 3)):
            seen.append((present.python.random(), random.getstate() == state))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(random.Random(1).random(), True)]


def test_a_pass_moves_what_it_has_used_once():
    def fresh():
        random.seed(1)
        np.random.seed(1)
        mx.random.seed(1)
        return Pass()

    first = fresh()
    assert fresh().seeds(3) == first.seeds(3)
    assert Pass().seeds(3) == first.seeds(3)  # nothing has moved
    one = fresh()
    one.note(PYTHON)
    one.note(PYTHON)
    moved = Pass().seeds(3)
    assert moved.python != first.seeds(3).python
    assert moved[1:] == first.seeds(3)[1:]
    random.seed(1)
    random.getrandbits(64)
    assert Pass().seeds(3) == moved  # by one step
    other = fresh()
    other.note(NUMPY + MX)
    later = Pass().seeds(3)
    assert later.python == first.seeds(3).python
    assert later.numpy != first.seeds(3).numpy
    assert later.mx != first.seeds(3).mx


def test_large_draws_on_other_threads_come_from_the_same_generator():
    """What the engine's workers compute draws from the generator of who asked for it."""

    def drawn():
        with chance.in_the_program(Seeds(7, 7, 7)):
            return mx.nd.random.uniform(shape=(9_000_000,))[-3:].asnumpy().tolist()

    assert drawn() == drawn()
