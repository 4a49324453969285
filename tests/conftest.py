"""Fixtures that many tests share."""

import contextlib
import os
import sys

import pytest
from hypothesis import settings

from mxbook import engine
from mxbook.base.config import config
from mxbook.base.errors import MXNetError

# Every graph that a test makes is checked after each pass, here and in processes that tests start.
os.environ["MXBOOK_VERIFY_GRAPHS"] = "1"
config.verify_graphs = True

# A busy machine is slow now and then; how fast something is, benchmarks say.
settings.register_profile("mxbook", deadline=None)
settings.load_profile("mxbook")

MAY_SKIP = ("gpu", "oracle")  # what CI has no machine for


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI a skipped test is a failed one: a missing tool must not go unnoticed."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and os.environ.get("MXBOOK_CI") and not any(map(item.get_closest_marker, MAY_SKIP)):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def nothing_left_over():
    """Failures that a test did not look at are not shown to the next one."""
    yield
    with contextlib.suppress(MXNetError):
        engine.wait_for_all()


@pytest.fixture
def strict_gpu(monkeypatch):
    """Two GPUs of the strict stand-in for CuPy, for one test; see `tests/strict_cupy`."""
    from mxbook.backend import gpu
    from tests import strict_cupy

    monkeypatch.setitem(sys.modules, "cupy", strict_cupy)
    monkeypatch.setattr(gpu, "xp", None)
    monkeypatch.setattr(gpu, "used", set())
    monkeypatch.setattr(gpu, "_copy_streams", {})
    yield strict_cupy
    forget_gpu_plans()
    strict_cupy.cuda.Device(0).use()


def forget_gpu_plans() -> None:
    """Drop what was remembered about calls on GPUs: it refers to the stand-in."""
    from mxbook.backend import GPU
    from mxbook.ops.registry import operators

    for op in operators.values():
        on_gpu = [key for key, plan in op.plans.items() if plan.ctx.device_typeid == GPU]
        for key in on_gpu:
            del op.plans[key]


@pytest.fixture
def real_gpu():
    """The first CUDA device of this machine."""
    from mxbook.backend import gpu
    from mxbook.base.context import Context

    if gpu.count() == 0:
        pytest.skip(
            "needs CuPy and a CUDA device: run `python -m pytest -m gpu` where there is one"
        )
    return Context("gpu", 0)
