"""Where the user's code asked for something: cell, line and text.

Taking a site must cost next to nothing, because every operation takes one.  So only the code
object and the instruction offset are kept; the text is looked up when somebody wants to read it.
"""

import os
import sys
from types import CodeType, FrameType
from typing import NamedTuple

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class Site(NamedTuple):
    """One place in a program: a code object and an instruction offset in it."""

    code: CodeType
    offset: int

    @property
    def filename(self) -> str:
        """The file, or the name a notebook gave the cell."""
        return self.code.co_filename

    @property
    def line(self) -> int:
        """Line number, counted from 1 in the file or cell."""
        for start, end, line in self.code.co_lines():
            if start <= self.offset < end and line is not None:
                return line
        return self.code.co_firstlineno

    @property
    def text(self) -> str:
        """The source line, stripped; empty when the source is gone."""
        import linecache

        return linecache.getline(self.filename, self.line).strip()

    @property
    def where(self) -> str:
        """`cell 7, line 3` in a notebook, `train.py, line 12` in a file."""
        cell = cell_number(self.filename)
        name = f"cell {cell}" if cell is not None else os.path.basename(self.filename)
        return f"{name}, line {self.line}"

    def __str__(self) -> str:
        return f"{self.where}:  {self.text}" if self.text else self.where


def here(depth: int = 1) -> Site | None:
    """The innermost caller outside mxbook, `depth` frames up at least; None when there is none.

    >>> here(0).line > 0
    True
    """
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        code = frame.f_code
        if not code.co_filename.startswith(PACKAGE):
            return Site(code, frame.f_lasti)
        frame = frame.f_back
    return None


def raised(error: BaseException) -> Site | None:
    """The innermost place outside mxbook that an error has passed so far; None when there is none.

    >>> try:
    ...     1 / 0
    ... except ZeroDivisionError as error:
    ...     raised(error).line > 0
    True
    """
    found, step = None, error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if not code.co_filename.startswith(PACKAGE):
            found = Site(code, step.tb_lasti)
        step = step.tb_next
    return found


def cell_number(filename: str) -> int | None:
    """The execution count of the notebook cell that was compiled under this name, if it was one."""
    ipython = sys.modules.get("IPython")  # looked at only where it is already running
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return None
    return getattr(shell.compile, "_filename_map", {}).get(filename)
