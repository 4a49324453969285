"""Live pictures for mxbook in JupyterLab, VS Code and Colab; needs anywidget.

Each widget shows a data object of `mxbook.explain`, which draws itself where no widget can live.
"""

try:
    import anywidget
except ImportError as error:
    raise ImportError(
        "the live widgets need the package anywidget: pip install 'mxbook[widgets]'"
    ) from error

from ._card import OperatorCard
from ._curves import Curves
from ._graph import Graph
from ._memory import Memory
from ._playground import Playground
from ._timeline import Timeline

__all__ = ["Curves", "Graph", "Memory", "OperatorCard", "Playground", "Timeline"]
