"""The network: a decoder of Qwen3's shape, because llama.cpp runs that and it is the smallest that trains well.

RMSNorm before each half block, rotary positions, grouped queries with normalised queries and keys, SwiGLU, and one
matrix for embedding and output. Names of the parameters are those of GGUF without `blk.`, so that exporting is a copy.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

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


class Norm(nn.Module):
    def __init__(self, width, gain=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full((width,), gain))

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), EPSILON)


def linear(inputs, outputs):
    return nn.Linear(inputs, outputs, bias=False)


def rotate(x, cos, sin):
    """Rotary positions over halves of the head (the layout of Qwen3 in llama.cpp)."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
flash_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


class AttendAfter(torch.autograd.Function):
    """Causal attention of rows that all come after one prefix: on a CPU faster than with a mask (LOG.md).

    All rows look at the prefix as one long row, without a copy of it for each; each row looks at itself; and the two are
    merged by the logarithms of their sums. The gradient of each part needs only the merged result and sum. Queries, keys
    and values of the rows are (rows, heads, tokens, width), those of the prefix (1, key heads, tokens, width).
    """

    @staticmethod
    def forward(ctx, query, keys, values, key, value):
        fold = Fold(query, keys.shape[1])
        early, early_sum = flash(fold(query), keys, values)
        own, own_sum = flash(query, key, value, 0.0, True)
        early_sum = fold.back(early_sum[..., None])[..., 0]
        total = torch.logaddexp(early_sum, own_sum)
        mixed = fold.back(early) * (early_sum - total).exp()[..., None] + own * (own_sum - total).exp()[..., None]
        ctx.save_for_backward(query, keys, values, key, value, mixed, total)
        return mixed

    @staticmethod
    def backward(ctx, slope):
        query, keys, values, key, value, mixed, total = ctx.saved_tensors
        fold, slope = Fold(query, keys.shape[1]), slope.contiguous()
        early = fold(slope), fold(query), keys, values, fold(mixed), fold(total[..., None])[..., 0]
        early_query, early_keys, early_values = flash_backward(*early, 0.0, False)
        own_query, own_key, own_value = flash_backward(slope, query, key, value, mixed, total, 0.0, True)
        return fold.back(early_query) + own_query, early_keys, early_values, own_key, own_value


class Fold:
    """Rows, and the heads that share a key head, laid one after the other: (1, key heads, all, width)."""

    def __init__(self, query, key_heads):
        self.rows, self.heads, self.length, _ = query.shape
        self.key_heads = key_heads

    def __call__(self, x):
        split = x.unflatten(1, (self.key_heads, self.heads // self.key_heads))
        return split.transpose(0, 1).reshape(1, self.key_heads, -1, x.shape[-1])

    def back(self, x):
        split = x.reshape(self.key_heads, self.rows, self.heads // self.key_heads, self.length, x.shape[-1])
        return split.transpose(0, 1).reshape(self.rows, self.heads, self.length, x.shape[-1])


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        queries, keys = shape.heads * shape.head_width, shape.key_heads * shape.head_width
        self.attn_norm, self.ffn_norm = Norm(shape.width), Norm(shape.width)
        # A gain above one lets attention be sharp from the start.
        self.attn_q_norm, self.attn_k_norm = Norm(shape.head_width, 1.4), Norm(shape.head_width, 1.4)
        self.attn_q, self.attn_k, self.attn_v = (linear(shape.width, n) for n in (queries, keys, keys))
        self.attn_output = linear(queries, shape.width)
        self.ffn_gate, self.ffn_up = linear(shape.width, shape.hidden), linear(shape.width, shape.hidden)
        self.ffn_down = linear(shape.hidden, shape.width)

    def heads(self, x, rotary):
        """Queries, keys and values of every head; keys and values repeated to the number of the queries."""
        x, shape = self.attn_norm(x), self.shape
        split = lambda y, heads: y.view(*x.shape[:2], heads, shape.head_width)
        query = self.attn_q_norm(split(self.attn_q(x), shape.heads)).transpose(1, 2)
        key = self.attn_k_norm(split(self.attn_k(x), shape.key_heads)).transpose(1, 2)
        value = split(self.attn_v(x), shape.key_heads).transpose(1, 2)
        query, key = rotate(query, *rotary), rotate(key, *rotary)
        group = shape.heads // shape.key_heads
        return query, key.repeat_interleave(group, 1), value.repeat_interleave(group, 1)

    def rest(self, x, mixed, at=None):
        """What follows attention in the block, in all places or in these alone (indices of rows laid one after the other)."""
        mixed = mixed.transpose(1, 2).flatten(2)
        if at is not None:
            x, mixed = x.flatten(0, 1)[at], mixed.flatten(0, 1)[at]
        x = x + self.attn_output(mixed)
        y = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y))

    def forward(self, x, rotary, at=None):
        return self.rest(x, F.scaled_dot_product_attention(*self.heads(x, rotary), is_causal=True), at)

    def after(self, prefix, x, rotary, visible, at=None):
        """Rows that all come after one prefix, which is computed once: (prefix, rows). Where only some places of the rows
        are wanted, nothing comes after them, and the prefix is not computed any further."""
        length, group = prefix.shape[1], self.shape.heads // self.shape.key_heads
        query, key, value = self.heads(prefix, [table[:length] for table in rotary])
        own, *pair = self.heads(x, [table[length:] for table in rotary])
        if x.device.type == "cpu":
            mixed = AttendAfter.apply(own, key[:, ::group], value[:, ::group], *pair)
        else:
            keys, values = (torch.cat((old.expand(len(x), -1, -1, -1), new), 2) for old, new in zip((key, value), pair))
            mixed = F.scaled_dot_product_attention(own, keys, values, attn_mask=visible)
        if at is None:
            prefix = self.rest(prefix, F.scaled_dot_product_attention(query, key, value, is_causal=True))
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
        rotary = [table[: before + tokens.shape[1]].to(x.dtype) for table in (self.cos, self.sin)]
        *blocks, last = self.blk
        if prefix is None:
            for block in blocks:
                x = block(x, rotary)
            return self.output_norm(last(x, rotary, at))
        visible = None
        if x.device.type != "cpu":
            visible = torch.ones(tokens.shape[1], before + tokens.shape[1], dtype=torch.bool, device=x.device).tril(before)
        common = self.embed(prefix[None])
        for block in blocks:
            common, x = block.after(common, x, rotary, visible)
        _, x = last.after(common, x, rotary, visible, at)
        return self.output_norm(x)

    def embed(self, tokens):
        x = self.token_embd(tokens)
        return x.bfloat16() if torch.is_autocast_enabled(x.device.type) else x

    def logits(self, states):
        return F.linear(states, self.token_embd.weight.to(states.dtype))
