"""The command line: `python -m mxbook.book run|check|doctor`."""

import argparse
import sys
from collections.abc import Sequence

from mxbook.base.errors import MXNetError


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code: 0 good, 1 something is wrong, 130 stopped."""
    parser = argparse.ArgumentParser(
        prog="python -m mxbook.book", description="Run and check the chapters of the course."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (
        ("run", "execute chapters in place and store their outputs"),
        ("check", "execute copies and say what is wrong with the chapters"),
    ):
        command = commands.add_parser(name, help=words, description=words)
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
    from . import chapters, runner

    action = runner.run if given.command == "run" else runner.check
    return 0 if action(chapters.find(given.chapters)) else 1


if __name__ == "__main__":
    sys.exit(main())
