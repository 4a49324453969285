"""`run` executes chapters in place; `check` executes copies and says what is wrong with them."""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mxbook.base.errors import MXNetError

from . import glossary, rules, variants
from .chapters import Chapter, Notebook, code_cells, declared_seconds, needs, read, write
from .kernel import Outcome, execute
from .tidy import places, tidy

WORKERS = 2


def run(chapters: Sequence[Chapter]) -> bool:
    """Execute the chapters one after the other and store their outputs; whether all went well.

    A chapter in which a cell fails stays as it was.
    """
    needs("nbclient")
    return asyncio.run(_run(chapters))


def check(chapters: Sequence[Chapter]) -> bool:
    """Execute copies of the chapters, tell a line about each; whether nothing was wrong.

    Each runs twice: as it is, when no exercise is solved, and with its solutions filled in.
    """
    needs("nbclient")
    return asyncio.run(_check(chapters))


async def _run(chapters: Sequence[Chapter]) -> bool:
    good = True
    for chapter in chapters:
        notebook = read(chapter.path)
        progress = Progress(chapter.name, len(notebook["cells"]))
        folder = chapter.path.resolve().parent
        outcome = await execute(notebook, folder, tell=progress.tell)
        found = [outcome.error] if outcome.error else []
        if not found:
            notebook = tidy(notebook, places(folder))
            write(chapter.path, notebook)
            found = rules.problems(chapter.path, notebook, places(folder))
        progress.clear()
        report(chapter.name, outcome, declared_seconds(notebook), found)
        good = good and not found
    return good


async def _check(chapters: Sequence[Chapter]) -> bool:
    room = asyncio.Semaphore(min(WORKERS, os.cpu_count() or 1))

    async def checked(chapter: Chapter) -> bool:
        async with room:
            return await _check_one(chapter)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(checked(chapter)) for chapter in chapters]
    folders = dict.fromkeys(chapter.path.resolve().parent for chapter in chapters)
    words = [_check_glossary(folder / glossary.NAME) for folder in folders]
    return all(words) and all(task.result() for task in tasks)


def _check_glossary(path: Path) -> bool:
    """Tell a line about the glossary, if there is one; whether nothing was wrong with it."""
    if not path.exists():
        return True
    found = list(glossary.problems(path, read(path)))
    report(path.stem, None, None, found)
    return not found


async def _check_one(chapter: Chapter) -> bool:
    try:
        committed = read(chapter.path)
    except MXNetError as error:
        report(chapter.name, None, None, [str(error)])
        return False
    folder = chapter.path.resolve().parent
    found = rules.problems(chapter.path, committed, places(folder))
    declared = declared_seconds(committed)
    limit = None if declared is None else rules.PATIENCE * declared
    fresh, outcome = await _copy_executed(chapter, limit)
    if outcome.error:
        found.append(outcome.error)
    else:
        found += rules.stale(committed, fresh)
        found += variants.unexpected(fresh, "todo")
        if limit is not None and outcome.seconds > limit:
            found.append(f"it took longer than {rules.PATIENCE} x the declared {declared} s")
        if variants.exercises(committed):
            found += await _solved(chapter, limit)
    report(chapter.name, outcome, declared, found)
    return not found


async def _solved(chapter: Chapter, limit: float | None) -> list[str]:
    """What is wrong when the solutions stand where the readers write."""
    solved, outcome = await _copy_executed(chapter, limit, variants.filled)
    if outcome.error:
        return [f"with solutions: {outcome.error}"]
    return list(variants.unexpected(solved, "right"))


async def _copy_executed(
    chapter: Chapter,
    limit: float | None,
    variant: Callable[[Notebook], Notebook] = lambda notebook: notebook,
) -> tuple[Notebook, Outcome]:
    """A variant of the notebook, executed in a copy of its folder, and what came of it."""
    folder = chapter.path.resolve().parent
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary).resolve() / folder.name
        skipped = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
        shutil.copytree(folder, copy, ignore=skipped)
        notebook = variant(read(copy / chapter.path.name))
        for _, cell in code_cells(notebook):
            cell["outputs"] = []
        outcome = await execute(notebook, copy, limit)
        return tidy(notebook, [*places(copy), *places(folder)]), outcome


def report(
    name: str, outcome: Outcome | None, declared: int | None, problems: Sequence[str]
) -> None:
    """A line about a chapter, and one for each problem."""
    words = [f"{name:<28} {'wrong' if problems else 'ok':<6}"]
    if outcome is not None:
        words.append(f"{outcome.seconds:6.1f} s" + (f" of {declared} s" if declared else ""))
        if outcome.peak is not None:
            words.append(f"{outcome.peak / 1e6:6.0f} MB")
    found = [problem.replace("\n", "\n    ") for problem in problems]
    print("  ".join(words).rstrip(), *found, sep="\n  - ", flush=True)


class Progress:
    """Says on a terminal which cell is running, in a line that is written over."""

    def __init__(self, name: str, cells: int):
        self._name, self._cells = name, cells
        self._start = time.perf_counter()
        self._live = sys.stdout.isatty()
        if not self._live:
            print(f"{name}: running {cells} cells", flush=True)

    def tell(self, number: int) -> None:
        """Cell `number` begins."""
        if self._live:
            seconds = time.perf_counter() - self._start
            line = f"{self._name}  cell {number} of {self._cells}  {seconds:.0f} s"
            print(f"\r\x1b[K{line}", end="", flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self._live:
            print("\r\x1b[K", end="", flush=True)
