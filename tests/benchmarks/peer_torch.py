"""PyTorch's side; runs in an environment of its own."""

import sys

import torch

sys.path.insert(0, __file__.rsplit("/", 1)[0])

import peer_torch_networks
from timing import fastest, report

torch.set_num_threads(2)
LOOP = 1000


def add(seconds):
    a, b = torch.randn(10), torch.randn(10)

    def step():
        for _ in range(LOOP):
            a + b

    return fastest(step, seconds) / LOOP * 1e6


def add_recorded(seconds):
    a, b = torch.randn(10, requires_grad=True), torch.randn(10)

    def step():
        for _ in range(LOOP):
            a + b

    return fastest(step, seconds) / LOOP * 1e6


def chain(seconds):
    a, b = torch.randn(10, requires_grad=True), torch.randn(10)

    def step():
        x = a
        for _ in range(LOOP):
            x = x + b
        x.sum().backward()

    return fastest(step, seconds) / LOOP * 1e6


def large_chain(seconds):
    a, b = torch.randn(1_000_000), torch.randn(1_000_000)

    def step():
        x = a
        for _ in range(30):
            x = x + b

    return fastest(step, seconds) / 30 * 1e6


report(
    {
        "add, us": add,
        "add recorded, us": add_recorded,
        "chain of 1000, us": chain,
        "large chain, us": large_chain,
        **peer_torch_networks.ROWS,
    }
)
