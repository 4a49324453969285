"""A graph in words: a sentence for those who cannot see it, and a table for terminals."""

from .looks import count, sums, title_of
from .model import WEIGHTS, Graph, Path

ROWS = 200  # of a table in a terminal


def sentence(graph: Graph) -> str:
    """The graph in one sentence: the one it has, or one made from its sums."""
    if graph.about:
        return graph.about
    t = graph.totals()
    inputs = [f"{n.name} {n.outputs[0].text}" for n in graph.nodes if n.role == "input"]
    words = [f"{t.operators} operator" + "s" * (t.operators != 1)]
    words += sums(t.parameters, t.flops, t.nbytes)
    about = f"; inputs {', '.join(inputs[:4])}" if inputs else ""
    if len(inputs) > 4:
        about += f" and {len(inputs) - 4} more"
    wrong = f"; it stops at an error: {graph.problem.splitlines()[0]}" if graph.problem else ""
    return f"{graph.title}: {', '.join(words)}{about}{wrong}"


def text(graph: Graph) -> str:
    """A sentence, and a line for each operation, indented by groups."""
    rows: list[tuple[str, str, str, str]] = []
    before: Path = ()
    shown = [n for n in graph.nodes if n.role not in WEIGHTS]
    for node in shown[:ROWS]:
        common = 0
        while common < min(len(before), len(node.path)) and before[common] == node.path[common]:
            common += 1
        for k in range(common, len(node.path)):
            path = node.path[: k + 1]
            t = graph.totals(path)
            label = f"{'  ' * k}{path[-1]}"
            rows.append((label, graph.kinds.get(path, ""), "", _sums(t.parameters, t.flops)))
        before = node.path
        own = sum(graph.nodes[i.source].size for i in node.inputs if _learned(graph, i.source))
        name = "  " * len(node.path) + title_of(node)
        mark = f"  ✗ {node.error.splitlines()[0]}" if node.error else ""
        shape = ", ".join(v.text for v in node.outputs)
        rows.append((name, node.name, shape, _sums(own, node.flops) + mark))
    widths = [max([len(r[i]) for r in rows], default=0) for i in range(3)]
    lines = [
        "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in rows
    ]
    more = [f"and {len(shown) - ROWS} more"] if len(shown) > ROWS else []
    problem = ["", graph.problem] if graph.problem else []
    return "\n".join([sentence(graph), "", *lines, *more, *problem])


def _learned(graph: Graph, number: int) -> bool:
    return graph.nodes[number].role == "parameter"


def _sums(parameters: int, flops: int) -> str:
    found = [f"{count(parameters)} parameters"] if parameters else []
    return "  ".join([*found, *([f"{count(flops)} FLOP"] if flops else [])])
