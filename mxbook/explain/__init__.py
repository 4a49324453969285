"""Views of what happens inside, for people: training curves, cards of operators,
the engine's timeline, the memory plan of a graph.

The data objects draw themselves as PNG, SVG, HTML and text without a browser, a notebook or
matplotlib; in a notebook the package `mxbook_widgets` makes the same data live.

    with mx.explain.curves("digits", total=steps) as c:
        for data, label in batches:
            ...
            c.log(loss=loss.mean().asscalar())
    c.save("digits.png")

    mx.explain.operator("Convolution")
    print(mx.explain.timeline().text())
    print(mx.explain.memory(net, (1, 3, 224, 224)))
"""

from .card import operator
from .graph import graph
from .live import curves
from .memory import memory
from .run import Run
from .timeline import timeline

__all__ = ["Run", "curves", "graph", "memory", "operator", "timeline"]
