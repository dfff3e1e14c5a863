"""Conversations: their text (by `template.jinja`, the only source of truth) and their tokens with loss classes.

A conversation is one JSON line of the generator: {"lang", "kind", "tools", "system", "messages"}.

    chat.py CONVERSATIONS.jsonl SHARD.npz [--longest TOKENS] [--first]

tokenises; the part of the shard's name before the first `-` is its group. Where time is short, `--longest` leaves out
conversations of more tokens, and `--first` cuts each after its first reply: understanding a request is the hardest part,
and a fifth of the tokens then shows as many requests.
"""

import argparse
import itertools
import json
import re
from pathlib import Path

import jinja2
import numpy as np

import tokenizer

TEMPLATE_FILE = Path(__file__).parent.parent / "template.jinja"
WINDOW = 2048

# Loss classes of tokens.
CONTEXT, DECISION, WORDING = 0, 1, 2

REPLY = re.compile(r"(?<=<\|im_start\|>assistant\n).*?<\|im_end\|>", re.DOTALL)


def dump_json(value):
    return json.dumps(value, ensure_ascii=False)


def environment():
    """Jinja2 as transformers sets it up."""
    env = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    env.filters["tojson"] = dump_json
    return env


TEMPLATE = environment().from_string(TEMPLATE_FILE.read_text())
TOKENIZER = tokenizer.load()
CALL = TOKENIZER.token_to_id(tokenizer.CALL)


def to_messages(conversation):
    """The messages in the shape that chat templates are given."""
    messages = [{"role": "system", "content": conversation["system"]}] if conversation.get("system") else []
    for message in conversation["messages"]:
        calls = [{"type": "function", "function": call} for call in message.get("tool_calls") or []]
        messages.append({**message, "tool_calls": calls})
    return messages


def render(conversation, messages=None, prompt=False):
    """Text of a conversation, or of the given part of its messages; `prompt` opens the next reply."""
    tools = [{"type": "function", "function": tool} for tool in conversation["tools"]]
    messages = to_messages(conversation) if messages is None else messages
    return TEMPLATE.render(messages=messages, tools=tools, add_generation_prompt=prompt)


def classify(text, encoding, conversation):
    """The loss class of every token: calls are decisions, but for slips; of plain answers only the first token is one."""
    classes = np.zeros(len(encoding.ids), np.uint8)
    starts = np.array([start for start, _ in encoding.offsets])
    copying = conversation["kind"].startswith("copy")
    replies = [message for message in conversation["messages"] if message["role"] == "assistant"]
    for message, reply in zip(replies, REPLY.finditer(text), strict=True):
        if message.get("slip"):
            continue
        first, last = np.searchsorted(starts, [reply.start(), reply.end()])
        plain = CALL not in encoding.ids[first:last] and not copying
        classes[first:last] = WORDING if plain else DECISION
        classes[first] = DECISION
    return classes


def encode(conversation):
    """Token ids and loss classes, cut to the window."""
    text = render(conversation)
    encoding = TOKENIZER.encode(text, add_special_tokens=False)
    classes = classify(text, encoding, conversation)
    return np.array(encoding.ids[:WINDOW], np.uint16), classes[:WINDOW]


def common_prefix(conversations):
    """Token ids of the system message that all these conversations have: it then need be computed but once. None for one alone."""
    if len(conversations) < 2:
        return np.zeros(0, np.uint16)
    head, _, _ = render(conversations[0]).partition("<|im_start|>user")
    return np.array(TOKENIZER.encode(head, add_special_tokens=False).ids, np.uint16)


def first_reply(conversation):
    """The conversation up to the end of its first reply that is no slip."""
    messages = enumerate(conversation["messages"], 1)
    end = next(n for n, message in messages if message["role"] == "assistant" and not message.get("slip"))
    return {**conversation, "messages": conversation["messages"][:end]}


def sets(conversations):
    """Those in a row that have the same system message, together."""
    for _, alike in itertools.groupby(conversations, lambda one: json.dumps([one["tools"], one.get("system")])):
        yield list(alike)


def write_shard(conversations, path, longest=None):
    """Writes all conversations as one compressed shard; returns the number of conversations and of tokens.

    What a set of conversations has in common is kept once, in `prefixes`; `sets` has, for each, the number of its conversations.
    """
    ids, classes, labels, prefixes, sizes = [], [], [], [], []
    for alike in sets(conversations):
        prefix = common_prefix(alike)
        before = len(ids)
        for conversation in alike:
            tokens, weights = encode(conversation)
            if longest and len(tokens) > longest:
                continue
            assert np.array_equal(tokens[: len(prefix)], prefix), "the system message is a prefix of the conversation"
            ids.append(tokens[len(prefix) :])
            classes.append(weights[len(prefix) :])
            labels.append(f"{conversation['lang']} {conversation['kind']}")
        if len(ids) > before:
            prefixes.append(prefix)
            sizes.append(len(ids) - before)
    offsets = ends(ids)
    partial = Path(f"{path}.partial")
    with partial.open("wb") as file:
        np.savez_compressed(
            file,
            ids=np.concatenate(ids),
            classes=np.concatenate(classes),
            offsets=offsets,
            labels=np.array(labels),
            sets=np.array(sizes),
            prefixes=np.concatenate(prefixes),
            prefix_offsets=ends(prefixes),
        )
    partial.rename(path)
    return len(ids), int(offsets[-1])


def ends(parts):
    """Where each of some parts laid one after the other ends, after a 0 for where the first begins."""
    return np.concatenate([[0], np.cumsum([len(part) for part in parts])])


class Shard:
    """A shard as it is read: the tokens and classes of each conversation, and what stands before them."""

    def __init__(self, path):
        with np.load(path) as file:
            self.ids, self.classes, self.offsets, self.labels = (
                file[name] for name in ("ids", "classes", "offsets", "labels")
            )
            sizes, prefixes, at = file["sets"], file["prefixes"], file["prefix_offsets"]
        self.sets = [range(end - size, end) for end, size in zip(np.cumsum(sizes), sizes)]
        self.prefixes = [prefixes[start:end] for start, end in zip(at, at[1:])]
        self.set_of = np.repeat(np.arange(len(sizes)), sizes)

    def __len__(self):
        return len(self.offsets) - 1

    def __getitem__(self, index):
        """Token ids, loss classes, and the ids of the prefix: none if it is empty."""
        part = slice(self.offsets[index], self.offsets[index + 1])
        return self.ids[part], self.classes[part], self.prefixes[self.set_of[index]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("conversations", help="JSON lines of the generator")
    parser.add_argument("shard", help="the file to write")
    parser.add_argument("--longest", type=int, help="leaves out conversations of more tokens")
    parser.add_argument("--first", action="store_true", help="cuts each conversation after its first reply")
    args = parser.parse_args()
    with open(args.conversations) as lines:
        conversations = map(json.loads, lines)
        if args.first:
            conversations = map(first_reply, conversations)
        count, tokens = write_shard(conversations, args.shard, args.longest)
    print(f"{args.shard}: {count} conversations, {tokens} tokens")


if __name__ == "__main__":
    main()
