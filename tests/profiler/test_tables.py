"""Tables."""

from hypothesis import given
from hypothesis import strategies as st

from mxbook.profiler import tables


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 99))),
    st.sampled_from(["total", "avg", "min", "max", "count"]),
    st.booleans(),
)
def test_rows(pairs, sort_by, ascending):
    rows = tables.rows_of(pairs, sort_by, ascending)
    for row in rows:
        values = [v for n, v in pairs if n == row.name]
        assert (row.count, row.total, row.min, row.max, row.last) == (
            len(values), sum(values), min(values), max(values), values[-1],
        )  # fmt: skip
        assert row.avg == sum(values) / len(values)
    keys = [getattr(row, sort_by) for row in rows]
    assert keys == sorted(keys, reverse=not ascending)
    assert {row.name for row in rows} == {n for n, _ in pairs}


def test_the_table_looks_like_that_of_mxnet():
    rows = [tables.Row("dot", 1, 1.583, 1.583, 1.583, 1.583)]
    memory = [tables.Row("Memory: cpu/0", 4, 1440.0, 360.0, 1080.0, 360.0)]
    text = tables.table([
        tables.Section("Device Storage", "kB", memory), tables.Section("operator", "ms", rows),
    ])  # fmt: skip
    head, numbers = "Name                          Total Count", "    Min {0}    Max {0}    Avg {0}"
    uses, times = numbers.format("Use  (kB)"), "        Time (ms)" + numbers.format("Time (ms)")
    dashes = "----                          -----------" + 3 * "    -------------"
    assert text.splitlines() == [
        "",
        "Profile Statistics:",
        "\tNote the difference in units for different entries.",
        "Device Storage",
        "=================",
        head + uses,
        dashes,
        "Memory: cpu/0" + f"{4:28}" + f"{'360.0000':>17}{'1080.0000':>17}{'360.0000':>17}",
        "",
        "operator",
        "=================",
        head + times,
        "----                          -----------        ---------" + 3 * "    -------------",
        "dot" + f"{1:38}" + f"{'1.5830':>17}" * 4,
        "",
    ]
