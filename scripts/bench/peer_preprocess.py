"""The S0 train transform in torchvision, ImageFolder and DataLoader as in the notebook. Variants: files, or memory
(images decoded before, kept as Pillow images)."""

import sys
import time

import peer_common
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler
from torchvision import datasets, transforms as T

folder, size, batch, workers, variant = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
PREFETCH = 2

transform = T.Compose(
    [
        T.RandomHorizontalFlip(),
        T.RandomVerticalFlip(),
        T.RandomRotation(360),
        T.RandomResizedCrop((size, size), scale=(0.8, 1.0)),
        T.ColorJitter(brightness=0.1, contrast=(0.8, 1.2)),
        T.ToTensor(),
        T.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    ]
)


class Decoded(Dataset):
    """Images that were decoded once, in each worker's memory."""

    def __init__(self, files):
        self.images = [(Image.open(path).convert("RGB"), label) for path, label in files.samples]

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image, label = self.images[index]
        return transform(image), label


class Endless(Sampler):
    """Shuffled passes without a gap between them, where a loader would start anew."""

    def __init__(self, count):
        self.count = count

    def __iter__(self):
        while True:
            yield from torch.randperm(self.count).tolist()


torch.set_num_threads(1)
files = datasets.ImageFolder(folder, transform=transform)
data = Decoded(files) if variant == "memory" else files
batches = iter(
    DataLoader(
        data,
        batch_size=batch,
        sampler=Endless(len(data)),
        num_workers=workers,
        prefetch_factor=PREFETCH if workers else None,
    )
)


def settle():
    """Takes what the workers prepared ahead of a turn: it was not made in the time that is measured."""
    for _ in range(PREFETCH * workers):
        next(batches)


peer_common.serve(lambda: next(batches), before=settle, after=lambda: time.sleep(1.5))
