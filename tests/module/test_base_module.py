"""What all modules share: fit, score and predict."""

import re

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError
from tests.module.networks import X, Y, batches, network, ready, same, values


def test_fit_says_what_happens(caplog):
    caplog.set_level("INFO")
    seen = []
    module = mx.mod.Module(network())
    module.fit(
        batches(),
        eval_data=batches(),
        validation_metric="ce",
        num_epoch=3,
        begin_epoch=1,
        initializer=mx.init.Xavier(),
        batch_end_callback=[lambda p: seen.append((p.epoch, p.nbatch)), None],
        epoch_end_callback=lambda epoch, symbol, args, auxs: seen.append((epoch, len(args))),
        eval_batch_end_callback=lambda p: seen.append(("eval", p.nbatch)),
        eval_end_callback=lambda p: seen.append(("end", p.nbatch)),
    )
    evaluation = [("eval", 0), ("eval", 1), ("eval", 2), ("end", 3)]
    epochs = [[(e, 0), (e, 1), (e, 2), (e, 6), *evaluation] for e in (1, 2)]
    assert seen == epochs[0] + epochs[1]
    lines = [re.sub(r"=.*", "", line) for line in caplog.messages]
    wanted = ["Train-accuracy", "Time cost", "Validation-cross-entropy"]
    assert lines == [f"Epoch[{e}] {text}" for e in (1, 2) for text in wanted]


@pytest.mark.filterwarnings("ignore:Parameters already")
def test_fit_is_the_loop_written_by_hand():
    first, second = ready(), ready()
    second.set_params(*first.get_params())
    data = batches()
    for _ in range(2):
        data.reset()
        for b in data:
            first.forward_backward(b)
            first.update()
    second.fit(batches(), num_epoch=2)
    same(values(first), values(second))


@pytest.mark.filterwarnings("ignore:Parameters already")
def test_callbacks_see_the_loop():
    found = {}
    ready().fit(batches(), num_epoch=1, batch_end_callback=lambda p: found.update(p.locals))
    assert {"self", "data_batch", "eval_metric", "train_data"} <= set(found)


def test_a_monitor_watches(caplog):
    caplog.set_level("INFO")
    monitor = mx.mon.Monitor(2, pattern="fc2.*")
    mx.mod.Module(network()).fit(batches(), num_epoch=1, monitor=monitor)
    seen = [line for line in caplog.messages if line.startswith("Batch:")]
    assert [line.split()[1:3] for line in seen] == [
        [step, name] for step in "13" for name in ("fc2_output", "fc2_weight", "fc2_bias")
    ]


def test_fit_needs_epochs_and_data():
    with pytest.raises(ParameterError, match="number of epochs"):
        mx.mod.Module(network()).fit(batches())
    used = batches()
    list(used)
    with pytest.raises(MXNetError, match="no batch"):
        mx.mod.Module(network()).fit(used, num_epoch=1)


def test_predict():
    module, ten = ready(), mx.io.NDArrayIter(X[:10], Y[:10], batch_size=4)
    whole = module.predict(ten)
    assert whole.shape == (10, 3)
    parts = module.predict(ten, merge_batches=False)
    assert [[a.shape for a in part] for part in parts] == [[(4, 3)], [(4, 3)], [(2, 3)]]
    assert (np.concatenate([p[0].asnumpy() for p in parts]) == whole.asnumpy()).all()
    assert module.predict(ten, num_batch=1).shape == (4, 3)
    assert module.predict(ten, always_output_list=True)[0].shape == (10, 3)
    np.testing.assert_allclose(module.predict(X[:4]).asnumpy(), whole.asnumpy()[:4], rtol=1e-5)
    np.testing.assert_allclose(module.predict(mx.nd.array(X[:4])).asnumpy(), whole.asnumpy()[:4])
    with pytest.raises(ParameterError, match="eval_data"):
        module.predict(3)


def test_predict_can_go_on():
    module, data = ready(), batches()
    next(data)
    assert module.predict(data, reset=False).shape == (8, 3)
    assert module.predict(data, reset=False) == []


def test_score():
    module = ready()
    pairs = module.score(batches(), ["acc", "ce"])
    outputs = module.predict(batches()).asnumpy()
    assert pairs[0] == ("accuracy", (outputs.argmax(1) == Y).mean())
    chosen = outputs[np.arange(12), Y.astype(int)]
    np.testing.assert_allclose(pairs[1][1], -np.log(chosen).mean(), rtol=1e-5)
    own = mx.metric.Accuracy()
    module.score(batches(), own, num_batch=2)
    assert own.num_inst == 8


def test_parameters_as_files(tmp_path):
    one, other = ready(), ready()
    one.save_params(str(tmp_path / "p"))
    other.load_params(str(tmp_path / "p"))
    same(values(one), values(other))


@pytest.mark.parametrize(
    "use",
    [
        lambda m: m.data_names,
        lambda m: m.output_names,
        lambda m: m.data_shapes,
        lambda m: m.label_shapes,
        lambda m: m.output_shapes,
        lambda m: m.bind([]),
        lambda m: m.init_params(),
        lambda m: m.init_optimizer(),
        lambda m: m.install_monitor(None),
        lambda m: m.forward(None),
        lambda m: m.backward(),
        lambda m: m.update(),
        lambda m: m.update_metric(None, []),
        lambda m: m.get_outputs(),
        lambda m: m.get_input_grads(),
        lambda m: m.get_params(),
    ],
)
def test_what_a_subclass_defines(use):
    with pytest.raises(MXNetError, match="must define"):
        use(mx.mod.BaseModule())


def test_states_of_a_module_without_any():
    module = mx.mod.BaseModule()
    module.binded = module.params_initialized = True
    module.set_states()
    assert module.get_states() == []
    with pytest.raises(MXNetError, match="no states"):
        module.set_states(value=1)
    with pytest.warns(UserWarning, match="sparse_row_id_fn"):
        module.prepare(None, sparse_row_id_fn=print)
    assert module.symbol is None
