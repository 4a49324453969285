"""How fast operators are.

    python -m mxbook.profiler exp dot --elements 1000000
    python -m mxbook.profiler --all --json > speeds.json

Each is called with the examples of its own documentation, scaled up, forward and backward.
"""

import argparse

from mxbook.ops.registry import operators

from .speed import ELEMENTS, ROUNDS, measure


def main(arguments: list[str] | None = None) -> None:
    """Measure the named operators, or all, and print what they take in microseconds."""
    parser = argparse.ArgumentParser(
        prog="python -m mxbook.profiler",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("operators", nargs="*", help="names, such as exp, dot or Convolution")
    parser.add_argument("--all", action="store_true", help="all operators")
    parser.add_argument("--elements", type=int, default=ELEMENTS, help="of the largest input")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of which the middle one counts")
    parser.add_argument("--json", action="store_true", help="as JSON in place of a table")
    args = parser.parse_args(arguments)
    if not (args.operators or args.all):
        parser.error("name operators, or say --all")
    found = {}
    for name in args.operators or _all():
        speeds = measure(name, args.elements, args.rounds)
        found[name] = [speed._asdict() for speed in speeds]
        if not args.json:
            print(*speeds, sep="\n", end="\n" if speeds else "")
    if args.json:
        import json

        print(json.dumps(found, indent=1))


def _all() -> list[str]:
    """All operators; those that only compute gradients are measured with what they belong to."""
    return sorted({op.name for op in operators.values() if not op.name.startswith("_backward")})


if __name__ == "__main__":
    main()
