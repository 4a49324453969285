"""MXNet's random numbers on the CPU, number for number.

A context owns 1024 Mersenne Twisters (see `mersenne`).  A draw of n numbers is shared among the
first min(n / 64, 1024) of them, rounded up, in equal runs; every draw goes on where the last one
stopped.  One more twister serves what must go one after the other: shuffles and choices.

What agrees with MXNet 1.6 to the last bit: uniform numbers, integers, dropout masks, permutations
and choices.  Other numbers depend on the last bit of logarithms, powers and gamma functions, which
C libraries and NumPy round differently.  Fewer than 1 normal number in 200 is off, by at most two
units in the last place.  About one Poisson number in 100,000, and what is built on them, is
another; the rest of that twister's run may then be shifted.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import ParameterError
from mxbook.base.shapes import size as size_of

from . import rejection
from .mersenne import WORDS, Twisters, unit

STATES = 1024  # twisters of a context
SHARE = 64  # a twister makes at least so many numbers before the next one is asked
SEED_DISTANCE = 127  # between the first twisters of two neighbouring seeds
COST = 20  # a random number costs about as much as so many additions
_SHARED = 2**19  # numbers from which on waking another thread is worth it, busy as it may be
_BAND = 2**16  # numbers made at a time, so that they stay in the processor's cache
_MANY = 2**14  # words of the single twister looked at together

_SINGLE = np.dtype(np.float32)
_DOUBLE = np.dtype(np.float64)

Param = float | np.ndarray


class Portion(NamedTuple):
    """Rows first..last-1 make `each` numbers apiece: the elements `part` of the flat result."""

    first: int
    last: int
    each: int
    part: slice

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and numbers for each."""
        return self.last - self.first, self.each


def run_length(size: int) -> int:
    """How many numbers each twister makes in a draw of `size`; the last one may make fewer.

    >>> run_length(64), run_length(65), run_length(1000), run_length(100_000)
    (64, 33, 63, 98)
    """
    return -(-size // min(-(-size // SHARE), STATES)) if size else 0


def alone(count: int, _work: float, part: Callable[[int, int], Any]) -> list[Any]:
    """Do all parts of a piece of work in this thread."""
    return [part(0, count)]


def portions(size: int) -> Iterator[Portion]:
    """The twisters' work in a draw of `size` numbers, in bands of rows with runs of one length.

    >>> [(p.first, p.last, p.each) for p in portions(65)]
    [(0, 1, 33), (1, 2, 32)]
    """
    if size == 0:
        return
    run = run_length(size)
    full, rest = divmod(size, run)
    band = -(-full // (1 + size // _BAND))
    for first in range(0, full, band):
        last = min(first + band, full)
        yield Portion(first, last, run, slice(first * run, last * run))
    if rest:
        yield Portion(full, full + 1, rest, slice(full * run, size))


@lru_cache(maxsize=256)
def words_below(probability: float) -> int:
    """How many of all words are below a probability as single numbers of [0, 1): the first ones.

    >>> [round(words_below(p) / 2**32, 6) for p in (0, 0.25, 1)]
    [0.0, 0.25, 1.0]
    """
    limit, low, high = np.float32(probability) * np.float32(2.0**32), 0, 2**32
    if limit >= high:
        return high
    while low < high:
        middle = (low + high) // 2
        if np.float32(middle) < limit:
            low = middle + 1
        else:
            high = middle
    return low


class Generator:
    """The random numbers of one context.

    The distributions take their parameters either as numbers or as arrays of one common shape.
    For arrays, `shape` is the shape drawn for each element, and the result has the shape of the
    parameters followed by `shape`.  Results are NumPy arrays of type `dtype`: float16, float32
    or float64.

    `share(count, work, part)` calls `part(first, last)` for ranges that together are 0 to `count`,
    at the same time where so much work is worth it.

    >>> Generator(0).uniform(shape=(3,))
    array([0.5488135 , 0.5928446 , 0.71518934], dtype=float32)
    >>> means = np.array([0, 100], np.float32)
    >>> Generator(0).normal(means, np.ones_like(means), shape=(3,)).shape
    (2, 3)
    """

    def __init__(self, seed: int = 0, share: Callable = alone):
        self._share = share
        self.seed(seed)

    def seed(self, seed: int, one_context: bool = False) -> None:
        """Start anew, as `mx.random.seed(seed)` does; with a context given, `one_context`.

        MXNet seeds the single twister differently when one context is named.
        """
        first = SEED_DISTANCE * seed % 2**32
        self._twisters = Twisters((first + np.arange(STATES)) % 2**32)
        self._single = Twisters(np.array([seed if one_context else first]) % 2**32)

    def peek(self) -> int:
        """A number that says where the stream stands: the next two words of the first twister."""
        low, high = self._twisters.look(0, 1, 2)[0].tolist()
        return low | high << 32

    def pass_over(self) -> None:
        """Leave out the numbers that `peek` shows."""
        self._twisters.take(0, 1, 2)

    def get_state(self) -> dict[str, np.ndarray]:
        """Everything that decides the numbers to come, as plain arrays; see `set_state`.

        >>> g = Generator(3)
        >>> state = g.get_state()
        >>> first = g.normal(shape=(5,))
        >>> g.set_state(state)
        >>> bool((g.normal(shape=(5,)) == first).all())
        True
        """
        many, single = self._twisters.get_state(), self._single.get_state()
        return many | {f"single_{name}": array for name, array in single.items()}

    def set_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Go back to a state of `get_state`.  Raises ParameterError if it is none."""
        names = ("seeds", "words", "place")
        try:
            many = {name: np.asarray(state[name]) for name in names}
            single = {name: np.asarray(state["single_" + name]) for name in names}
        except KeyError as error:
            raise ParameterError(f"the random state has no {error}") from None
        if not (_fits(many, STATES) and _fits(single, 1)):
            raise ParameterError("the arrays of the random state do not fit together")
        self._twisters.set_state(**many)
        self._single.set_state(**single)

    # numbers that need a fixed count of words

    def uniform(
        self, low: Param = 0.0, high: Param = 1.0, shape: tuple[int, ...] = (), dtype: Any = None
    ) -> np.ndarray:
        """Evenly spread numbers, low <= x < high (rounding can make it equal to high)."""
        return self._draw(self._units, _between, (low, high), shape, dtype)

    def exponential(
        self, lam: Param = 1.0, shape: tuple[int, ...] = (), dtype: Any = None
    ) -> np.ndarray:
        """Waiting times with density lam * exp(-lam * x) and mean 1 / lam."""
        return self._draw(self._units, _waiting, (lam,), shape, dtype)

    def randint(
        self, low: int, high: int, shape: tuple[int, ...] = (), dtype: Any = "int32"
    ) -> np.ndarray:
        """Whole numbers, low <= x < high, int32 or int64.

        Two words a number, (first << 31) + second, modulo high - low.  Raises ParameterError
        when there is no number in the range.
        """
        if low >= high:
            raise ParameterError(
                "there is no whole number to draw", rule="low < high",
                values=[("low", str(low)), ("high", str(high))],
            )  # fmt: skip
        out = np.empty(size_of(shape), np.int64)

        def draw(p: Portion) -> None:
            words = self._twisters.take(p.first, p.last, 2 * p.each).astype(np.uint64)
            number = (words[:, 0::2] << np.uint64(31)) + words[:, 1::2]
            number %= np.uint64(high - low)
            # Added with wrap-around, since `number` may reach beyond int64 where the sum does not.
            out[p.part] = (number + np.uint64(low % 2**64)).astype(np.int64).ravel()

        self._each_portion(out.size, draw)
        return out.reshape(shape).astype(as_dtype(dtype))

    def keep(self, probability: float, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        """A dropout mask for data of type `dtype`: True with the given probability."""
        real = _real(as_dtype(dtype))
        out = np.empty(size_of(shape), bool)

        def draw(p: Portion) -> None:
            if real == _SINGLE:
                words = self._twisters.take(p.first, p.last, p.each)
                np.less(words, words_below(probability), out=out[p.part].reshape(p.shape))
            else:
                out[p.part] = (self._units(p, real) < np.float32(probability)).ravel()

        self._each_portion(out.size, draw)
        return out.reshape(shape)

    # numbers that need many tries

    def normal(
        self, loc: Param = 0.0, scale: Param = 1.0, shape: tuple[int, ...] = (), dtype: Any = None
    ) -> np.ndarray:
        """Numbers of the normal distribution with mean `loc` and standard deviation `scale`."""
        return self._draw(self._normals, _affine, (loc, scale), shape, dtype)

    def gamma(
        self, alpha: Param = 1.0, beta: Param = 1.0, shape: tuple[int, ...] = (), dtype: Any = None
    ) -> np.ndarray:
        """Numbers of the gamma distribution of shape `alpha` and scale `beta`."""
        real = _DOUBLE if as_dtype(dtype) == _DOUBLE else _SINGLE
        return self._try(rejection.gamma, (alpha, beta), shape, dtype, real)

    def poisson(
        self, lam: Param = 1.0, shape: tuple[int, ...] = (), dtype: Any = None
    ) -> np.ndarray:
        """Counts of events that happen `lam` times on average."""
        return self._try(rejection.poisson, (lam,), shape, dtype)

    def negative_binomial(
        self, k: Param = 1, p: Param = 1.0, shape: tuple[int, ...] = (), dtype: Any = None
    ) -> np.ndarray:
        """Failures before success number `k` when each try succeeds with probability `p`."""
        return self._try(rejection.negative_binomial, (k, p), shape, dtype)

    def generalized_negative_binomial(
        self, mu: Param = 1.0, alpha: Param = 1.0, shape: tuple[int, ...] = (), dtype: Any = None
    ) -> np.ndarray:
        """Counts with mean `mu` and variance mu + alpha mu^2; alpha 0 is Poisson."""
        return self._try(rejection.generalized_negative_binomial, (mu, alpha), shape, dtype)

    def unique_zipfian(
        self, range_max: int, shape: tuple[int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """For each row different numbers below `range_max` (int64), and how many draws it took.

        Number c comes about as often as log((c + 3/2) / (c + 1/2)) / log(range_max) says.  Every
        row has a twister of its own, as long as there are enough.

        >>> numbers, draws = Generator(3).unique_zipfian(20, (2, 6))
        >>> numbers.tolist(), draws.tolist()
        ([[3, 2, 1, 13, 4, 5], [4, 1, 0, 3, 5, 12]], [10, 8])
        """
        rows, count = shape
        run = max(1, -(-rows // STATES))
        self._twisters.start(-(-rows // run))
        numbers, draws = np.empty(shape, np.int64), np.empty(rows, np.int64)
        for i in range(rows):
            numbers[i], draws[i] = rejection.unique_zipfian(
                self._twisters, i // run, range_max, count
            )
        return numbers, draws

    # what the single twister does

    def permutation(self, count: int, rows: bool = False) -> np.ndarray:
        """Where each element of a shuffled array comes from.

        `rows` for arrays of two or more axes: MXNet shuffles their rows from the last to the
        first, but the elements of a vector from the first to the last.

        >>> Generator(5).permutation(10).tolist()
        [2, 5, 0, 4, 9, 1, 8, 7, 3, 6]
        """
        order = list(range(count))
        steps = range(count - 1, 0, -1) if rows else range(1, count)
        partners = self._below(np.array(steps, np.int64) + 1)
        for i, j in zip(steps, partners, strict=True):
            order[i], order[j] = order[j], order[i]
        return np.array(order, np.int64)

    def shuffle(self, data: np.ndarray) -> np.ndarray:
        """A copy of `data` with the parts along the first axis in random order."""
        return data[self.permutation(len(data), rows=data.ndim > 1)]

    def multinomial(
        self, probability: np.ndarray, shape: tuple[int, ...] = (), dtype: Any = "int32"
    ) -> np.ndarray:
        """Indices chosen with the probabilities along the last axis, `shape` for each row.

        Index i is chosen when the uniform number is below the sum of the first i + 1
        probabilities.  Where they do not reach 1 MXNet answers the number of probabilities for
        what is missing, an index that does not exist; here it is the last index.
        """
        rows = probability.reshape(-1, probability.shape[-1])
        u = self.single_uniform((len(rows), size_of(shape)))
        out = np.empty(u.shape, as_dtype(dtype))
        sums = np.cumsum(rows, axis=1, dtype=np.result_type(rows, _SINGLE))
        for i, limits in enumerate(sums):
            out[i] = np.searchsorted(limits[:-1], u[i], side="right")
        return out.reshape((*probability.shape[:-1], *shape))

    def single_words(self, count: int) -> np.ndarray:
        """The next words of the single twister (uint32), which `mx.np.random` builds on."""
        return self._single.take(0, 1, count)[0]

    def single_uniform(self, shape: tuple[int, ...]) -> np.ndarray:
        """Numbers of [0, 1) from the single twister, as float32."""
        return unit(self.single_words(size_of(shape)), _SINGLE).reshape(shape)

    def single_normal(self, shape: tuple[int, ...]) -> np.ndarray:
        """Standard normal numbers from the single twister, as float32; a point gives two."""
        size = size_of(shape)
        if size == 0:
            return np.empty(shape, _SINGLE)
        z, r2 = rejection.points(self._single, 0, 1, -(-size // 2), _SINGLE)
        pairs = np.stack([rejection.polar(z.imag, r2), rejection.polar(z.real, r2)], axis=-1)
        return pairs.ravel()[:size].reshape(shape)

    def _below(self, limits: np.ndarray) -> list[int]:
        """For each limit a whole number below it.

        The range of words is cut into `limit` equal parts; a word in the rest is drawn again.
        """
        out = np.empty(len(limits), np.int64)
        parts = (2**32 - 1) // limits
        done = 0
        while done < len(out):
            part, limit = parts[done : done + _MANY], limits[done : done + _MANY]
            words = self._single.look(0, 1, len(part))[0]
            bad = words >= part * limit
            good = int(bad.argmax()) if bad.any() else len(part)
            out[done : done + good] = words[:good] // part[:good]
            self._single.move(0, 1, min(good + 1, len(part)))
            done += good
        return out.tolist()

    # how the draws are put together

    def _each_portion(self, size: int, draw: Callable[[Portion], None]) -> None:
        """Call `draw` for all `portions`, whose rows are independent of each other."""
        if size == 0:
            return
        self._twisters.start(-(-size // run_length(size)))
        every = list(portions(size))

        def some(first: int, last: int) -> None:
            for p in every[first:last]:
                draw(p)

        share = self._share if size >= _SHARED else alone
        share(len(every), COST * size, some)

    def _units(self, p: Portion, real: np.dtype) -> np.ndarray:
        return unit(self._twisters.take(p.first, p.last, p.each * real.itemsize // 4), real)

    def _normals(self, p: Portion, real: np.dtype) -> np.ndarray:
        z, r2 = rejection.points(self._twisters, p.first, p.last, p.each, real)
        return rejection.polar(z.imag, r2)

    def _draw(
        self,
        source: Callable[[Portion, np.dtype], np.ndarray],
        finish: Callable[..., np.ndarray],
        params: tuple[Param, ...],
        shape: tuple[int, ...],
        dtype: Any,
    ) -> np.ndarray:
        """Fill an array with `finish(numbers of source, parameters)`."""
        dtype = as_dtype(dtype)
        values, shape = _spread(params, shape)
        out = np.empty(size_of(shape), dtype)

        def draw(p: Portion) -> None:
            here = [v[p.part].reshape(p.shape) if v.ndim else v for v in values]
            numbers = finish(source(p, _real(dtype)), *here)
            if dtype == np.float16:
                numbers = numbers.astype(_SINGLE)  # MXNet rounds twice
            out[p.part] = numbers.ravel()

        self._each_portion(out.size, draw)
        return out.reshape(shape)

    def _try(
        self,
        sampler: Callable[..., np.ndarray],
        params: tuple[Param, ...],
        shape: tuple[int, ...],
        dtype: Any,
        real: np.dtype = _SINGLE,
    ) -> np.ndarray:
        """Fill an array by a sampler of `rejection`: first numbers of all rows, then second."""
        values, shape = _spread(params, shape)
        out = np.empty(size_of(shape), as_dtype(dtype))
        values = [np.broadcast_to(v, out.shape) for v in values]
        run = run_length(out.size)
        if run:
            # Eight numbers for a result are plenty as a rule; the lanes make more when needed.
            lanes = rejection.Lanes(self._twisters, -(-out.size // run), real, 8 * run)
            for start in range(run):
                rows = np.arange(len(out[start::run]))
                out[start::run] = sampler(lanes, rows, *(v[start::run] for v in values))
            lanes.close()
        return out.reshape(shape)


def _fits(state: Mapping[str, np.ndarray], rows: int) -> bool:
    """Whether arrays can be the state of so many twisters."""
    seeds, words, place = state["seeds"], state["words"], state["place"]
    started = len(place)
    shapes = seeds.shape == (rows,) and words.shape == (started, WORDS) and started <= rows
    return shapes and bool(((place >= 0) & (place <= WORDS)).all())


def _real(dtype: np.dtype) -> np.dtype:
    """The type in which numbers of `dtype` are drawn; MXNet draws float16 as float64."""
    return _SINGLE if dtype == _SINGLE else _DOUBLE


def _spread(
    params: tuple[Param, ...], shape: tuple[int, ...]
) -> tuple[list[np.ndarray], tuple[int, ...]]:
    """Parameters with one value for each element (or one for all), and the result's shape."""
    if not any(np.ndim(p) for p in params):
        return [np.array(p, _SINGLE) for p in params], shape  # as MXNet stores them
    count = size_of(shape)
    values: list[np.ndarray] = [
        p if p.dtype.kind == "f" else p.astype(_SINGLE) for p in map(np.asarray, params)
    ]
    values = list(np.broadcast_arrays(*values))
    return [np.repeat(v.ravel(), count) for v in values], (*values[0].shape, *shape)


def _affine(u: np.ndarray, offset: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """offset + factor * u, in `u` where it fits; with float16 parameters every step is rounded."""
    if offset.dtype == np.float16:
        return offset + (factor.astype(_SINGLE) * u.astype(_SINGLE)).astype(np.float16)
    if np.result_type(u, offset, factor) != u.dtype:
        return offset + factor * u
    u *= factor
    u += offset
    return u


def _between(u: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return _affine(u, low, high - low)


def _waiting(u: np.ndarray, lam: np.ndarray) -> np.ndarray:
    time = -np.log(1.0 - u.astype(_DOUBLE))
    if lam.dtype == np.float16:
        return (time.astype(_SINGLE) / lam).astype(np.float16)
    return time / lam
