"""`mx.test_utils`: what MXNet's tests, and those of packages on top of it, are written with.

`comparing.py` arrays and tolerances; `making.py` random shapes and arrays, `matrices.py` those with
known properties; `symbols.py` values and
gradients of symbols; `consistency.py` the same on several devices, by two optimizers;
`statistics.py` generators of random numbers; `datasets.py` files and data sets; `environment.py`
devices, variables, tries; `speed.py` time.  New checks of operators are in `mx.testing`.
"""

from .comparing import (
    almost_equal,
    almost_equal_ignore_nan,
    assert_allclose,
    assert_almost_equal,
    assert_almost_equal_ignore_nan,
    assert_almost_equal_with_err,
    assert_exception,
    checkShapes,
    collapse_sum_like,
    compare_ndarray_tuple,
    find_max_violation,
    get_atol,
    get_etol,
    get_rtol,
    get_tolerance,
    np_reduce,
    same,
    same_array,
    same_symbol_structure,
)
from .consistency import check_consistency, compare_optimizer
from .datasets import (
    download,
    download_model,
    get_bz2_data,
    get_cifar10,
    get_mnist,
    get_mnist_iterator,
    get_mnist_pkl,
    get_mnist_ubyte,
    get_zip_data,
)
from .environment import (
    EnvManager,
    default_context,
    default_dtype,
    discard_stderr,
    environment,
    get_im2rec_path,
    has_tvm_ops,
    is_cd_run,
    is_op_runnable,
    list_gpus,
    retry,
    set_default_context,
    set_env_var,
)
from .making import (
    assign_each,
    assign_each2,
    create_2d_tensor,
    create_sparse_array,
    create_sparse_array_zd,
    create_vector,
    rand_coord_2d,
    rand_ndarray,
    rand_shape_2d,
    rand_shape_3d,
    rand_shape_nd,
    rand_sparse_ndarray,
    random_arrays,
    random_sample,
    random_uniform_arrays,
    shuffle_csr_column_indices,
)
from .matrices import (
    new_matrix_with_real_eigvals_2d,
    new_matrix_with_real_eigvals_nd,
    new_orthonormal_matrix_2d,
    new_sym_matrix_with_real_eigvals_2d,
    new_sym_matrix_with_real_eigvals_nd,
)
from .speed import DummyIter, check_speed
from .statistics import (
    chi_square_check,
    gen_buckets_probs_with_ppf,
    mean_check,
    var_check,
    verify_generator,
)
from .symbols import (
    check_numeric_gradient,
    check_symbolic_backward,
    check_symbolic_forward,
    numeric_grad,
    simple_forward,
)

__all__ = [  # the functions above, without the files
    name for name, value in list(globals().items()) if callable(value) and name[0] != "_"
]
