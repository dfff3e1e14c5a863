"""Hints for choosing a tool: what hidden states in the middle of the network are to know.

One token of a call says which tool it is, a hundred others follow from it, and the way to it is long: the words of a tool's
description must know whose they are, the words of the request must find them, and the reply must go back from there to the
name. A small decoder that learned from replies alone chose among unknown tools as if by lot, even where the request repeated
a description word by word (LOG.md, run 22). So three layers are asked on the way, through matrices that only checkpoints have:

- in the third block, in each place of a tool's line, the first token of its name; and everywhere, the token that stands there;
- in the fourth, in each place of a request whose token (of letters) stands in one tool's line alone, the first token of its name;
- in the last but one, in each place from the end of a request to the name that is called, the first token of that name.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from chat import CALL, TOKENIZER

NEWLINE, OPEN, END, USER, RESPONSE, CALL_END, TOOLS = (
    TOKENIZER.token_to_id(token)
    for token in ("Ċ", "<|im_start|>", "<|im_end|>", "user", "<tool_response>", "</tool_call>", "Tools")
)
LETTERS = np.array([any(map(str.isalpha, TOKENIZER.decode([token]))) for token in range(TOKENIZER.get_vocab_size())])
# From the start of a call to the first token of the name.
NAME_AT = len(TOKENIZER.encode('<tool_call>\n{"name": "', add_special_tokens=False).ids)
PLACES = 256  # Places that are asked in a batch, for each hint.
WEIGHTS = 0.1, 0.1, 0.4, 0.4  # Of the four hints, in their order above. The first two are soon learned.


class Hints(nn.Module):
    """Watches blocks of a decoder of at least six, and learns matrices of its own."""

    def __init__(self, model, rate):
        super().__init__()
        width = model.shape.width
        self.embedding = [model.token_embd.weight]  # In a list: it is not this module's parameter.
        self.matrices = nn.ModuleList(nn.Linear(width, width, bias=False) for _ in range(4))
        for matrix in self.matrices:
            nn.init.eye_(matrix.weight)
        self.optimizer = torch.optim.AdamW(self.parameters(), lr=rate, weight_decay=0.0)
        self.recent = [0.0] * len(self.matrices)
        self.seen = [None] * 3
        for which, layer in enumerate((2, 3, len(model.blk) - 2)):
            model.blk[layer].register_forward_hook(lambda _, __, x, which=which: self.seen.__setitem__(which, x))

    def __str__(self):
        return "hints " + " ".join(f"{loss:.2f}" for loss in self.recent)

    def step(self):
        """Lets the matrices follow the gradient."""
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def loss(self, tokens):
        """The weighted loss of the hints; nothing for a batch whose tools are a prefix that it does not contain."""
        seen, self.seen = self.seen, [None] * 3
        if seen[0] is None:
            return 0.0
        rows = tokens[:, :-1].cpu().numpy()
        total = 0.0
        own = owners(rows)
        token = np.where(rows > 0, rows, -1).astype(np.int64)  # Zeros fill rows up.
        wanted = own, token, found(rows, own), called(rows)
        asked = zip(self.matrices, (seen[0], seen[0], seen[1], seen[2]), wanted)
        for which, (matrix, states, wanted) in enumerate(asked):
            row, place = np.nonzero(wanted >= 0)
            if len(row) == 0:
                continue
            some = np.random.default_rng(len(row)).permutation(len(row))[:PLACES]
            row, place = row[some], place[some]
            known = matrix(states[torch.from_numpy(row), torch.from_numpy(place)])
            logits = F.linear(known, self.embedding[0].to(states.dtype)).float()
            loss = F.cross_entropy(logits, torch.from_numpy(wanted[row, place]).to(logits.device))
            self.recent[which] += 0.02 * (float(loss.detach()) - self.recent[which])
            total = total + WEIGHTS[which] * loss
        return total


def owners(rows):
    """By place: the first token of the name of the tool in whose line it is, or -1."""
    index = np.arange(rows.shape[1])
    last = np.maximum.accumulate(np.where(rows == NEWLINE, index, -1), 1)
    name = np.take_along_axis(rows, np.minimum(last + 1, rows.shape[1] - 1), 1).astype(np.int64)
    in_system = np.cumsum(rows == END, 1) == 0
    belongs = in_system & (last >= 0) & (index > last + 1) & (name != TOOLS) & (rows != NEWLINE)
    return np.where(belongs, name, -1)


def requests(rows):
    """By place: whether it is in what the person says."""
    index = np.arange(rows.shape[1])
    before = np.pad(rows, ((0, 0), (2, 0)))
    opens = (before[:, :-2] == OPEN) & (before[:, 1:-1] == USER) & (rows == NEWLINE)
    opened = np.maximum.accumulate(np.where(opens, index, -1), 1)
    closed = np.maximum.accumulate(np.where((rows == END) | (rows == RESPONSE), index, -1), 1)
    return (opened >= 0) & (index > opened) & (closed < opened)


def found(rows, own):
    """By place of a request: the first token of the name of the tool in whose line alone this token stands, or -1."""
    wanted = np.full(rows.shape, -1, np.int64)
    for row, (ids, owner, said) in enumerate(zip(rows, own, requests(rows))):
        inside = owner >= 0
        lowest, highest = np.full(ids.max() + 1, np.iinfo(np.int64).max), np.full(ids.max() + 1, -1)
        np.minimum.at(lowest, ids[inside], owner[inside])
        np.maximum.at(highest, ids[inside], owner[inside])
        wanted[row] = np.where(said & LETTERS[ids] & (lowest == highest)[ids], highest[ids], -1)
    return wanted


def called(rows):
    """By place between a message, or the call before, and the name that is called: the first token of this name, or -1."""
    wanted = np.full(rows.shape, -1, np.int64)
    for row, ids in enumerate(rows):
        ends = np.nonzero((ids == END) | (ids == CALL_END))[0]
        for at in np.nonzero(ids == CALL)[0]:
            start = ends[ends < at]
            if len(start) and at + NAME_AT < len(ids):
                wanted[row, start[-1] : at + NAME_AT] = ids[at + NAME_AT]
    return wanted
