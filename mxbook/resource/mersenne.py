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


def twisted(old: np.ndarray) -> np.ndarray:
    """The next 624 words of every row."""
    words = old.copy()
    twist(words)
    return words


def twist(words: np.ndarray) -> None:
    """Put the next 624 words of every row in the place of the last ones.

    Word i depends on words i, i + 1 and i + 397 of the row.  Beyond the end the row goes on with
    the new words, so what can be made at once are pieces of 624 - 397 = 227 words.
    """
    mixed = np.empty_like(words)  # what words i and i + 1 bring; the last column is not right yet
    flat = words.reshape(-1)
    _mix(flat[:-1], flat[1:], mixed.reshape(-1)[:-1])
    last = words[:, -1].copy()
    lead = WORDS - _SHIFT
    np.bitwise_xor(words[:, _SHIFT:], mixed[:, :lead], out=words[:, :lead])
    for start in (lead, 2 * lead):
        stop = min(start + lead, WORDS - 1)
        far = words[:, start - lead : stop - lead]
        np.bitwise_xor(far, mixed[:, start:stop], out=words[:, start:stop])
    _mix(last, words[:, 0], mixed[:, -1])
    np.bitwise_xor(words[:, _SHIFT - 1], mixed[:, -1], out=words[:, -1])


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
    624 words; the 624 after them are made once and kept, as rows move at different speed.  Different
    rows may be used in different threads.
    """

    def __init__(self, seeds: np.ndarray):
        self._seeds = np.asarray(seeds, np.uint32)
        self._words, self._next = np.empty((2, len(self._seeds), WORDS), np.uint32)
        self._ahead = np.zeros(len(self._seeds), bool)  # rows whose `_next` is made
        self._place = np.full(len(self._seeds), WORDS)
        self._started = 0  # rows below this one have been seeded
        self._shown: dict[int, list[np.ndarray]] = {}  # by the first row, for `move`

    def start(self, rows: int) -> None:
        """Seed the first `rows` rows where needed; together is quicker than one after the other."""
        if rows > self._started:
            self._words[self._started : rows] = seeded(self._seeds[self._started : rows])
            self._started = rows

    def look(self, first: int, last: int, count: int) -> np.ndarray:
        """The next `count` words of rows first..last-1, as uint32 of shape (rows, count)."""
        self.start(last)
        place = self._place[first:last]
        end = int(place.max()) + count
        blocks = self._shown[first] = [self._words[first:last]]
        if end > WORDS:
            blocks.append(self._following(first, last))
        while len(blocks) * WORDS < end:
            blocks.append(twisted(blocks[-1]))
        line = np.concatenate(blocks, axis=1)
        return tempered(_from(line, place, count))

    def _following(self, first: int, last: int) -> np.ndarray:
        """The 624 words after the present ones."""
        words, following = self._words[first:last], self._next[first:last]
        ahead = self._ahead[first:last]
        if ahead.any():
            missing = np.flatnonzero(~ahead)
            following[missing] = twisted(words[missing])
        else:
            following[...] = words
            twist(following)
        ahead[...] = True
        return following

    def move(self, first: int, last: int, counts: int | np.ndarray) -> None:
        """Use up `counts` of the words of each row that `look` has just shown for these rows."""
        words, following = self._words[first:last], self._next[first:last]
        place = self._place[first:last] + counts
        # A row whose words are all used (place 624) stays so until it is looked at again.
        turns = np.maximum(place - 1, 0) // WORDS
        blocks = self._shown.pop(first)
        for turn in range(1, len(blocks)):
            rows = np.flatnonzero(turns == turn)
            words[rows] = blocks[turn][rows]
            self._ahead[first:last][rows] = more = turn + 1 < len(blocks)
            if more:
                following[rows] = blocks[turn + 1][rows]
        self._place[first:last] = place - turns * WORDS

    def take(self, first: int, last: int, count: int) -> np.ndarray:
        """The next `count` words of rows first..last-1, used up."""
        self.start(last)
        place = self._place[first:last]
        in_step = len(place) and place.min() == place.max()
        found = self._in_step(first, last, count) if in_step else self._apart(first, last, count)
        return tempered(found)

    def _in_step(self, first: int, last: int, count: int) -> np.ndarray:
        """The next words of rows that have handed out equally many, used up; quicker."""
        words = self._words[first:last]
        out = np.empty((last - first, count), np.uint32)
        at, done = int(self._place[first]), 0
        while True:
            step = min(WORDS - at, count - done)
            out[:, done : done + step] = words[:, at : at + step]
            at, done = at + step, done + step
            if done == count:
                break
            self._turn(first, last, np.arange(last - first))
            at = 0
        self._place[first:last] = at
        return out

    def _apart(self, first: int, last: int, count: int) -> np.ndarray:
        """The next words of rows that have handed out more or less, used up."""
        words, at = self._words[first:last], self._place[first:last]
        out = np.empty((last - first, count), np.uint32)
        rows = np.arange(last - first)
        if count < _LONG:  # all rows that have enough at once
            enough = at + count <= WORDS
            rows, left = rows[enough], rows[~enough]
            begin = rows * WORDS + at[rows]
            out[rows] = words.reshape(-1).take(begin[:, None] + np.arange(count))
            at[rows] += count
            rows = left
        done = np.zeros(last - first, int)
        while len(rows):
            steps = np.minimum(WORDS - at[rows], count - done[rows])
            for i, a, d, step in np.stack([rows, at[rows], done[rows], steps], 1).tolist():
                out[i, d : d + step] = words[i, a : a + step]
            at[rows] += steps
            done[rows] += steps
            rows = rows[done[rows] < count]
            self._turn(first, last, rows)
            at[rows] = 0
        return out

    def _turn(self, first: int, last: int, rows: np.ndarray) -> None:
        """Go on to the next 624 words in some of the rows first..last-1."""
        words, ahead = self._words[first:last], self._ahead[first:last]
        made = ahead[rows]
        ready, rows = rows[made], rows[~made]
        if len(ready):
            words[ready] = self._next[first:last][ready]
            ahead[ready] = False
        if len(rows) == len(words):
            twist(words)
        elif len(rows):
            words[rows] = twisted(words[rows])

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
        self._ahead[...] = False
        self._shown = {}


_LONG = 256  # words from which on rows are copied one after the other


def _from(line: np.ndarray, begin: np.ndarray, count: int) -> np.ndarray:
    """`count` numbers of each row of a matrix, from another place on in each."""
    rows, width = line.shape
    if count < _LONG:
        begin = begin + np.arange(0, rows * width, width)
        return line.reshape(-1).take(begin[:, None] + np.arange(count))
    out = np.empty((rows, count), line.dtype)
    for i, at in enumerate(begin.tolist()):
        out[i] = line[i, at : at + count]
    return out
