"""Causal attention of rows that may all come after one prefix, in the fastest way the device has.

Queries are (rows, tokens, heads, width), keys and values (rows, tokens, key heads, width), those of the prefix
(1, tokens, key heads, width). Each key head serves as many query heads, one after the other.
"""

import torch
import torch.nn.functional as F

import kernels


def attend(query, key, value, before=None):
    """What each query sees, laid out like the queries; `before` has keys and values of the prefix."""
    if kernels.serve(query, key, value):
        keys, values = before or (key[:1, :0], value[:1, :0])
        return kernels.Attend.apply(query, key, value, keys[0], values[0])
    group = query.shape[2] // key.shape[2]
    query, *pair = query.transpose(1, 2), *(x.transpose(1, 2).repeat_interleave(group, 1) for x in (key, value))
    if before is None:
        mixed = F.scaled_dot_product_attention(query, *pair, is_causal=True)
    elif query.device.type == "cpu":
        mixed = AttendAfter.apply(query, *(x.transpose(1, 2) for x in before), *pair)
    else:
        early = [x.transpose(1, 2).repeat_interleave(group, 1).expand(len(query), -1, -1, -1) for x in before]
        keys, values = (torch.cat(both, 2) for both in zip(early, pair))
        visible = query.new_ones(query.shape[2], keys.shape[2], dtype=torch.bool).tril(early[0].shape[2])
        mixed = F.scaled_dot_product_attention(query, keys, values, attn_mask=visible)
    return mixed.transpose(1, 2)


flash = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
flash_backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward


class AttendAfter(torch.autograd.Function):
    """Attention after a prefix by torch's own kernel, on a CPU faster than with a mask (LOG.md).

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
        mixed = mixed.to(query.dtype)
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
