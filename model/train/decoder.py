"""The network: a decoder of Qwen3's shape, because llama.cpp runs that and it is the smallest that trains well.

RMSNorm before each half block, rotary positions, grouped queries with normalised queries and keys, SwiGLU, and one
matrix for embedding and output. Names of the parameters are those of GGUF without `blk.`, so that exporting is a copy.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

import kernels
from attention import attend

EPSILON = 1e-6


@dataclass(frozen=True)
class Shape:
    """What a checkpoint and a GGUF must agree on. The defaults make 5.0 M parameters."""

    vocabulary: int = 5824
    width: int = 256
    layers: int = 6
    heads: int = 4
    key_heads: int = 2
    head_width: int = 64
    hidden: int = 512
    context: int = 2048
    rotary_base: float = 10000.0

    def as_dict(self):
        return asdict(self)


def rotate(x, cosine, sine):
    """Rotary positions over halves of the head (the layout of Qwen3 in llama.cpp)."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * cosine - b * sine, b * cosine + a * sine), -1)


class Norm(nn.Module):
    """Divides by the root mean square; with tables of cosines and sines, (tokens, half the width), it then rotates
    (rows, tokens, heads, width) by their positions."""

    def __init__(self, width, gain=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full((width,), gain))

    def forward(self, x, rotary=(None, None)):
        if kernels.serve(x):
            return kernels.Normalise.apply(x, self.weight, *rotary)
        x = F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), EPSILON)
        return x if rotary[0] is None else rotate(x, *(table[:, None].to(x.dtype) for table in rotary))


def gated(gate, up):
    return kernels.Gated.apply(gate, up) if kernels.serve(gate, up) else F.silu(gate) * up


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs, bias=False)


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.head_width = shape.head_width
        queries, keys = shape.heads * shape.head_width, shape.key_heads * shape.head_width
        self.attn_norm, self.ffn_norm = Norm(shape.width), Norm(shape.width)
        # A gain above one lets attention be sharp from the start.
        self.attn_q_norm, self.attn_k_norm = Norm(shape.head_width, 1.4), Norm(shape.head_width, 1.4)
        self.attn_q, self.attn_k, self.attn_v = (linear(shape.width, n) for n in (queries, keys, keys))
        self.attn_output = linear(queries, shape.width)
        self.ffn_gate, self.ffn_up = linear(shape.width, shape.hidden), linear(shape.width, shape.hidden)
        self.ffn_down = linear(shape.hidden, shape.width)

    def heads(self, x, rotary):
        """Queries, keys and values of every head: (rows, tokens, heads, width of a head)."""
        x = self.attn_norm(x)
        query, key, value = (one(x).unflatten(-1, (-1, self.head_width)) for one in (self.attn_q, self.attn_k, self.attn_v))
        return self.attn_q_norm(query, rotary), self.attn_k_norm(key, rotary), value

    def rest(self, x, mixed, at=None):
        """What follows attention in the block, in all places or in these alone (indices of rows laid one after the other)."""
        mixed = mixed.flatten(2)
        if at is not None:
            x, mixed = x.flatten(0, 1)[at], mixed.flatten(0, 1)[at]
        x = x + self.attn_output(mixed)
        y = self.ffn_norm(x)
        return x + self.ffn_down(gated(self.ffn_gate(y), self.ffn_up(y)))

    def forward(self, x, rotary, at=None):
        return self.rest(x, attend(*self.heads(x, rotary)), at)

    def after(self, prefix, x, rotary, at=None):
        """Rows that all come after one prefix, which is computed once: (prefix, rows). Where only some places of the rows
        are wanted, nothing comes after them, and the prefix is not computed any further."""
        length = prefix.shape[1]
        early = self.heads(prefix, [table[:length] for table in rotary])
        mixed = attend(*self.heads(x, [table[length:] for table in rotary]), early[1:])
        if at is None:
            prefix = self.rest(prefix, attend(*early))
        return prefix, self.rest(x, mixed, at)


class Decoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocabulary, shape.width)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = Norm(shape.width)
        frequency = shape.rotary_base ** -(torch.arange(0, shape.head_width, 2) / shape.head_width)
        # Rows that fill the window are padded a little beyond it.
        angle = torch.outer(torch.arange(shape.context + 64).float(), frequency)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                nn.init.normal_(parameter, std=0.02 if name.startswith("token") else parameter.shape[1] ** -0.5)
            if name.endswith(("attn_output.weight", "ffn_down.weight")):
                nn.init.zeros_(parameter)

    def forward(self, tokens, prefix=None, at=None):
        """Final hidden states; `logits` turns the wanted ones into scores, for the vocabulary is the costly part.

        With a prefix (ids of one sequence), all rows are its continuations, and states of the rows alone are returned.
        With `at` (indices of the rows' tokens laid one after the other), only these states are: (places, width). The last
        block then computes for them alone what follows its attention.
        """
        before = 0 if prefix is None else len(prefix)
        x = self.embed(tokens)
        rotary = [table[: before + tokens.shape[1]] for table in (self.cos, self.sin)]
        *blocks, last = self.blk
        if prefix is None:
            for block in blocks:
                x = block(x, rotary)
            return self.output_norm(last(x, rotary, at))
        common = self.embed(prefix[None])
        for block in blocks:
            common, x = block.after(common, x, rotary)
        _, x = last.after(common, x, rotary, at)
        return self.output_norm(x)

    def embed(self, tokens):
        x = self.token_embd(tokens)
        return x.bfloat16() if torch.is_autocast_enabled(x.device.type) else x

    def logits(self, states):
        return F.linear(states, self.token_embd.weight.to(states.dtype))
