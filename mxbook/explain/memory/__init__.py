"""How the memory of a net is planned: which value lives in which buffer, and how long.

    plan = mx.explain.memory(net, (1, 3, 224, 224), train=True)
    print(plan)
    plan.save("plan.png")

In a notebook `plan` is a picture, live where `mxbook_widgets` is installed: instructions go to the
right, bytes upwards, and every value is a rectangle from the instruction that makes it to the one
that uses it last.

`plan.py` the data; `lives.py` rectangles; `chart.py` the picture; `files.py` files and outputs.
"""

from .plan import MemoryPlan, NoProgramError, memory, plan_of, program_of

__all__ = ["MemoryPlan", "NoProgramError", "memory", "plan_of", "program_of"]
