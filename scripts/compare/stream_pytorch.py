"""Learning from a stream in PyTorch, as an ML engineer would write it, on the pictures of `npm run test:learning`.

    npm run test:learning -- --export FOLDER               writes pictures, arrivals and first weights, and exits
    stream_pytorch.py FOLDER/drift-1 --way offline         epochs over everything
    stream_pytorch.py FOLDER/drift-1 --way replay          one pass, each new picture with replayed ones

Prints one JSON line with the test accuracies of the averaged weights in percent. Both ways use Adam at a constant rate
and an exponential moving average of weights and batch norm statistics. Replay has the memory and the budget of the
stream mode: the smallest hashes of each class and site, of two candidates the one learned less, the first pictures in
epochs. Augmentation is of the distribution of the recipe `default`: flip, rotation, resized crop, brightness, contrast.

Needs torch, numpy and safetensors."""

import argparse
import copy
import hashlib
import json
import math
import os

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

TEST_BATCH = 200
CANDIDATES = 2


class Block(nn.Module):
    """Two 3x3 convolutions; torchvision's BasicBlock with its names."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        changes = stride != 1 or inputs != outputs
        self.downsample = (
            nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            if changes
            else None
        )

    def forward(self, x):
        residual = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(residual + (self.downsample(x) if self.downsample else x))


class ResNet10Slim(nn.Module):
    """resnet10-slim: a ResNet with one basic block a stage and half the width."""

    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        widths = (32, 32, 64, 128, 256)
        for stage in range(4):
            block = Block(widths[stage], widths[stage + 1], 1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", nn.Sequential(block))
        self.fc = nn.Linear(widths[-1], classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(4):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.fc(x.mean((2, 3)))


def uniform(count, low, high):
    return torch.empty(count).uniform_(low, high)


def augmented(x):
    """Pixels [batch, 1, height, width] of 0 to 1, each with draws of its own; one bilinear warp."""
    count = len(x)
    angle = uniform(count, -15, 15) * math.pi / 180
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    area, aspect = uniform(count, 0.8, 1), torch.exp(uniform(count, math.log(3 / 4), math.log(4 / 3)))
    width, height = (area * aspect).sqrt().clamp(max=1), (area / aspect).sqrt().clamp(max=1)
    left, top = uniform(count, -1, 1) * (1 - width), uniform(count, -1, 1) * (1 - height)
    cos, sin = torch.cos(angle), torch.sin(angle)
    warp = torch.stack(
        [
            torch.stack([flip * cos * width, -flip * sin * height, flip * (cos * left - sin * top)], 1),
            torch.stack([sin * width, cos * height, sin * left + cos * top], 1),
        ],
        1,
    )
    x = F.grid_sample(x, F.affine_grid(warp, x.shape, align_corners=False), align_corners=False)
    x = (x * uniform(count, 0.9, 1.1)[:, None, None, None]).clamp(0, 1)
    mean = x.mean((1, 2, 3), keepdim=True)
    return (mean + (x - mean) * uniform(count, 0.8, 1.2)[:, None, None, None]).clamp(0, 1)


def normalised(x):
    """Grey as three channels alike."""
    return ((x - 0.5) / 0.5).expand(-1, 3, -1, -1)


class Learner:
    """Network, optimizer and average."""

    def __init__(self, folder, settings):
        self.network = ResNet10Slim(len(settings["classes"]))
        missing, unexpected = self.network.load_state_dict(
            load_file(os.path.join(folder, "weights.safetensors")), strict=False
        )
        if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
            raise SystemExit(f"the first weights do not fit: {missing} {unexpected}")
        self.average = copy.deepcopy(self.network)
        self.means, self.lasts = (
            [value for value in network.state_dict().values() if value.dtype.is_floating_point]
            for network in (self.average, self.network)
        )
        self.optimizer = torch.optim.Adam(self.network.parameters(), settings["learningRate"], fused=True)
        self.decay = settings["averageDecay"]
        self.steps = 0

    def step(self, x, y):
        self.network.train()
        self.optimizer.zero_grad()
        F.cross_entropy(self.network(normalised(augmented(x))), y).backward()
        self.optimizer.step()
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_(self.means, self.lasts, 1 - decay)

    @torch.inference_mode()
    def accuracy(self, x, y):
        self.average.eval()
        answers = torch.cat([self.average(normalised(part)).argmax(1) for part in x.split(TEST_BATCH)])
        return 100 * (answers == y).double().mean().item()


class Memory:
    """Of each class and site the pictures with the smallest hashes; the fullest stratum gives way."""

    def __init__(self, key, size):
        self.key, self.size, self.strata, self.times = key, size, {}, {}

    def add(self, stratum, row, name):
        digest = hashlib.sha256(f"{self.key} {name}".encode()).digest()
        held = self.strata.setdefault(stratum, [])
        held.append((digest[:6], name, row))
        held.sort()
        if sum(map(len, self.strata.values())) > self.size:
            self.strata[max(self.strata, key=lambda name: (len(self.strata[name]), name))].pop()

    def fill(self, rows, count):
        """Adds pictures up to a count, each stratum as likely as any other: of candidates the one learned least."""
        names = sorted(self.strata)
        while len(rows) < count:
            held = self.strata[names[torch.randint(len(names), ()).item()]]
            candidates = [held[place][2] for place in torch.randint(len(held), (CANDIDATES,)).tolist()]
            row = min(candidates, key=lambda row: self.times.get(row, 0))
            if row not in rows:
                rows.append(row)
        for row in rows:
            self.times[row] = self.times.get(row, 0) + 1
        return rows


def read_pictures(folder, name, size):
    pixels = np.fromfile(os.path.join(folder, f"{name}.bin"), np.uint8).reshape(-1, 1, size, size)
    return torch.from_numpy(pixels.astype(np.float32) / 255)


def learn_offline(learner, x, y, settings):
    batch = settings["batchSize"]
    for _ in range(settings["epochs"]):
        order = torch.randperm(len(x))
        for first in range(0, len(x) - batch + 1, batch):
            rows = order[first : first + batch]
            learner.step(x[rows], y[rows])


def learn_with_replay(learner, x, y, settings, arrivals):
    """One pass; stops before each step with a picture of the new kind, so that the caller can look."""
    batch, stream = settings["batchSize"], settings["stream"]
    new = batch // (stream["replayedPerArrival"] + 1)
    memory = Memory(f"replay {settings['seed']}", stream["memorySize"])
    warm = min(stream["warmUp"]["samples"], len(x))

    def remember(row):
        memory.add(f"{arrivals[row]['classIndex']}/{arrivals[row]['site']}", row, arrivals[row]["id"])

    for row in range(warm):
        remember(row)
    for _ in range(math.ceil(warm * stream["warmUp"]["epochs"] / batch)):
        rows = memory.fill([], batch)
        learner.step(x[rows], y[rows])
    for first in range(warm, len(x), new):
        rows = list(range(first, min(first + new, len(x))))
        if any(arrivals[row]["isNew"] for row in rows):
            yield
        for row in rows:
            remember(row)
        memory.fill(rows, batch)
        learner.step(x[rows], y[rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--way", choices=("offline", "replay"), required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with open(os.path.join(options.folder, "scenario.json")) as file:
        settings = json.load(file)
    torch.manual_seed(settings["seed"])
    arrivals, size = settings["arrivals"], settings["sizePx"]
    x = read_pictures(options.folder, "arrivals", size)
    y = torch.tensor([arrival["classIndex"] for arrival in arrivals])
    tests = {
        name: (read_pictures(options.folder, name, size), torch.tensor(labels))
        for name, labels in settings["tests"].items()
    }
    learner = Learner(options.folder, settings)
    result = {"party": "PyTorch", "way": options.way, "scenario": settings["scenario"], "seed": settings["seed"]}
    if options.way == "offline":
        learn_offline(learner, x, y, settings)
    else:
        for _ in learn_with_replay(learner, x, y, settings, arrivals):
            result.setdefault("before", learner.accuracy(*tests["old"]))
    result["sampleStepsPerArrival"] = learner.steps * settings["batchSize"] / len(x)
    print(json.dumps({**result, **{name: learner.accuracy(*test) for name, test in tests.items()}}))


main()
