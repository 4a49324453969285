"""What operators may ask for: random numbers."""

from .random import Generator
