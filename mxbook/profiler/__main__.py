"""`python -m mxbook.profiler exp dot`: how fast operators are."""

import argparse

from .speed import ELEMENTS, ROUNDS, measure


def main(arguments: list[str] | None = None) -> None:
    """Measure the named operators and print a table."""
    parser = argparse.ArgumentParser(prog="python -m mxbook.profiler", description=__doc__)
    parser.add_argument("operators", nargs="+", help="names, such as exp, dot or Convolution")
    parser.add_argument("--elements", type=int, default=ELEMENTS, help="of the largest input")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of which the middle one counts")
    args = parser.parse_args(arguments)
    for name in args.operators:
        for speed in measure(name, args.elements, args.rounds):
            print(speed)


if __name__ == "__main__":
    main()
