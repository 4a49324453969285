"""Answers that readers give to the exercises of chapter 11, and what they are told."""

from .common import (  # noqa: F401 - the tests
    test_a_wrong_answer_is_told_why,
    test_the_solution_is_right,
    test_the_stub_is_still_to_do,
    test_there_are_wrong_answers_to_every_exercise,
)

CHAPTER = "11"
COUNTED = (
    "def busiest(nodes, results):\n    last = last_uses(nodes, {results})\n    counts = [\n"
    "        sum(v.nbytes for i, v in enumerate(nodes) if i <= t and (i == t or t {ends}"
    " last[v.name]))\n        for t in range(len(nodes))\n    ]\n"
    "    return nodes[{pick}].name"
)
FIRST = "counts.index(max(counts))"
GROWN = """
def growing(nodes, waiting):
    waiting, buffer, sizes, free = {counts}, {{}}, [], []
    for node in nodes:
        place = bisect_left(free, (node.nbytes, 0))
        if {when}:
            number = free.pop({which})[1]
            {grow}
        else:
            number = len(sizes)
            sizes.append(node.nbytes)
        buffer[node.name] = number
        for name in node.inputs:
            waiting[name] -= 1
            if waiting[name] {zero} and name in buffer:
                insort(free, (sizes[buffer[name]], buffer[name]))
    return {back}
"""


def grown(**changes: str) -> str:
    """The solution of 11.4 with something wrong in it."""
    right = {
        "counts": "dict(waiting)",
        "when": "free",
        "which": "min(place, len(free) - 1)",
        "grow": "sizes[number] = max(sizes[number], node.nbytes)",
        "zero": "== 0",
        "back": "buffer, sizes",
    }
    return GROWN.format(**{**right, **changes})


def early() -> str:
    """The solution of 11.4 that releases what a node reads before the node has a buffer."""
    head, start, rest = grown().partition("        place = ")
    taking, loop, releasing = rest.partition("        for name")
    releasing, end, back = releasing.partition("    return")
    return head + loop + releasing + start + taking + end + back


WRONG = {
    "11.1": [
        ("nbytes = {'alone': 300, 'shared': 300, 'in place': 200}", "the result d needs a buffer"),
        ("nbytes = {'alone': 400, 'shared': 200, 'in place': 200}", "a must still be there"),
        ("nbytes = {'alone': 400, 'shared': 300, 'in place': 100}", "b may not be written over a"),
        ("nbytes = {'alone': 400, 'shared': 400, 'in place': 200}", "shared is not 400"),
        ("nbytes = {'alone': 400, 'shared': 300, 'in place': 300}", "in place is not 300"),
        ("nbytes = [400, 300, 200]", "must be a dictionary with the keys"),
    ],
    "11.2": [
        (COUNTED.format(results="[]", ends="<=", pick=FIRST), "they live until the end"),
        (COUNTED.format(results="results", ends="<", pick=FIRST), "let go of it one step early"),
        (
            COUNTED.format(
                results="results",
                ends="<=",
                pick="max(range(len(nodes)), key=lambda i: (counts[i], i))",
            ),
            "the first one is wanted",
        ),
        (
            "def busiest(nodes, results):\n    return max(nodes, key=lambda n: n.nbytes).name",
            "this is the node with the largest value",
        ),
        ("def busiest(nodes, results):\n    return nodes[0]", "you returned the node"),
        ("def busiest(nodes, results):\n    return 3", "such as 'v2', and you returned 3"),
        ("def busiest(nodes, results):\n    return nodes[-1].name", "it must be 'v"),
    ],
    "11.3": [
        ("def best_stretch(n):\n    return n", "your k = 4 has 5 alive"),
        ("def best_stretch(n):\n    return n**0.5", "must be a whole number"),
        ("def best_stretch(n):\n    return n // 2 + 1", "alive at once"),
        ("def best_stretch(n):\n    n + 1", "a `return` missing"),
    ],
    "11.4": [
        (
            "def growing(nodes, waiting):\n    return plan(nodes, waiting)",
            "no buffer ever grows",
        ),
        (grown(grow="pass"), "too small for"),
        (grown(counts="waiting"), "count down a copy"),
        (grown(which="0"), "let the largest one grow"),
        (grown(counts="dict.fromkeys(waiting, 1)"), "is still needed"),
        (grown(when="False", which="0"), "no value ever gets a buffer that was used"),
        (grown(back="sizes"), "it must return two things"),
        (early(), "release the inputs after the node has got its buffer"),
        (
            "def growing(nodes, waiting):\n    return {n.name: 0 for n in nodes}, [999]",
            "one buffer",
        ),
    ],
}
