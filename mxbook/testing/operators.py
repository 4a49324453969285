"""What every operator must be able to do: one function for each property, on one case.

Each raises AssertionError that says what is wrong; `check_operator` runs them all.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from mxbook import backend
from mxbook.base.context import Context, cpu, current_context
from mxbook.base.dtypes import FLOATS
from mxbook.base.sparse import SparseParts
from mxbook.base.spec import Spec
from mxbook.imperative.plan import Plan
from mxbook.ndarray import array, zeros
from mxbook.ndarray.ndarray import NDArray
from mxbook.ops.operator import Operator
from mxbook.ops.params import parse
from mxbook.ops.rules import unset_shape
from mxbook.symbol import Variable
from mxbook.symbol.front import function_of
from mxbook.util import np_shape

from .cases import Case, cases_of
from .comparing import TOLERANCES, assert_agree
from .gradients import check_gradient, gradient_function, gradients, run, variables


def check_operator(op: Operator | str, ctx: Context | None = None) -> None:
    """Run all checks on all examples of an operator; on `ctx` compare it with the processor.

    Works for built-in operators and for those you register yourself.  Raises AssertionError.

    >>> check_operator("sin")
    """
    cases = cases_of(op)
    if not cases:
        raise AssertionError(f"{op} has no example")
    check_documented(cases[0].op)
    for case in cases:
        try:
            for check in CHECKS:
                check(case)
            if ctx is not None:
                check_device(case, ctx)
        except AssertionError as error:
            raise AssertionError(f"{case!r}: {error}") from None


def check_value(case: Case) -> None:
    """The results are those of the example's formula, and the inputs keep their values."""
    arrays = case.arrays()
    found = [o.asnumpy() for o in case.call(*arrays)]
    if case.example.value is not None:
        expected = case.example.value(*[x.astype("float64") for x in case.inputs])
        expected = list(expected) if isinstance(expected, list | tuple) else [expected]
        if len(found) != len(expected):
            raise AssertionError(f"{len(found)} results in place of {len(expected)}")
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            assert_agree(a, b, f"result {i}")
    mutated = case.op.mutated(case.values)
    for i, name in enumerate(_names(case)):
        before, after = case.inputs[i], arrays[i]
        if i not in mutated:
            assert_agree(after.asnumpy(), before, f"the input {name} was changed: it", (0, 0))


def check_inference(case: Case, ctx: Context | None = None, floats: str | None = None) -> None:
    """Shapes and types are as inferred; results are new arrays in C order on their device.

    So for the kernel, and for the function of arrays alone that small calls may use in its place.
    """
    ctx = ctx or current_context()
    inputs = case.arrays(ctx, floats)
    arrays = [a._data for a in inputs]
    p = case.values
    with ctx:
        plan = Plan(case.op, p, [a._spec for a in inputs], ctx, train=True)
        _check_results(plan, arrays, plan.kernel(p, *arrays))
        if plan.fast is not None:
            numbers = [p.scalar] if case.op.params else []
            _check_results(plan, arrays, plan.fast(*arrays, *numbers))


def _check_results(plan: Plan, arrays: list, found: Any) -> None:
    found = found if isinstance(found, tuple | list) else (found,)
    if len(found) != len(plan.outputs):
        raise AssertionError(f"{len(found)} results, but {len(plan.outputs)} outputs are declared")
    xp = backend.array_module(plan.ctx)
    for i, (result, spec) in enumerate(zip(found, plan.outputs, strict=True)):
        if isinstance(result, SparseParts):
            _check_parts(i, result, spec)
            continue
        if not isinstance(result, xp.ndarray):
            raise AssertionError(f"result {i} is a {type(result).__name__}, not an array")
        shape = result.shape if plan.op.dynamic_shape else spec.shape
        if (result.shape, result.dtype) != (shape, spec.dtype):
            raise AssertionError(
                f"result {i} is {result.dtype}{result.shape}, inferred was {spec.dtype}{shape}"
            )
        if not result.flags.c_contiguous:
            raise AssertionError(f"result {i} is not in C order")
        if any(xp.may_share_memory(result, x) for x in arrays):
            raise AssertionError(f"result {i} shares memory with an input")


def _check_parts(i: int, result: SparseParts, spec: Spec) -> None:
    found = (result.stype, result.dtype, result.shape)
    if found != (spec.stype, spec.dtype, spec.shape) or result.broken_rule():
        raise AssertionError(f"result {i} is {result}, inferred was {spec}; {result.broken_rule()}")


def check_partial_inference(case: Case) -> None:
    """With less known about the inputs, the rules say less, but never something else."""
    p, truth = case.values, [x.shape for x in case.inputs]
    _, full = case.op.shape_rule(p, *truth)
    _, types = case.op.type_rule(p, *[x.dtype for x in case.inputs])
    for i, shape in enumerate(truth):
        for known in (None, *((*shape[:k], None, *shape[k + 1 :]) for k in range(len(shape)))):
            ins, outs = case.op.shape_rule(p, *truth[:i], known, *truth[i + 1 :])
            if not _may_become(ins[i], truth[i]):  # another choice, if it comes to the same
                ins, outs = case.op.shape_rule(p, *truth[:i], ins[i], *truth[i + 1 :])
                ins = [*ins[:i], truth[i], *ins[i + 1 :]]
            _assert_consistent("shape", ins, truth)
            _assert_consistent("shape", outs, full)
        dtypes: list[Any] = [x.dtype for x in case.inputs]
        dtypes[i] = None
        ins, outs = case.op.type_rule(p, *dtypes)
        _assert_consistent("type", ins, [x.dtype for x in case.inputs])
        _assert_consistent("type", outs, types)


def _names(case: Case) -> list[str]:
    """A name for each input."""
    return list(case.op.input_names(case.values)[: len(case.inputs)])


def _assert_consistent(what: str, partial: Sequence[Any], full: Sequence[Any]) -> None:
    for some, everything in zip(partial, full, strict=False):  # what is missing is unknown
        if not _may_become(some, everything):
            raise AssertionError(
                f"the {what} rule infers {some} from a part, and {everything} from all"
            )


def _may_become(partial: Any, full: Any) -> bool:
    """Whether a partly known shape (or a type) agrees with the full one."""
    if not isinstance(partial, tuple):
        return partial is None or partial == full
    pairs = zip(partial, full, strict=False)
    return len(partial) == len(full) and all(a in (None, b) for a, b in pairs)


def check_types(case: Case) -> None:
    """Every type that the type rule lets pass in place of real numbers keeps what is inferred.

    For float types the values are those of float64, to the type's precision.
    """
    for floats in ("int32", "uint8", "float16", "float32", "float64"):
        if not case.floats or not case.accepts(floats):
            continue
        check_inference(case, floats=floats)
        if floats not in TOLERANCES or case.op.uses_random or not case.accepts("float64"):
            continue
        inputs = case.host(floats)
        exact = [x.astype("float64") if x.dtype in FLOATS else x for x in inputs]
        found = case.call(*[array(x, dtype=x.dtype) for x in inputs])
        expected = case.call(*[array(x, dtype=x.dtype) for x in exact])
        for i, (a, b) in enumerate(zip(found, expected, strict=True)):
            assert_agree(a.asnumpy(), b.asnumpy(), f"result {i} in {floats}", TOLERANCES[floats])


def check_out(case: Case) -> None:
    """`out=` receives the results: fresh arrays, and any input that they fit."""
    expected = case.call(*case.arrays())
    fresh = [zeros(e.shape, e.context, e.dtype) for e in expected]
    case.call(*case.arrays(), out=fresh[0] if len(fresh) == 1 else fresh)
    _assert_same(fresh, expected, "out=")
    for i in range(len(case.inputs) if len(expected) == 1 else 0):
        arrays = case.arrays()
        if arrays[i]._spec is expected[0]._spec:
            case.call(*arrays, out=arrays[i])
            _assert_same(arrays[i : i + 1], expected, f"out= the input {_names(case)[i]}")


def _assert_same(found: Sequence[NDArray], expected: Sequence[NDArray], what: str) -> None:
    for i, (a, b) in enumerate(zip(found, expected, strict=True)):
        if a.dtype != b.dtype:
            raise AssertionError(f"{what}: result {i} is {a.dtype} in place of {b.dtype}")
        assert_agree(a.asnumpy(), b.asnumpy(), f"{what}: result {i}")


def check_text(case: Case) -> None:
    """The text form of every parameter gives its value back, as a file or a string would."""
    values = case.values
    texts = {p.name: p.format(getattr(values, p.name)) for p in case.op.params}
    again = parse(case.op.name, case.op.values, texts)
    for name, value in values.items():
        if getattr(again, name) != value:
            found = getattr(again, name)
            raise AssertionError(f"{name}={value!r} is {found!r} after the text {texts[name]!r}")


def check_symbol(case: Case) -> None:
    """As a Symbol: shapes, types and values are those on arrays."""
    if not case.op.output_names(case.values):
        return  # there is no symbol of nothing
    names = _names(case)
    given = {name: Variable(name) for name in names}
    args = tuple(given.values()) if case.op.variadic else ()
    made = function_of(case.op, case.op.name)(*args, **case.params, **({} if args else given))
    with np_shape(case.op.name.startswith("_np")):  # where `()` is a shape
        _check_made(case, made, names)


def _check_made(case: Case, made: Any, names: list[str]) -> None:
    expected = case.call(*case.arrays())
    if not case.op.dynamic_shape:
        shapes = made.infer_shape(**{n: x.shape for n, x in zip(names, case.inputs, strict=True)})
        types = made.infer_type(**{n: x.dtype for n, x in zip(names, case.inputs, strict=True)})
        if shapes[1] != [e.shape for e in expected] or types[1] != [e.dtype for e in expected]:
            raise AssertionError(f"as a Symbol it is inferred as {types[1]}, {shapes[1]}")
    case.seed(current_context())
    found = made.eval(**dict(zip(names, case.arrays(), strict=True)))
    _assert_same(found, expected, "as a Symbol")


def check_gradients(case: Case) -> None:
    """First and second derivatives are finite differences', unless the example says why not.

    An operator whose gradient is zero is compared too; of several outputs also each alone.
    """
    op = case.op
    if case.example.why or not (op.differentiable or op.zero_gradient) or not case.floats:
        return
    which = None if op.joint_rule else case.differentiable or case.floats
    inputs = case.host("float64" if case.accepts("float64") else None)
    for train in (True, False) if op.uses_train else (True,):
        outputs = run(case.call, variables(inputs), train)
        options: dict[str, Any] = {"which": which, "train": train}
        if any(o.dtype != np.float64 for o in outputs):
            options.update(step=1e-2, tolerance=(2e-2, 1e-3))  # few digits need a large step
        check_gradient(case.call, *inputs, order=2, **options)
        for i in range(len(outputs) if len(outputs) > 1 else 0):
            check_gradient(partial(_only, case, i), *inputs, **options)


def _only(case: Case, index: int, *arrays: NDArray) -> NDArray:
    return [o for o in case.call(*arrays) if o._spec.dtype in FLOATS][index]


def check_device(case: Case, ctx: Context) -> None:
    """On a device: the values, gradients and gradients of gradients that the processor gives."""
    host = cpu()
    for floats in (None, "int32"):  # CuPy rounds whole numbers to real ones, NumPy does not
        if floats is None or case.accepts(floats):
            check_inference(case, ctx, floats)
    found = case.on(ctx)
    for a in found:
        if a.context != ctx:
            raise AssertionError(f"a result on {a.context} in place of {ctx}")
    _assert_same(found, case.on(host), str(ctx))
    if not case.op.differentiable:
        return
    pairs = zip(_derivatives(case, ctx), _derivatives(case, host), strict=True)
    for order, (a, b) in enumerate(pairs, start=1):
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            if (x is None) != (y is None):
                raise AssertionError(f"{ctx}: input {i} has a gradient on one device only")
            if x is not None:
                assert_agree(x, y, f"{ctx}: derivative {order} of input {i}")


def _derivatives(case: Case, ctx: Context) -> list[list[np.ndarray | None]]:
    """The gradients for random numbers at the results, and those of the sum of the gradients."""
    draw = np.random.default_rng(0).standard_normal
    with ctx:
        inputs = case.host()
        heads = run(case.call, variables(inputs, ctx), train=True)
        weights = [draw(h.shape).astype(h.dtype) for h in heads]
        first = gradients(case.call, inputs, weights, ctx=ctx)
        reached = [i for i, g in enumerate(first) if g is not None]
        if case.example.why or not reached:
            return [first]
        derived = gradient_function(case.call, len(inputs), reached, train=True)
        ones = [np.ones_like(inputs[i]) for i in reached]
        return [first, gradients(derived, [*inputs, *weights], ones, ctx=ctx)]


def check_documented(op: Operator) -> None:
    """There are a sentence, a word about every parameter, an example and a shape rule."""
    undocumented = [p.name for p in op.params if not p.doc]
    missing = {
        "no documentation": not op.doc,
        f"no documentation of {', '.join(undocumented)}": undocumented,
        "no example": not op.examples,
        "no shape rule": op.shape_rule is unset_shape,
        "a gradient and zero_gradient": op.differentiable and op.zero_gradient,
    }
    for what, wrong in missing.items():
        if wrong:
            raise AssertionError(f"{op.name}: {what}")


CHECKS: tuple[Callable[[Case], None], ...] = (
    check_inference,
    check_partial_inference,
    check_value,
    check_types,
    check_out,
    check_text,
    check_symbol,
    check_gradients,
)
