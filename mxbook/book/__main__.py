"""The command line: `python -m mxbook.book run|check|student|instructor|doctor`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mxbook.base.errors import MXNetError

COMMANDS = {
    "run": "execute chapters in place and store their outputs",
    "check": "execute copies, as they are and with solutions, and say what is wrong with them",
    "student": "write chapters for a course, without solutions, with the marks of nbgrader",
    "instructor": "write chapters for a course, with solutions and tests that nbgrader hides",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code: 0 good, 1 something is wrong, 130 stopped."""
    parser = argparse.ArgumentParser(
        prog="python -m mxbook.book", description="Run and check the chapters of the course."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in COMMANDS.items():
        command = commands.add_parser(name, help=words, description=words)
        if name in ("student", "instructor"):
            command.add_argument("folder", type=Path, metavar="FOLDER", help="where to write them")
        command.add_argument(
            "chapters",
            nargs="*",
            metavar="NN",
            help="numbers of chapters, notebooks or folders; all chapters when left out",
        )
    commands.add_parser("doctor", help="say what of the installation is there")
    given = parser.parse_args(arguments)
    try:
        return _do(given)
    except MXNetError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130


def _do(given: argparse.Namespace) -> int:
    if given.command == "doctor":
        from .doctor import doctor

        report = doctor()
        print(report)
        return 0 if report.usable else 1
    from . import chapters, runner, variants

    found = chapters.find(given.chapters)
    if given.command in ("student", "instructor"):
        solutions = given.command == "instructor"
        for path in variants.hand_out(found, given.folder, solutions=solutions):
            print(path)
        return 0
    action = runner.run if given.command == "run" else runner.check
    return 0 if action(found) else 1


if __name__ == "__main__":
    sys.exit(main())
