"""The exercises of a chapter as cells, and chapters with other answers in them.

An exercise is a cell with the tag `exercise` (what the reader starts with), one with the tag
`check` that asks `mx.book.check("02.1", answer)`, and a folded one with the tag `solution`.
`filled` puts the solutions where the readers write, `student` and `instructor` are for courses:
they have the marks of nbgrader, the first without solutions.
"""

import ast
import copy
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mxbook.base.errors import MXNetError

from . import glossary
from .chapters import Chapter, Notebook, code_cells, read, write
from .exercises import SAID, of_chapter

HIDDEN = {"jupyter": {"outputs_hidden": True, "source_hidden": True}, "tags": ["solution"]}
FIRST = "# A solution\n"
PARTS = ("exercise", "check", "solution")
# What nbgrader puts where a solution was; its own default is an error, and cells could not run on.
SETTINGS = (
    'c = get_config()  # noqa: F821\nc.ClearSolutions.code_stub = {"python": "# your code"}\n'
)


class Exercise(NamedTuple):
    """The cells of one exercise, as numbers from 0; -1 for one that is not there."""

    cell: int
    check: int
    solution: int
    number: str  # "02.1"; empty without a check


def tags(cell: dict) -> Sequence[str]:
    """The tags of a cell."""
    return cell["metadata"].get("tags", ())


def exercises(notebook: Notebook) -> list[Exercise]:
    """The exercises of a chapter in their order."""
    found: list[dict[str, int]] = []
    for index, cell in enumerate(notebook["cells"]):
        for part in PARTS:
            if part in tags(cell):
                if part == "exercise" or not found or part in found[-1]:
                    found.append({})
                found[-1][part] = index
    return [
        Exercise(
            *(parts.get(part, -1) for part in PARTS),
            asked(notebook["cells"][parts["check"]]["source"]) if "check" in parts else "",
        )
        for parts in found
    ]


def asked(source: str) -> str:
    """The number of the exercise that a check cell asks for; empty when it is no check cell.

    >>> asked('mx.book.check("02.1", board)')
    '02.1'
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    match tree.body:
        case [ast.Expr(ast.Call(function, [ast.Constant(str(number)), _], []))]:
            return number if ast.unparse(function) == "mx.book.check" else ""
    return ""


def problems(name: str, notebook: Notebook) -> Iterator[str]:
    """What is wrong with the exercises of a chapter, as far as it can be seen without running."""
    numbers = []
    for index, cell in enumerate(notebook["cells"]):
        asks = cell["cell_type"] == "code" and "mx.book.check(" in cell["source"]
        if asks and "check" not in tags(cell):
            yield f"cell {index + 1}: asks mx.book.check without the tag `check`"
    for found in exercises(notebook):
        first = max(found.cell, found.check, found.solution) + 1
        missing = [p for p, i in zip(PARTS, found[:3], strict=True) if i < 0 and p != "check"]
        if missing:
            yield f"cell {first}: an exercise without a cell for {' and '.join(missing)}"
        elif notebook["cells"][found.solution]["metadata"] != HIDDEN:
            yield f"cell {found.solution + 1}: the solution and its outputs must be folded"
        elif not notebook["cells"][found.solution]["source"].startswith(FIRST):
            # JupyterLab shows the first line of what is folded.
            yield f"cell {found.solution + 1}: the solution does not begin with `{FIRST.strip()}`"
        if found.check >= 0 and not found.number:
            yield f'cell {found.check + 1}: must be one call mx.book.check("NN.N", answer)'
        numbers.append(found.number)
    numbers = [n for n in numbers if n]
    known = of_chapter(name[:2])
    if numbers != known:
        yield (
            f"the chapter asks for the checks {', '.join(numbers) or 'none'}, and "
            f"mxbook/book/checks has {', '.join(known) or 'none'}"
        )


def filled(notebook: Notebook) -> Notebook:
    """A copy with the solutions where the readers write."""
    notebook = copy.deepcopy(notebook)
    cells = notebook["cells"]
    for found in exercises(notebook):
        if found.cell >= 0 and found.solution >= 0:
            cells[found.cell]["source"] = cells[found.solution]["source"]
            cells[found.solution]["source"] = ""
    return notebook


def unexpected(notebook: Notebook, state: str) -> Iterator[str]:
    """Checks of an executed chapter that did not say `state` (todo, right)."""
    way = "as shipped" if state == "todo" else "with its solution"
    for found in exercises(notebook):
        if not found.number:
            continue
        outputs = notebook["cells"][found.check]["outputs"]
        text = "".join(o.get("text", "") for o in outputs)
        if (found.number, state) not in SAID.findall(text):
            yield f"cell {found.check + 1}: {way}, exercise {found.number} says: {text.strip()}"


# ---- courses


def hand_out(chapters: Sequence[Chapter], folder: Path, *, solutions: bool) -> list[Path]:
    """Write the chapters for a course into a folder, with pictures and glossary; the files.

    Raises MXNetError when the folder is the one of the chapters.
    """
    homes = {chapter.path.resolve().parent for chapter in chapters}
    if folder.resolve() in homes:
        raise MXNetError(f"{folder} holds the chapters themselves", hint="name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    for home in homes:
        for extra in home.iterdir():
            if extra.is_dir() and not extra.name.startswith((".", "__")):
                shutil.copytree(extra, folder / extra.name, dirs_exist_ok=True)
            elif extra.name == glossary.NAME:
                shutil.copy(extra, folder)
    if solutions:
        (folder / "nbgrader_config.py").write_text(SETTINGS, encoding="utf-8")
    make = instructor if solutions else student
    written = []
    for chapter in chapters:
        written.append(folder / chapter.path.name)
        write(written[-1], make(read(chapter.path)))
    return written


def student(notebook: Notebook) -> Notebook:
    """A copy without solutions and outputs, with nbgrader's marks on answers and checks."""
    return _course(notebook, solutions=False)


def instructor(notebook: Notebook) -> Notebook:
    """A copy from which nbgrader makes the students' version and grades what comes back.

    Each answer has the solution between nbgrader's marks, each check a hidden test.
    """
    return _course(notebook, solutions=True)


def _course(notebook: Notebook, *, solutions: bool) -> Notebook:
    notebook = copy.deepcopy(notebook)
    cells = notebook["cells"]
    for found in exercises(notebook):
        name = found.number.replace(".", "-") or cells[found.cell]["id"]
        answer, solution = cells[found.cell], cells[found.solution]
        if solutions:
            answer["source"] += f"\n\n### BEGIN SOLUTION\n{solution['source']}\n### END SOLUTION"
        answer["metadata"]["nbgrader"] = _mark(name, solution=True)
        if found.check >= 0:
            check = cells[found.check]
            if solutions:
                test = check["source"].replace("mx.book.check(", "mx.book.verdict(")
                test = f"assert {test}.right"
                check["source"] += f"\n### BEGIN HIDDEN TESTS\n{test}\n### END HIDDEN TESTS"
            check["metadata"]["nbgrader"] = _mark(f"{name}-check", solution=False)
    notebook["cells"] = [cell for cell in cells if "solution" not in tags(cell)]
    for _, cell in code_cells(notebook):
        cell["outputs"], cell["execution_count"] = [], None
    return notebook


def _mark(name: str, *, solution: bool) -> dict:
    """What nbgrader keeps about a cell, version 3 of its schema."""
    return {
        "cell_type": "code",
        "grade": not solution,
        "grade_id": name,
        "locked": not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
        **({} if solution else {"points": 1}),
    }
