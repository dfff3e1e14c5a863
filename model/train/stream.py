"""Batches from a folder of shards. Shards may be added, and the mixture changed, while training runs.

The group of a shard is what its name has before the first `-`. `mixture.json` in the folder gives each group's share of
the tokens, for example {"invented": 0.4, "product": 0.6}; a group it does not name has share 0, and without the file
all groups share alike. Conversations are drawn without repetition until a group is used up.

Where a model is sure of most conversations, it may look at several times as many and learn from the others: the factor of
a group in `sift` says how many times. The share of a group is then that of the tokens it learns from.

What conversations in a row have in common is a prefix of all of them (`chat.Shard`). A batch has conversations of one prefix,
which is computed once. Where only a few conversations have it, such a batch is small, and a step learns from several.
"""

import json
import math
import random
from pathlib import Path

import numpy as np
import torch

from chat import Shard

STEP = 32  # Batch lengths are multiples of this, so that few shapes are compiled.
POOL = 16  # Steps made at a time; the pool is sorted by length.
TOGETHER = 1 / 192  # Conversations of one prefix that are drawn together, for every token of a step.
FULL = 0.75  # Share of a step's tokens that is enough.


class Stream:
    def __init__(self, folder, batch_tokens, seed, sift=None):
        self.folder, self.batch_tokens = Path(folder), batch_tokens
        self.random = random.Random(seed)
        self.sift = sift or {}
        self.longest = None
        self.shards, self.unread, self.ready, self.taken = {}, {}, [], {}

    def rescan(self):
        """Reads new shards and the mixture; returns the share of every group."""
        renewed = set()
        for path in sorted(self.folder.glob("*.npz")):
            if path.name not in self.shards:
                self.shards[path.name] = Shard(path)
                group = path.name.split("-")[0]
                self.unread.setdefault(group, []).extend(self.conversations(path.name))
                renewed.add(group)
        # All shards of a group at once: one after the other, a run that ends early has seen one language alone.
        for group in sorted(renewed):
            self.random.shuffle(self.unread[group])
        mixture = self.folder / "mixture.json"
        shares = json.loads(mixture.read_text()) if mixture.exists() else dict.fromkeys(self.unread, 1.0)
        return {group: share for group, share in shares.items() if share > 0 and group in self.unread}

    def conversations(self, name):
        """What is drawn at a time: ranges of conversations with one prefix, and single ones without."""
        shard = self.shards[name]
        for alike, prefix in zip(shard.sets, shard.prefixes):
            step = math.ceil(TOGETHER * self.batch_tokens) if len(prefix) else 1
            for start in range(alike.start, alike.stop, step):
                yield name, range(start, min(start + step, alike.stop))

    def draw(self, group):
        """The next conversations of a group, each (ids, classes), and their prefix."""
        unread = self.unread[group]
        if not unread:
            for name in self.shards:
                if name.split("-")[0] == group:
                    unread.extend(self.conversations(name))
            self.random.shuffle(unread)
        name, numbers = unread.pop()
        drawn = [self.shards[name][index] for index in numbers]
        upto = self.longest
        return [(ids[:upto], classes[:upto]) for ids, classes, _ in drawn], drawn[0][2]

    def fill(self):
        """Prepares shuffled batches, each of conversations of one prefix, one factor and about one length."""
        shares = self.rescan()
        pools, size = {}, 0
        while size < POOL * self.batch_tokens:
            group = min(shares, key=lambda name: self.taken.get(name, 0) / shares[name])
            drawn, prefix = self.draw(group)
            factor = self.sift.get(group, 1)
            tokens = sum(len(ids) for ids, _ in drawn) / factor
            self.taken[group] = self.taken.get(group, 0) + tokens
            pools.setdefault((prefix.tobytes(), factor), (prefix, []))[1].extend(drawn)
            size += tokens
        self.taken = {name: count * 0.5 for name, count in self.taken.items()}
        for (_, factor), (prefix, pool) in pools.items():
            self.ready += self.batches(prefix, factor, pool)
        self.random.shuffle(self.ready)

    def batches(self, prefix, factor, pool):
        pool.sort(key=lambda pair: len(pair[0]))
        batch = []
        for pair in pool:
            if batch and len(batch) >= factor * self.rows(prefix, pair[0]):
                yield prefix, factor, batch
                batch = []
            batch.append(pair)
        if batch:
            yield prefix, factor, batch

    def rows(self, prefix, longest):
        """How many conversations as long as the given one a batch has room for, beside the prefix."""
        return max(1, (self.batch_tokens - len(prefix)) // padded(len(longest)))

    def next(self):
        """The batches of a step. Each: token ids and loss classes, padded with class -1, the ids of the prefix or None, and how
        many rows to keep."""
        step, size = [], 0
        while size < FULL * self.batch_tokens:
            if not self.ready:
                self.fill()
            step.append(self.padded_batch(*self.ready.pop()))
            tokens, _, _, rows = step[-1]
            size += rows * tokens.shape[1]
        return step

    def padded_batch(self, prefix, factor, batch):
        length = padded(max(len(ids) for ids, _ in batch))
        tokens = torch.zeros(len(batch), length, dtype=torch.long)
        classes = torch.full((len(batch), length), -1, dtype=torch.long)
        for row, (ids, kinds) in enumerate(batch):
            tokens[row, : len(ids)] = torch.from_numpy(ids.astype(np.int64))
            classes[row, : len(ids)] = torch.from_numpy(kinds.astype(np.int64))
        prefix = torch.from_numpy(prefix.astype(np.int64)) if len(prefix) else None
        return tokens, classes, prefix, -(-len(batch) // factor)


def padded(length):
    return -(-length // STEP) * STEP
