"""How often a model chooses the right tool, where choosing is all there is to do.

    generate --kind everyday --short --held-out --count 60 --seed 4243 > choice.jsonl
    choice.py MODEL choice.jsonl [--repeat name | --repeat description]

MODEL is a checkpoint, a run's folder or a GGUF. What counts is the first token of the name, teacher-forced; conversations with
one tool are left out. With --repeat, each tool is asked for once, by its name in words or by its description as it is.
"""

import argparse
import json
import random
import re

import numpy as np
import torch

import checkpoint
from chat import DECISION, TOKENIZER, encode

MARK = TOKENIZER.encode('{"name": "', add_special_tokens=False).ids


def repeating(conversation, what):
    """The conversation with other requests: for each of its tools, its name or its description."""
    tools = [tool for tool in conversation["tools"] if tool["description"]]
    random.Random(len(conversation["messages"])).shuffle(tools)
    messages = []
    for tool in tools:
        name = re.sub("([A-Z])", r" \1", tool["name"]).replace("_", " ").lower()
        call = {"name": tool["name"], "arguments": {}}
        messages.append({"role": "user", "content": name if what == "name" else tool["description"]})
        messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
    return {**conversation, "messages": messages}


@torch.no_grad()
def chosen(model, conversation):
    """For each call, whether its name's first token is the likeliest."""
    ids, classes = encode(conversation)
    ids = ids.astype(np.int64)
    likeliest = model.logits(model(torch.from_numpy(ids)[None, :-1]))[0].argmax(-1).numpy()
    for start in np.nonzero(classes[: len(ids) - len(MARK)] == DECISION)[0]:
        end = start + len(MARK)
        if ids[start:end].tolist() == MARK:
            yield likeliest[end - 1] == ids[end]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("conversations")
    parser.add_argument("--repeat", choices=("name", "description"))
    args = parser.parse_args()
    model = checkpoint.decoder(args.model)
    right, counts, chance = np.zeros(2), np.zeros(2), np.zeros(2)
    with open(args.conversations) as file:
        for conversation in map(json.loads, file):
            offered = len(conversation["tools"])
            if args.repeat:
                conversation = repeating(conversation, args.repeat)
            if offered < 2 or not conversation["messages"]:
                continue
            for number, is_right in enumerate(chosen(model, conversation)):
                later = min(number, 1)
                right[later] += is_right
                counts[later] += 1
                chance[later] += 1 / offered
    for which, name in enumerate(("first requests", "later requests")):
        count = max(counts[which], 1)
        share, by_chance = 100 * right[which] / count, 100 * chance[which] / count
        print(f"{name}: {share:.0f} % of {counts[which]:.0f} right, {by_chance:.0f} % by chance")


if __name__ == "__main__":
    main()
