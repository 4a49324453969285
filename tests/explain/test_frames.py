import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mxbook.explain import Run, frames


@given(st.dictionaries(st.text(), st.text()), st.lists(st.floats(allow_nan=True)))
def test_frames_can_be_read_again(header, numbers):
    frame = frames.encode(header, np.array(numbers))
    assert (len(frame) - 8 * len(numbers)) % 8 == 0
    found, values = frames.decode(frame)
    assert found == header
    np.testing.assert_array_equal(values, numbers)


def test_rows_say_what_came_before():
    run = Run()
    told = []
    run.watch(lambda r, points: told.append(frames.rows(r, points, r.rows - len(points))))
    for i in range(5):
        run.log(loss=float(i))
    run.flush()
    run.log(loss=math.inf, epoch=1)
    run.flush()
    (first, _), (second, numbers) = map(frames.decode, told)
    assert (first["begin"], first["rows"], first["points"]) == (0, 10, 5)
    assert (second["begin"], second["rows"], second["points"]) == (10, 12, 6)
    assert numbers[:5].tolist() == [0, 6, math.inf, -1, 6]  # and the seconds
    assert second["curves"][0]["bad"] == [6, "inf"]
    assert second["epochs"] == [[1, 6, second["epochs"][0][2]]]


def test_a_snapshot_holds_all_points_in_few_buckets():
    run = Run()
    for i in range(1000):
        run.log(loss=float(i), accuracy=0.5)
    header, numbers = frames.decode(frames.snapshot(run, limit=100))
    assert header["coarse"]
    assert header["sizes"] == [100, 100, 100]  # the last: when the steps were logged
    assert header["every"] == [10, 10, 10]
    assert header["totals"] == [1000, 1000, 1000]
    columns = numbers[:700].reshape(7, 100)
    assert columns[5].sum() == 1000
    assert columns[3].tolist() == list(range(9, 1000, 10))
    full, numbers = frames.decode(frames.snapshot(run))
    assert not full["coarse"]
    assert len(numbers) == 21_000


def test_an_empty_run_can_be_sent():
    header, numbers = frames.decode(frames.snapshot(Run("x", total=3)))
    assert (header["rows"], header["progress"], len(numbers)) == (0, 0, 0)
