import numpy as np

import mxbook as mx


def test_memory_that_is_kept_can_be_given_back():
    x = mx.nd.array(np.zeros((1024, 1024)))
    x.wait_to_read()
    del x
    mx.nd.waitall()
    mx.cpu().empty_cache()
    assert mx.storage.stats(mx.cpu())["free"] == 0


def test_on_a_gpu(strict_gpu):
    mx.nd.zeros((4, 4), ctx=mx.gpu(0)).wait_to_read()
    mx.gpu(0).empty_cache()
    stats = mx.storage.stats(mx.gpu(0))
    assert stats["used"] >= 0
    assert mx.context.num_gpus() == 2
