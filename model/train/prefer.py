"""The preference stage: direct preference optimisation (Rafailov et al. 2023) on the model's own mistakes.

    prefer.py MODEL PAIRS.jsonl OUT [--epochs 1] [--beta 0.1] [--held-out SHARD.npz]

MODEL is a checkpoint, a run's folder or a GGUF. PAIRS come from `evaluate --pairs`: conversations of the generator up to a
reply that the model, running in the product's own runtime, got wrong; `chosen` is the oracle's reply, `rejected` the
model's. Both are continuations of one history, so that history is computed once for the two. To the preference loss comes
the plain loss of the chosen reply (Pang et al. 2024): without it both replies may become less likely. Writes OUT/checkpoint.pt.
"""

import argparse
import json
import random
from pathlib import Path

import torch
import torch.nn.functional as F

import chat
import checkpoint
import evaluate

WINDOW = chat.WINDOW


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("pairs")
    parser.add_argument("out")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8, help="pairs a step")
    parser.add_argument("--rate", type=float, default=2e-5)
    parser.add_argument("--beta", type=float, default=0.1)
    parser.add_argument("--plain-weight", type=float, default=0.5, help="weight of the chosen reply's own loss")
    parser.add_argument("--held-out", nargs="*", default=[])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def tokens(conversation, messages, prompt):
    text = chat.render(conversation, chat.to_messages({**conversation, "messages": messages}), prompt)
    return chat.TOKENIZER.encode(text, add_special_tokens=False).ids


def read_pairs(path):
    """(ids of the history, ids of the chosen reply, ids of the rejected one), as far as they fit the window."""
    pairs = []
    with open(path) as lines:
        for conversation in map(json.loads, lines):
            history = conversation["messages"]
            prompt = tokens(conversation, history, True)
            whole = [tokens(conversation, [*history, conversation[name]], False) for name in ("chosen", "rejected")]
            replies = [ids[len(prompt) : ] for ids in whole]
            same_start = all(ids[: len(prompt)] == prompt for ids in whole)
            if same_start and len(prompt) + max(map(len, replies)) <= WINDOW:
                pairs.append((prompt, *replies))
    return pairs


def log_likelihoods(model, prompt, replies):
    """Sum of the log-probabilities of each reply after the prompt, as one tensor; and the number of their tokens."""
    length = max(map(len, replies))
    rows = torch.zeros(len(replies), length, dtype=torch.long)
    for row, reply in zip(rows, replies):
        row[: len(reply)] = torch.tensor(reply)
    # The last token of the prompt predicts the first of the reply: it goes with the rows.
    inputs = torch.cat((torch.full((len(replies), 1), prompt[-1]), rows[:, :-1]), 1)
    states = model(inputs, torch.tensor(prompt[:-1]))
    losses = F.cross_entropy(model.logits(states).float().transpose(1, 2), rows, reduction="none")
    counts = torch.tensor([len(reply) for reply in replies])
    return -(losses * (torch.arange(length) < counts[:, None])).sum(1), counts


def references(model, pairs):
    with torch.no_grad():
        return [log_likelihoods(model, prompt, (chosen, rejected))[0] for prompt, chosen, rejected in pairs]


def step(model, optimizer, batch, args):
    """One update; the share of pairs in which the chosen reply is preferred more than before."""
    preferred = 0
    for (prompt, chosen, rejected), reference in batch:
        found, counts = log_likelihoods(model, prompt, (chosen, rejected))
        margin = (found[0] - found[1]) - (reference[0] - reference[1])
        loss = -F.logsigmoid(args.beta * margin) - args.plain_weight * found[0] / counts[0]
        (loss / len(batch)).backward()
        preferred += int(margin > 0)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return preferred / len(batch)


def show(model, args, when):
    for path in args.held_out:
        print(when, Path(path).name, evaluate.summary(evaluate.table(model, path, limit=120)), flush=True)


def main():
    args = arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    model, pairs = checkpoint.decoder(args.model), read_pairs(args.pairs)
    show(model, args, "before")
    items = list(zip(pairs, references(model, pairs)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=0.0)
    shuffler, steps = random.Random(args.seed), 0
    for epoch in range(args.epochs):
        shuffler.shuffle(items)
        shares = []
        for start in range(0, len(items), args.batch):
            shares.append(step(model, optimizer, items[start : start + args.batch], args))
            steps += 1
            if steps % 20 == 0:
                print(f"epoch {epoch} step {steps}: {sum(shares[-20:]) / 20:.2f} preferred", flush=True)
    show(model, args, "after")
    Path(args.out).mkdir(parents=True, exist_ok=True)
    state = {"shape": model.shape.as_dict(), "model": model.state_dict(), "average": model.state_dict()}
    checkpoint.save(args.out, state)
    print(f"{len(pairs)} pairs, {steps} steps: {args.out}")


if __name__ == "__main__":
    main()
