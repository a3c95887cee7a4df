"""Predictions in PyTorch, channels-last, random images. Variants: eager, compiled, frozen (compiled with frozen
weights)."""

import torch
from peer_common import command_line, create, serve

name, batch, size, bf16, variant = command_line()
model = create(name).eval().to(memory_format=torch.channels_last)
images = torch.randn(batch, 3, size, size).to(memory_format=torch.channels_last)
if variant == "frozen":
    import torch._inductor.config

    torch._inductor.config.freezing = True
forward = model if variant == "eager" else torch.compile(model)

with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
    serve(lambda: forward(images))
