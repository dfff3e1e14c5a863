"""Compares a network with the kernels and without, in one run: gradients and time.

    check.py

Gradients of both are compared with those in 32-bit floats; the kernels must come as near as torch's own operations in bf16 do.
Times are the least of three steps each, in turn, on one core.
"""

import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parents[1]))
import checkpoint
import kernels

MODEL = Path(__file__).parents[2] / "handyman.gguf"
# Rows, tokens of each, tokens of the prefix.
SMALL = ((4, 70, 0), (3, 131, 100), (1, 2, 5), (2, 49, 48))
USUAL = ((42, 128, 670), (20, 260, 670), (5, 1090, 670), (40, 150, 0))
LEARNED = 0.3  # The share of tokens that is learned from.


def step(model, rows, length, prefix, native, bf16):
    """The gradients of one batch of random tokens, and the seconds it took."""
    torch.manual_seed(1)
    draw = lambda *shape: torch.randint(model.shape.vocabulary, shape)
    tokens, before = draw(rows, length + 1), draw(prefix) if prefix else None
    chosen = torch.rand(rows, length) < LEARNED
    chosen[0, 0] = True
    serve, kernels.serve = kernels.serve, kernels.serve if native else lambda *_: False
    model.zero_grad()
    started = time.process_time()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        states = model(tokens[:, :-1], before, chosen.flatten().nonzero().squeeze(1))
        loss = F.cross_entropy(model.logits(states).float(), tokens[:, 1:][chosen])
    loss.backward()
    seconds = time.process_time() - started
    kernels.serve = serve
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}, seconds


def distance(gradients, exact):
    """The relative distance of a parameter's gradient, the mean over all parameters."""
    return sum(float((gradients[name] - wanted).norm() / (wanted.norm() + 1e-12)) for name, wanted in exact.items()) / len(exact)


def main():
    if kernels.native() is None:
        sys.exit("this machine cannot have the kernels")
    torch.set_num_threads(1)
    model = checkpoint.decoder(MODEL)
    for case in SMALL:
        exact = step(model, *case, native=False, bf16=False)[0]
        usual, ours = (distance(step(model, *case, native, bf16=True)[0], exact) for native in (False, True))
        print(f"{case}: gradients off by {ours:.3f} with the kernels, {usual:.3f} without")
        if ours > 1.3 * usual:
            sys.exit("the kernels are wrong")
    for case in USUAL:
        least = {True: float("inf"), False: float("inf")}
        for native in (True, False) * 3:
            least[native] = min(least[native], step(model, *case, native, bf16=True)[1])
        print(f"{case}: {least[True]:.2f} s with the kernels, {least[False]:.2f} s without: {least[False] / least[True]:.2f} times as fast")


if __name__ == "__main__":
    main()
