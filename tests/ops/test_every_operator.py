"""Every operator, on every one of its examples: value, inference, gradients, devices, text, words.

pytest tests/ops -k Convolution         only the cases of one operator
"""

import pytest

import mxbook as mx
from mxbook.ops.registry import operators
from mxbook.testing import operators as checks
from mxbook.testing.cases import all_cases

ALL = list({op.name: op for op in operators.values()}.values())
CASES = all_cases()
every_case = pytest.mark.parametrize("case", CASES, ids=repr)
every_operator = pytest.mark.parametrize("op", ALL, ids=lambda op: op.name)

# MXNet 1.6 registers no gradient for these (besides creation, draws and updates, see below).
NOT_DIFFERENTIABLE = {
    *("argmax_channel", "batch_take", "_slice_assign", "_slice_assign_scalar"),
    *("khatri_rao", "_histogram", "_scatter_set_nd", "fill_element_0index", "_onehot_encode"),
    *("_contrib_calibrate_entropy", "_contrib_allclose"),
    "_backward_SoftmaxOutput",  # the loss's gradient by definition, not a derivative
    *("_contrib_edge_id", "_contrib_dgl_adjacency"),
    *("_contrib_dgl_subgraph", "_contrib_dgl_graph_compact"),
    *("_backward_RNN", "_backward_CTCLoss"),  # themselves gradients, whose kernels go step by step
}


@every_case
def test_value(case):
    checks.check_value(case)


@every_case
def test_inference(case):
    checks.check_inference(case)
    checks.check_partial_inference(case)


@every_case
def test_types(case):
    checks.check_types(case)


@every_case
def test_out(case):
    checks.check_out(case)


@every_case
def test_parameters_as_text(case):
    checks.check_text(case)


@every_case
def test_as_symbol(case):
    checks.check_symbol(case)


@pytest.mark.parametrize("case", [c for c in CASES if not c.example.why], ids=repr)
def test_gradients(case):
    checks.check_gradients(case)


@every_case
def test_on_a_gpu(strict_gpu, case):
    # Not device 0, which is the current one anyway.
    checks.check_device(case, mx.gpu(1))


@pytest.mark.gpu
def test_on_a_real_gpu(real_gpu):
    failures = []
    for case in CASES:
        try:
            checks.check_device(case, real_gpu)
        except Exception as error:  # any error of CuPy's is a finding; all are shown at once
            failures.append(f"{case!r}: {type(error).__name__}: {error}")
    assert not failures, "\n".join(failures)


@every_operator
def test_documented(op):
    checks.check_documented(op)


@every_operator
def test_a_gradient_or_a_reason(op):
    update = op.mutates or op.name.endswith("_update")
    if op.inputs and not op.uses_random and not update and op.name not in NOT_DIFFERENTIABLE:
        assert op.differentiable or op.zero_gradient
