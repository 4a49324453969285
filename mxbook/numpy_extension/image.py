"""`mx.npx.image`: operators on pictures, for arrays of `mx.np`."""

from . import _FUNCTIONS

globals().update(
    {f.__name__: f for name, f in _FUNCTIONS.items() if name.startswith("_npx__image_")}
)
