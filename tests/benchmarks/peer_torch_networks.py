"""PyTorch's side of `networks.py`: the same networks, convolutions in torch's better layout."""

import torch
from timing import fastest
from torch import nn

WORDS, STEPS, EXAMPLES = 2000, 35, 32
Flow = nn.Sequential


def chain(seconds):
    a, b, c, d = (torch.randn(10_000_000) for _ in range(4))
    return fastest(lambda: a * b + c * torch.sin(d), seconds) * 1e3


def mlp():
    layers = (nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    return Flow(*layers)


def lenet():
    return Flow(
        nn.Conv2d(1, 20, 5),
        nn.ReLU(),
        nn.MaxPool2d(2, 2),
        nn.Conv2d(20, 50, 5),
        nn.ReLU(),
        nn.MaxPool2d(2, 2),
        nn.Flatten(),
        nn.Linear(800, 500),
        nn.ReLU(),
        nn.Linear(500, 10),
    )


class Block(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        self.body = Flow(
            nn.Conv2d(before, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.short = nn.Identity()
        if stride != 1 or before != channels:
            convolution = nn.Conv2d(before, channels, 1, stride, bias=False)
            self.short = Flow(convolution, nn.BatchNorm2d(channels))

    def forward(self, x):
        return torch.relu(self.body(x) + self.short(x))


def resnet():
    layers = [nn.Conv2d(3, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU()]
    before = 32
    for channels, stride in ((32, 1), (64, 2), (128, 2), (256, 2)):
        layers += [Block(before, channels, stride), Block(channels, channels, 1)]
        before = channels
    return Flow(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10))


class Model(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.words = nn.Embedding(WORDS, 256)
        self.memory = nn.LSTM(256, 256, layers)
        self.scores = nn.Linear(256, WORDS)

    def forward(self, x):
        return self.scores(self.memory(self.words(x))[0]).reshape(-1, WORDS)


def training(net, x, classes, seconds, count=None):
    net = net.to(memory_format=torch.channels_last)
    if x.dim() == 4:
        x = x.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9)
    loss, y = nn.CrossEntropyLoss(), torch.randint(0, classes, (count or len(x),))

    def step():
        optimizer.zero_grad()
        loss(net(x), y).backward()
        optimizer.step()

    step()
    return fastest(step, seconds) * 1e3


def predicting(seconds):
    net = resnet().eval().to(memory_format=torch.channels_last)
    x = torch.randn(32, 3, 32, 32).to(memory_format=torch.channels_last)

    def step():
        with torch.inference_mode():
            net(x)

    return fastest(step, seconds) * 1e3


def language(layers, seconds):
    x = torch.randint(0, WORDS, (STEPS, EXAMPLES))
    return training(Model(layers), x, WORDS, seconds, count=STEPS * EXAMPLES)


ROWS = {
    "fused chain of 10 M, ms": chain,
    "MLP 64, ms": lambda seconds: training(mlp(), torch.randn(64, 784), 10, seconds),
    "MLP 64 imperative, ms": lambda seconds: training(mlp(), torch.randn(64, 784), 10, seconds),
    "MLP 256, ms": lambda seconds: training(mlp(), torch.randn(256, 784), 10, seconds),
    "LeNet 64, ms": lambda seconds: training(lenet(), torch.randn(64, 1, 28, 28), 10, seconds),
    "ResNet-18 32, ms": lambda s: training(resnet(), torch.randn(32, 3, 32, 32), 10, s),
    "ResNet-18 32 predicting, ms": predicting,
    "LSTM 1 layer, ms": lambda seconds: language(1, seconds),
    "LSTM 2 layers, ms": lambda seconds: language(2, seconds),
}
