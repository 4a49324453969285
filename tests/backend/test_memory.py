"""Memory of arrays that have died is used again, not asked for anew."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import mxbook as mx

x = mx.nd.ones((100_000,))

def keep_many():
    kept = [x + i for i in range(20)]

keep_many()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    keep_many()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries keep memory anyhow"
)
def test_pages_are_not_given_back_and_fetched_again():
    """20 arrays are 2,000 pages; without care they would be fetched 10 times."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 4000
