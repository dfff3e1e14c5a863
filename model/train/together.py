"""Several processes that train one model: who this one is, and the mean of everybody's gradients.

`torchrun` tells each process its number; without it there is one process and nothing to exchange.
"""

import os

import torch
import torch.distributed as dist

RANK, SIZE = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def join(device):
    """Meets the other processes, if there are any; returns the device of this one."""
    if SIZE == 1:
        return device
    dist.init_process_group("nccl" if device == "cuda" else "gloo")
    return f"cuda:{os.environ['LOCAL_RANK']}" if device == "cuda" else device


def same(model):
    """Gives every process the weights of the first."""
    if SIZE > 1:
        for parameter in model.parameters():
            dist.broadcast(parameter.data, 0)
    return model


def mean_gradients(model, numbers):
    """Replaces the gradients by their mean over all processes; returns the mean of the numbers, exchanged with them.

    Parameters that a batch did not touch have gradient 0.
    """
    if SIZE == 1:
        return numbers
    parameters = list(model.parameters())
    gradients = [p.new_zeros(p.shape) if p.grad is None else p.grad for p in parameters]
    flat = torch.cat([g.flatten() for g in gradients] + [torch.tensor(numbers, device=parameters[0].device)])
    dist.all_reduce(flat)
    flat /= SIZE
    at = 0
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = flat[at : at + gradient.numel()].view_as(gradient).clone()
        at += gradient.numel()
    return flat[at:].tolist()
