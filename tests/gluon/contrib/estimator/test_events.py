"""Handlers need not define anything."""

import pytest

from mxbook.gluon.contrib.estimator import events

EVENTS = {
    "TrainBegin": "train_begin",
    "TrainEnd": "train_end",
    "EpochBegin": "epoch_begin",
    "EpochEnd": "epoch_end",
    "BatchBegin": "batch_begin",
    "BatchEnd": "batch_end",
}


@pytest.mark.parametrize(("name", "method"), EVENTS.items())
def test_an_event_does_nothing_by_itself(name, method):
    handler = getattr(events, name)()
    assert isinstance(handler, events.EventHandler)
    assert getattr(handler, method)("estimator", batch=1) is None
    assert [m for m in EVENTS.values() if hasattr(handler, m)] == [method]
