"""What both PyTorch peers share: the command line, the model, and turns measured on demand."""

import json
import multiprocessing
import os
import sys
import time

import torch

# A torchvision wheel whose C++ ops do not load beside this PyTorch still holds the models: declare the ops it asks for.
_OPS = "nms qnms roi_align roi_pool ps_roi_align ps_roi_pool deform_conv2d"
try:
    import torchvision  # noqa: F401
except RuntimeError:
    for _module in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[_module]
    _library = torch.library.Library("torchvision", "DEF")
    for _name in _OPS.split() + [f"_{name}_backward" for name in _OPS.split() if name not in ("nms", "qnms")]:
        _library.define(f"{_name}(Tensor a) -> Tensor")
from torchvision.models import get_model

CLASSES = 4


def command_line():
    """model, batch, size in pixels, whether bfloat16, variant."""
    model, batch, size, precision, variant = sys.argv[1:6]
    return model, int(batch), int(size), precision == "bf16", variant


def create(model):
    torch.manual_seed(0)
    return get_model(model, weights=None, num_classes=CLASSES)


def processor_ms():
    """Processor time so far, user and system, of this process and its loader's workers (Linux)."""
    ticks = 0
    for child in multiprocessing.active_children():
        with open(f"/proc/{child.pid}/stat") as stat:
            ticks += sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))
    return time.process_time() * 1000 + ticks * 1000 / os.sysconf("SC_CLK_TCK")


def serve(step, before=lambda: None, after=lambda: None):
    """Warms up, then measures for as many seconds as each line of the input says; `before` and `after` each turn,
    unmeasured."""
    for _ in range(3):
        step()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        before()
        used, times, end = processor_ms(), [], time.perf_counter() + float(line)
        while not times or time.perf_counter() < end:
            start = time.perf_counter()
            step()
            times.append((time.perf_counter() - start) * 1000)
        used = processor_ms() - used
        after()
        print(json.dumps({"stepsMs": times, "processorMs": used}), flush=True)
