"""Chapters as names: what their cells define, with the readers' stubs or the solutions."""

import contextlib
import io

import pytest

from mxbook.book import chapters, variants


class Tried:
    """A chapter that was run in this process, and its exercises to be tried again."""

    def __init__(self, number: str):
        (chapter,) = chapters.find([number])
        self.notebook = chapters.read(chapter.path)
        self.exercises = {e.number: e for e in variants.exercises(self.notebook) if e.number}
        self.names: dict = {}
        parts = {i for e in self.exercises.values() for i in (e.cell, e.check, e.solution)}
        with contextlib.redirect_stdout(io.StringIO()):
            for index, cell in enumerate(self.notebook["cells"]):
                # Cells with the tag `test` look at lines of cells, which there are none of here.
                own = index in parts or "test" in variants.tags(cell)
                if cell["cell_type"] == "code" and not own:
                    self._run(cell)

    def _run(self, cell: dict) -> None:
        meant = "raises-exception" in variants.tags(cell)
        with contextlib.suppress(Exception) if meant else contextlib.nullcontext():
            exec(cell["source"], self.names)

    def says(self, number: str, source: str | None = None, *, stub: bool = False) -> str:
        """What the check cell prints after an answer: a source, the stub, or else the solution."""
        exercise = self.exercises[number]
        names = dict(self.names)
        cells = self.notebook["cells"]
        if source is None:
            source = cells[exercise.cell if stub else exercise.solution]["source"]
        exec(source, names)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(cells[exercise.check]["source"], names)
        return said.getvalue().strip()


@pytest.fixture(scope="module")
def chapter(request):
    """The chapter that the module of the test names in CHAPTER."""
    pytest.importorskip("nbformat", reason="nbformat is not installed")
    return Tried(request.module.CHAPTER)


def pytest_generate_tests(metafunc):
    """`number` runs over the exercises of the table WRONG of the module, `wrong` over its rows."""
    table = getattr(metafunc.module, "WRONG", None)
    if table is None:
        return
    if "wrong" in metafunc.fixturenames:
        rows = [(n, *row) for n, answers in table.items() for row in answers]
        ids = [f"{n}: {words}" for n, _, words in rows]
        metafunc.parametrize(("number", "wrong", "words"), rows, ids=ids)
    elif "number" in metafunc.fixturenames:
        metafunc.parametrize("number", list(table))
