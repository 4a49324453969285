"""Write `operators.json` and `operators.npz`: what real MXNet 1.6 answers to every example.

    MXBOOK_ORACLE_PYTHON=/path/to/python  python tests/golden/make_operator_golden.py

The variable names an interpreter that has MXNet 1.6; this script itself needs mxbook.  It writes
the examples to a file, runs itself in the other interpreter on that file, and packs the
answers.  Random operators are left out (their streams are compared in `tests/resource`).  What
MXNet cannot run is listed under `failed` with its error, mxbook's own operators under `own`.
"""

import json
import os
import pickle
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FLOATS = ("float16", "float32", "float64")
NOT_ASKED = ("_cvimread",)  # its example names a file of this machine


# ---- in mxbook's interpreter


def examples() -> list[dict]:
    """Every example of every operator that draws no random numbers, as plain data."""
    from mxbook.testing.cases import all_cases

    return [
        {"op": c.op.name, "params": {k: str(v) for k, v in c.params.items()}, "in": c.inputs}
        for c in all_cases()
        if not c.op.uses_random and not c.op.name.startswith(("_backward_", *NOT_ASKED))
    ]


class Bank:
    """Packs arrays into one flat array for each element type; equal arrays are stored once."""

    def __init__(self):
        self.parts: dict[str, list[np.ndarray]] = {}
        self.places: dict[tuple, list] = {}
        self.sizes: dict[str, int] = {}

    def put(self, array: np.ndarray) -> list:
        """Where the array is: element type, start, shape."""
        name = array.dtype.name
        key = (name, array.shape, array.tobytes())
        if key not in self.places:
            start = self.sizes.get(name, 0)
            self.sizes[name] = start + array.size
            self.parts.setdefault(name, []).append(array.ravel())
            self.places[key] = [name, start, list(array.shape)]
        return self.places[key]

    def pack(self, value):
        """A nested value with references in place of its arrays."""
        if isinstance(value, np.ndarray):
            return {"a": self.put(value)}
        if isinstance(value, list):
            return [self.pack(v) for v in value]
        if isinstance(value, dict):
            return {k: self.pack(v) for k, v in value.items()}
        return value


def ask(cases: list[dict], python: str) -> list[dict]:
    """The answers of the other interpreter; a case that kills it is noted, and it starts again."""
    with tempfile.TemporaryDirectory() as folder:
        questions, answers = Path(folder, "questions"), Path(folder, "answers")
        questions.write_bytes(pickle.dumps(cases, protocol=4))
        answers.touch()
        found: list[dict] = []
        while len(found) < len(cases):
            script = [python, str(Path(__file__)), str(questions), str(answers), str(len(found))]
            subprocess.run(script, check=False)
            found = read(answers)
            if len(found) < len(cases):
                with answers.open("ab") as file:
                    pickle.dump({"error": "MXNet crashed"}, file, protocol=4)
                found = read(answers)
        return found


def read(path: Path) -> list[dict]:
    """All records of a file of pickles."""
    found = []
    with path.open("rb") as file:
        while True:
            try:
                found.append(pickle.load(file))
            except EOFError:
                return found


def shortened(case: dict, answer: dict) -> dict:
    """The answer without inputs that kept their values, and without outputs told twice."""
    same = {"after": case["in"], "train_after": case["in"], "train_out": answer["out"]}
    return {k: v for k, v in answer.items() if not (k in same and equal(v, same[k]))}


def equal(a: list, b: list) -> bool:
    """Whether two lists of arrays are equal, NaN included."""
    return all(np.array_equal(x, y, equal_nan=True) for x, y in zip(a, b, strict=True))


def main() -> None:
    """Ask, pack and write."""
    python = os.environ.get("MXBOOK_ORACLE_PYTHON")
    if not python:
        sys.exit(__doc__)
    cases = examples()
    bank, index, failed, own = Bank(), [], {}, set()
    for case, answer in zip(cases, ask(cases, python), strict=True):
        if answer.get("error") == "unknown":
            own.add(case["op"])
        elif "error" in answer:
            failed[f"{case['op']} {case['params']}"] = answer["error"]
        else:
            index.append(bank.pack({**case, **shortened(case, answer)}))
    flat = {name: np.concatenate(parts) for name, parts in bank.parts.items()}
    np.savez_compressed(HERE / "operators.npz", **flat)
    lines = ",\n".join(json.dumps(case) for case in index)
    notes = f'"failed": {json.dumps(failed, indent=1)},\n"own": {json.dumps(sorted(own))}'
    (HERE / "operators.json").write_text(f'{{"cases": [\n{lines}\n],\n{notes}}}\n')
    print(f"{len(index)} cases of {len({c['op'] for c in index})} operators; failed: {failed}")


# ---- in MXNet's interpreter


def answer_all(questions: str, answers: str, start: str) -> None:
    """Answer the cases from number `start` on, one record each."""
    for old in ("bool", "int", "float", "object", "complex", "str"):  # MXNet 1.6 needs these names
        if old not in vars(np):
            setattr(np, old, getattr(__builtins__, old))
    import mxnet as mx

    with open(questions, "rb") as file:
        cases = pickle.load(file)
    for case in cases[int(start) :]:
        result = answer(mx, case)
        with open(answers, "ab") as file:
            pickle.dump(result, file, protocol=4)


def find(mx, name: str):
    """MXNet's function for a registered name."""
    places = [("", mx.nd.op), ("", mx.nd._internal)]
    prefixes = ("contrib", "image", "linalg", "random", "sparse")
    places += [(f"_{prefix}_", getattr(mx.nd, prefix)) for prefix in prefixes]
    for prefix, module in places:
        if name.startswith(prefix) and hasattr(module, name[len(prefix) :]):
            return getattr(module, name[len(prefix) :])
    return None


def answer(mx, case: dict) -> dict:
    """Outputs in prediction and in training mode, gradients, and what became of the inputs."""
    function = find(mx, case["op"])
    if function is None:
        return {"error": "unknown"}
    try:
        arrays = [mx.nd.array(x, dtype=x.dtype) for x in case["in"]]
        result = {"out": numpy_list(mx, function(*arrays, **case["params"]))}
        result["after"] = numpy_list(mx, arrays)
    except Exception as error:
        return {"error": first_line(error)}
    try:
        result.update(gradients(mx, function, case))
    except Exception as error:
        result["no_gradient"] = first_line(error)
    return result


def first_line(error: Exception) -> str:
    """The first line of an error without the time of day, so that the file stays the same."""
    return re.sub(r"\[\d\d:\d\d:\d\d\] ", "", str(error).split("\n")[0])


def numpy_list(mx, found) -> list:
    """NDArrays as NumPy arrays."""
    return [o.asnumpy() for o in ([found] if isinstance(found, mx.nd.NDArray) else found)]


def gradients(mx, function, case: dict) -> dict:
    """The outputs in training mode, and the gradients for random gradients at the outputs."""
    arrays = [mx.nd.array(x, dtype=x.dtype) for x in case["in"]]
    for a in arrays:
        if np.dtype(a.dtype).name in FLOATS:
            a.attach_grad()
    with mx.autograd.record():
        found = function(*arrays, **case["params"])
    outputs = numpy_list(mx, found)
    draw = np.random.RandomState(len(case["op"])).standard_normal
    heads = [draw(o.shape).astype(o.dtype) for o in outputs]
    found = [found] if isinstance(found, mx.nd.NDArray) else list(found)
    mx.autograd.backward(found, [mx.nd.array(h, dtype=h.dtype) for h in heads])
    grads = [None if a.grad is None else a.grad.asnumpy() for a in arrays]
    return {
        "train_out": outputs,
        "head": heads,
        "grad": grads,
        "train_after": numpy_list(mx, arrays),
    }


if __name__ == "__main__":
    if len(sys.argv) > 1:
        answer_all(*sys.argv[1:])
    else:
        main()
