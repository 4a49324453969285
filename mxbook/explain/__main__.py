"""What a net runs as, and what an operator is, on the command line.

    python -m mxbook.explain memory resnet18_v1 --shape 1,3,224,224 --train --save plan.html
    python -m mxbook.explain graph net-symbol.json --shape data0=2,3 data1=2,4 --train
    python -m mxbook.explain operator Convolution
    python -m mxbook.explain timeline trace.json.gz --save trace.html
    python -m mxbook.explain gallery pictures --files folder_of_symbols
    python -m mxbook.explain runs folder_of_runs --save compared.html

`memory` tells how the memory of values between is planned (with --save the picture, a second file
for training where prediction is wanted as well), `graph` what every pass did and what is
left to run, for prediction and for training.  Nets are members of the model zoo or files.
`timeline` reads a Chrome trace, of mxbook or another program, and writes it in another form.
`gallery` draws many graphs, some timelines and some training runs into a folder.
`runs` tells what is in a store of runs and draws the newest in one picture.
"""

import argparse
from pathlib import Path

from mxbook import symbol

from .card import operator
from .memory import MemoryPlan, plan_of, program_of
from .store import Runs
from .timeline import Timeline


def main(arguments: list[str] | None = None) -> None:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m mxbook.explain",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=tuple(WHAT))
    parser.add_argument("names", nargs="+", help="nets, operators, traces or a folder")
    parser.add_argument("--shape", nargs="+", default=["1,3,224,224"], help="of the inputs")
    parser.add_argument("--train", action="store_true", help="only for training")
    parser.add_argument("--predict", action="store_true", help="only for prediction")
    parser.add_argument("--save", help="file to write: .html .png .svg .csv and others")
    parser.add_argument("--files", help="folder of symbols for the gallery")
    args = parser.parse_args(arguments)
    for name in args.names:
        WHAT[args.what](name, args)


def _operator(name: str, args: argparse.Namespace) -> None:
    card = operator(name)
    print(card)
    if args.save:
        card.save(args.save)


def _program(name: str, args: argparse.Namespace) -> None:
    print(name)
    title = Path(name).name.removesuffix(".json").removesuffix("-symbol")
    for train in (False, True):
        if args.predict if train else args.train:
            continue
        program = program_of(_net(name), dict(map(_shape, args.shape)), train)
        shown = plan_of(program, title) if args.what == "memory" else program
        print(shown, end="\n\n")
        if args.save and isinstance(shown, MemoryPlan):
            both = train and not args.train  # the file of prediction has been written
            file = Path(args.save)
            shown.save(file.with_stem(f"{file.stem}-training") if both else file)


def _timeline(name: str, args: argparse.Namespace) -> None:
    found = Timeline.load(name)
    print(found)
    if args.save:
        found.save(args.save)


def _gallery(name: str, args: argparse.Namespace) -> None:
    from .gallery import gallery as runs
    from .graph.gallery import gallery as graphs
    from .timeline.gallery import gallery as timelines

    for title, measures in graphs(name, args.files):
        print(title, measures)
    for title, found in timelines(name).items():
        print(title, found.sentence())
    for title, found in runs(name):
        print(title, found)


def _runs(name: str, args: argparse.Namespace) -> None:
    found = Runs(name)
    print(found)
    if args.save:
        found.compare().save(args.save)


WHAT = {
    "memory": _program,
    "graph": _program,
    "operator": _operator,
    "timeline": _timeline,
    "gallery": _gallery,
    "runs": _runs,
}


def _net(name: str) -> symbol.Symbol:
    if name.endswith(".json"):
        return symbol.load(name)
    from mxbook.gluon.model_zoo import vision

    return vision.get_model(name)(symbol.var("data"))


def _shape(text: str) -> tuple[str, tuple[int, ...]]:
    """The shape of an input, with its name.

    >>> _shape("2,3"), _shape("x=4")
    (('data', (2, 3)), ('x', (4,)))
    """
    name, _, lengths = text.rpartition("=")
    return name or "data", tuple([int(length) for length in lengths.split(",")])


if __name__ == "__main__":
    main()
