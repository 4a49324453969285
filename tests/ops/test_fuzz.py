"""20,000 random calls of operators, some absurd: a result of the inferred shape, or an error.

Most calls are an operator's example with something changed: a shape, an element type, a parameter,
the number of inputs.  Some have sparse inputs, some write into arrays that fit or do not, some are
made with symbols, too.  Whatever happens must be either what the rules promised or an MXNetError
that says what is wrong.  Public operators must have found it themselves; for the internal ones,
which people do not call, it is enough that the error names the operator and its inputs.
"""

import faulthandler
import random

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import ContextError, MXNetError, OperationError, StorageError
from mxbook.imperative.namespaces import sort
from mxbook.imperative.plan import plan_for
from mxbook.ops.params import Bool, DType, Enum, Floats, Int, Real, Shape, parse
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


def sparse_too(source, arrays):
    """The same arrays, some of them stored as csr or row_sparse."""
    found = []
    for a in arrays:
        stypes = ["csr"] * (len(a.shape) == 2) + ["row_sparse"] * (len(a.shape) > 0)
        found.append(a.tostype(source.choice(stypes)) if stypes and source.random() < 0.6 else a)
    return found


def split(op, arrays):
    """Arguments by position, and by name those that have no position."""
    count, named = len(op.positional), op.inputs[len(op.positional) :]
    by_name = dict(zip(named, arrays[count:], strict=False))
    return [*arrays[:count], *arrays[count + len(by_name) :]], by_name


def promised(op, arrays, params):
    """The kinds of the results that the rules give for this call."""
    values = parse(op.name, op.values, {**op.counted(len(arrays)), **params})
    plan = plan_for(op, values, tuple(a._spec for a in arrays), train=False)
    return plan.outputs[: plan.visible]


def kinds(specs):
    return [(s.shape, s.dtype, s.stype) for s in specs]


def listed(found):
    return list(found) if isinstance(found, list | tuple) else [found]


def refused(op, error):
    """What an error is; AssertionError where it does not say what is wrong."""
    cause = error.__cause__
    if op.name in PUBLIC and cause is not None and not isinstance(cause, MXNetError):
        raise AssertionError(f"an unexplained failure: {cause!r}") from error
    assert op.name in str(error), f"{op.name} is not in the error {error}"
    return "failed" if isinstance(error, OperationError) else "refused"


def check(op, function, arrays, params):
    """Make the call; AssertionError for anything but the promised result or a clear error."""
    args, named = split(op, arrays)
    try:
        found = listed(function(*args, **named, **params))
        values = [f.asnumpy() for f in found]
    except MXNetError as error:
        return refused(op, error)
    if not op.dynamic_shape:
        expected = kinds(promised(op, arrays, params))
        assert kinds(f._spec for f in found) == expected, (kinds(f._spec for f in found), expected)
        real = [(v.shape, v.dtype) for v in values]
        assert real == [kind[:2] for kind in expected], (real, expected)
    return "computed"


def some_outputs(source, op, arrays, params):
    """Arrays to write the results into; mostly they fit."""
    try:
        specs = promised(op, arrays, params)
    except MXNetError:
        specs = ()
    outs = [mx.nd.zeros(s.shape, dtype=s.dtype, stype=s.stype) for s in specs]
    what = source.randrange(6)
    if what == 0 and outs:
        i = source.randrange(len(outs))
        outs[i] = some_array(source, arrays[0] if arrays else None)
    elif what == 1:
        outs.append(some_array(source))
    elif what == 2 and arrays:
        outs = [source.choice(arrays)]
    return outs or [some_array(source)]


def check_out(op, function, arrays, params, outs):
    """Like `check`, for a call with `out=`: it fits and gets the result, or it is refused."""
    args, named = split(op, arrays)
    before = [o._spec for o in outs]
    again = op.uses_random or op.mutates or any(o is a for o in outs for a in arrays)
    again = again or params.get("init_output") is False  # it reads what `out` holds
    try:
        expected = None if again else listed(function(*args, **named, **params))
        out = outs[0] if len(outs) == 1 else outs
        assert function(*args, **named, **params, out=out) is out
        values = [o.asnumpy() for o in outs]
    except MXNetError as error:
        return refused(op, error)
    assert [o._spec for o in outs] == before
    assert [(v.shape, v.dtype) for v in values] == [(s.shape, s.dtype) for s in before]
    for value, e in zip(values, expected or (), strict=False):
        np.testing.assert_array_equal(value, e.asnumpy())
    return "computed"


def check_symbol(op, name, arrays, params):
    """The call with symbols gives the same shapes and types, and is refused like that with arrays.

    Except for what only a call with arrays has: values, devices, memory.  A length of 0, and no
    axes at all, mean something else there; inputs left out are made up.
    """
    given = {f"v{i}": a for i, a in enumerate(arrays)}
    args, named = split(op, [mx.sym.Variable(name) for name in given])
    try:
        specs = promised(op, arrays, params)
        if op.takes and not op.variadic:  # what stands in which place depends on the parameters
            names = op.input_names(parse(op.name, op.values, params))
            args, named = [], dict(zip(names, args, strict=True))
    except MXNetError as error:
        specs = error
    try:
        symbol = mx.sym.registry.functions[name](*args, **named, **params)
        if not symbol.list_outputs():  # parameters may ask for no pieces
            return "computed"
        _, shapes, _ = symbol.infer_shape(**{k: a.shape for k, a in given.items()})
        _, types, _ = symbol.infer_type(**{k: a.dtype for k, a in given.items()})
    except MXNetError as error:
        assert isinstance(specs, MXNetError), f"only the symbol is refused: {error}"
        return refused(op, error)
    known = [*arrays, *([] if isinstance(specs, MXNetError) else specs)]
    if any(not a.shape or 0 in a.shape for a in known) or op.dynamic_shape:
        return "computed"
    if isinstance(specs, MXNetError):
        complete = len(arrays) == len(symbol.list_inputs())
        outside = isinstance(specs, ContextError | StorageError)
        assert outside or not complete or shapes is None, f"only arrays are refused: {specs}"
        return "refused"
    assert [*map(tuple, shapes or ())] == [s.shape for s in specs], (shapes, specs)
    assert [np.dtype(t) for t in types or ()] == [s.dtype for s in specs], (types, specs)
    return "computed"


def told(op, arrays, params):
    inputs = ", ".join(
        f"{a._spec.dtype}{list(a.shape)}{'' if a.stype == 'default' else a.stype}" for a in arrays
    )
    return f"{op.name}({inputs}, {params})"


def try_one(source):
    """One random call: its outcome, or what went wrong."""
    name, op = source.choice(OPERATORS)
    function = mx.nd.registry.functions[name]
    arrays, params = some_call(source, op)
    way, how = source.random(), ""
    faulthandler.dump_traceback_later(SECONDS, exit=True)
    try:
        if way < 0.05:
            arrays = sparse_too(source, arrays)
        elif way < 0.1:
            outs = some_outputs(source, op, arrays, params)
            how = f" into {told(op, outs, {})}"
            return check_out(op, function, arrays, params, outs), ""
        elif way < 0.15 and (op.varies or op.outputs(None)):
            how = " as symbol"
            return check_symbol(op, name, arrays, params), ""
        return check(op, function, arrays, params), ""
    except Exception as error:
        text = f"{told(op, arrays, params)}{how}: {type(error).__name__}: {error}"
        return "wrong", text
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", range(PARTS))
def test_random_calls(part):
    source = random.Random(part)
    found = [try_one(source) for _ in range(CALLS // PARTS)]
    wrong = [text for outcome, text in found if outcome == "wrong"]
    assert not wrong, f"{len(wrong)} calls went wrong:\n" + "\n".join(sorted(wrong)[:20])
    outcomes = [outcome for outcome, _ in found]
    assert min(map(outcomes.count, ("computed", "refused"))) > CALLS // PARTS // 10
