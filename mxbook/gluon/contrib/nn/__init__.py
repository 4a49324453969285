"""`gluon.contrib.nn`: layers on trial."""

from .basic_layers import Concurrent, HybridConcurrent, Identity, SparseEmbedding
