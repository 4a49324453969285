"""Every test of the profiler begins with nothing seen, and leaves nothing running."""

import pytest

from mxbook import profiler
from mxbook.profiler.session import session


@pytest.fixture(autouse=True)
def clean(tmp_path):
    """The profiler as new, with a file of its own."""
    profiler.set_config(filename=str(tmp_path / "profile.json"), aggregate_stats=True)
    session.forget()
    yield
    profiler.set_state("stop")
    session.forget()
    profiler.set_config()
