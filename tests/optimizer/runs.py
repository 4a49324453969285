"""Optimizers and their options, and thirty steps with each; runs in mxbook and in real MXNet."""

import numpy as np

DECAY = {"wd": 0.01, "rescale_grad": 0.5, "clip_gradient": 0.4}
FAST = {"learning_rate": 0.05, "wd": 0.1}
NAMES = {0: "a_weight", 1: "a_bias", 2: "b_gamma"}
STEPS = 30

OPTIONS: dict[str, list[dict]] = {
    "sgd": [{}, {"momentum": 0.9}],
    "nag": [{}, {"momentum": 0.9}],
    "signum": [{}, {"momentum": 0.0}, {"wd_lh": 0.1}],
    "ftml": [{}],
    "lars": [{}, {"momentum": 0.9, "eta": 0.1, "eps": 1e-3}],
    "lbsgd": [
        {"momentum": 0.9, "batch_scale": 4, "updates_per_epoch": 3},
        {"warmup_strategy": "power2", "batch_scale": 3, "updates_per_epoch": 2},
        {"warmup_strategy": "sqrt", "batch_scale": 2, "updates_per_epoch": 2, "warmup_epochs": 3},
        {"warmup_strategy": "lars", "batch_scale": 2, "momentum": 0.5},
        {"warmup_strategy": "other", "batch_scale": 2, "begin_epoch": 1},
    ],
    "lamb": [{}, {"lower_bound": 0.1, "upper_bound": 0.5}, {"bias_correction": False}],
    "dcasgd": [{"lamda": 1.0}],
    "sgld": [{}],
    "adam": [{}],
    "adagrad": [{"eps": 0.1}],
    "rmsprop": [{}, {"centered": True, "clip_weights": 0.8, "gamma1": 0.5, "gamma2": 0.3}],
    "adadelta": [{"rho": 0.5, "epsilon": 1e-3}],
    "ftrl": [{"lamda1": 0.3, "beta": 0.5}],
    "adamax": [{"beta1": 0.5, "beta2": 0.7}],
    "nadam": [{"schedule_decay": 0.2, "beta1": 0.6}],
    "test": [{}],
    "groupadagrad": [{"eps": 0.1}],
}
SCHEDULED = {"lars": {"momentum": 0.9, "eta": 0.1}, "sgd": {"momentum": 0.9}}


def cases() -> dict[str, tuple[str, dict, str]]:
    """Name of the optimizer, its options and how weights come, by a name for the case."""
    found = {}
    for name, kinds in OPTIONS.items():
        for i, own in enumerate(kinds):
            for label, base in (("plain", {}), ("decay", DECAY), ("fast", FAST)):
                options = {**base, **own}
                if name == "groupadagrad":
                    options.pop("wd", None)
                found[f"{name}-{i}-{label}"] = (name, options, "float32")
        found[f"{name}-half"] = (name, {"multi_precision": True, **kinds[0]}, "float16")
    for name, options in SCHEDULED.items():
        for how in ("one", "list"):
            found[f"{name}-scheduled-{how}"] = (name, {"scheduled": how, **options}, "float32")
    return found


def run(mx, name: str, options: dict, dtype: str) -> list[list[float]]:
    """The weights after the last step."""
    random = np.random.RandomState(1)
    weights = [random.uniform(-1, 1, shape) for shape in ((3, 2), (4,), (2, 3))]
    chosen = [i for i, w in enumerate(weights) if w.ndim == 2 or name != "groupadagrad"]
    options = dict(options)
    how = options.pop("scheduled", None)
    if how:
        options["lr_scheduler"] = mx.lr_scheduler.FactorScheduler(5, 0.7, base_lr=0.05)
    mx.random.seed(3)
    update = mx.optimizer.get_updater(mx.optimizer.create(name, param_idx2name=NAMES, **options))
    arrays = [mx.nd.array(weights[i], dtype=dtype) for i in chosen]
    for step in range(STEPS):
        grads = [random.uniform(-1, 1, w.shape) * (1 + 0.3 * step) for w in weights]
        grads = [mx.nd.array(grads[i], dtype=dtype) for i in chosen]
        if how == "list":
            update(chosen, grads, arrays)
        else:
            for i, grad, array in zip(chosen, grads, arrays, strict=True):
                update(i, grad, array)
    return [a.asnumpy().astype("float64").round(7).ravel().tolist() for a in arrays]
