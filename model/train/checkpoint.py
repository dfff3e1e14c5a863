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
def widen(model, hidden):
    """The same function with more hidden units in every layer: the new ones contribute nothing until they are trained."""
    if hidden < model.shape.hidden:
        raise SystemExit(f"the network has {model.shape.hidden} hidden units a layer, it cannot be widened to {hidden}")
    wider = Decoder(replace(model.shape, hidden=hidden))
    known = dict(model.named_parameters())
    for name, parameter in wider.named_parameters():
        rows, columns = (*known[name].shape, None)[:2]
        if name.endswith("ffn_down.weight"):
            parameter.zero_()
        parameter[:rows, ...][..., :columns] = known[name]
    return wider
