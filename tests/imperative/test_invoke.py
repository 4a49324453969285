"""Results that are written where the caller wants them."""

import pytest

import mxbook as mx


@pytest.mark.parametrize("count", [1, 2, 3])
def test_operators_with_as_many_results_as_inputs(count):
    weights = [mx.nd.array([[1, 2], [3, 4]]) * (i + 1) for i in range(count)]
    pairs = [array for w in weights for array in (w, mx.nd.ones((2, 2)))]
    options = {"lrs": [1.0] * count, "wds": [0.0] * count, "num_weights": count}
    mx.nd.multi_sgd_update(*pairs, out=weights if count > 1 else weights[0], **options)
    for i, w in enumerate(weights, 1):
        assert w.asnumpy().tolist() == [[i - 1, 2 * i - 1], [3 * i - 1, 4 * i - 1]]
