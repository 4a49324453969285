import asyncio
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mxbook.book import chapters, kernel
from mxbook.book.__main__ import main

from .conftest import book, code

pytest.importorskip("nbclient", reason="nbclient is not installed")
pytestmark = pytest.mark.slow  # each test starts kernels

ROOT = Path(__file__).resolve().parents[2]

GOOD = """
import os, random, sys
import numpy as np
import mxbook as mx
print(random.random(), np.random.rand(), mx.nd.random.uniform(shape=(2,)).asnumpy(), hash("a"))
print(object(), os.getcwd())
"""


def out(shelf, capsys, command: str, notebook: dict, name: str = "00-a") -> tuple[int, str]:
    code = main([command, str(shelf(notebook, name))])
    return code, capsys.readouterr().out


def test_run_stores_outputs_and_running_again_changes_nothing(shelf, capsys):
    path = shelf(book(code(GOOD, tags=("stable",)), code("[1, 2]")))
    assert main(["run", str(path)]) == 0
    first = path.read_text()
    notebook = chapters.read(path)
    assert [c["execution_count"] for c in notebook["cells"][1:]] == [1, 2]
    assert "<object object at 0x…>" in notebook["cells"][1]["outputs"][0]["text"]
    assert notebook["cells"][2]["outputs"][0]["data"] == {"text/plain": "[1, 2]"}
    assert main(["run", str(path)]) == 0
    assert path.read_text() == first
    assert "00-a  " in capsys.readouterr().out

    # ... and it passes the check, which changes nothing either.
    assert main(["check", str(path)]) == 0
    line = capsys.readouterr().out
    assert " ok " in line and " s of 20 s" in line and line.rstrip().endswith(" MB")
    assert path.read_text() == first


def test_a_chapter_that_fails_stays_as_it_was(shelf, capsys):
    path = shelf(book(code("print(1)"), code("x = 1\nx / 0"), code("print(2)")))
    before = path.read_text()
    assert main(["run", str(path)]) == 1
    assert path.read_text() == before
    text = capsys.readouterr().out
    assert "cell 3: ZeroDivisionError: division by zero" in text
    assert "2 x / 0" in text


def test_an_error_that_is_meant_is_none(shelf):
    path = shelf(book(code("1 / 0", tags=("raises-exception",))))
    notebook = chapters.read(path)
    assert asyncio.run(kernel.execute(notebook, path.parent)).error == ""
    assert notebook["cells"][1]["outputs"][0]["ename"] == "ZeroDivisionError"


def test_check_finds_stale_text_errors_dead_kernels_and_slowness(shelf, capsys):
    sources = {
        "90-stale": "import time\nprint(time.time())",
        "91-wrong": "1 / 0",
        "92-dead": "import os\nos._exit(1)",
        "93-slow": "import time\ntime.sleep(3600)",
    }
    old = {"output_type": "stream", "name": "stdout", "text": "old\n"}
    for name, source in sources.items():
        card = "0 s to run" if name == "93-slow" else "20 s to run"
        cell = code(source, old, count=1, tags=("stable",))
        path = shelf(book(cell, card=card), name)
    (path.parent / "94-damaged.ipynb").write_text("{")
    assert main(["check", str(path.parent)]) == 1
    found = capsys.readouterr().out
    for name, words in (
        ("90-stale", "cell 2 is tagged stable"),
        ("91-wrong", "cell 2: ZeroDivisionError"),
        ("92-dead", "cell 2: the kernel died"),
        ("93-slow", "cell 2: stopped, because the chapter takes too long"),
        ("94-damaged", "94-damaged.ipynb is not a notebook"),
    ):
        assert re.search(rf"^{name} +wrong.*\n  - {words}", found, re.MULTILINE), found
    assert found.count("\n  - ") == 5


def test_check_works_on_a_copy_of_the_folder(shelf, capsys):
    path = shelf(book(code("print(open('data.txt').read())\nopen('made.txt', 'w').close()")))
    (path.parent / "data.txt").write_text("some data")
    assert main(["run", str(path)]) == 0
    made = path.parent / "made.txt"
    made.unlink()
    assert main(["check", str(path)]) == 0
    assert not made.exists()


def exercise(number: str, stub: str, solution: str) -> list[dict]:
    """The three cells of an exercise whose answer is called `answer`."""
    folded = code(f"# A solution\n{solution}", tags=("solution",))
    folded["metadata"]["jupyter"] = {"outputs_hidden": True, "source_hidden": True}
    ask = f'mx.book.check("{number}", answer)'
    return [code(stub, tags=("exercise",)), code(ask, tags=("check",)), folded]


def test_check_runs_a_chapter_with_its_solutions_too(shelf, capsys):
    good = "def answer(report):\n    return [row.name for row in report if not row.found]"
    counts = 'answer = {"in all": 431_080, "in the largest layer": 400_500}'
    cells = [
        *exercise("01.1", "def answer(report): ...", good),
        *exercise("01.2", "answer = 3  # no stub", counts),
        *exercise("01.3", "answer = None", "def answer(timeline):\n    return 3"),
    ]
    path = shelf(book(code("import mxbook as mx"), *cells), "01-a")
    assert main(["run", str(path)]) == 0
    assert main(["check", str(path)]) == 1
    found = capsys.readouterr().out
    assert re.findall("\n  - (cell .*says: .*?)[,:]? because", found) == [
        "cell 7: as shipped, exercise 01.2 says: 01.2 wrong",
        "cell 10: with its solution, exercise 01.3 says: 01.3 wrong",
    ]
    assert found.count("\n  - ") == 2


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_an_interrupt_stops_the_kernels_and_leaves_the_chapter(shelf, tmp_path):
    mark = tmp_path / "pid"
    os.mkfifo(mark)
    source = f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(3600)"
    path = shelf(book(code(source)))
    before = path.read_text()
    command = [sys.executable, "-m", "mxbook.book", "run", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    kernel = int(mark.read_text())  # waits until the cell runs
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.strip()) == (130, "stopped")
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)
    assert path.read_text() == before


def test_the_command_line_names_what_is_wrong(capsys, tmp_path):
    assert main(["check", str(tmp_path / "no.ipynb")]) == 1
    assert "there is no chapter at" in capsys.readouterr().err
