"""20,000 random calls of operators, some absurd: a result of the inferred shape, or an error.

Most calls are an operator's example with something changed: a shape, an element type, a parameter,
the number of inputs.  Whatever happens must be either what the rules promised or an MXNetError that
says what is wrong.  Public operators must have found it themselves; for the internal ones, which
people do not call, it is enough that the error names the operator and its inputs.
"""

import faulthandler
import random

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import MXNetError, OperationError
from mxbook.base.spec import spec_of
from mxbook.imperative.namespaces import sort
from mxbook.imperative.plan import plan_for
from mxbook.ops.params import Bool, DType, Enum, Floats, Int, Real, Shape
from mxbook.ops.registry import operators
from mxbook.testing.cases import cases_of

CALLS, PARTS = 20_000, 20
SECONDS = 60  # for one call, with room for a busy machine
ABSURD = ("", "abc", None, -1, -(10**6), 2**40, 1e30, float("nan"), (), (0,), (-3, 7), [[1]], b"x")
# They read files and addresses, or wait for others: not functions of their inputs.
LEFT_OUT = {"_cvimread", "_CrossDeviceCopy", "Custom"}
PUBLIC = {
    operators[function.__name__].name
    for module, functions in sort(mx.nd.registry.functions).items()
    if module != "_internal"
    for function in functions.values()
}
OPERATORS = sorted({op.name: op for op in operators.values() if op.name not in LEFT_OUT}.items())


def some_shape(source):
    return tuple(source.choice((0, 1, 1, 2, 3, 4, 5)) for _ in range(source.randrange(5)))


def some_array(source, like=None):
    """A random array; mostly near to one that is known to fit."""
    shape, dtype = some_shape(source), source.choice(list(TYPES))
    if like is not None and source.random() < 0.8:
        dtype = like.dtype if source.random() < 0.7 else dtype
        shape = list(like.shape)
        if shape and source.random() < 0.6:
            shape[source.randrange(len(shape))] = source.choice((0, 1, 2, 3, 7))
    values = np.random.default_rng(source.getrandbits(32)).normal(0, 3, tuple(shape))
    return mx.nd.array(values.astype(dtype), dtype=dtype)


def some_value(source, param):
    """A value of the right kind, or an absurd one."""
    if source.random() < 0.15:
        return source.choice(ABSURD)
    kinds = {
        Bool: lambda: source.random() < 0.5,
        Enum: lambda: source.choice(getattr(param, "choices", ("",))),
        DType: lambda: source.choice(list(TYPES)),
        Int: lambda: source.randrange(-3, 9),
        Real: lambda: source.uniform(-3, 3),
        Shape: lambda: tuple(source.randrange(-2, 6) for _ in range(source.randrange(4))),
        Floats: lambda: tuple(source.uniform(-2, 2) for _ in range(source.randrange(4))),
    }
    for kind, draw in kinds.items():
        if isinstance(param, kind):
            return draw()
    return source.choice(("", "abc", "cpu(0)", 7))


def some_call(source, op):
    """Inputs and parameters of a call."""
    cases = cases_of(op)
    case = source.choice(cases) if cases else None
    arrays, params = (case.arrays(), dict(case.params)) if case else ([], {})
    changes = source.choice((1, 1, 2, 3))
    for _ in range(changes):
        what = source.randrange(4)
        if what == 0 and arrays:
            i = source.randrange(len(arrays))
            arrays[i] = some_array(source, arrays[i])
        elif what == 1 and op.params:
            param = source.choice(op.params)
            params[param.name] = some_value(source, param)
        elif what == 2 and arrays and source.random() < 0.3:
            arrays.pop(source.randrange(len(arrays)))
        elif what == 3 and source.random() < 0.2:
            arrays.append(some_array(source))
        elif op.params and source.random() < 0.3:
            params.pop(source.choice(op.params).name, None)
    return arrays, params


def promised(op, arrays, params):
    """The shapes and types that the rules give for this call."""
    from mxbook.ops.params import parse

    values = parse(op.name, op.values, {**op.counted(len(arrays)), **params})
    specs = tuple(spec_of(a.shape, a._spec.dtype, mx.cpu()) for a in arrays)
    plan = plan_for(op, values, specs, train=False)
    return [(s.shape, s.dtype) for s in plan.outputs[: plan.visible]]


def check(op, function, arrays, params):
    """Make the call; AssertionError for anything but the promised result or a clear error."""
    try:
        found = function(*arrays, **params)
        found = found if isinstance(found, list | tuple) else [found]
        values = [f.asnumpy() for f in found]
    except MXNetError as error:
        cause = error.__cause__
        if op.name in PUBLIC and cause is not None and not isinstance(cause, MXNetError):
            raise AssertionError(f"an unexplained failure: {cause!r}") from error
        assert op.name in str(error)
        return "failed" if isinstance(error, OperationError) else "refused"
    if not op.dynamic_shape:
        assert [(v.shape, v.dtype) for v in values] == promised(op, arrays, params)
    return "computed"


def told(op, arrays, params):
    inputs = ", ".join(f"{a._spec.dtype}{list(a.shape)}" for a in arrays)
    return f"{op.name}({inputs}, {params})"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", range(PARTS))
def test_random_calls(part):
    source = random.Random(part)
    outcomes, wrong = {"computed": 0, "refused": 0, "failed": 0}, []
    for _ in range(CALLS // PARTS):
        name, op = source.choice(OPERATORS)
        arrays, params = some_call(source, op)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        try:
            outcomes[check(op, mx.nd.registry.functions[name], arrays, params)] += 1
        except Exception as error:
            wrong.append(f"{told(op, arrays, params)}: {type(error).__name__}: {error}")
        finally:
            faulthandler.cancel_dump_traceback_later()
    assert not wrong, f"{len(wrong)} calls went wrong:\n" + "\n".join(sorted(wrong)[:20])
    assert min(outcomes["computed"], outcomes["refused"]) > CALLS // PARTS // 10
