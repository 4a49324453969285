"""`mx.log`: loggers of Python's `logging` whose lines begin with a coloured letter, time and place.

    log = mx.log.get_logger("training", level=mx.log.INFO)
    log.info("epoch %d", 3)
    I1124 11:33:32 27681 train.py:<module>:9] epoch 3

Source: MXNet 1.6, `mxnet.log`.
"""

import logging
import sys
import warnings
from logging import CRITICAL, DEBUG, ERROR, INFO, NOTSET, WARNING

__all__ = [
    "CRITICAL",
    "DEBUG",
    "ERROR",
    "INFO",
    "NOTSET",
    "PY3",
    "WARNING",
    "getLogger",
    "get_logger",
]

PY3 = True
_LETTERS = {CRITICAL: "C", ERROR: "E", WARNING: "W", INFO: "I", DEBUG: "D"}
_PLACE = "%(asctime)s %(process)d %(pathname)s:%(funcName)s:%(lineno)d]"


class _Formatter(logging.Formatter):
    """Letter, time, process and place, coloured on a terminal; then the message."""

    def __init__(self, coloured: bool):
        super().__init__(datefmt="%m%d %H:%M:%S")
        self._coloured = coloured

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record."""
        head = _LETTERS.get(record.levelno, "U") + _PLACE
        if self._coloured:
            colour = 31 if record.levelno >= WARNING else 32 if record.levelno >= INFO else 34
            head = f"\x1b[{colour}m{head}\x1b[0m"
        self._style = logging.PercentStyle(f"{head} %(message)s")
        return super().format(record)


def get_logger(
    name: str | None = None,
    filename: str | None = None,
    filemode: str | None = None,
    level: int = WARNING,
) -> logging.Logger:
    """The logger of a name; the first call decides where its lines go, and how many there are.

    name      None for the root logger, which is left as it is
    filename  a file for the lines, which are added (or `filemode`); standard error when None
    level     records below it are dropped

    >>> get_logger("mxbook.example", level=INFO).level == INFO
    True
    """
    logger = logging.getLogger(name)
    if name is None or getattr(logger, "_init_done", False):
        return logger
    logger._init_done = True  # type: ignore[attr-defined]
    handler: logging.Handler
    if filename:
        handler = logging.FileHandler(filename, filemode or "a", delay=True)
    else:
        handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(not filename and sys.stderr.isatty()))
    logger.addHandler(handler)
    logger.setLevel(level)
    return logger


def getLogger(  # noqa: N802 - MXNet's name
    name: str | None = None,
    filename: str | None = None,
    filemode: str | None = None,
    level: int = WARNING,
) -> logging.Logger:
    """`get_logger` under its old name; warns."""
    warnings.warn(
        "getLogger is deprecated, Use get_logger instead.", DeprecationWarning, stacklevel=2
    )
    return get_logger(name, filename, filemode, level)
