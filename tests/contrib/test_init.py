import importlib

import pytest

import mxbook as mx


def test_other_names():
    assert mx.contrib.nd is mx.contrib.ndarray
    assert mx.contrib.sym is mx.contrib.symbol
    for ours, theirs in ((mx.contrib.ndarray, mx.nd.contrib), (mx.contrib.symbol, mx.sym.contrib)):
        assert ours.box_iou is theirs.box_iou
    importlib.import_module("mxbook.contrib.ndarray")


def test_unknown_names():
    with pytest.raises(AttributeError, match="nothing"):
        mx.contrib.nothing
    assert {"text", "io", "autograd"} <= set(dir(mx.contrib))


def test_word_vectors_are_imported_late():
    assert mx.contrib.text.embedding.GloVe
    with pytest.raises(AttributeError, match="nothing"):
        mx.contrib.text.nothing
