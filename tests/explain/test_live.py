import io
import subprocess
import sys
import types

import pytest

from mxbook.explain import curves, live
from mxbook.explain.run import Run


class Clock:
    def __init__(self):
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def train(screen, epochs: int = 3, seconds: float = 0.5, steps: int = 5) -> Run:
    clock = Clock()
    run = Run("digits", total=epochs * steps, clock=clock)
    with live.Live(run, screen) as c:
        for epoch in range(epochs):
            for _ in range(steps):
                clock.time += seconds / steps
                c.log(loss=1 / (c.step + 1))
            c.log(accuracy=0.5, epoch=epoch)
    return run


def test_without_show_nothing_appears(capsys):
    with curves(show=False) as c:
        c.log(loss=1.0)
    assert capsys.readouterr() == ("", "")
    assert c.status == "finished"


def test_a_terminal_gets_a_line_for_each_epoch():
    out = io.StringIO()
    train(live.Terminal(out))
    lines = out.getvalue().splitlines()
    assert lines[0] == "digits, 15 steps"
    told = [line for line in lines if line.startswith("epoch")]
    assert [line.split()[1] for line in told] == ["0", "1", "2"]
    assert all("accuracy 0.5" in line for line in told)
    # the mean of the epoch, not its last value
    assert f"loss {sum(1 / (i + 1) for i in range(5)) / 5:.4g}" in told[0]
    assert "digits: 15 steps, 3 epochs" in out.getvalue()
    assert "┤" in out.getvalue()


def test_slow_training_without_epochs_gets_a_line_every_two_seconds():
    out, clock = io.StringIO(), Clock()
    with live.Live(Run(clock=clock), live.Terminal(out)) as c:
        for _ in range(100):
            clock.time += 0.1
            c.log(loss=0.5)
    assert 3 <= sum(line.startswith("step ") for line in out.getvalue().splitlines()) <= 5


def test_a_thousand_epochs_do_not_flood_the_terminal():
    out = io.StringIO()
    train(live.Terminal(out), epochs=1000, seconds=0.01, steps=1)
    told = [line for line in out.getvalue().splitlines() if line.startswith("epoch")]
    assert live.MANY <= len(told) < live.MANY + 20


def test_a_terminal_without_unicode_gets_ascii():
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    train(live.Terminal(out))
    out.flush()
    assert out.buffer.getvalue().isascii()
    assert b"|" in out.buffer.getvalue()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_error_goes_on_and_the_curves_stay(error):
    out = io.StringIO()
    with pytest.raises(error), live.Live(Run("digits"), live.Terminal(out)) as c:
        c.log(loss=0.5)
        raise error
    assert c["loss"].latest == (1, 0.5)
    assert c.status in ("interrupted", "failed")
    assert "step 1" in out.getvalue().splitlines()[1]


class Display:
    """Remembers what a notebook was asked to show."""

    def __init__(self):
        self.shown = []

    def display(self, data, **options):
        self.shown.append(("new", options["display_id"], data))

    def update_display(self, data, **options):
        self.shown.append(("again", options["display_id"], data))


def test_a_notebook_without_widgets_gets_a_picture_that_is_renewed():
    display = Display()
    train(live.Redrawn(display), epochs=4, seconds=3)
    kinds = [kind for kind, _, _ in display.shown]
    assert kinds[0] == "new"
    assert 3 <= kinds.count("again") <= 8
    assert len({place for _, place, _ in display.shown}) == 1
    assert {"image/png", "image/svg+xml", "text/plain"} <= set(display.shown[-1][2])
    assert "20 steps, 4 epochs" in display.shown[-1][2]["text/plain"]


def test_where_to_show(monkeypatch):
    assert isinstance(live.screen(), live.Terminal)
    shell = types.SimpleNamespace(kernel=object())
    display = Display()
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: shell
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setitem(sys.modules, "mxbook_widgets", None)
    monkeypatch.setattr(live.importlib.util, "find_spec", lambda _: None)
    assert isinstance(live.screen(), live.Redrawn)
    package = types.SimpleNamespace(Curves=None)
    monkeypatch.setattr(live.importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr(live.importlib, "import_module", lambda _: package)
    assert isinstance(live.screen(), live.Widget)

    def without_anywidget(_):
        raise ImportError("anywidget")

    monkeypatch.setattr(live.importlib, "import_module", without_anywidget)
    assert isinstance(live.screen(), live.Redrawn)
    del shell.kernel  # IPython in a terminal
    assert isinstance(live.screen(), live.Terminal)


def test_importing_loads_nothing_of_notebooks_or_drawing():
    code = (
        "import sys, mxbook.explain; "
        "print([m for m in ('IPython', 'ipywidgets', 'anywidget', 'mxbook_widgets', 'PIL', "
        "'matplotlib', 'mxbook.explain.chart') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
