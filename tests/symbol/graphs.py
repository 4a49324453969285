"""Graphs for the golden file: `GRAPHS[name](mx)` makes one, in mxbook and in MXNet alike."""

import re


def without_numbers(text):
    """A graph's text with the subgraphs' names counted from 0: they count through a process."""
    numbers: dict[str, int] = {}
    return re.sub(
        r'(?<="__subgraph_name__": ")[^"]*',
        lambda match: str(numbers.setdefault(match.group(), len(numbers))),
        text,
    )


def _group(mx, *nested):
    def flat(value):
        if isinstance(value, list | tuple):
            return [s for item in value for s in flat(item)]
        return [value]

    return mx.sym.Group(flat(nested))


def _vars(mx):
    return [mx.sym.var(name) for name in "xysw"]


def foreach(mx):
    x, _, s, w = _vars(mx)
    k = mx.sym.exp(w)
    return _group(mx, mx.sym.contrib.foreach(lambda a, b: (a * b + k, a + b * w), x, s))


def foreach_nested_lists(mx):
    x, y, s, w = _vars(mx)
    return _group(
        mx,
        mx.sym.contrib.foreach(
            lambda a, b: ([a[0] * b[0], [a[1]]], [a[0] + b[0], b[1]]), [x, y], [s, w]
        ),
    )


def foreach_doubled(mx):
    x, _, s, _ = _vars(mx)
    return _group(mx, mx.sym.contrib.foreach(lambda a, b: (a + b,) * 2, x, s))


def foreach_in_foreach(mx):
    x, _, s, w = _vars(mx)
    loop = mx.sym.contrib.foreach
    return _group(mx, loop(lambda a, b: loop(lambda c, d: (c * w, d + a), a, b), x, s))


def foreach_with_weights(mx):
    x, _, s, _ = _vars(mx)
    layer = lambda a: mx.sym.FullyConnected(a, num_hidden=3, name="f")  # noqa: E731
    return _group(mx, mx.sym.contrib.foreach(lambda a, b: (layer(a), b + 1), x, s))


def while_loop(mx):
    x, _, s, _ = _vars(mx)
    return _group(
        mx,
        mx.sym.contrib.while_loop(
            lambda i, s: i <= 3, lambda i, s: ([i + s], [i + 1, s + i]), (x, s), max_iterations=4
        ),
    )


def while_loop_with_outer(mx):
    x, _, _, w = _vars(mx)
    k = mx.sym.exp(w)
    return _group(
        mx,
        mx.sym.contrib.while_loop(
            lambda i: i < w, lambda i: (i * w * k, i + k), x, max_iterations=4
        ),
    )


def cond(mx):
    x, y, _, w = _vars(mx)
    k = mx.sym.exp(w)
    return _group(mx, mx.sym.contrib.cond(x < y, lambda: [x + k, k], lambda: [y * 2, y]))


def cond_in_while_loop(mx):
    x, _, s, _ = _vars(mx)
    return _group(
        mx,
        mx.sym.contrib.while_loop(
            lambda i, s: mx.sym.contrib.cond(i < s, lambda: i < 2, lambda: s > i),
            lambda i, s: ([i + s], [i + 1, s + i]),
            (x, s),
            max_iterations=4,
        ),
    )


def states(mx):
    x = mx.sym.var("x", shape=(2, 3, 5, 5), lr_mult=2)
    conv = mx.sym.Convolution(x, kernel=(3, 3), num_filter=4, name="c", attr={"wd_mult": "0"})
    return mx.sym.BatchNorm(conv, name="bn", fix_gamma=False)


def many_inputs(mx):
    return mx.sym.concat(*[mx.sym.var(f"v{i}") for i in range(13)], dim=0)


def names_of_numbers(mx):
    x, y, _, _ = _vars(mx)
    return _group(mx, [-(x**2) / (3 - y) % 2, 2**x, x == 1, mx.sym.hypot(x, 3), mx.sym.pow(2, y)])


def attributes(mx):
    with mx.AttrScope(ctx_group="g", __lr_mult__="2"):
        x = mx.sym.var("x")
        with mx.AttrScope(__mood__="gray"):
            return mx.sym.LeakyReLU(x, act_type="prelu")


def made_arrays(mx):
    return _group(
        mx,
        mx.sym.zeros((2, 3)) + mx.sym.random.uniform(0, 1, shape=(2, 3)),
        mx.sym.arange(1, 4),
        mx.sym.full((2,), 3, dtype="int32"),
        mx.sym.eye(2),
        mx.sym.split_v2(mx.sym.var("x"), (1, 3)),
    )


GRAPHS = {
    f.__name__: f
    for f in (
        *(foreach, foreach_nested_lists, foreach_doubled, foreach_in_foreach, foreach_with_weights),
        *(while_loop, while_loop_with_outer, cond, cond_in_while_loop),
        *(states, many_inputs, names_of_numbers, attributes, made_arrays),
    )
}
