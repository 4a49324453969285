import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbook.base.errors import DTypeError, ParameterError
from mxbook.resource.mersenne import Twisters, unit
from mxbook.resource.random import STATES, Generator, portions, run_length

FLOATS = ("float16", "float32", "float64")
shapes = st.lists(st.integers(0, 9), max_size=3).map(tuple)
sizes = st.integers(0, 200_000)

# Every draw, with its parameters given and its shape left open.
DRAWS = {
    "uniform": lambda g, shape: g.uniform(-1, 3, shape),
    "normal": lambda g, shape: g.normal(1, 2, shape),
    "exponential": lambda g, shape: g.exponential(2, shape),
    "gamma": lambda g, shape: g.gamma(0.7, 2, shape),
    "poisson": lambda g, shape: g.poisson(14, shape),
    "negative_binomial": lambda g, shape: g.negative_binomial(3, 0.4, shape),
    "generalized_negative_binomial": lambda g, shape: g.generalized_negative_binomial(3, 1, shape),
    "randint": lambda g, shape: g.randint(-5, 6, shape),
    "keep": lambda g, shape: g.keep(0.5, shape),
    "multinomial": lambda g, shape: g.multinomial(np.array([0.5, 0.5], np.float32), shape),
    "single_uniform": lambda g, shape: g.single_uniform(shape),
    "single_normal": lambda g, shape: g.single_normal(shape),
}
draws = pytest.mark.parametrize("draw", list(DRAWS.values()), ids=list(DRAWS))


# the numbers of real MXNet

with np.load(Path(__file__).with_name("random_golden.npz")) as file:
    GOLDEN = {key: file[key] for key in file.files}

# Methods whose numbers pass through functions of the C library: how far they may be off, in
# parts of the largest number, for float16, float32 and float64 results.
LOOSE = {"normal", "single_normal", "exponential", "gamma"}
TOLERANCE = {2: 1e-3, 4: 5e-7, 8: 1e-14}


@pytest.mark.parametrize("key", list(GOLDEN))
def test_numbers_are_those_of_mxnet(key):
    method, params, kind, shape, dtype, every = json.loads(key)
    if kind:
        params = [np.array(p).astype(kind) for p in params]
    named = {} if method in ("permutation", "single_uniform", "single_normal") else {"dtype": dtype}
    where = [] if method == "permutation" else [tuple(shape)]
    generator = Generator(9)
    for expected in GOLDEN[key]:
        got = getattr(generator, method)(*params, *where, **named)
        got = got.ravel()[::-every]
        assert got.dtype == (bool if method == "keep" else np.dtype(dtype))
        if method in LOOSE:
            scale = np.maximum(np.abs(expected.astype(float)), 0.05)
            off = np.abs(got.astype(float) - expected.astype(float)) / scale
            assert off.max() < TOLERANCE[got.itemsize]
            assert np.mean(off > 0) < 0.15
        else:
            np.testing.assert_array_equal(got, expected)


def test_candidates_are_those_of_mxnet():
    generator = Generator(4)
    rows = [0, 1, 1499]  # more than there are twisters: neighbours share one
    first, draws = generator.unique_zipfian(100000, (1500, 3))
    second, more = generator.unique_zipfian(100000, (1500, 3))
    assert first[rows].tolist() == [[101, 0, 617], [122, 137, 10991], [217, 3722, 4214]]
    assert second[rows].tolist() == [[7072, 96, 7943], [9131, 400, 9127], [48, 5451, 88369]]
    assert (draws.sum(), more.sum()) == (4530, 4528)


@pytest.mark.parametrize(
    ("seed", "one_context", "word"), [(5, False, 3696838744), (5, True, 953453411)]
)
def test_the_single_twister_is_seeded_differently_for_one_context(seed, one_context, word):
    generator = Generator()
    generator.seed(seed, one_context)
    assert generator.single_words(1)[0] == word
    np.testing.assert_array_equal(generator.uniform(shape=(9,)), Generator(5).uniform(shape=(9,)))


@pytest.mark.parametrize("same", [2**32 - 3, 2**80 - 3])
def test_seeds_are_taken_modulo_the_range_of_words(same):
    a, b = Generator(-3), Generator(same)
    np.testing.assert_array_equal(a.uniform(shape=(400,)), b.uniform(shape=(400,)))
    np.testing.assert_array_equal(a.permutation(9), b.permutation(9))


# how a draw is shared


@given(sizes)
def test_portions_cover_a_draw_once_and_in_order(size):
    parts = list(portions(size))
    assert [p.part.start for p in parts] == [0, *(p.part.stop for p in parts)][: len(parts)]
    assert (parts[-1].part.stop if parts else 0) == size
    assert all(math.prod(p.shape) == p.part.stop - p.part.start for p in parts)
    assert all(p.last <= STATES for p in parts)
    assert all(p.each == run_length(size) for p in parts[:-1])


@given(st.integers(1, 5000))
def test_each_run_is_made_by_its_own_twister(size):
    run = run_length(size)
    numbers = Generator(3).uniform(shape=(size,))
    for t in {0, size // run // 2, (size - 1) // run}:
        piece = numbers[t * run : (t + 1) * run]
        words = Twisters(np.array([3 * 127 + t])).take(0, 1, len(piece))
        np.testing.assert_array_equal(piece, unit(words, piece.dtype)[0])


@pytest.mark.parametrize("name", ["uniform", "normal", "gamma", "poisson", "randint"])
@settings(max_examples=25)
@given(st.lists(st.integers(0, 64), max_size=6))
def test_small_draws_follow_each_other_on_the_first_twister(name, counts):
    one_by_one = Generator(1)
    pieces = [DRAWS[name](one_by_one, (count,)) for count in counts]
    together = Generator(1)
    for piece in pieces:
        singles = [DRAWS[name](together, (1,)) for _ in range(piece.size)]
        np.testing.assert_array_equal(piece, np.ravel(singles))


@draws
@settings(max_examples=25)
@given(shapes)
def test_the_shape_does_not_matter_only_the_size(draw, shape):
    numbers = draw(Generator(2), shape)
    assert numbers.shape == shape
    np.testing.assert_array_equal(numbers.ravel(), draw(Generator(2), (math.prod(shape),)))


@draws
@settings(max_examples=25)
@given(st.integers(0, 300), st.integers(1, 300))
def test_a_saved_state_goes_on_with_the_same_numbers(draw, before, after):
    generator = Generator(4)
    generator.normal(shape=(before,))
    generator.permutation(before)
    state = generator.get_state()
    numbers = draw(generator, (after,))
    other = Generator(11)
    other.uniform(shape=(2000,))
    other.set_state(state)
    np.testing.assert_array_equal(draw(other, (after,)), numbers)
    assert not np.shares_memory(other.get_state()["words"], state["words"])


def test_a_wrong_state_is_refused_and_changes_nothing():
    generator = Generator(4)
    generator.uniform(shape=(100,))
    good = generator.get_state()
    bad = [
        {name: array for name, array in good.items() if name != "single_words"},
        good | {"words": good["words"][:, :5]},
        good | {"place": good["place"][:1]},
        good | {"place": good["place"] + 1000},
        good | {"seeds": good["seeds"][:7]},
    ]
    for state in bad:
        with pytest.raises(ParameterError):
            generator.set_state(state)
    expected = Generator()
    expected.set_state(good)
    np.testing.assert_array_equal(generator.uniform(shape=(100,)), expected.uniform(shape=(100,)))


# parameters


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("method", ["uniform", "normal", "gamma", "negative_binomial"])
def test_arrays_of_equal_parameters_are_like_numbers(method, dtype):
    a, b = np.full((2, 3), 0.5, np.float32), np.full((2, 3), 0.75, np.float32)
    arrays = getattr(Generator(6), method)(a, b, (4, 5), dtype)
    numbers = getattr(Generator(6), method)(0.5, 0.75, (2, 3, 4, 5), dtype)
    assert arrays.dtype == dtype
    np.testing.assert_array_equal(arrays, numbers)


def test_a_number_beside_an_array_holds_for_all_elements():
    low = np.array([0, 10], np.float32)
    numbers = Generator(6).uniform(low, 20, (1000,))
    assert numbers.shape == (2, 1000)
    assert (numbers >= low[:, None]).all()
    assert (numbers < 20).all()
    whole = Generator(6).uniform(np.array([0, 10]), np.array([20, 20]), (1000,))
    np.testing.assert_array_equal(numbers, whole)


def test_empty_draws_move_nothing():
    generator = Generator(8)
    for draw in DRAWS.values():
        assert draw(generator, (0, 3)).shape == (0, 3)
    np.testing.assert_array_equal(generator.uniform(shape=(5,)), Generator(8).uniform(shape=(5,)))
    np.testing.assert_array_equal(generator.permutation(5), Generator(8).permutation(5))


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_whole_numbers_lie_in_their_range(a, b):
    low, high = min(a, b), max(a, b)
    if low == high:
        with pytest.raises(ParameterError, match="low < high"):
            Generator().randint(low, high, (3,))
        return
    numbers = Generator().randint(low, high, (30,), "int64")
    assert numbers.dtype == np.int64
    assert all(low <= number < high for number in numbers.tolist())


def test_unknown_types_are_refused():
    with pytest.raises(DTypeError):
        Generator().uniform(shape=(3,), dtype="complex64")


# what the numbers are like


@pytest.mark.parametrize("dtype", FLOATS)
def test_moments(dtype):
    generator, n = Generator(12), (40_000,)
    expected = {
        "uniform": ((-1, 3), 1, 16 / 12),
        "normal": ((1, 2), 1, 4),
        "exponential": ((0.5,), 2, 4),
        "gamma": ((3, 2), 6, 12),
        "poisson": ((7,), 7, 7),
        "negative_binomial": ((3, 0.4), 4.5, 11.25),
        "generalized_negative_binomial": ((3, 0.5), 3, 7.5),
    }
    for method, (params, mean, variance) in expected.items():
        numbers = getattr(generator, method)(*params, n, dtype).astype(float)
        assert abs(numbers.mean() - mean) < 4.5 * math.sqrt(variance / numbers.size) + 1e-3, method
        assert abs(numbers.var() / variance - 1) < 0.06, method


def test_masks_keep_their_share():
    assert abs(Generator(3).keep(0.3, (100, 400)).mean() - 0.3) < 0.01
    assert Generator(3).keep(1.0, (500,)).all()
    assert not Generator(3).keep(0.0, (500,)).any()


@given(st.integers(0, 300), st.booleans())
def test_a_permutation_has_each_index_once(count, rows):
    assert sorted(Generator(count).permutation(count, rows).tolist()) == list(range(count))


def test_permutations_are_equally_likely():
    generator = Generator(13)
    found = [tuple(generator.permutation(3).tolist()) for _ in range(3000)]
    assert all(400 < found.count(order) < 600 for order in set(found))
    assert len(set(found)) == 6


def test_shuffles_move_whole_rows():
    data = np.arange(12).reshape(6, 2)
    shuffled = Generator(1).shuffle(data)
    np.testing.assert_array_equal(shuffled, data[Generator(1).permutation(6, rows=True)])
    np.testing.assert_array_equal(
        Generator(1).shuffle(data[:, 0]), data[Generator(1).permutation(6), 0]
    )


def test_choices_follow_their_probabilities():
    chances = np.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0]], np.float32)
    chosen = Generator(2).multinomial(chances, (9000,))
    assert chosen.dtype == np.int32
    shares = np.stack([np.mean(chosen == k, axis=1) for k in range(3)], axis=1)
    np.testing.assert_allclose(shares, chances, atol=0.02)
    assert Generator(2).multinomial(chances).shape == (2,)


def test_what_is_missing_to_one_goes_to_the_last_index():
    chosen = Generator(2).multinomial(np.array([0.1, 0.1], np.float32), (5000,))
    assert set(chosen.tolist()) == {0, 1}
    assert abs(np.mean(chosen == 1) - 0.9) < 0.02


def test_whole_numbers_below_a_limit_are_drawn_again_when_the_word_is_in_the_rest():
    # Half of the words are in the rest of these limits, so that most draws meet one.
    limits = np.full(3000, 2**31 + 1)
    words = Twisters(np.array([0])).take(0, 1, 9000)[0].tolist()
    expected = [word for word in words if word < 2**31 + 1][:3000]
    assert Generator(0)._below(limits) == expected
