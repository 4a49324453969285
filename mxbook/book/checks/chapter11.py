"""The exercises of chapter 11: planning memory."""

from bisect import bisect_left, insort
from collections import Counter
from typing import NamedTuple

from .answers import Wrong, call, exercise, number, require, shown

LISTS = 40  # how many random lists of nodes an answer is tried at


class Node(NamedTuple):
    """A node as the chapter has it; here none of them works in place."""

    name: str
    inputs: tuple[str, ...]
    shape: tuple[int, ...]
    work: None = None
    in_place: bool = False

    @property
    def nbytes(self) -> int:
        """Bytes of the value."""
        return 4 * self.shape[0]

    def __repr__(self) -> str:
        return self.name


def lists(random):
    """Random lists of nodes with their results; in every other one the values get larger."""
    for turn in range(LISTS):
        count = int(random.integers(4, 10))
        lengths = [int(n) for n in random.choice([8, 16, 24, 32, 48, 64], count)]
        if turn % 2:
            lengths.sort()
        nodes: list[Node] = []
        for i, length in enumerate(lengths):
            near = [n.name for n in nodes[-3:]] or ["x"]
            inputs = random.choice(near, size=min(len(near), int(random.integers(1, 3))))
            nodes.append(Node(f"v{i}", tuple(map(str, dict.fromkeys(inputs))), (length,)))
        read = {name for node in nodes for name in node.inputs}
        yield nodes, [n.name for n in nodes if n.name not in read]


def told(nodes) -> str:
    """A list of nodes in words, for messages."""
    lines = [f"{n.name} reads {', '.join(n.inputs)}, {n.nbytes} bytes" for n in nodes]
    return "; ".join(lines)


def last_uses(nodes, results) -> dict[str, int]:
    """The last step that needs each value."""
    last = {name: i for i, n in enumerate(nodes) for name in (*n.inputs, n.name)}
    return {**last, **dict.fromkeys(results, len(nodes) - 1)}


@exercise("11.1", "a is kept until d has read it; everybody else passes memory on.")
def predicted(answer, random):
    """Bytes for a, b(a), c(b), d(c, a), of 100 bytes each."""
    keys = ("alone", "shared", "in place")
    require(
        isinstance(answer, dict) and set(answer) == set(keys),
        f"the answer must be a dictionary with the keys {', '.join(keys)}",
    )
    alone, shared, over = (number(answer[k], k) for k in keys)
    require(alone != 300, "alone is not 300: the result d needs a buffer as well")
    require(alone == 400, f"alone is not {alone:g}: four values of 100 bytes each")
    require(
        shared != 200,
        "shared is not 200: when c is made from b, a must still be there, because d will read it",
    )
    require(
        shared == 300,
        f"shared is not {shared:g}: list for each step which values are alive; "
        "when c is made, these are a, b and c",
    )
    require(
        over != 100,
        "in place is not 100: b may not be written over a, which d will read",
    )
    require(
        over == 200,
        f"in place is not {over:g}: a stays, and b, c, d can be written over each other",
    )


def _busiest(nodes, results, *, ends=1, latest=False) -> str:
    """The name of the node at which most is alive; `ends` is 0 where the readers do not count."""
    last = last_uses(nodes, results)
    counts = [
        sum(
            v.nbytes
            for made, v in enumerate(nodes)
            if made <= step and (made == step or step < last[v.name] + ends)
        )
        for step in range(len(nodes))
    ]
    steps = range(len(nodes) - 1, -1, -1) if latest else range(len(nodes))
    return nodes[max(steps, key=counts.__getitem__)].name


SLIPS = (
    (
        lambda nodes, results: _busiest(nodes, []),
        "you let go of results after their last reader; they live until the end",
    ),
    (
        lambda nodes, results: _busiest(nodes, results, ends=0),
        "what a node reads is still alive while the node runs; you let go of it one step early",
    ),
    (
        lambda nodes, results: _busiest(nodes, results, latest=True),
        "where several nodes have as much, the first one is wanted, not the last",
    ),
    (
        lambda nodes, results: max(nodes, key=lambda n: n.nbytes).name,
        "this is the node with the largest value; wanted is where most is alive in total",
    ),
)


@exercise("11.2", "that is where the memory is highest.")
def busiest(answer, random):
    """The node at which most bytes are alive."""
    tried = list(lists(random))
    found = [call(answer, nodes, results) for nodes, results in tried]
    for (nodes, _), name in zip(tried, found, strict=True):
        require(
            not isinstance(name, tuple), "the name of the node is wanted, and you returned the node"
        )
        require(
            name in [n.name for n in nodes],
            f"the name of a node is wanted, such as 'v2', and you returned {shown(name)}",
        )
    wanted = [_busiest(*given) for given in tried]
    if found == wanted:
        return
    for slip, words in SLIPS:
        if found == [slip(*given) for given in tried]:
            raise Wrong(words)
    i = min((i for i in range(len(tried)) if found[i] != wanted[i]), key=lambda i: len(tried[i][0]))
    nodes, results = tried[i]
    raise Wrong(
        f"for {told(nodes)} (results {', '.join(results)}) it must be {wanted[i]!r}, "
        f"and is {found[i]!r}"
    )


@exercise("11.3", "it is near the square root of n: 1000 layers with 64 values alive.")
def stretch(answer, random):
    """A k for which ceil(n / k) + k is smallest."""

    def cost(k):
        return -(-n // k) + k

    for n in (*range(1, 40), *map(int, random.integers(40, 2000, 20))):
        found = number(call(answer, n), f"best_stretch({n})")
        require(
            found == int(found) and 1 <= found <= n,
            f"best_stretch({n}) must be a whole number from 1 to {n}, and is {found:g}",
        )
        k, best = int(found), min(range(1, n + 1), key=cost)
        require(
            cost(k) == cost(best),
            f"for n = {n}, your k = {k} has {cost(k)} alive at once, "
            f"{-(-n // k)} kept and a stretch of {k}, and k = {best} only {cost(best)}",
        )


def _planned(nodes, waiting, grows) -> int:
    """The bytes of a plan, in which buffers grow or not."""
    waiting, where = dict(waiting), {}
    sizes: list[int] = []
    free: list[tuple[int, int]] = []  # pairs (bytes, buffer)
    for node in nodes:
        place = bisect_left(free, (node.nbytes, 0))
        if free and (grows or place < len(free)):
            k = free.pop(min(place, len(free) - 1))[1]
            sizes[k] = max(sizes[k], node.nbytes)
        else:
            k = len(sizes)
            sizes.append(node.nbytes)
        where[node.name] = k
        for name in node.inputs:
            waiting[name] -= 1
            if waiting[name] == 0 and name in where:
                insort(free, (sizes[where[name]], where[name]))
    return sum(sizes)


@exercise("11.4", "sound on every list, and no byte more than it takes.")
def growing(answer, random):
    """A planner whose largest free buffer grows."""
    tried = [
        (n, r, Counter([i for node in n for i in node.inputs] + list(r))) for n, r in lists(random)
    ]
    found = []
    for nodes, results, waiting in tried:
        given = dict(waiting)
        result = call(answer, nodes, given)
        require(
            given == dict(waiting),
            "the counts of the caller have changed: count down a copy, dict(waiting)",
        )
        found.append(_sound(nodes, results, result))
    wanted = [_planned(nodes, waiting, True) for nodes, _, waiting in tried]
    fixed = [_planned(nodes, waiting, False) for nodes, _, waiting in tried]
    alone = [sum(n.nbytes for n in nodes) for nodes, _, _ in tried]
    require(found != alone, "the plan is sound, but no value ever gets a buffer that was used")
    require(
        found != fixed, "the plan is sound, but no buffer ever grows: it takes as much as `plan`"
    )
    for (nodes, _, _), got, best in zip(tried, found, wanted, strict=True):
        require(
            got <= best,
            f"the plan is sound, but takes {got} bytes in place of {best}, for {told(nodes)}; "
            "take the smallest free buffer that is large enough, else let the largest one grow",
        )


def _sound(nodes, results, result) -> int:
    """The bytes of a plan that is one; else say what is wrong with it."""
    require(
        isinstance(result, tuple) and len(result) == 2,
        f"it must return two things, buffer and sizes, and returned {shown(result)}",
    )
    buffer, sizes = result
    last = last_uses(nodes, results)
    for step, node in enumerate(nodes):
        require(node.name in buffer, f"{node.name} has no buffer, for {told(nodes)}")
        place = buffer[node.name]
        require(0 <= place < len(sizes), f"{node.name} has buffer {place} of {len(sizes)}")
        require(
            sizes[place] >= node.nbytes,
            f"buffer {place} has {sizes[place]} bytes, too small for {node.name}; {told(nodes)}",
        )
        for before in nodes[:step]:
            there = buffer[before.name] == place and last[before.name] >= step
            require(
                not there or last[before.name] != step or before.name not in node.inputs,
                f"{node.name} would write over {before.name} while it reads it: "
                "release the inputs after the node has got its buffer",
            )
            require(
                not there,
                f"{before.name} and {node.name} are in one buffer, and {before.name} is still "
                f"needed, for {told(nodes)} (results {', '.join(results)})",
            )
    return sum(sizes)
