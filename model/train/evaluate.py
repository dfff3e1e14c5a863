"""Teacher-forced exactness on held-out shards: a reply counts when every token would have been chosen greedily.

    evaluate.py MODEL SHARD.npz... [--limit 500]       MODEL is a checkpoint, a run's folder or a GGUF
"""

import argparse
import collections
import math

import numpy as np
import torch

import checkpoint
import tokenizer
from chat import CALL, CONTEXT, TOKENIZER, Shard

END = TOKENIZER.token_to_id(tokenizer.TURN_END)
ARGUMENTS = TOKENIZER.token_to_id("arguments")


def replies(ids, classes):
    """The spans of the replies: they end with the token that ends a turn."""
    start = None
    for index, kind in enumerate(classes):
        if kind == CONTEXT:
            start = None
        elif start is None:
            start = index
        if start is not None and ids[index] == END:
            yield start, index + 1
            start = None


def judge(ids, chosen, start, end):
    """What is right in one reply: {measure: bool}."""
    right = chosen[start - 1 : end - 1] == ids[start:end]
    if CALL not in ids[start:end]:
        return {"answer": bool(right.all()), "no call": chosen[start - 1] != CALL}
    names = np.flatnonzero(ids[start:end] == ARGUMENTS)
    name_end = int(names[0]) if len(names) else end - start
    return {"call": bool(right.all()), "name": bool(right[:name_end].all()), "token": right}


@torch.no_grad()
def table(model, path, limit=None):
    """{(measure, language, kind): [right, count]} over the first `limit` conversations of a shard."""
    model.eval()
    counts = collections.defaultdict(lambda: [0, 0])
    device = next(model.parameters()).device
    shard = Shard(path)
    for index in range(min(limit or len(shard), len(shard))):
        tokens, classes, prefix = shard[index]
        tokens = tokens.astype(np.int64)
        prefix = torch.from_numpy(prefix.astype(np.int64)).to(device) if len(prefix) else None
        states = model(torch.from_numpy(tokens)[None].to(device), prefix)[0]
        chosen = model.logits(states).argmax(-1).cpu().numpy()
        language, kind = str(shard.labels[index]).split(" ", 1)
        for start, end in replies(tokens, classes):
            for measure, right in judge(tokens, chosen, start, end).items():
                for key in ((measure, "", ""), (measure, language, ""), (measure, "", kind)):
                    counts[key][0] += int(np.sum(right))
                    counts[key][1] += int(np.size(right))
    return counts


def interval(right, count):
    """Wilson's 95 % interval, in percent."""
    share, z = right / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


def summary(counts):
    """One line with the totals."""
    rows = [(key[0], key[1]) for key in sorted(counts) if not key[2] and (not key[1] or key[0] == "call")]
    cells = []
    for measure, language in rows:
        right, count = counts[measure, language, ""]
        cells.append(f"{measure}{' ' + language if language else ''} {100 * right / count:.1f} ({count})")
    return ", ".join(cells)


def report(counts):
    """The whole table as Markdown."""
    lines = ["| measure | language | kind | % | n | 95 % |", "| --- | --- | --- | --- | --- | --- |"]
    for (measure, language, kind), (right, count) in sorted(counts.items()):
        low, high = interval(right, count)
        shown = f"{100 * right / count:.1f} | {count} | {low:.1f}-{high:.1f}"
        lines.append(f"| {measure} | {language or 'all'} | {kind or 'all'} | {shown} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("shards", nargs="+")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    model = checkpoint.decoder(args.model).to(args.device)
    for path in args.shards:
        print(path, report(table(model, path, args.limit)), sep="\n", flush=True)


if __name__ == "__main__":
    main()
