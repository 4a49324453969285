"""`gluon.contrib.data`: a sampler with gaps, and texts.

`sampler.py` IntervalSampler; `text.py` WikiText2 and WikiText103.
"""

from . import text
from .sampler import IntervalSampler
