"""There is no compiled library."""

import pytest

import mxbook as mx


@pytest.mark.parametrize("name", ["find_lib_path", "find_include_path", "find_conf_path"])
def test_nothing_to_find(name):
    with pytest.raises(RuntimeError, match="there is no"):
        getattr(mx.libinfo, name)()
    assert mx.libinfo.__version__ == mx.__version__
