"""Writes the checkpoint in `files`, with real MXNet 1.6: a module trained for a few batches.

<python with mxnet 1.6> tests/module/make_files.py
"""

import builtins
from pathlib import Path

import numpy as np

for old in ("bool", "int", "float", "object", "complex", "str"):  # MXNet 1.6 asks for NumPy < 1.24
    setattr(np, old, getattr(builtins, old))
import mxnet as mx  # noqa: E402

FILES = Path(__file__).parent / "files"
mx.random.seed(0)
net = mx.sym.BatchNorm(
    mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc"), name="bn"
)
module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
module.bind([("data", (2, 3))], [("softmax_label", (2,))])
module.init_params(mx.init.Xavier())
module.init_optimizer(optimizer="adam")
data = mx.nd.array(np.arange(6).reshape(2, 3))
for _ in range(3):
    module.forward_backward(mx.io.DataBatch([data], [mx.nd.array([0, 1])]))
    module.update()
module.save_checkpoint(str(FILES / "mxnet"), 1, save_optimizer_states=True)
module.forward(mx.io.DataBatch([data]), is_train=False)
np.save(FILES / "output.npy", module.get_outputs()[0].asnumpy())
