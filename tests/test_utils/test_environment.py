import os
import sys

import numpy as np
import pytest

import mxbook as mx
from mxbook import test_utils as tu


@pytest.fixture
def usual_context():
    yield
    tu.set_default_context(mx.cpu(0))


@pytest.mark.usefixtures("usual_context")
def test_the_default_device():
    tu.set_default_context(mx.cpu(3))
    assert tu.default_context() == mx.nd.ones(1).context == mx.cpu(3)
    with mx.cpu(1):
        assert tu.default_context() == mx.cpu(1)
    assert mx.current_context() == mx.cpu(3)


def test_variables(monkeypatch):
    monkeypatch.delenv("MXBOOK_TEST", raising=False)
    assert tu.set_env_var("MXBOOK_TEST", "1", "none") == "none"
    assert tu.set_env_var("MXBOOK_TEST", "2") == "1"
    with tu.EnvManager("MXBOOK_TEST", "3"), tu.EnvManager("MXBOOK_TEST_2", "4"):
        assert os.environ["MXBOOK_TEST"] == "3"
        assert os.environ["MXBOOK_TEST_2"] == "4"
    assert os.environ["MXBOOK_TEST"] == "2"
    assert "MXBOOK_TEST_2" not in os.environ
    with pytest.raises(KeyError), tu.environment({"MXBOOK_TEST": None, "MXBOOK_TEST_2": "5"}):
        assert "MXBOOK_TEST" not in os.environ
        raise KeyError
    assert os.environ["MXBOOK_TEST"] == "2"
    with tu.environment("MXBOOK_TEST", "6"):
        assert os.environ["MXBOOK_TEST"] == "6"


def test_error_output_is_discarded(capfd):
    with tu.discard_stderr():
        os.write(2, b"from C")
        print("from Python", file=sys.stderr)
    os.write(2, b"seen")
    assert capfd.readouterr().err == "seen"


@pytest.mark.parametrize(("needed", "granted"), [(1, 1), (2, 3), (3, 3), (4, 3)])
def test_tries(needed, granted):
    tries = []

    @tu.retry(granted)
    def lucky(x):
        """Documentation."""
        tries.append(x)
        assert len(tries) >= needed, f"try {len(tries)}"
        return 7

    assert lucky.__name__ == "lucky"
    if needed <= granted:
        assert lucky(1) == 7
        assert len(tries) == needed
    else:
        with pytest.raises(AssertionError, match="try 3"):
            lucky(1)


def test_other_errors_are_not_tried_again():
    tries = []

    @tu.retry(5)
    def broken():
        tries.append(1)
        raise ValueError

    with pytest.raises(ValueError):
        broken()
    assert len(tries) == 1
    with pytest.raises(mx.base.MXNetError):
        tu.retry(0)


def test_what_there_is():
    assert tu.default_dtype() is np.float32
    assert len(tu.list_gpus()) == mx.context.num_gpus()
    assert not tu.has_tvm_ops()
    assert tu.is_op_runnable()
    with tu.environment("CD_JOB", "1"):
        assert tu.is_cd_run()
    assert os.path.isfile(tu.get_im2rec_path())


def test_all_names_are_public():
    assert {"assert_almost_equal", "DummyIter", "EnvManager"} <= set(tu.__all__)
    assert not {"comparing", "host", "np"} & set(tu.__all__)
