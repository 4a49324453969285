"""Where the time of a wait went."""

from mxbook.engine.log import OperationRecord, WaitRecord
from mxbook.engine.report import Copy, Report, lines_of

MS = 1_000_000


def wait(started, ended, number=7, lane="main"):
    return WaitRecord(1, "variable", None, started * MS, ended * MS, lane, number, "dot", None)


def operation(number, started, ended):
    return OperationRecord(
        number, f"op{number}", None, (), (), 0, 0, started * MS, ended * MS, "w", False, "done"
    )


def test_a_wait_and_the_copy_after_it_are_one_line():
    lines = lines_of([wait(0, 1900)], [Copy(1901 * MS, "main", 4e-4, 8)], [])
    assert lines == ["waited 1.9 s for operation #7 dot, copied in 0.4 ms"]


def test_copies_without_a_wait_and_in_other_threads():
    copies = [
        Copy(5 * MS, "other", 1e-3, 8),
        Copy(6 * MS, "main", 1e-3, 8),
        Copy(7 * MS, "main", 1e-3, 8),
    ]
    assert lines_of([wait(0, 4)], copies, []) == [
        "waited 4 ms for operation #7 dot, copied in 1 ms",
        "copied in 1 ms, nothing to wait for",
        "copied in 1 ms, nothing to wait for",
    ]


def test_the_operation_that_took_most_is_named():
    operations = [operation(5, -50, 80), operation(6, 80, 90), operation(7, 90, 100)]
    assert lines_of([wait(0, 100)], [], operations) == [
        "waited 0.1 s for operation #7 dot, most of it for #5 op5"
    ]
    assert lines_of([wait(0, 100)], [], [operation(7, 0, 100)]) == [
        "waited 0.1 s for operation #7 dot"
    ]
    equal = [operation(n, 10 * n, 10 * n + 10) for n in range(10)]
    assert lines_of([wait(0, 100, number=9)], [], equal) == ["waited 0.1 s for operation #9 dot"]


def test_report_sees_only_what_comes_after_it(make_engine):
    engine = make_engine("threaded-1")
    engine.log.add_wait(wait(0, 1))
    report = Report(engine.log)
    assert report.lines() == []
    report.add_copy(0.5, 100)
    assert report.lines() == ["copied in 0.5 s, nothing to wait for"]
