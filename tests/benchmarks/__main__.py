"""mxbook's speed beside its floors, and beside peers where their interpreters are given.

    python -m tests.benchmarks [--quick] [--only NAME ...] [--torch PYTHON] [--mxnet PYTHON]
    python -m tests.benchmarks operators [--quick] [--only NAME ...]
    python -m tests.benchmarks loading [--quick] [--only NAME ...] [--mxnet PYTHON]
    python -m tests.benchmarks curves [--quick]

The second form is about single operators beside NumPy, see `operators`; the third about images a
second, see `loading`; the fourth about logging and drawing training curves, see `curves`.

Every row is measured alternately with its floor (the same work without mxbook) or its peer, in this
one run, and only the ratio counts.  It is a benchmark, not a test: nothing fails for being slow.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
WORKLOADS = {
    "mxbook": HERE / "workloads.py",
    "numpy": HERE / "floors.py",
    "torch": HERE / "peer_torch.py",
    "mxnet": HERE / "workloads.py",
}


def run(python: str, name: str, args: argparse.Namespace) -> dict[str, float]:
    """One process of one framework: microseconds or other units for each row."""
    command = [python, str(WORKLOADS[name]), name, "0.02" if args.quick else "0.3", *args.only]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parents[1], check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def main() -> None:
    """Run everything twice, alternately, and print the better of the two with the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    choices = ("workloads", "operators", "loading", "curves")
    parser.add_argument("what", nargs="?", choices=choices, default="workloads")
    parser.add_argument("--quick", action="store_true", help="only see that everything runs")
    parser.add_argument("--only", nargs="*", default=[], help="names of rows")
    for peer in ("torch", "mxnet"):
        parser.add_argument(f"--{peer}", help=f"interpreter of an environment with {peer}")
    args = parser.parse_args()
    if args.what == "operators":
        from . import operators  # mxbook comes first, before NumPy has started its threads

        operators.run(args.only, args.quick)
        return
    if args.what == "loading":
        from . import loading

        loading.run(args.only, args.quick, args.mxnet)
        return
    if args.what == "curves":
        from . import curves

        curves.run(args.only, args.quick)
        return
    pythons = {"mxbook": sys.executable, "numpy": sys.executable}
    pythons |= {peer: p for peer in ("torch", "mxnet") if (p := getattr(args, peer))}
    best: dict[str, dict[str, float]] = {}
    for _ in range(1 if args.quick else 2):
        for name, python in pythons.items():
            for row, value in run(python, name, args).items():
                known = best.setdefault(row, {}).get(name, value)
                best[row][name] = min(known, value)
    print(
        f"{'row':28} {'mxbook':>10}   "
        + "".join(f"{n + ' (ratio)':>22}" for n in pythons if n != "mxbook")
    )
    for row, values in best.items():
        mine = values["mxbook"]
        cells = [
            f"{values[n]:>12.2f} ({mine / values[n]:.2f} x)" if n in values else ""
            for n in pythons
            if n != "mxbook"
        ]
        print(f"{row:28} {mine:>10.2f}   " + "".join(f"{c:>22}" for c in cells))


if __name__ == "__main__":
    main()
