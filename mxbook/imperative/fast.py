"""The hottest path: small operations on ready arrays, as one screenful.

A plan is found under the inputs' specs, the array library's function is called, and the result is
an NDArray that was never constructed.  Whatever is not plain (another engine, tracing, something
pending, a GPU, large arrays, the first call with these shapes) goes through `invoke`, with the same
result.

Recording adds the node.  Every look-up here is visible in `tests/benchmarks`: measure before
adding one.
"""

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base.context import current_context
from mxbook.ops.operator import Operator
from mxbook.ops.params import Real, Values

from . import arrays
from .arrays import idle
from .invoke import failed, invoke, planned, run_plan
from .mode import local, mode
from .plan import Plan, tables
from .tape import make_node, record, unrecorded

# NumPy's warnings about 1 / 0 and the like; the careful way switches them off at the source.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"mxbook\.(imperative|ops)\.")

_frame = sys._getframe
_new = object.__new__


def new_table() -> dict:
    """An empty table from specs to plans, which is emptied when plans must be made anew."""
    tables.append({})
    return tables[-1]


def binary_method(op: Operator, scalar_op: Operator, cls: type, other: Callable) -> Callable:
    """A method `(self, rhs)`: `rhs` an array, a number (`scalar_op`), or anything else
    (`other`)."""
    table = new_table()
    p = op.values({})
    with_number = number_method(scalar_op, cls, other)

    def method(self, rhs):
        if type(rhs) is not cls:
            return with_number(self, rhs)
        plan = table.get((self._spec, rhs._spec))
        if (
            plan is None
            or not mode.inline
            or (self._var is not None and not idle(self))
            or (rhs._var is not None and not idle(rhs))
        ):
            return learn(op, p, table, self, rhs, cls=special(cls))
        f = _frame(1)
        result = _new(cls)
        result._origin = (plan, f.f_code, f.f_lasti, "")
        result._spec = plan.output
        result._var = result._entry = None
        try:
            result._data = plan.fast(self._data, rhs._data)
        except Exception:  # again, the careful way, which knows what to do with it
            return invoke(op, (self, rhs), p, cls=special(cls))[0]
        if mode.plain:
            return result
        entries = (self._entry, rhs._entry)
        if local.recording and (entries[0] is not None or entries[1] is not None):
            result._entry = (make_node(plan, p, (self, rhs), entries, (result,)), 0)
        else:
            unrecorded(result)
        return result

    return method


def number_method(op: Operator, cls: type, other: Callable, depth: int = 2) -> Callable:
    """A method `(self, number)`; `depth` says how many frames up the user's call is."""
    table = new_table()
    values = op.values

    def method(self, number):
        if type(number) is not float and type(number) is not int:
            return other(self, number)
        p = _new(values)
        p.scalar = float(number)
        p.plan_key = ()
        plan = table.get(self._spec)
        if plan is None or not mode.inline or (self._var is not None and not idle(self)):
            return learn(op, p, table, self, cls=special(cls))
        f = _frame(depth)
        result = _new(cls)
        result._origin = (plan, f.f_code, f.f_lasti, "")
        result._spec = plan.output
        result._var = result._entry = None
        try:
            result._data = plan.fast(self._data, p.scalar)
        except Exception:
            return invoke(op, (self,), p, cls=special(cls))[0]
        if mode.plain:
            return result
        if local.recording and self._entry is not None:
            result._entry = (make_node(plan, p, (self,), (self._entry,), (result,)), 0)
        else:
            unrecorded(result)
        return result

    return method


def in_place_method(op: Operator, scalar_op: Operator, cls: type, careful: Callable) -> Callable:
    """A method `(self, rhs)` that writes its result into the array itself; `careful` does the same
    on any way."""
    table = new_table()
    p = op.values({})

    def method(self, rhs):
        if type(rhs) is cls:
            key, values, given = (self._spec, rhs._spec), p, (self, rhs)
        elif type(rhs) is float or type(rhs) is int:
            values = _new(scalar_op.values)
            values.scalar = float(rhs)
            values.plan_key = ()
            key, given = self._spec, (self,)
        else:
            return careful(self, rhs)
        plan = table.get(key)
        if plan is None or not mode.plain or not all(map(idle, given)):
            result = careful(self, rhs)
            if plan is None:
                learn_in_place(op if len(given) > 1 else scalar_op, values, table, key, given)
            return result
        f = _frame(1)
        try:
            local.quiet.run(plan.kernel, values, *[a._data for a in given], out=self._data)
        except Exception:
            return careful(self, rhs)
        self._origin = (plan, f.f_code, f.f_lasti, "written")
        return self

    return method


def learn_in_place(op: Operator, p: Values, table: dict, key: object, given: tuple) -> None:
    """Remember the plan of a call that may write its result into its first input."""
    plan = planned(op, given, p)
    if plan.simple and plan.writes_out and op.in_place and plan.output is given[0]._spec:
        if len(table) > 10_000:
            table.clear()
        table[key] = plan


def array_function(op: Operator, general: Callable, numpy: bool = False) -> Callable:
    """A function of one or two arrays and nothing else; any other call goes to `general`.

    With `numpy` they are arrays of `mx.np`.
    """
    table = new_table()
    p = op.values({})
    count = len(op.inputs)

    def function(*args, **kwargs):
        cls = arrays.numpy_class if numpy else arrays.array_class
        if kwargs or len(args) != count or not mode.inline:
            return general(*args, **kwargs)
        for a in args:
            if type(a) is not cls or (a._var is not None and not idle(a)):
                return general(*args)
        plan = table.get(args[0]._spec if count == 1 else (args[0]._spec, args[1]._spec))
        if plan is None:
            return learn(op, p, table, *args, cls=special(cls))
        result = _new(cls)
        result._origin = arrays.origin_of(plan)
        result._spec = plan.output
        result._var = result._entry = None
        try:
            result._data = plan.fast(*[a._data for a in args])
        except Exception:
            return invoke(op, args, p, cls=special(cls))[0]
        if mode.plain:
            return result
        if local.recording:
            record(plan, p, args, [result])
        else:
            unrecorded(result)
        return result

    return function


def general_function(  # noqa: C901 - a call costs more than a line
    op: Operator, general: Callable, bind: Callable, numpy: bool = False
) -> Callable:
    """A function of arrays and parameters.

    A call like one before (arrays of the same specs, equal parameters) finds its plan and the
    values of the parameters in one look-up; `general` makes any other call, and `bind` tells arrays
    from parameters.  With `numpy` the arrays are those of `mx.np`.
    """
    table = new_table()
    signed = any(isinstance(param, Real) for param in op.params)

    # `name` is for symbols, ignored on arrays.
    def function(*args, out=None, name=None, **kwargs):  # noqa: C901
        if out is not None or not mode.inline or (signed and zero_among(args, kwargs)):
            return general(*args, out=out, **kwargs)
        cls = arrays.numpy_class if numpy else arrays.array_class
        given, key = [], []
        for a in args:
            if type(a) is cls:
                given.append(a)
                key.append(a._spec)
            else:
                key.append(a)
        if op.uses_train:
            key.append(local.training)
        if not given:
            key.append(current_context())
        if kwargs:
            key.extend(kwargs.items())
        key = tuple(key)
        try:
            plan, p = table.get(key, UNKNOWN)
        except TypeError:  # a list among the parameters
            return general(*args, **kwargs)
        if plan is None:
            if p is None:
                remember(op, bind, table, key, args, kwargs, cls)
            return general(*args, **kwargs)
        for a in given:
            if a._var is not None and not idle(a):
                return general(*args, **kwargs)
        origin = arrays.origin_of(plan)
        try:
            found = run_kernel(plan, p, given)
        except Exception as error:
            results = failed(plan, error, given, None, origin, cls)
        else:
            if mode.plain and type(found) is np.ndarray:
                return arrays.wrap(found, plan.output, origin, cls)
            results = wrapped(plan, found, origin, cls)
        if not mode.plain:
            note(plan, p, given, results)
        return results[0] if plan.visible == 1 else results[: plan.visible]

    return function


def run_kernel(plan: Plan, p: Values, given: list) -> Any:
    """What the kernel of a simple plan makes of ready arrays."""
    data = [a._data for a in given]
    if plan.pooled:
        return local.quiet.run(plan.kernel, p, *data, out=arrays.empty(plan.output))
    return local.quiet.run(plan.kernel, p, *data)


def zero_among(args: tuple, kwargs: dict) -> bool:
    """Whether a number is 0.0 or -0.0, which are the same to a table."""
    for v in (*args, *kwargs.values()):  # noqa: SIM110 - `any` takes twice as long
        if type(v) is float and v == 0:
            return True
    return False


def note(plan: Plan, p: Values, given: list, results: list) -> None:
    """Record a call, or note on its results why there is nothing recorded."""
    if local.recording:
        record(plan, p, given, results)
        return
    for result in results:
        unrecorded(result)


def wrapped(plan: Plan, found: Any, origin: tuple, cls: type) -> list:
    """What a kernel has given, as arrays."""
    found = found if isinstance(found, tuple | list) else (found,)
    wrap = arrays.wrap
    return [wrap(d, spec, origin, cls) for d, spec in zip(found, plan.outputs, strict=True)]


UNKNOWN = (None, None)  # in place of a plan and values: a call that was not seen before ...
CAREFUL = (None, ())  # ... or one that always goes the careful way
PLAIN = (str, int, float, type(None), np.dtype, type)  # parameters that a table may hold


def remember(
    op: Operator, bind: Callable, table: dict, key: tuple, args: tuple, kwargs: dict, cls: type
) -> None:
    """Note plan and values of a call under a key, if it may go the fast way."""
    inputs, p = bind(op, args, kwargs, cls)
    names = (*op.positional, *(param.name for param in op.params))
    params = {**dict(zip(names, args, strict=False)), **kwargs} if not op.variadic else kwargs
    params = {name: value for name, value in params.items() if name not in op.inputs}
    listed = sum(type(a) is cls for a in args) == len(inputs)
    plain = all(isinstance(v, PLAIN) or _all_plain(v) for v in params.values())
    if not (listed and plain):
        return
    plan = planned(op, inputs, p)
    if len(table) > 10_000:
        table.clear()
    table[key] = (plan, p) if plan.simple else CAREFUL


def _all_plain(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(v, PLAIN) for v in value)


def special(cls: type) -> type | None:
    """The class of results, where it does not follow from their storage types."""
    return cls if cls is arrays.numpy_class else None


def learn(op: Operator, p: Values, table: dict, *arrays, cls: type | None = None):
    """The careful way; remembers the plan where the fast way may be taken next time."""
    specs = tuple([a._spec for a in arrays])
    plan = planned(op, arrays, p)
    if plan.fast is not None:
        if len(table) > 10_000:
            table.clear()
        table[specs if len(specs) > 1 else specs[0]] = plan
    return run_plan(plan, p, arrays, cls=cls)[0]
