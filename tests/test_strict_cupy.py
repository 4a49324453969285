"""The strict stand-in for CuPy refuses what CuPy refuses, and computes what NumPy computes."""

import inspect
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tests import strict_cupy as cp
from tests.strict_cupy.functions import FFT, FUNCTIONS, LINALG, METHODS, STRIDE_TRICKS
from tests.strict_cupy.ufuncs import NAMES

FLOATS = arrays(
    st.sampled_from(["float16", "float32", "float64"]),
    array_shapes(max_dims=3, max_side=4),
    elements=st.floats(-4, 4, width=16),
)


@pytest.fixture
def a():
    return cp.asarray(np.arange(6.0).reshape(2, 3))


@pytest.fixture
def other_device():
    with cp.cuda.Device(1):
        yield cp.asarray(np.arange(6.0).reshape(2, 3))


HOST = np.ones((2, 3))
REFUSED = {  # what must raise TypeError, with a device array `a`
    "asarray": np.asarray,
    "array of arrays": lambda a: np.array([a, a]),
    "numpy function": np.sum,
    "numpy ufunc": lambda a: np.add(a, 1),
    "numpy concatenate": lambda a: np.concatenate([a, a]),
    "numpy on the left": lambda a: HOST + a,
    "numpy on the right": lambda a: a * HOST,
    "in place": lambda a: a.__iadd__(HOST),
    "out in host memory": lambda a: np.add(a, a, out=HOST.copy()),
    "comparison": lambda a: a == HOST,
    "list as operand": lambda a: cp.ndarray.__add__(a, [1.0, 2.0, 3.0]),
    "ufunc with numpy": lambda a: cp.add(a, HOST),
    "ufunc out=numpy": lambda a: cp.add(a, a, out=HOST.copy()),
    "function of numpy": lambda a: cp.sum(HOST),
    "function of a list": lambda a: cp.sum([1.0, 2.0]),
    "one numpy in a sequence": lambda a: cp.concatenate([a, HOST]),
    "where with numpy": lambda a: cp.where(a > 1, a, HOST),
    "condition from numpy": lambda a: cp.where(HOST > 1, a, a),
    "copyto from numpy": lambda a: cp.copyto(a, HOST),
    "written from numpy": lambda a: a.__setitem__(0, HOST[0]),
    "einsum": lambda a: cp.einsum("ij,ij->i", a, HOST),
    "dot": lambda a: a.dot(HOST.T),
    "axis as numpy array": lambda a: cp.tile(a, np.array([2])),
    "where=": lambda a: cp.add(a, a, where=a > 1),
    "take with mode": lambda a: cp.take(a, cp.asarray([0]), mode="clip"),
    "sum with initial": lambda a: a.sum(initial=1.0),
    "lexsort of a tuple": lambda a: cp.lexsort((a[0], a[1])),
    "float64 number beside float32": lambda a: a.astype("float32") * np.float64(2),
    "atomic operation on int64": lambda a: cp.add.at(a.astype("int64"), cp.asarray([0]), 1),
    "list of device arrays": lambda a: cp.array([a, a]),
    "hash": hash,
}


@pytest.mark.parametrize("use", REFUSED.values(), ids=REFUSED.keys())
def test_host_and_device_do_not_mix(a, use):
    with pytest.raises(TypeError):
        use(a)


def test_numpy_in_place_with_a_device_array(a):
    host = HOST.copy()
    with pytest.raises(TypeError):
        host += a


@pytest.mark.parametrize(
    "use",
    [
        lambda a: cp.sort(a, kind="quicksort"),
        lambda a: a.argsort(kind="stable"),
        lambda a: a.astype("O"),
        lambda a: a.__setitem__(cp.asarray([0, 0]), cp.asarray(np.ones((2, 3)) * [[1], [2]])),
    ],
    ids=["unstable sort", "a method's kind", "objects", "two values for one position"],
)
def test_impossible_values(a, use):
    with pytest.raises((TypeError, ValueError)):
        use(a)


@pytest.mark.parametrize("name", ["maximum", "hypot"])
def test_reduce_only_of_sums_and_products(a, name):
    with pytest.raises(NotImplementedError):
        getattr(cp, name).reduce(a)
    with pytest.raises(NotImplementedError):
        cp.multiply.at(a, cp.asarray([0]), 2.0)
    assert cp.add.reduce(a).tolist() == [3, 5, 7]


@pytest.mark.parametrize(
    "name", ["insert", "geomspace", "block", "put_along_axis", "apply", "nditer"]
)
def test_what_cupy_lacks_is_missing(name):
    assert not hasattr(cp, name)
    assert not hasattr(cp.ndarray, "resize")


def test_positions_outside_are_errors(a):
    for use in (
        lambda: a[cp.asarray([5])],
        lambda: a[5],
        lambda: cp.take(a, cp.asarray([99])),
        lambda: a.__setitem__(cp.asarray([5]), 1.0),
    ):
        with pytest.raises(IndexError):
            use()


def test_numpy_arrays_are_no_index(a):
    with pytest.raises(IndexError):
        a[np.array([0])]


def test_devices_do_not_mix(a, other_device):
    # The current device is 1 here.
    for use in (lambda: a + 1, lambda: other_device + a, a.sum, lambda: cp.copyto(other_device, a)):
        with pytest.raises(ValueError, match="current device"):
            use()
    assert (other_device + 1).device == cp.cuda.Device(1)
    assert a.T.device == cp.cuda.Device(0)
    assert cp.array(a).device == cp.cuda.Device(1)
    assert cp.asnumpy(a).tolist() == a.tolist()


def test_the_current_device_belongs_to_a_thread():
    seen = []
    with cp.cuda.Device(1):
        thread = threading.Thread(target=lambda: seen.append(cp.cuda.runtime.getDevice()))
        thread.start()
        thread.join()
        assert cp.cuda.runtime.getDevice() == 1
    assert seen == [0]


def test_devices_that_do_not_exist():
    count = cp.cuda.runtime.getDeviceCount()
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError):
        cp.cuda.Device(count).use()


def test_events_and_streams():
    event = cp.cuda.Event()
    with pytest.raises(cp.cuda.runtime.CUDARuntimeError):
        cp.cuda.get_current_stream().wait_event(event)
    event.record()
    with cp.cuda.Device(1), cp.cuda.Stream(non_blocking=True) as stream:
        stream.wait_event(event)
        assert cp.cuda.get_current_stream() is stream
        with pytest.raises(cp.cuda.runtime.CUDARuntimeError):
            event.record(stream)
    with cp.cuda.Device(1):
        assert cp.cuda.get_current_stream() is not stream


def test_memory_is_counted_until_the_last_view_dies():
    pool = cp.get_default_memory_pool()
    before = pool.used_bytes()
    array = cp.zeros((1000,), "float32")
    view = array[10:20].reshape(2, 5)
    del array
    assert pool.used_bytes() == before + 4000
    del view
    assert pool.used_bytes() == before
    assert pool.free_bytes() >= 4000
    pool.free_all_blocks()
    assert pool.total_bytes() == pool.used_bytes()


def test_results_are_device_arrays(a):
    found = [a.sum(), a[0, 0], cp.argmax(a), cp.allclose(a, a), cp.unique(a), cp.dot(a[0], a[0])]
    assert {type(array) for array in found} == {cp.ndarray}
    assert type(a.get()) is np.ndarray
    assert float(a.sum()) == 15
    assert all(type(n) is cp.ndarray for n in a.nonzero())


def test_a_transfer_is_a_copy():
    host = np.zeros(3)
    device = cp.asarray(host)
    host[0] = 1
    assert device.tolist() == [0, 0, 0]
    device.get()[0] = 1
    assert device.tolist() == [0, 0, 0]


def test_out_is_returned(a):
    out = cp.empty((2, 3))
    assert cp.add(a, a, out=out) is out
    assert cp.add(a, a, out) is out
    total = cp.empty((3,))
    assert a.sum(0, None, total) is total
    assert a.sum(axis=0, out=None).tolist() == total.tolist() == [3, 5, 7]


def test_views_share_memory(a):
    a.reshape(6)[0] = 7
    assert a.tolist()[0][0] == 7
    assert cp.may_share_memory(a, a.T)
    windows = cp.lib.stride_tricks.sliding_window_view(a, 2, axis=1)
    assert windows.shape == (2, 2, 2)
    assert cp.shares_memory(windows, a)


def test_every_line_of_the_tables_is_a_function():
    lines = [*FUNCTIONS.splitlines(), *NAMES.split()]
    assert all(callable(getattr(cp, line.split()[0])) for line in lines if line)
    assert all(hasattr(cp.linalg, line.split()[0]) for line in LINALG.splitlines() if line)
    assert all(hasattr(cp.fft, line.split()[0]) for line in FFT.splitlines() if line)
    assert all(hasattr(cp.ndarray, line.split()[0]) for line in METHODS.splitlines() if line)
    tricks = cp.lib.stride_tricks
    assert all(hasattr(tricks, line.split()[0]) for line in STRIDE_TRICKS.splitlines() if line)


@given(FLOATS, st.sampled_from(["add", "multiply", "maximum", "greater", "true_divide"]))
def test_ufuncs_are_numpys(x, name):
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x, x[..., :1])
    device = cp.asarray(x)
    found = getattr(cp, name)(device, device[..., :1])
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.get(), expected)


@given(FLOATS, st.sampled_from(["sum", "mean", "max", "argmax", "cumsum", "var"]))
def test_methods_are_numpys(x, name):
    expected = getattr(x, name)(axis=-1)
    found = getattr(cp.asarray(x), name)(axis=-1)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found.get(), expected)


@given(FLOATS)
def test_operators_with_numbers_keep_the_type(x):
    device = cp.asarray(x)
    for found in (device + 1, 2.5 * device, 1 - device, device / np.float16(2), abs(-device)):
        assert found.dtype == x.dtype
    device += 1
    np.testing.assert_array_equal(device.get(), x + 1)


def test_rounding_whole_numbers_makes_real_ones():
    assert cp.floor(cp.arange(3, dtype="int32")).dtype == np.float64
    assert cp.ceil(cp.arange(3, dtype="int8")).dtype == np.float16
    with pytest.raises(TypeError):
        cp.subtract.at(cp.zeros(3, "float32"), cp.asarray([0]), 1.0)


def test_scatter_adds_repeated_positions():
    total = cp.zeros((3, 2), "float32")
    cp.add.at(total, cp.asarray([0, 2, 0]), cp.ones((3, 2), "float32"))
    assert total.tolist() == [[2, 2], [0, 0], [1, 1]]


@pytest.mark.gpu
def test_the_tables_agree_with_cupy():
    cupy = pytest.importorskip("cupy", reason="needs the package cupy-cuda12x, though no GPU")
    homes = [
        (FUNCTIONS, cupy),
        (LINALG, cupy.linalg),
        (FFT, cupy.fft),
        (STRIDE_TRICKS, cupy.lib.stride_tricks),
        (METHODS, cupy.ndarray),
    ]
    for text, home in homes:
        for line in filter(None, text.splitlines()):
            name = line.split()[0]
            known = parameters(getattr(home, name))
            used = [w.strip("[]?") for w in line.replace("|", " ").split()[1:] if w[-1] != "="]
            unknown = [w for w in used if w[0] != "*" and w not in known and "kwargs" not in known]
            assert not unknown, f"{name} has no {unknown} but {known}"
    assert all(hasattr(cupy, name) for name in NAMES.split())


def parameters(function) -> list[str]:
    """The parameters of a function of CuPy's; of a compiled one from its documentation."""
    try:
        return list(inspect.signature(function).parameters)
    except ValueError:
        first = function.__doc__.split("\n")[0]
        words = first[first.index("(") + 1 : first.rindex(")")].split(", ")
        return [w.split("=")[0].split()[-1] for w in words]


def test_the_fixture_gives_a_gpu(strict_gpu):
    from mxbook.backend import gpu

    assert gpu.load() is strict_gpu
    assert gpu.count() == 2
