"""Views of what happens inside, for people: training curves, cards of operators,
the engine's timeline and a playground for it, graphs and their memory plans.

The data objects draw themselves as PNG, SVG, HTML and text without a browser, a notebook or
matplotlib; in a notebook the package `mxbook_widgets` makes the same data live.

    with mx.explain.curves("digits", total=steps) as c:
        for data, label in batches:
            ...
            c.log(loss=loss.mean().asscalar())
    c.save("digits.png")
    mx.explain.runs("runs").compare("narrow", "wide")

    mx.explain.graph(net, (1, 3, 224, 224)).save("net.html")
    mx.explain.overlaid(net, x).show()
    mx.explain.operator("Convolution")
    with mx.explain.watch("one step") as w:
        step()
    w.timeline.save("step.html")
    mx.explain.playground(workers=2)
    mx.explain.memory(net, (1, 3, 224, 224), train=True).save("memory.html")
"""

from .callbacks import of_fit, of_trainer
from .card import operator
from .graph import graph, overlaid, passes, steps
from .live import curves
from .memory import memory
from .playground import playground
from .run import Run
from .store import runs
from .timeline import timeline
from .timeline.live import watch

__all__ = [
    "Run",
    "curves",
    "graph",
    "memory",
    "of_fit",
    "of_trainer",
    "operator",
    "overlaid",
    "passes",
    "playground",
    "runs",
    "steps",
    "timeline",
    "watch",
]
