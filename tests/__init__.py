"""Tests, path for path as in `mxbook/`; importable so that they can share `strict_cupy`."""
