"""`mx.npx.random`: seeding."""

from typing import Any

from mxbook.imperative import generators


def seed(seed: int, ctx: Any = "all") -> None:
    """Start the random streams of all devices, or of one, from a seed; see `mx.random.seed`."""
    generators.seed(int(seed), None if ctx == "all" else ctx)
