"""A playground for the engine: push operations of your own and watch them being scheduled.

    p = mx.explain.playground(workers=2)
    p.push("c = a + b", cost=3)
    p.push("d = tanh(c)")
    p.push("a += 1")                  # waits, because c still reads a
    p.step()                          # one event: an operation starts or ends
    print(p)
    p.run()
    p.save("play.png")

In a notebook `p` is a widget with buttons.  What decides is the engine's own core
(`mxbook/engine/core.py`); only time is made up, and goes in ticks.

`machine.py` the engine and its clock; `words.py` from a line of text to an operation; `chart.py`
the picture.
"""

from .machine import Playground, playground

__all__ = ["Playground", "playground"]
