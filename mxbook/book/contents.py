"""The contents of the course: its chapters, and which of them come before which.

mx.book.contents()     the map of chapters, as a graph to look into
"""

from typing import TYPE_CHECKING, NamedTuple

from .chapters import find, home

if TYPE_CHECKING:
    from mxbook.explain.graph import Graph

PARTS = (
    "Start",
    "I  Arrays and time",
    "II  Gradients",
    "III  Graphs",
    "IV  Gluon",
    "V  Models",
    "VI  Scale",
    "VII  Practice",
)


class Planned(NamedTuple):
    """A chapter: its number, the name of its file, its title, its part and what it builds on."""

    number: str
    name: str
    title: str
    part: int
    after: tuple[str, ...] = ()

    @property
    def stem(self) -> str:
        """`02-ndarray`, the name of the file without its ending."""
        return f"{self.number}-{self.name}"


CONTENTS = (
    Planned("00", "start-here", "Start here", 0),
    Planned("01", "looking-inside", "Looking inside", 0, ("00",)),
    Planned("02", "ndarray", "Arrays", 1, ("01",)),
    Planned("03", "engine", "The engine", 1, ("02",)),
    Planned("04", "randomness", "Randomness", 1, ("02",)),
    Planned("05", "what-if", "What if: more workers", 1, ("03",)),
    Planned("06", "autograd", "Gradients by hand", 2, ("02",)),
    Planned("07", "higher-order", "Higher order, Function", 2, ("06",)),
    Planned("08", "operators", "Writing operators", 2, ("07",)),
    Planned("09", "symbol", "Symbols", 3, ("06",)),
    Planned("10", "executor", "Executors", 3, ("09",)),
    Planned("11", "memory-planning", "Planning memory", 3, ("10",)),
    Planned("12", "graph-passes", "Graph passes", 3, ("10",)),
    Planned("13", "blocks", "Blocks and parameters", 4, ("06",)),
    Planned("14", "hybridize", "Hybridizing", 4, ("12", "13")),
    Planned("15", "training-loop", "A training loop", 4, ("13",)),
    Planned("16", "losses-metrics", "Losses, metrics, starts", 4, ("15",)),
    Planned("17", "optimizers", "Optimizers and Trainer", 4, ("15",)),
    Planned("18", "data", "Data sets and loaders", 4, ("15",)),
    Planned("19", "records", "Records and iterators", 4, ("18",)),
    Planned("20", "convolution", "Convolutional networks", 5, ("17",)),
    Planned("21", "residual", "Residual networks", 5, ("20",)),
    Planned("22", "recurrent", "Recurrent networks", 5, ("17",)),
    Planned("23", "attention", "Attention", 5, ("22",)),
    Planned("24", "generators", "Autoencoder and GAN", 5, ("20",)),
    Planned("25", "module", "The Module interface", 5, ("17",)),
    Planned("26", "kvstore", "KVStore", 6, ("17",)),
    Planned("27", "distributed", "Several processes", 6, ("26",)),
    Planned("28", "gpu", "Graphics cards", 6, ("20",)),
    Planned("29", "mixed-precision", "Mixed precision", 6, ("20",)),
    Planned("30", "profiling", "Finding the slow line", 7, ("17",)),
    Planned("31", "sparse", "Sparse arrays", 7, ("26",)),
    Planned("32", "saving", "Saving and exchanging", 7, ("17",)),
    Planned("33", "ecosystem", "Running MXNet's packages", 7, ("32",)),
)


def contents() -> "Graph":
    """The map of the course: an arrow leads from a chapter to those that build on it.

    Chapters that are not written yet say so.

    >>> contents()["06"].note
    'after 02'
    """
    from mxbook.explain.graph import Graph, Node
    from mxbook.explain.graph.model import Input

    there = written()
    numbers = {planned.number: i for i, planned in enumerate(CONTENTS)}
    nodes = [
        Node(
            *(numbers[p.number], p.number, f"{p.number}  {p.title}", "operator", (PARTS[p.part],)),
            tuple(Input(numbers[n], 0, n) for n in p.after),
            (),
            note=_note(p, there),
        )
        for p in CONTENTS
    ]
    graph = Graph("The map of chapters", nodes, [])
    graph.depth, graph.fold = 1, False
    graph.about = (
        f"{graph.title}: {len(CONTENTS)} chapters in {len(PARTS)} parts, {len(there)} of them "
        "written; an arrow leads to what builds on a chapter"
    )
    return graph


def written() -> set[str]:
    """The numbers of the chapters whose notebooks are there."""
    return {chapter.name[:2] for chapter in find([str(home())])}


def _note(planned: Planned, there: set[str]) -> str:
    if planned.number not in there:
        return "to come"
    return f"after {', '.join(planned.after)}" if planned.after else "begin here"
