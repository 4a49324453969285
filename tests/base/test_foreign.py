import array
import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import base


@given(st.lists(st.text(st.characters(exclude_characters="\0", codec="utf8"))))
def test_texts(strings):
    assert [s.decode() for s in base.c_str_array(strings)] == strings
    assert [base.c_str(s).value.decode() for s in strings] == strings


def test_arrays():
    assert list(base.c_array(ctypes.c_int, [1, 2])) == [1, 2]
    numbers = array.array("i", [1, 2, 3])
    shared = base.c_array_buf(ctypes.c_int, numbers)
    shared[1] = 7
    assert list(numbers) == [1, 7, 3]

    class Thing:
        handle = base.NDArrayHandle(5)

    assert list(base.c_handle_array([Thing(), Thing()])) == [5, 5]


def test_memory_of_c():
    memory = base.c_array(base.mx_float, [1, 2, 3, 4])
    found = base.ctypes2numpy_shared(ctypes.cast(memory, base.mx_float_p), (2, 2))
    found[1, 0] = 9
    assert list(memory) == [1, 2, 9, 4]
    text = ctypes.create_string_buffer(b"abc")
    pointer = ctypes.cast(text, ctypes.POINTER(ctypes.c_char))
    assert base.ctypes2buffer(pointer, 2) == b"ab"
    for wrong in (base.ctypes2buffer, base.ctypes2numpy_shared):
        with pytest.raises(base.MXNetError, match="expected"):
            wrong(np.zeros(1), 1)


def test_results():
    base.check_call(0)
    with pytest.raises(base.MXNetError, match="-1"):
        base.check_call(-1)
    assert base.MXCallbackList(num_callbacks=2).num_callbacks == 2


def test_documentation():
    found = base.build_param_doc(
        ["a", "b", "a", "num_args"], ["int", "x", "y", "int"], list("1234")
    )
    assert found == "Parameters\n----------\na : int\n    1\nb : x\n    2\n"
    both = base.build_param_doc(["a", "a"], ["int", "x"], ["", ""], remove_dup=False)
    assert both == "Parameters\n----------\na : int\na : x\n"


def test_places_in_documentation():
    import types

    module = types.ModuleType("made")
    code = 'def f():\n    "F."\nclass A:\n    def g(self):\n        "G."\n    def h(self): ...\n'
    exec(compile(code, "made.py", "exec"), module.__dict__)  # a module without a file
    base.add_fileline_to_docstring(module)
    assert module.f.__doc__ == "F.\n\nFrom:made.py:1"
    assert module.A.g.__doc__ == "G.\n\nFrom:made.py:4"
    assert module.A.h.__doc__ is None


def test_classes():
    class Meta(type):
        def kind(cls):
            return cls.__name__

    class Thing(base.with_metaclass(Meta, dict)):
        @base.classproperty
        def name(cls):  # noqa: N805
            return cls.__name__

    assert Thing.kind() == Thing.name == Thing().name == "Thing"
    assert isinstance(Thing(), dict)


def test_folders():
    assert base.data_dir_default().endswith(".mxnet")
    mx.config.home = "/elsewhere"
    assert base.data_dir() == "/elsewhere"
    mx.config.reset("home")


def test_errors():
    with pytest.raises(base.NotImplementedForSymbol):
        mx.sym.var("x").wait_to_read()
    with pytest.raises(base.NotSupportedForSparseNDArray):
        mx.nd.zeros((2, 2), stype="csr").reshape((4,))
    with pytest.raises(AttributeError, match="nothing"):
        base.nothing
