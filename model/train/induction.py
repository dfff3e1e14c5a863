"""Plants the circuit of copying into a fresh decoder, instead of waiting for training to discover it.

Finding out how to copy costs a tiny decoder millions of tokens, and almost all it is asked for is copying. The circuit is
known (Olsson et al. 2022): heads of one layer write down what the previous tokens were; heads of the next look for the
places where those were the current tokens and predict what followed. Training then refines what is planted here.
"""

import torch

from decoder import rotate

SCALE = 0.1  # Of embeddings: large enough for the optimiser not to wipe out their codes in its first steps.
COPY_GAIN = 0.3  # Of what copying adds, so that it outweighs the current token.
SHARPNESS = 2.0  # Gain of normalised queries and keys.
FAST_PAIRS = 10  # Rotary pairs that turn fast enough to tell neighbours apart.
SLOW_PAIRS = 14  # Rotary pairs that turn too slowly to disturb comparing contents within some hundred tokens.


def orthonormal(rows, columns):
    return torch.linalg.qr(torch.randn(columns, rows))[0].mT


@torch.no_grad()
def plant(model):
    """Dimension 0 of an embedding is constant, two thirds are the token's code, the rest is for previous tokens."""
    shape = model.shape
    code = shape.width * 2 // 3
    embedding = model.token_embd.weight
    embedding.normal_(std=SCALE)
    embedding[:, 0] = 2 * SCALE
    embedding[:, code:] = 0.0
    for block in model.blk[:2]:
        block.attn_q_norm.weight.fill_(SHARPNESS)
        block.attn_k_norm.weight.fill_(SHARPNESS)
    projection = orthonormal((shape.width - code) // 2, code - 1)
    plant_previous(model, code, projection)
    plant_matching(model, code, projection)


def plant_previous(model, code, projection):
    """Layer 0: head 0 notes the previous token, head 1 the one before, each in half of the free dimensions."""
    block, width, half = model.blk[0], model.shape.head_width, len(projection)
    key = torch.zeros(width)
    key[:FAST_PAIRS] = 1.0
    block.attn_k.weight[:width] = 0.0
    block.attn_k.weight[:width, 0] = key
    block.attn_v.weight[:width] = 0.0
    block.attn_v.weight[:half, 1:code] = projection
    for head in (0, 1):
        # The query that meets the key best from `back` positions further on.
        back = head + 1
        query = rotate(key, model.cos[back], -model.sin[back])
        rows = slice(head * width, (head + 1) * width)
        block.attn_q.weight[rows] = 0.0
        block.attn_q.weight[rows, 0] = query
        free = code + head * half
        block.attn_output.weight[free : free + half, head * width : head * width + half] = SCALE * torch.eye(half)


def plant_matching(model, code, projection):
    """Layer 1: one head matches the current token, one the current and the previous; each copies half of the code."""
    block, shape = model.blk[1], model.shape
    width, half = shape.head_width, len(projection)
    slow = torch.arange(width // 2 - SLOW_PAIRS, width // 2)
    rows = torch.cat((slow, slow + width // 2))
    group = shape.heads // shape.key_heads
    previous, before = slice(code, code + half), slice(code + half, code + 2 * half)
    for key_head, matches in enumerate(([(None, previous)], [(None, previous), (previous, before)])):
        key, query = torch.zeros(width, shape.width), torch.zeros(width, shape.width)
        for (now, then), part in zip(matches, rows.chunk(len(matches))):
            mixing = orthonormal(len(part), half)
            key[part, then] = mixing
            query[part, now if now else slice(1, code)] = mixing if now else mixing @ projection
        base = key_head * width
        block.attn_k.weight[base : base + width] = key
        head = key_head * group
        block.attn_q.weight[head * width : (head + 1) * width] = query
        copied = slice(1 + key_head * (code - 1) // 2, 1 + (key_head + 1) * (code - 1) // 2)
        size = copied.stop - copied.start
        block.attn_v.weight[base : base + width] = 0.0
        block.attn_v.weight[base : base + size, copied] = torch.eye(size)
        block.attn_output.weight[copied, head * width : head * width + size] = COPY_GAIN * torch.eye(size)
