"""What the installation can do."""

import importlib.util

import pytest

import mxbook as mx


def test_all_features():
    features = mx.runtime.Features()
    assert features is mx.runtime.Features() is mx.runtime.Features.instance
    assert len(features) == 32
    assert list(features)[:2] == ["CUDA", "CUDNN"]
    assert [f.name for f in mx.runtime.feature_list()] == list(features)


def test_some_features(monkeypatch):
    assert mx.runtime.Features().is_enabled("lapack")
    found = {f.name: f.enabled for f in mx.runtime.feature_list()}
    assert found["CUDA"] == (mx.context.num_gpus() > 0)
    assert not found["MKLDNN"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not {f.name: f.enabled for f in mx.runtime.feature_list()}["OPENCV"]
    with pytest.raises(RuntimeError, match="'NOPE' is unknown"):
        mx.runtime.Features().is_enabled("nope")


def test_how_they_look():
    assert repr(mx.runtime.Feature("A", True)) == "✔ A"
    assert repr(mx.runtime.Features()).startswith("[✖ " if not mx.context.num_gpus() else "[✔ ")
