"""The recipe S0 in PyTorch, as an ML engineer would write it, on the images and the split that sulcus trains on.

    s0_pytorch.py manifest.csv --initial initial.safetensors     writes random weights for both sides, and exits
    s0_pytorch.py manifest.csv --weights initial.safetensors     trains, tests, prints one JSON line; --save
    best.safetensors keeps the result s0_pytorch.py other.csv --weights best.safetensors --test-only   tests weights of
    either side on the split "test" of other images

and on sulcus's side:

    sulcus weights import initial.safetensors --model resnet50 --classes 4 --size 244 --output weights.safetensors
    SULCUS_INITIAL_WEIGHTS=weights.safetensors npm start -- --data manifest.csv --recipe s0-resnet50 --once

With so few images from random weights chance decides much; weights that sulcus has trained on others (`sulcus weights
export`) serve as well as --weights and are imported in the same way. The manifest has the columns path, label, patient
and split (`sulcus phantoms` writes one without the last). Training keeps the weights of the lowest validation loss and
stops early as the recipe does; the validation split goes through the plain transform (the corrected recipe, not the
notebook's oddity)."""

import argparse
import copy
import csv
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
import peer_common  # noqa: E402,F401  declares the ops that torchvision asks for
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from torch.utils.data import DataLoader, Dataset  # noqa: E402
from torchvision import transforms as T  # noqa: E402
from torchvision.models import resnet50  # noqa: E402

SIZE, BATCH, EPOCHS, PATIENCE, LEARNING_RATE = 244, 64, 15, 5, 1e-4
NORMALIZE = T.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
TRAIN = T.Compose(
    [
        T.RandomHorizontalFlip(),
        T.RandomVerticalFlip(),
        T.RandomRotation(360),
        T.RandomResizedCrop((SIZE, SIZE), scale=(0.8, 1.0)),
        T.ColorJitter(brightness=0.1, contrast=(0.8, 1.2)),
        T.ToTensor(),
        NORMALIZE,
    ]
)
PLAIN = T.Compose([T.Resize((SIZE, SIZE)), T.ToTensor(), NORMALIZE])


class Images(Dataset):
    """The images of one split, decoded anew each time."""

    def __init__(self, folder, rows, classes, transform):
        self.items = [(os.path.join(folder, row["path"]), classes.index(row["label"])) for row in rows]
        self.transform = transform

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        path, label = self.items[index]
        return self.transform(Image.open(path).convert("RGB")), label


def evaluate(model, loader, bf16):
    """Mean cross-entropy and share of right answers, in evaluation mode."""
    model.eval()
    loss, correct = 0.0, 0
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        for images, labels in loader:
            logits = model(images.to(memory_format=torch.channels_last)).float()
            loss += torch.nn.functional.cross_entropy(logits, labels, reduction="sum").item()
            correct += (logits.argmax(1) == labels).sum().item()
    return loss / len(loader.dataset), correct / len(loader.dataset)


def train(model, loaders, bf16):
    """All epochs; the weights of the best one."""
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    best, best_loss, waited = copy.deepcopy(model.state_dict()), float("inf"), 0
    for epoch in range(EPOCHS):
        model.train()
        start = time.perf_counter()
        for images, labels in loaders["train"]:
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
                loss = torch.nn.functional.cross_entropy(model(images.to(memory_format=torch.channels_last)), labels)
            loss.backward()
            optimizer.step()
        seconds = time.perf_counter() - start
        loss, accuracy = evaluate(model, loaders["validation"], bf16)
        print(
            f"epoch {epoch + 1}/{EPOCHS}: validation loss {loss:.4f}, accuracy {accuracy:.4f}, "
            f"{len(loaders['train'].dataset) / seconds:.1f} images/s",
            file=sys.stderr,
            flush=True,
        )
        if loss < best_loss:
            best, best_loss, waited = copy.deepcopy(model.state_dict()), loss, 0
        else:
            waited += 1
        if waited >= PATIENCE:
            break
    return best, best_loss, epoch + 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest")
    parser.add_argument("--initial", help="write random initial weights here, and exit")
    parser.add_argument("--weights", help="initial weights")
    parser.add_argument("--test-only", action="store_true", help="tests the weights as they are")
    parser.add_argument("--save", help="write the weights of the lowest validation loss here")
    parser.add_argument("--precision", choices=("bf16", "float32"), default="bf16")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    with open(options.manifest, newline="") as file:
        rows = list(csv.DictReader(file))
    classes = sorted({row["label"] for row in rows})
    model = resnet50(weights=None, num_classes=len(classes))
    if options.initial:
        save_file(model.state_dict(), options.initial)
        return
    if options.weights:
        missing, unexpected = model.load_state_dict(load_file(options.weights), strict=False)
        # A counter that only a momentum of None would read, which sulcus does not write.
        lacking = [name for name in missing if not name.endswith(".num_batches_tracked")]
        if lacking or unexpected:
            parser.error(f"{options.weights} does not fit: it lacks {lacking}, and has {unexpected} besides")
    model = model.to(memory_format=torch.channels_last)
    bf16 = options.precision == "bf16"
    folder = os.path.dirname(os.path.abspath(options.manifest))
    loaders = {
        split: DataLoader(
            Images(
                folder, [row for row in rows if row["split"] == split], classes, TRAIN if split == "train" else PLAIN
            ),
            batch_size=BATCH,
            shuffle=split == "train",
        )
        for split in (("test",) if options.test_only else ("train", "validation", "test"))
    }
    result = {"party": "PyTorch", "seed": options.seed}
    if options.test_only:
        result = {"weights": options.weights}
    else:
        best, result["validationLoss"], result["epochs"] = train(model, loaders, bf16)
        model.load_state_dict(best)
        if options.save:
            save_file({name: value.contiguous() for name, value in model.state_dict().items()}, options.save)
    result["testLoss"], result["testAccuracy"] = evaluate(model, loaders["test"], bf16)
    print(json.dumps({**result, "testImages": len(loaders["test"].dataset)}))


main()
