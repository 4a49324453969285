"""The CUDA sources compile for old and new devices; no GPU is needed for that."""

import re

import pytest

from mxbook.ops.kernels import gpu

nvrtc = pytest.importorskip("cuda.bindings.nvrtc")

SOURCES = sorted(gpu.HERE.glob("*.cu"))
DEVICES = ("sm_70", "sm_80", "sm_90")  # V100, A100, H100


def checked(result):
    """What a call of NVRTC returns, after its status."""
    assert result[0] == nvrtc.nvrtcResult.NVRTC_SUCCESS, result[0]
    return result[1] if len(result) == 2 else None


def machine_code(source: str, device: str, real: str) -> bytes:
    """The source compiled for a device; fails with the compiler's words."""
    program = checked(nvrtc.nvrtcCreateProgram(source.encode(), b"source.cu", 0, [], []))
    options = [o.encode() for o in (f"--gpu-architecture={device}", *gpu.options(real))]
    status = nvrtc.nvrtcCompileProgram(program, len(options), options)[0]
    # Written into: a single character would be the one that all of Python shares.
    log = bytes(checked(nvrtc.nvrtcGetProgramLogSize(program)) + 1)
    checked(nvrtc.nvrtcGetProgramLog(program, log))
    assert status == nvrtc.nvrtcResult.NVRTC_SUCCESS, log.decode()
    code = bytes(checked(nvrtc.nvrtcGetCUBINSize(program)) + 1)
    checked(nvrtc.nvrtcGetCUBIN(program, code))
    checked(nvrtc.nvrtcDestroyProgram(program))
    return code


@pytest.mark.parametrize("real", gpu.TYPES.values())
@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.stem)
def test_compiles(path, device, real):
    code = machine_code(path.read_text(), device, real)
    twin = path.with_suffix(".py").read_text()
    kernels = re.findall(r'get_function\("(\w+)"\)', twin)
    assert kernels
    for name in kernels:
        assert name.encode() in code


def test_errors_are_found():
    with pytest.raises(AssertionError, match="undefined"):
        machine_code("__global__ void f() { REAL x = y; }", "sm_80", "float")


def test_every_source_has_its_twins():
    assert {p.stem for p in SOURCES} == gpu.NAMES
