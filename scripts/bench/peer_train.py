"""Training steps in PyTorch: Adam, cross-entropy, random images. Variants: contiguous, channels-last, compiled;
`-plain` after one takes the optimizer that is not fused."""

import torch
from peer_common import CLASSES, command_line, create, serve

name, batch, size, bf16, variant = command_line()
way = variant.removesuffix("-plain")
fused = not variant.endswith("-plain")
layout = torch.contiguous_format if way == "contiguous" else torch.channels_last
model = create(name).to(memory_format=layout).train()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=fused)
images = torch.randn(batch, 3, size, size).to(memory_format=layout)
labels = torch.randint(0, CLASSES, (batch,))
loss_of = torch.nn.CrossEntropyLoss()
forward = torch.compile(model) if way == "compiled" else model


def step():
    optimizer.zero_grad()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
        loss = loss_of(forward(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


serve(step)
