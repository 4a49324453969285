import numpy as np
import pytest

import mxbook as mx
from mxbook import test_utils as tu


@pytest.mark.parametrize("typ", ["whole", "forward"])
def test_seconds(typ, monkeypatch):
    calls = []
    usual = mx.executor.Executor.forward

    def counted(self, is_train=False, **kwargs):
        calls.append((is_train, self.arg_dict["x"].asnumpy()))
        return usual(self, is_train, **kwargs)

    monkeypatch.setattr(mx.executor.Executor, "forward", counted)
    x = mx.sym.var("x")
    assert tu.check_speed(x * x, N=3, typ=typ, x=(2, 3)) > 0
    assert len(calls) == 4
    assert all(is_train == (typ == "whole") for is_train, _ in calls)
    assert tu.check_speed(x * x, {"x": np.full((2, 3), 7)}, N=1, typ=typ) > 0
    assert tu.same(calls[-1][1], np.full((2, 3), 7))


def test_other_kinds():
    with pytest.raises(ValueError, match="whole"):
        tu.check_speed(mx.sym.var("x"), x=(2,), typ="backward")


def test_the_same_batch():
    data = mx.io.NDArrayIter(np.arange(6), np.arange(6), batch_size=2)
    again = tu.DummyIter(data)
    batches = [again.next() for _ in range(5)]
    assert all(batch.data[0].asnumpy().tolist() == [0, 1] for batch in batches)
    assert again.batch_size == 2
    assert again.provide_data == data.provide_data
    assert next(iter(again)) is batches[0]
