"""Writing a hybridized block into files: its graph as JSON, its parameters by name."""

import warnings
from typing import Any

from mxbook import ndarray as nd


def export(block: Any, path: str, epoch: int, remove_amp_cast: bool) -> None:
    """See `HybridBlock.export`."""
    if not block._cached_graph:
        raise RuntimeError(
            "Please first call block.hybridize() and then run forward with this block at least "
            "once before calling export."
        )
    _tell(block)
    graph = block._cached_graph[1]
    graph.save(f"{path}-symbol.json", remove_amp_cast)
    arguments, states = set(graph.list_arguments()), set(graph.list_auxiliary_states())
    arrays = {}
    for name, parameter in block.collect_params().items():
        if name in arguments or name in states:  # others are not part of the graph
            kind = "arg" if name in arguments else "aux"
            arrays[f"{kind}:{name}"] = parameter._reduce()
    nd.save(f"{path}-{epoch:04d}.params", arrays)


def _tell(block: Any) -> None:
    """Warn about a graph that holds for some inputs only."""
    graph = block._cached_op
    sites = [str(s) for found in graph.asked.values() for s in found if s] if graph else []
    if sites:
        specs, modes = graph.key
        what = [", ".join(str(s.shape) for s in specs)] if specs else []
        what += [f"{'training' if modes[1] else 'prediction'} mode"] if modes else []
        lines = "\n".join(f"  {site}" for site in dict.fromkeys(sites))
        warnings.warn(
            f"the exported graph of {block.name} holds for {' in '.join(what)} only, because the "
            f"block's code asks for it:\n{lines}",
            stacklevel=4,
        )
