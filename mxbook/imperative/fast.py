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

import numpy as np

from mxbook.ops.operator import Operator
from mxbook.ops.params import Values

from . import arrays
from .invoke import invoke, run_plan
from .mode import local, mode
from .plan import plan_for, tables
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
        if plan is None or self._var is not None or rhs._var is not None or not mode.inline:
            return learn(op, p, table, self, rhs)
        f = _frame(1)
        result = _new(cls)
        result._origin = (plan, f.f_code, f.f_lasti, "")
        result._spec = plan.output
        result._var = result._entry = None
        try:
            result._data = plan.fast(self._data, rhs._data)
        except Exception:  # again, the careful way, which knows what to do with it
            return invoke(op, (self, rhs), p)[0]
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
        if plan is None or self._var is not None or not mode.inline:
            return learn(op, p, table, self)
        f = _frame(depth)
        result = _new(cls)
        result._origin = (plan, f.f_code, f.f_lasti, "")
        result._spec = plan.output
        result._var = result._entry = None
        try:
            result._data = plan.fast(self._data, p.scalar)
        except Exception:
            return invoke(op, (self,), p)[0]
        if mode.plain:
            return result
        if local.recording and self._entry is not None:
            result._entry = (make_node(plan, p, (self,), (self._entry,), (result,)), 0)
        else:
            unrecorded(result)
        return result

    return method


def array_function(op: Operator, general: Callable) -> Callable:
    """A function of one or two arrays and nothing else; any other call goes to `general`."""
    table = new_table()
    p = op.values({})
    count = len(op.inputs)

    def function(*args, **kwargs):
        cls = arrays.array_class
        if kwargs or len(args) != count or not mode.inline:
            return general(*args, **kwargs)
        for a in args:
            if type(a) is not cls or a._var is not None:
                return general(*args)
        plan = table.get(args[0]._spec if count == 1 else (args[0]._spec, args[1]._spec))
        if plan is None:
            return learn(op, p, table, *args)
        result = _new(cls)
        result._origin = arrays.origin_of(plan)
        result._spec = plan.output
        result._var = result._entry = None
        try:
            result._data = plan.fast(*[a._data for a in args])
        except Exception:
            return invoke(op, args, p)[0]
        if mode.plain:
            return result
        if local.recording:
            record(plan, p, args, [result])
        else:
            unrecorded(result)
        return result

    return function


def general_function(op: Operator, general: Callable, bind: Callable) -> Callable:
    """A function of arrays and parameters.

    A call like one before (arrays of the same specs, equal parameters) finds its plan and the
    values of the parameters in one look-up; `general` makes any other call, and `bind` tells arrays
    from parameters.
    """
    table = new_table()

    def function(*args, out=None, name=None, **kwargs):  # `name` is for symbols, ignored on arrays
        if out is not None or not mode.inline:
            return general(*args, out=out, **kwargs)
        cls = arrays.array_class
        given, key = [], []
        for a in args:
            if type(a) is cls:
                if a._var is not None and not arrays.idle(a):
                    return general(*args, **kwargs)
                given.append(a)
                key.append(a._spec)
            else:
                key.append(a)
        try:
            plan, p = table.get((*key, *kwargs.items()), UNKNOWN)
        except TypeError:  # a list among the parameters
            return general(*args, **kwargs)
        if plan is None:
            if p is None:
                remember(op, bind, table, (*key, *kwargs.items()), args, kwargs)
            return general(*args, **kwargs)
        result = _new(cls)
        result._origin = arrays.origin_of(plan)
        result._spec = plan.output
        result._var = result._entry = None
        data = [a._data for a in given]
        try:
            if plan.pooled:
                out = arrays.empty(plan.output)
                result._data = local.quiet.run(plan.kernel, p, *data, out=out)
            else:
                result._data = local.quiet.run(plan.kernel, p, *data)
        except Exception:  # again, the careful way, which knows what to do with it
            return invoke(op, given, p)[0]
        if mode.plain:
            return result
        if local.recording:
            record(plan, p, given, [result])
        else:
            unrecorded(result)
        return result

    return function


UNKNOWN = (None, None)  # in place of a plan and values: a call that was not seen before ...
CAREFUL = (None, ())  # ... or one that always goes the careful way
PLAIN = (str, int, float, type(None), np.dtype, type)  # parameters that a table may hold


def remember(op: Operator, bind: Callable, table: dict, key: tuple, args: tuple, kwargs: dict):
    """Note plan and values of a call under a key, if it may go the fast way.

    Calls with 0.0 among the numbers may not, because -0.0 would find them, too.
    """
    inputs, p = bind(op, args, kwargs)
    names = (*op.positional, *(param.name for param in op.params))
    params = {**dict(zip(names, args, strict=False)), **kwargs} if not op.variadic else kwargs
    params = {name: value for name, value in params.items() if name not in op.inputs}
    listed = sum(type(a) is arrays.array_class for a in args) == len(inputs)
    plain = all(isinstance(v, PLAIN) or _all_plain(v) for v in params.values())
    if not (listed and plain):
        return
    plan = plan_for(op, p, tuple([a._spec for a in inputs]), local.training)
    zero = any(type(getattr(p, n)) is float and getattr(p, n) == 0 for n in params)
    if len(table) > 10_000:
        table.clear()
    table[key] = CAREFUL if zero or not plan.simple else (plan, p)


def _all_plain(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(v, PLAIN) for v in value)


def learn(op: Operator, p: Values, table: dict, *arrays):
    """The careful way; remembers the plan where the fast way may be taken next time."""
    specs = tuple([a._spec for a in arrays])
    plan = plan_for(op, p, specs, local.training)
    if plan.fast is not None:
        if len(table) > 10_000:
            table.clear()
        table[specs if len(specs) > 1 else specs[0]] = plan
    return run_plan(plan, p, arrays)[0]
