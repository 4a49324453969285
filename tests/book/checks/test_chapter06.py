"""Answers that readers give to the exercises of chapter 06, and what they are told."""

from .common import (  # noqa: F401 - the tests
    test_a_wrong_answer_is_told_why,
    test_the_solution_is_right,
    test_the_stub_is_still_to_do,
    test_there_are_wrong_answers_to_every_exercise,
)

CHAPTER = "06"
ADDED = (
    "def accumulated(loss, w, parts):\n{before}    for part in parts:\n"
    "        with autograd.record():\n            y = loss(w, part)\n        y.backward()\n"
    "    return w.grad{after}"
)
WRONG = {
    "06.1": [
        ("gradients = {'w': 48, 'x': 32}", "through w * x; both count, and add up"),
        ("gradients = {'w': 8, 'x': 2}", "the square around it multiplies each by 2 * 8"),
        ("gradients = {'w': 64, 'x': 16}", "the gradient of x is not 16"),
        ("gradients = {'w': 1, 'x': 'a'}", "the gradient of x must be a number, and is 'a'"),
        ("gradients = [64, 32]", 'must be a dictionary with the keys "w" and "x"'),
    ],
    "06.2": [
        ("def tanh(a):\n    return math.tanh(a.value)", "it returned a float"),
        ("def tanh(a):\n    return Number(math.tanh(a.value))", "no gradient comes back to x"),
        (
            "def tanh(a):\n    y = math.tanh(a.value)\n    return Number(y, [(a, 1 - a.value**2)])",
            "with the result y = tanh(x), not with x",
        ),
        (
            "def tanh(a):\n    y = math.tanh(a.value)\n    return Number(y, [(a, y)])",
            "the gradient of tanh at",
        ),
        (
            "def tanh(a):\n    y = math.sin(a.value)\n    return Number(y, [(a, 1 - y * y)])",
            "the value of tanh(",
        ),
        ("def tanh(a):\n    return math.tanh(a)", "raised TypeError"),
    ],
    "06.3": [
        ("def f(x):\n    return x * x", "the gradient is 2 * x"),
        ("def f(x):\n    return x * x.copy()", "a copy() is followed as well"),
        ("def f(x):\n    return x.detach() ** 2", "the result is not recorded at all"),
        ("def f(x):\n    return x", "the value of f(x) must be x * x"),
    ],
    "06.4": [
        (
            ADDED.format(before="    w.attach_grad()\n", after=""),
            "only the last part is in it",
        ),
        (
            ADDED.format(
                before="    if w.grad is None:\n        w.attach_grad(grad_req='add')\n", after=""
            ),
            "a second call gives twice as much",
        ),
        (
            ADDED.format(before="    w.attach_grad(grad_req='add')\n", after=" / len(parts)"),
            "this is the mean over the parts; wanted is the sum",
        ),
        (
            "def accumulated(loss, w, parts):\n    return sum(loss(w, part) for part in parts)",
            "the gradient must have the shape (3,), and has (1,)",
        ),
        (ADDED.format(before="", after=""), "cannot differentiate"),
    ],
}
