"""Many Mersenne Twisters side by side, each a row of one array.

A Mersenne Twister (mt19937; Matsumoto and Nishimura, 1998) is 624 words of 32 bits.  When they
have been handed out, a *twist* makes the next 624 from them.  Words are *tempered* on the way
out.  Every step here works on whole arrays, so that a thousand twisters cost little more than
one.

    twisters = Twisters(np.array([5489]))
    words = twisters.look(0, 1, 10)     # the next 10 words of row 0
    twisters.move(0, 1, 7)              # use up 7 of them
"""

import numpy as np

WORDS = 624
_SHIFT = 397  # a new word is made from the words at distance 0, 1 and 397
_LEAD = WORDS - _SHIFT
_TOP = np.uint32(0x80000000)
_REST = np.uint32(0x7FFFFFFF)
_MATRIX = np.uint32(0x9908B0DF)
_SEED_STEP = 1812433253
_FEW = 16  # below this many rows Python's integers are the quicker way to seed


def seeded(seeds: np.ndarray) -> np.ndarray:
    """The 624 words of a twister right after seeding, one row for each seed (uint32).

    >>> seeded(np.array([5489]))[0, :2].tolist()
    [5489, 1301868182]
    """
    if len(seeds) < _FEW:
        return np.array([_seeded_row(int(seed)) for seed in seeds], np.uint32).reshape(-1, WORDS)
    columns = np.empty((WORDS, len(seeds)), np.uint32)
    columns[0] = seeds
    high = np.empty(len(seeds), np.uint32)
    for i in range(1, WORDS):
        before, word = columns[i - 1], columns[i]
        np.right_shift(before, np.uint32(30), out=high)
        np.bitwise_xor(before, high, out=word)
        word *= np.uint32(_SEED_STEP)
        word += np.uint32(i)
    return np.ascontiguousarray(columns.T)


def _seeded_row(word: int) -> list[int]:
    # The same for one row in Python's integers: quicker than 2500 calls for few numbers each.
    row = [word]
    for i in range(1, WORDS):
        word = (_SEED_STEP * (word ^ word >> 30) + i) & 0xFFFFFFFF
        row.append(word)
    return row


def twist(words: np.ndarray) -> None:
    """Put the next 624 words of every row in the place of the last ones.

    Word i depends on words i, i + 1 and i + 397 of the row.  Beyond the end the row goes on with
    the new words, so what can be made at once are pieces of 624 - 397 = 227 words.
    """
    mixed = np.empty_like(words)  # what words i and i + 1 bring; the last column is not right yet
    flat = words.reshape(-1)
    _mix(flat[:-1], flat[1:], mixed.reshape(-1)[:-1])
    last = words[:, -1].copy()
    np.bitwise_xor(words[:, _SHIFT:], mixed[:, :_LEAD], out=words[:, :_LEAD])
    for start in (_LEAD, 2 * _LEAD):
        stop = min(start + _LEAD, WORDS - 1)
        far = words[:, start - _LEAD : stop - _LEAD]
        np.bitwise_xor(far, mixed[:, start:stop], out=words[:, start:stop])
    _mix(last, words[:, 0], mixed[:, -1])
    np.bitwise_xor(words[:, _SHIFT - 1], mixed[:, -1], out=words[:, -1])


def extended(words: np.ndarray, more: int) -> np.ndarray:
    """Rows of 624 words with so many of those after them; any 624 in a row will do."""
    line = np.empty((len(words), WORDS + more), np.uint32)
    line[:, :WORDS] = words
    for start in range(0, more, WORDS - 1):
        stop = min(start + WORDS - 1, more)
        mixed = np.empty((len(words), stop - start), np.uint32)
        _mix(line[:, start:stop], line[:, start + 1 : stop + 1], mixed)
        for at in range(start, stop, _LEAD):
            to = min(at + _LEAD, stop)
            far, new = line[:, at + _SHIFT : to + _SHIFT], line[:, at + WORDS : to + WORDS]
            np.bitwise_xor(far, mixed[:, at - start : to - start], out=new)
    return line


def runs(line: np.ndarray, begin: np.ndarray, count: int) -> np.ndarray:
    """`count` numbers of each row of a matrix, from another place on in each.

    Of a matrix of one row as many runs as there are places.

    >>> runs(np.array([[0, 1, 2, 3], [4, 5, 6, 7]]), np.array([2, 0]), 2).tolist()
    [[2, 3], [4, 5]]
    """
    (rows, width), step = line.shape, line.itemsize
    shape, strides = (rows, width - count + 1, count), (width * step, step, step)
    every = np.ndarray(shape, line.dtype, line, 0, strides)  # run j of row i, all of them
    return every[np.arange(rows), begin]


def _mix(here: np.ndarray, after: np.ndarray, out: np.ndarray) -> None:
    """(y >> 1) ^ (MATRIX if y is odd), where y is the top bit of `here` and the rest of `after`."""
    np.bitwise_xor(here, after, out=out)
    out &= _TOP
    out ^= after
    odd = out & np.uint32(1)
    odd *= _MATRIX
    out >>= np.uint32(1)
    out ^= odd


def tempered(words: np.ndarray) -> np.ndarray:
    """Words as they are handed out: mixed by shifts and masks.  Changes `words` and returns it."""
    mixed = words >> np.uint32(11)
    words ^= mixed
    for shift, mask in ((7, 0x9D2C5680), (15, 0xEFC60000)):
        np.left_shift(words, np.uint32(shift), out=mixed)
        mixed &= np.uint32(mask)
        words ^= mixed
    np.right_shift(words, np.uint32(18), out=mixed)
    words ^= mixed
    return words


def unit(words: np.ndarray, real: np.dtype) -> np.ndarray:
    """Words as numbers of [0, 1): for float32 each word, for float64 each two along the last axis.

    Of two words the second is the higher half.  A number that would round to 1 becomes the
    largest one below.

    >>> unit(np.array([[2**31, 2**32 - 1]], np.uint32), np.dtype("float32")).tolist()
    [[0.5, 0.9999999403953552]]
    """
    u: np.ndarray
    if real == np.float32:
        u = words.astype(np.float32)
        u *= np.float32(2.0**-32)
        if u.max(initial=0) < 1:  # as a rule, and found out sooner than mended
            return u
    else:
        u = words[..., 1::2] * 2.0**32
        u += words[..., 0::2]
        u *= 2.0**-64
    return np.minimum(u, np.nextafter(real.type(1), real.type(0)), out=u)


class Twisters:
    """One twister for each seed; rows are seeded only when a draw reaches them.

    `look` shows words to come and `move` uses them up.  Row i has handed out `place[i]` of its
    624 words.  Different rows may be used in different threads.
    """

    def __init__(self, seeds: np.ndarray):
        self._seeds = np.asarray(seeds, np.uint32)
        self._words = np.empty((len(self._seeds), WORDS), np.uint32)
        self._place = np.full(len(self._seeds), WORDS)
        self._started = 0  # rows below this one have been seeded
        self._shown: dict[int, np.ndarray] = {}  # by the first row, for `move`

    def start(self, rows: int) -> None:
        """Seed the first `rows` rows where needed; together is quicker than one after the other."""
        if rows > self._started:
            self._words[self._started : rows] = seeded(self._seeds[self._started : rows])
            self._started = rows

    def look(self, first: int, last: int, count: int) -> np.ndarray:
        """The next `count` words of rows first..last-1, as uint32 of shape (rows, count)."""
        at = self._in_step(first, last)
        line = self._shown[first] = extended(self._words[first:last], at + count)
        return tempered(line[:, at : at + count].copy())

    def move(self, first: int, last: int, counts: int | np.ndarray) -> None:
        """Use up `counts` of the words of each row that `look` has just shown for these rows."""
        self._keep(first, last, self._shown.pop(first), self._place[first:last] + counts)

    def take(self, first: int, last: int, count: int) -> np.ndarray:
        """The next `count` words of rows first..last-1, used up."""
        at, done = self._in_step(first, last), 0
        words, out = self._words[first:last], np.empty((last - first, count), np.uint32)
        while True:
            step = min(WORDS - at, count - done)
            out[:, done : done + step] = words[:, at : at + step]
            at, done = at + step, done + step
            if done == count:
                break
            twist(words)
            at = 0
        self._place[first:last] = at
        return tempered(out)

    def _in_step(self, first: int, last: int) -> int:
        """How many of their words rows first..last-1 have handed out.

        Where they differ, every row goes on by so many words as it has used: it is then at its
        beginning like all others, and they can be worked on together.
        """
        self.start(last)
        place = self._place[first:last]
        if len(place) and (place != place[0]).any():
            self._keep(first, last, extended(self._words[first:last], int(place.max())), place)
        return int(place[0]) if len(place) else 0

    def _keep(self, first: int, last: int, line: np.ndarray, begin: np.ndarray) -> None:
        """Let 624 words of each row of `line`, from another place on in each, be its words."""
        self._words[first:last] = runs(line, begin, WORDS)
        self._place[first:last] = 0

    def get_state(self) -> dict[str, np.ndarray]:
        """Copies of the seeds, and of words and places of the rows that have been seeded."""
        words, place = self._words[: self._started], self._place[: self._started]
        return {"seeds": self._seeds.copy(), "words": words.copy(), "place": place.copy()}

    def set_state(self, seeds: np.ndarray, words: np.ndarray, place: np.ndarray) -> None:
        """Go back to what `get_state` gave."""
        self._seeds = seeds.astype(np.uint32)
        self._started = len(words)
        self._words[: self._started] = words
        self._place[: self._started] = place
        self._place[self._started :] = WORDS
        self._shown = {}
