"""The operators, one theme a file.  Importing this package registers them all."""

from . import (
    activation,
    arithmetic,
    comparison,
    convolution,
    creation,
    dense,
    dot,
    elementary,
    indexing,
    joining,
    optimizer,
    piecewise,
    random,
    reduce,
    repeating,
    shape,
    slicing,
    softmax,
    sorting,
    special,
)
