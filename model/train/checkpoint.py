"""Checkpoints: everything needed to go on, written whole or not at all; and weights from a GGUF."""

import os
from dataclasses import fields, replace
from pathlib import Path

import torch

from decoder import Decoder, Shape

NAME = "checkpoint.pt"


def save(folder, state):
    partial = Path(folder) / f"{NAME}.partial"
    torch.save(state, partial)
    os.replace(partial, Path(folder) / NAME)


def load(path):
    """The state in a checkpoint file or in a run's folder; None if there is none."""
    path = Path(path)
    path = path / NAME if path.is_dir() else path
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None


def decoder(path, average=True):
    """A decoder with the weights of a checkpoint (their running average unless told otherwise) or of a GGUF."""
    if str(path).endswith(".gguf"):
        return from_gguf(path)
    state = load(path)
    model = Decoder(Shape(**state["shape"]))
    model.load_state_dict(state["average" if average else "model"])
    return model


def from_gguf(path):
    """Dequantises a GGUF that `export.py` wrote, so that training can start from what was shipped."""
    import gguf

    reader = gguf.GGUFReader(str(path))
    known = {field.name for field in fields(Shape)}
    shape = {name: reader.fields[f"handyman.{name}"].contents() for name in known}
    model = Decoder(Shape(**shape))
    weights = {}
    for tensor in reader.tensors:
        weights[tensor.name] = torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy())
    model.load_state_dict(weights)
    return model


@torch.no_grad()
def grow(model, **sizes):
    """The same function with greater sizes of the Shape (`width`, `layers`, `hidden`): what is new contributes nothing until it
    is trained. New blocks stand between the others and begin by looking at what the one before them looks at."""
    old = model.shape
    shape = replace(old, **sizes)
    for name in ("width", "layers", "hidden"):
        if getattr(shape, name) < getattr(old, name):
            raise SystemExit(f"{name} of the network is {getattr(old, name)}, it cannot grow to {getattr(shape, name)}")
    grown = Decoder(shape)
    # What does not go into the normalised vectors' length must not change it.
    gain = (old.width / shape.width) ** 0.5
    sources = [i * old.layers // shape.layers for i in range(shape.layers)]
    known = dict(model.named_parameters())
    for name, parameter in grown.named_parameters():
        source, is_new = name, False
        if name.startswith("blk."):
            _, at, rest = name.split(".", 2)
            at = int(at)
            source, is_new = f"blk.{sources[at]}.{rest}", at > 0 and sources[at] == sources[at - 1]
        weights = known[source]
        is_output = name.endswith(("attn_output.weight", "ffn_down.weight"))
        if is_output or name.startswith("token"):
            parameter.zero_()
        if is_output and is_new:
            continue
        if weights.ndim == 1 and len(weights) == old.width:
            parameter.fill_(float(weights.mean()) * gain)
            weights = weights * gain
        parameter[tuple(slice(size) for size in weights.shape)] = weights
    return grown
