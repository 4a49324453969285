"""The operators give the outputs and gradients of real MXNet 1.6, as stored in `tests/golden`.

`tests/golden/make_operator_golden.py` makes the stored answers from the operators' examples.
"""

import json
from pathlib import Path

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.dtypes import FLOATS
from mxbook.ndarray.ndarray import NDArray
from mxbook.ndarray.registry import functions
from mxbook.ops.registry import operators
from mxbook.testing.comparing import TOLERANCES, assert_agree

# MXNet computes some functions of float64 with constants or steps in float32.
TOLERANCES = {**TOLERANCES, "float64": (1e-6, 1e-7)}

GOLDEN = Path(__file__).parent.parent / "golden"
INDEX = json.loads((GOLDEN / "operators.json").read_text())
with np.load(GOLDEN / "operators.npz") as stored:
    ARRAYS = {name: stored[name] for name in stored.files}


def unpack(value):
    """The arrays that a list of references stands for."""
    if isinstance(value, list):
        return [unpack(v) for v in value]
    if value is None:
        return None
    name, start, shape = value["a"]
    size = int(np.prod(shape))
    return ARRAYS[name][start : start + size].reshape(shape)


def named(case):
    """A name for a case."""
    params = ", ".join(f"{k}={v}" for k, v in case["params"].items())
    return f"{case['op']}({params})"


def run(case, arrays):
    found = functions[case["op"]](*arrays, **case["params"])
    return [found] if isinstance(found, NDArray) else list(found)


def assert_all(found, expected, what, wider=1):
    assert len(found) == len(expected)
    for i, (a, b) in enumerate(zip(found, expected, strict=True)):
        assert a.dtype == b.dtype
        rtol, atol = TOLERANCES.get(b.dtype.name, (0, 0))
        assert_agree(a.asnumpy(), b, f"{what} {i}", (rtol * wider, atol * wider))


# Flaws of MXNet that mxbook does not share, with the reason.
OTHER_OUTPUTS = {
    "Deconvolution(kernel=(3,), stride=(2,), dilate=(2,), pad=(1,), adj=(1,), num_group=2, "
    "num_filter=6)": "MXNet writes to even places, which 2 * i + 2 * k - 1 never reaches",
    "_adamw_update(lr=0.1, eta=0.5, wd=0.01, clip_gradient=0.3)": "MXNet scales the gradient in "
    "place, and without a usable scale leaves the result unset",
    "_contrib_ROIAlign(pooled_size=(2, 2), spatial_scale=0.5)": "MXNet leaves the result of an "
    "image number below 0 unset",
    "_contrib_SyncBatchNorm(fix_gamma=False, output_mean_var=True, key=bn0)": "MXNet leaves the "
    "statistics unset in prediction",
    "_image_adjust_lighting(alpha=(1, 1, 1))": "MXNet leaves an image of one channel unset",
    "_image_flip_left_right()": "MXNet leaves the middle column of an odd number unset",
    "_image_flip_top_bottom()": "MXNet leaves the middle row of an odd number unset",
}
OTHER_GRADIENTS = {
    **OTHER_OUTPUTS,
    "LayerNorm(axis=1, eps=0.001, output_mean_var=True)": "MXNet forgets what arrives at the "
    "mean and the variance; these are derivatives like all others",
    "SequenceLast()": "MXNet reads lengths that were not given: it crashes or writes anywhere",
}


def assert_inputs(case, arrays, stored):
    assert_all(arrays, stored, "after the call, input")


WITH_OUTPUTS = [c for c in INDEX["cases"] if named(c) not in OTHER_OUTPUTS]


@pytest.mark.parametrize("case", WITH_OUTPUTS, ids=named)
def test_outputs(case):
    inputs = unpack(case["in"])
    arrays = [mx.nd.array(x, dtype=x.dtype) for x in inputs]
    assert_all(run(case, arrays), unpack(case["out"]), "output")
    assert_inputs(case, arrays, unpack(case.get("after", case["in"])))


WITH_GRADIENTS = [c for c in INDEX["cases"] if "head" in c and named(c) not in OTHER_GRADIENTS]


@pytest.mark.parametrize("case", WITH_GRADIENTS, ids=named)
def test_gradients(case):
    arrays = [mx.nd.array(x, dtype=x.dtype) for x in unpack(case["in"])]
    for a in arrays:
        if np.dtype(a.dtype) in FLOATS:
            a.attach_grad()
    with mx.autograd.record():
        found = run(case, arrays)
    assert_all(found, unpack(case.get("train_out", case["out"])), "output")
    heads = [mx.nd.array(h, dtype=h.dtype) for h in unpack(case["head"])]
    mx.autograd.backward(found, heads)
    pairs = [(a, g) for a, g in zip(arrays, unpack(case["grad"]), strict=True) if g is not None]
    assert_all([a.grad for a, _ in pairs], [g for _, g in pairs], "gradient", wider=10)
    assert_inputs(case, arrays, unpack(case.get("train_after", case["in"])))


def test_every_operator_has_stored_answers():
    from tests.golden.make_operator_golden import examples

    known = {c["op"] for c in INDEX["cases"]} | {f.split()[0] for f in INDEX["failed"]}
    new = {e["op"] for e in examples()} - known - set(INDEX["own"])
    if new:
        pytest.skip(f"run make_operator_golden.py with MXNet for: {', '.join(sorted(new))}")


def test_stored_operators_exist():
    assert {c["op"] for c in INDEX["cases"]} <= set(operators)
