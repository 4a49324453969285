"""What the two packages write for each other.  This file runs under both, as a script in a folder;
`mx`, `np` and `found` are given.
"""

import numpy as np

mx = nd = gluon = None  # set by `use`


def use(package):
    global mx, nd, gluon
    mx, nd, gluon = package, package.nd, package.gluon


def numbers(*shape, low=-1.0, high=1.0):
    return nd.array(np.random.RandomState(len(shape)).uniform(low, high, shape))


# ---- blocks, with their inputs


def resnet():
    net = gluon.model_zoo.vision.get_resnet(1, 18, classes=5, thumbnail=True)
    return net, [numbers(2, 3, 16, 16)]


def resnet_v2():
    zoo = gluon.model_zoo.vision
    return zoo.ResNetV2(zoo.BottleneckV2, [1, 1], [8, 16, 32], classes=5), [numbers(1, 3, 32, 32)]


def mobilenet():
    return gluon.model_zoo.vision.mobilenet0_25(classes=5), [numbers(1, 3, 32, 32)]


def mobilenet_v2():
    return gluon.model_zoo.vision.mobilenet_v2_0_25(classes=5), [numbers(1, 3, 32, 32)]


def squeezenet():
    return gluon.model_zoo.vision.squeezenet1_1(classes=5), [numbers(1, 3, 224, 224)]


def densenet():
    net = gluon.model_zoo.vision.DenseNet(8, 4, [2, 3], dropout=0.2, classes=5)
    return net, [numbers(1, 3, 64, 64)]


def vgg():
    net = gluon.model_zoo.vision.VGG([1, 2], [4, 8], classes=5, batch_norm=True)
    return net, [numbers(2, 3, 8, 8)]


def stack(*blocks):
    net = gluon.nn.HybridSequential()
    with net.name_scope():
        net.add(*blocks)
    return net


def normalisations():
    nn = gluon.nn
    layers = [nn.Conv2D(4, 3), nn.BatchNorm(), nn.InstanceNorm(), nn.Conv2DTranspose(4, 2)]
    return stack(*layers, nn.LayerNorm(), nn.Dense(3)), [numbers(2, 2, 5, 5)]


def activations():
    nn = gluon.nn
    kinds = [nn.PReLU(), nn.ELU(), nn.SELU(), nn.GELU(), nn.Swish(), nn.LeakyReLU(0.2)]
    return stack(*[b for k in kinds for b in (nn.Dense(6), k)]), [numbers(3, 4)]


def pooling():
    nn = gluon.nn
    layers = [nn.MaxPool2D(3, 2, 1), nn.AvgPool2D(2, 1, ceil_mode=True), nn.GlobalAvgPool2D()]
    return stack(nn.Conv2D(3, (3, 2), (1, 2), groups=1), *layers), [numbers(2, 2, 9, 9)]


def net_of(function, **blocks):
    """A network of a function `(F, blocks, *inputs)` and blocks by name."""

    class Net(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                for name, make in blocks.items():
                    setattr(self, name, make())

        def hybrid_forward(self, F, *inputs, **parameters):
            return function(F, self, *inputs, **parameters)

    return Net()


def language_model():
    def compute(F, net, tokens, h, c):
        out, states = net.lstm(net.embed(tokens), [h, c])
        return net.decode(out), states[0], states[1]

    net = net_of(
        compute,
        embed=lambda: gluon.nn.Embedding(11, 6),
        # No dropout: executors of MXNet 1.6 drop between layers also when they predict.
        lstm=lambda: gluon.rnn.LSTM(6, num_layers=2),
        decode=lambda: gluon.nn.Dense(11, flatten=False),
    )
    words = nd.array(np.random.RandomState(0).randint(0, 11, (5, 3)))
    return net, [words, numbers(2, 3, 6), numbers(2, 3, 6)]


def both_directions():
    return gluon.rnn.GRU(5, bidirectional=True, layout="NTC"), [numbers(2, 4, 3), numbers(2, 2, 5)]


def cells():
    def compute(F, net, x):
        outputs, states = net.cell.unroll(3, x, layout="NTC", merge_outputs=True)
        return net.dense(outputs), states[0], states[1]

    net = net_of(
        compute,
        cell=lambda: gluon.rnn.LSTMCell(4),
        dense=lambda: gluon.nn.Dense(3, flatten=False),
    )
    return net, [numbers(2, 3, 5)]


def foreach():
    def compute(F, net, x, state):
        def step(row, before):
            after = F.tanh(net.inner(row) + net.outer(before))
            return after * 2, after

        outs, last = F.contrib.foreach(step, x, state)
        return outs, last

    net = net_of(
        compute,
        inner=lambda: gluon.nn.Dense(4),
        outer=lambda: gluon.nn.Dense(4, use_bias=False),
    )
    return net, [numbers(3, 2, 5), numbers(2, 4)]


def attention():
    def compute(F, net, x):
        q, k, v = net.q(x), net.k(x), net.v(x)
        weights = F.softmax(F.batch_dot(q, k, transpose_b=True) / 2.5)
        return x + net.out(F.batch_dot(weights, v)), weights

    dense = {n: lambda: gluon.nn.Dense(6, flatten=False) for n in ("q", "k", "v", "out")}
    return net_of(compute, **dense), [numbers(2, 4, 6)]


def several_inputs():
    def compute(F, net, a, b):
        parts = F.split(net.dense(a), num_outputs=3, axis=1)
        most = F.max(b, axis=1, keepdims=True)
        return F.concat(parts[0], b, dim=1), F.broadcast_add(parts[1], most)

    return net_of(compute, dense=lambda: gluon.nn.Dense(6)), [numbers(4, 3), numbers(4, 2)]


BLOCKS = [
    *(resnet, resnet_v2, mobilenet, mobilenet_v2, squeezenet, densenet, vgg),
    *(normalisations, activations, pooling, language_model, both_directions, cells),
    *(foreach, attention, several_inputs),
]


def write_blocks():
    """Export every block, and keep its inputs and outputs."""
    for make in BLOCKS:
        mx.random.seed(1)
        net, inputs = make()
        net.initialize(mx.init.Xavier(magnitude=2))
        net.hybridize()
        with mx.autograd.record():  # so that moving averages move
            out = net(*inputs)
        out = out[0] if isinstance(out, (list, tuple)) else out
        out.backward()
        out = net(*inputs)
        outputs = flat(out)
        net.export(make.__name__, 3)
        net.save_parameters(make.__name__ + ".gluon")
        arrays = {f"in{i}": a.asnumpy() for i, a in enumerate(inputs)}
        arrays.update((f"out{i}", a.asnumpy()) for i, a in enumerate(outputs))
        np.savez(make.__name__ + ".npz", **arrays)


def flat(value):
    if isinstance(value, (list, tuple)):
        return [leaf for item in value for leaf in flat(item)]
    return [value]


def read_blocks(found):
    """Import every export, compute, and note outputs and the text of the graph."""
    for make in BLOCKS:
        name = make.__name__
        kept = np.load(name + ".npz")
        inputs = [nd.array(kept[f"in{i}"]) for i in range(len(kept.files)) if f"in{i}" in kept]
        names = [f"data{i}" for i in range(len(inputs))] if len(inputs) > 1 else ["data"]
        net = gluon.SymbolBlock.imports(name + "-symbol.json", names, name + "-0003.params")
        found[f"~{name} block"] = [a.asnumpy() for a in flat(net(*inputs))]
        graph = mx.sym.load(name + "-symbol.json")
        found[f"{name} text"] = graph.tojson()
        executor = graph.simple_bind(
            mx.cpu(), **{n: a.shape for n, a in zip(names, inputs, strict=True)}
        )
        parameters = nd.load(name + "-0003.params")
        args = {k[4:]: v for k, v in parameters.items() if k[:4] == "arg:"}
        aux = {k[4:]: v for k, v in parameters.items() if k[:4] == "aux:"}
        executor.copy_params_from(args, aux)
        outputs = executor.forward(**dict(zip(names, inputs, strict=True)))
        found[f"~{name} bound"] = [a.asnumpy() for a in outputs]
        same, _ = make()
        same.initialize()
        same.load_parameters(name + ".gluon")
        found[f"~{name} parameters"] = [a.asnumpy() for a in flat(same(*inputs))]


# ---- modules and symbols


def symbols():
    """Graphs with attributes, groups, loops and branches, by name, with shapes of their inputs."""
    s = mx.sym
    with mx.AttrScope(ctx_group="one", lr_mult="0.5"):
        data = s.Variable("data", shape=(4, 6), lr_mult=2.0, wd_mult=0.1, init=mx.init.One())
        hidden = s.FullyConnected(data, num_hidden=5, name="fc1", attr={"__my__": "own"})
    normal = s.BatchNorm(hidden, fix_gamma=False, name="bn", attr={"__force_mirroring__": "True"})
    shown = s.Activation(normal, act_type="relu", name="act")
    yield "attributes", s.SoftmaxOutput(s.FullyConnected(shown, num_hidden=3), name="softmax"), {}
    parts = s.SliceChannel(s.Variable("x"), num_outputs=2, name="parts")
    yield "group", s.Group([parts[1], parts[0] * 2, s.sum(parts[1], axis=1)]), {"x": (3, 4)}
    x, y = s.Variable("x"), s.Variable("y")

    def step(row, state):
        return row * y + state, s.broadcast_add(state, s.sum(row))

    outs, last = s.contrib.foreach(step, x, s.Variable("state"))
    yield "foreach_graph", s.Group([outs, last]), {"x": (3, 2), "y": (2,), "state": (2,)}
    # Of steps that are not taken MXNet gives whatever was in the memory: here all are.
    outs, last = s.contrib.while_loop(
        lambda i, total: i < 3,
        lambda i, total: (total * y, [i + 1, total + y]),
        [s.Variable("i"), x],
        max_iterations=3,
    )
    yield "while_graph", s.Group([outs, *last]), {"x": (1,), "y": (1,), "i": (1,)}
    either = s.contrib.cond(s.sum(x) > 0, lambda: x * 2, lambda: x - y)
    yield "cond_graph", s.Group([either]), {"x": (2,), "y": (2,)}


def values(graph, shapes):
    """Fixed numbers for all inputs of a graph."""
    arguments, _, states = graph.infer_shape_partial(**shapes)
    names = graph.list_arguments() + graph.list_auxiliary_states()
    return {
        n: nd.array(np.random.RandomState(i).uniform(0.2, 1, s))
        for i, (n, s) in enumerate(zip(names, arguments + states, strict=True))
    }


def computed(graph, shapes):
    """Outputs and gradients of a graph for these numbers."""
    given = values(graph, shapes)
    args = {n: given[n] for n in graph.list_arguments()}
    grads = {n: nd.zeros(a.shape) for n, a in args.items()}
    aux = {n: given[n] for n in graph.list_auxiliary_states()}
    executor = graph.bind(mx.cpu(), args, grads, aux_states=aux)
    outputs = [a.asnumpy() for a in executor.forward(is_train=True)]
    executor.backward([nd.ones(a.shape) for a in outputs])
    return outputs, [grads[n].asnumpy() for n in sorted(grads)]


def write_symbols():
    for name, graph, _ in symbols():
        graph.save(name + ".json")


def read_symbols(found):
    for name, own, shapes in symbols():
        graph = mx.sym.load(name + ".json")
        found[name + " text"] = graph.tojson()
        found[name + " attributes"] = graph.attr_dict()
        found[f"~{name} read"], found[f"~{name} gradients"] = computed(graph, shapes)
        found[f"~{name} own"], _ = computed(own, shapes)


def module():
    """The symbol of a module, and a batch."""
    data = mx.sym.Variable("data")
    hidden = mx.sym.FullyConnected(data, num_hidden=8, name="fc1")
    hidden = mx.sym.Activation(mx.sym.BatchNorm(hidden, name="bn"), act_type="tanh", name="act")
    net = mx.sym.FullyConnected(hidden, num_hidden=3, name="fc2")
    net = mx.sym.SoftmaxOutput(net, name="softmax")
    batch = mx.io.DataBatch([numbers(6, 4)], [nd.array([0, 1, 2, 0, 1, 2])])
    return net, batch


def bound(mod):
    mod.bind([("data", (6, 4))], [("softmax_label", (6,))])


def write_module():
    net, batch = module()
    mod = mx.mod.Module(net, context=mx.cpu())
    bound(mod)
    mx.random.seed(2)
    mod.init_params(mx.init.Xavier())
    mod.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.3, "momentum": 0.9})
    for _ in range(3):
        mod.forward_backward(batch)
        mod.update()
    mod.save_checkpoint("mod", 7, save_optimizer_states=True)
    mod.forward_backward(batch)
    mod.update()
    nd.waitall()  # without, MXNet 1.6 predicts with what was before the update
    mod.forward(batch, is_train=False)
    np.savez("mod.npz", out=mod.get_outputs()[0].asnumpy())
    mx.model.save_checkpoint("plain", 1, net, *mod.get_params())
    cell = mx.rnn.LSTMCell(4, prefix="lstm_")
    outputs, _ = cell.unroll(2, mx.sym.Variable("data"), merge_outputs=True)
    arguments, _, _ = outputs.infer_shape(data=(3, 2, 5))
    rows = zip(outputs.list_arguments(), arguments, strict=True)
    args = {n: numbers(*s) for n, s in rows if n != "data"}
    mx.rnn.save_rnn_checkpoint([cell], "rnn", 2, outputs, args, {})


def read_module(found):
    """Load the checkpoint, go on training for a step as the writer did, and predict."""
    _, batch = module()
    mod = mx.mod.Module.load("mod", 7, load_optimizer_states=True, context=mx.cpu())
    bound(mod)
    mod.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.3, "momentum": 0.9})
    mod.forward_backward(batch)
    mod.update()
    nd.waitall()  # without, MXNet 1.6 predicts with what was before the update
    mod.forward(batch, is_train=False)
    found["~module goes on"] = mod.get_outputs()[0].asnumpy()
    found["~module of the writer"] = np.load("mod.npz")["out"]
    net, args, aux = mx.model.load_checkpoint("plain", 1)
    found["plain names"] = [sorted(args), sorted(aux)]
    executor = net.simple_bind(mx.cpu(), data=(6, 4))
    executor.copy_params_from(args, aux)
    found["~plain"] = executor.forward(data=batch.data[0])[0].asnumpy()
    cell = mx.rnn.LSTMCell(4, prefix="lstm_")
    net, args, aux = mx.rnn.load_rnn_checkpoint([cell], "rnn", 2)
    executor = net.simple_bind(mx.cpu(), data=(3, 2, 5))
    executor.copy_params_from(args, aux)
    found["~rnn"] = executor.forward(data=numbers(3, 2, 5))[0].asnumpy()


# ---- arrays


def arrays():
    dtypes = ["float16", "float32", "float64", "uint8", "int8", "int32", "int64"]
    made = {d: nd.array(np.arange(6).reshape(2, 3), dtype=d) for d in dtypes}
    made["csr"] = nd.array([[0, 1.5, 0], [2, 0, 0]]).tostype("csr")
    made["rows"] = nd.array([[0, 0], [1, 2], [0, 0]]).tostype("row_sparse")
    return made


def write_arrays():
    nd.save("named.params", arrays())
    nd.save("listed.params", list(arrays().values()))


def read_arrays(found):
    named = nd.load("named.params")
    found["array names"] = sorted(named)
    for name, a in sorted(named.items()):
        found["array " + name] = [a.stype, a.asnumpy()]
    found["listed"] = [a.asnumpy() for a in nd.load("listed.params")]
