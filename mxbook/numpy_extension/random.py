"""`mx.npx.random`: seeding."""

from mxbook.random import seed

__all__ = ["seed"]
