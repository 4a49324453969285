"""Checkpoints, which real MXNet reads and writes, too."""

from pathlib import Path

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import FileFormatError


def network():
    h = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    return mx.sym.BatchNorm(h, name="bn")


def test_there_and_back(tmp_path, caplog):
    caplog.set_level("INFO")
    prefix, args = str(tmp_path / "net"), {"fc_weight": mx.nd.ones((2, 3))}
    mx.model.save_checkpoint(prefix, 12, network(), args, {"bn_moving_mean": mx.nd.zeros(2)})
    assert "net-0012.params" in caplog.text
    assert sorted(mx.nd.load(f"{prefix}-0012.params")) == ["arg:fc_weight", "aux:bn_moving_mean"]
    symbol, arg_params, aux_params = mx.model.load_checkpoint(prefix, 12)
    assert symbol.tojson() == network().tojson()
    assert arg_params["fc_weight"].asnumpy().tolist() == [[1, 1, 1], [1, 1, 1]]
    assert list(aux_params) == ["bn_moving_mean"]
    assert mx.model.load_params(prefix, 12)[0].keys() == arg_params.keys()


def test_without_a_symbol(tmp_path):
    mx.model.save_checkpoint(str(tmp_path / "net"), 1, None, {}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["net-0001.params"]
    assert mx.model.load_params(str(tmp_path / "net"), 1) == ({}, {})


def test_arrays_without_names(tmp_path):
    mx.nd.save(str(tmp_path / "net-0001.params"), [mx.nd.ones(1)])
    with pytest.raises(FileFormatError, match="no names"):
        mx.model.load_params(str(tmp_path / "net"), 1)


def test_the_bytes_are_those_of_mxnet(tmp_path):
    """Written again, a file of MXNet's `Module.save_checkpoint` does not change."""
    source = Path(__file__).parent / "module" / "files"
    symbol, args, auxs = mx.model.load_checkpoint(str(source / "mxnet"), 1)
    prefix = str(tmp_path / "mxnet")
    mx.model.save_checkpoint(prefix, 1, symbol, args, auxs)
    for end in ("-0001.params", "-symbol.json"):
        assert Path(prefix + end).read_bytes() == Path(str(source / "mxnet") + end).read_bytes()
    module = mx.mod.Module.load(str(source / "mxnet"), 1, load_optimizer_states=True)
    module.bind([("data", (2, 3))], [("softmax_label", (2,))])
    module.init_optimizer(optimizer="adam")
    found = module._updater.get_states()
    assert found == (source / "mxnet-0001.states").read_bytes()
    output = np.load(source / "output.npy")
    predicted = module.predict(mx.nd.array(np.arange(6).reshape(2, 3))).asnumpy()
    np.testing.assert_allclose(predicted, output, rtol=1e-5)
