"""The operators, one theme a file.  Importing this package registers them all."""

from . import activation, arithmetic, comparison, creation, dense, elementary, optimizer, random, shape, softmax
