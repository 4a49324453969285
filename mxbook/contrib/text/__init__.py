"""`mx.contrib.text`: words, their numbers and their vectors.

`vocab.py` Vocabulary; `embedding.py` word vectors from files, such as GloVe and fastText (imported
when it is first asked for); `utils.py` counting words.
"""

from . import utils, vocab


def __getattr__(wanted: str):
    if wanted != "embedding":
        raise AttributeError(f"module {__name__!r} has no attribute {wanted!r}")
    import importlib

    return importlib.import_module(f"{__name__}.embedding")
