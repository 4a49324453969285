import math

import pytest

from mxbook.explain import Run


def training(**options) -> Run:
    run = Run("digits", total=20, clock=lambda: 0.0, **options)
    for i in range(20):
        run.log(loss=1 / (i + 1))
        if i % 5 == 4:
            run.log(val_loss=1.5 / (i + 1), epoch=i // 5)
    return run


def test_the_first_line_tells_everything():
    run = training()
    run.finish()
    first = run.text().splitlines()[0]
    assert first.startswith("digits: 20 steps, 4 epochs")
    assert "loss 0.05 (best 0.05 at step 20); val_loss 0.075 (best 0.075 at step 20)" in first


@pytest.mark.parametrize("plain", [True, False])
def test_the_chart_falls_from_left_to_right(plain):
    lines = training().text(plain=plain).splitlines()[3:10]
    columns = [line.split("|" if plain else "┤")[1] for line in lines]
    begins = [len(c) - len(c.lstrip()) for c in columns if c.strip()]
    assert begins == sorted(begins)
    assert columns[-1].rstrip().endswith("v")


def test_plain_text_is_ascii():
    assert training().text(plain=True).isascii()
    assert not training().text().isascii()


def test_bad_values_and_empty_runs():
    run = Run()
    assert run.text() == "training: step 0, 0.0 s"
    run.log(loss=math.nan)
    assert "NaN from step 1" in run.text()
    assert "no value" not in run.text()


def test_interrupted_and_failed_runs_say_so():
    for error, words in (
        (KeyboardInterrupt(), "interrupted at step 20"),
        (OSError(), "OSError at"),
    ):
        run = training()
        run.finish(error)
        assert words in run.text()
