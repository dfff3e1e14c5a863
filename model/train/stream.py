"""Batches from a folder of shards. Shards may be added, and the mixture changed, while training runs.

The group of a shard is what its name has before the first `-`. `mixture.json` in the folder gives each group's share of
the tokens, for example {"invented": 0.4, "product": 0.6}; a group it does not name has share 0, and without the file
all groups share alike. Conversations are drawn without repetition until a group is used up.

A shard whose conversations all begin with the same system message keeps it once, as `prefix`; a batch has conversations
of one prefix, which is computed once for all of them.
"""

import json
import random
from pathlib import Path

import numpy as np
import torch

STEP = 32  # Batch lengths are multiples of this, so that few shapes are compiled.
POOL = 16  # Batches made at a time; the pool is sorted by length.


class Stream:
    def __init__(self, folder, batch_tokens, seed):
        self.folder, self.batch_tokens = Path(folder), batch_tokens
        self.random = random.Random(seed)
        self.longest = None
        self.shards, self.unread, self.ready, self.taken = {}, {}, [], {}

    def rescan(self):
        """Reads new shards and the mixture; returns the share of every group."""
        for path in sorted(self.folder.glob("*.npz")):
            if path.name not in self.shards:
                with np.load(path) as shard:
                    self.shards[path.name] = tuple(shard[name] for name in ("ids", "classes", "offsets", "prefix"))
                self.unread.setdefault(path.name.split("-")[0], []).extend(self.conversations(path.name))
        mixture = self.folder / "mixture.json"
        shares = json.loads(mixture.read_text()) if mixture.exists() else dict.fromkeys(self.unread, 1.0)
        return {group: share for group, share in shares.items() if share > 0 and group in self.unread}

    def conversations(self, name):
        order = [(name, index) for index in range(len(self.shards[name][2]) - 1)]
        self.random.shuffle(order)
        return order

    def draw(self, group):
        """The next conversation of a group: (ids, classes, prefix)."""
        unread = self.unread[group]
        if not unread:
            for name in self.shards:
                if name.split("-")[0] == group:
                    unread.extend(self.conversations(name))
            self.random.shuffle(unread)
        name, index = unread.pop()
        ids, classes, offsets, prefix = self.shards[name]
        part = slice(offsets[index], offsets[index + 1])
        return ids[part], classes[part], prefix

    def fill(self):
        """Prepares a shuffled pool of batches, each of conversations of one prefix and about one length."""
        shares = self.rescan()
        pools, size = {}, 0
        while size < POOL * self.batch_tokens:
            group = min(shares, key=lambda name: self.taken.get(name, 0) / shares[name])
            ids, classes, prefix = self.draw(group)
            if self.longest and len(ids) > self.longest:
                ids, classes = ids[: self.longest], classes[: self.longest]
            self.taken[group] = self.taken.get(group, 0) + len(ids)
            pools.setdefault(prefix.tobytes(), (prefix, []))[1].append((ids, classes))
            size += len(ids)
        self.taken = {name: count * 0.5 for name, count in self.taken.items()}
        for prefix, pool in pools.values():
            self.ready += self.batches(prefix, pool)
        self.random.shuffle(self.ready)

    def batches(self, prefix, pool):
        pool.sort(key=lambda pair: len(pair[0]))
        batch = []
        for pair in pool:
            if batch and padded(len(pair[0])) * (len(batch) + 1) + len(prefix) > self.batch_tokens:
                yield prefix, batch
                batch = []
            batch.append(pair)
        if batch:
            yield prefix, batch

    def next(self):
        """Token ids and loss classes, padded with class -1, and the ids of the prefix or None."""
        if not self.ready:
            self.fill()
        prefix, batch = self.ready.pop()
        length = padded(max(len(ids) for ids, _ in batch))
        tokens = torch.zeros(len(batch), length, dtype=torch.long)
        classes = torch.full((len(batch), length), -1, dtype=torch.long)
        for row, (ids, kinds) in enumerate(batch):
            tokens[row, : len(ids)] = torch.from_numpy(ids.astype(np.int64))
            classes[row, : len(ids)] = torch.from_numpy(kinds.astype(np.int64))
        return tokens, classes, torch.from_numpy(prefix.astype(np.int64)) if len(prefix) else None


def padded(length):
    return -(-length // STEP) * STEP
