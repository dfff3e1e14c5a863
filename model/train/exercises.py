"""Copying exercises: conversations in which every token of every reply is determined by copying.

A tiny decoder spends most of its training finding out how to copy. These lines, with keys and values from the whole
vocabulary, teach that in a fraction of the tokens; the conversations of the generator then build on it.

    exercises.py COUNT SEED [MOST_PAIRS] > exercises.jsonl     with MOST_PAIRS only look-ups of so few pairs, for the start
"""

import random
import sys

from chat import TOKENIZER, dump_json

WORDS = [TOKENIZER.decode([token]) for token in range(TOKENIZER.get_vocab_size())]
LATIN = [text for text in WORDS if text.isascii() and text.isalpha()]
HAN = [text for text in WORDS if len(text) == 1 and "\u4e00" <= text <= "\u9fff"]
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def word(rng):
    return "".join(rng.choice(LATIN) for _ in range(rng.choice((1, 1, 2, 2, 3))))


def value(rng):
    """A string or number such as people want to see in arguments."""
    kind = rng.random()
    if kind < 0.3:
        return "".join(rng.choice(HAN) for _ in range(rng.randint(1, 4)))
    if kind < 0.5:
        return word(rng).capitalize()
    if kind < 0.75:
        return " ".join(word(rng) for _ in range(rng.randint(1, 3)))
    if kind < 0.9:
        prefix = "".join(rng.choice(LETTERS) for _ in range(rng.randint(0, 3)))
        return prefix + rng.choice(("", "-")) + str(rng.randrange(10 ** rng.randint(1, 6)))
    return rng.randrange(10 ** rng.randint(1, 5))


def key(rng):
    return "_".join(word(rng) for _ in range(rng.choice((1, 1, 2))))


def reply(content="", **call):
    return {"role": "assistant", "content": content, "tool_calls": [call] if call else []}


def user(content):
    return {"role": "user", "content": content}


def conversation(tools, messages):
    return {"lang": "en", "kind": "copy", "tools": tools, "system": None, "messages": messages}


def lookup(rng, most_pairs=9):
    """Pairs are listed; some keys are then asked for, and the reply is a JSON object of them, in the asked order."""
    pairs = {key(rng): value(rng) for _ in range(rng.randint(1, most_pairs))}
    messages = [user("\n".join(f"{name}: {content}" for name, content in pairs.items()))]
    messages.append(reply(dump_json(pairs)))
    for _ in range(rng.randint(1, 3)):
        wanted = rng.sample(list(pairs), rng.randint(1, min(4, len(pairs))))
        messages += [user(" ".join(wanted)), reply(dump_json({name: pairs[name] for name in wanted}))]
    return conversation([], messages)


def tool(rng):
    fields = {}
    for _ in range(rng.randint(1, 3)):
        fields[key(rng)] = {"type": "string"} | ({"description": word(rng)} if rng.random() < 0.3 else {})
    schema = {"type": "object", "properties": fields, "required": [name for name in fields if rng.random() < 0.6]}
    name = "_".join(word(rng) for _ in range(rng.choice((1, 2, 2, 3))))
    return {"name": name, "description": name.replace("_", " ") if rng.random() < 0.5 else "", "parameters": schema}


def calling(rng):
    """A tool and its parameters are named in plain words, in the order of the schema or not; the reply is the call."""
    tools = [tool(rng) for _ in range(rng.randint(1, 5))]
    messages = []
    for _ in range(rng.randint(2, 4)):
        chosen = rng.choice(tools)
        schema = chosen["parameters"]
        fields = [name for name in schema["properties"] if name in schema["required"] or rng.random() < 0.5]
        arguments = {name: str(value(rng)) for name in fields}
        said = list(arguments.items())
        rng.shuffle(said)
        parts = [f"{name.replace('_', ' ')}{rng.choice((' ', ': ', ' = '))}{content}" for name, content in said]
        joined = rng.choice((", ", "; ", " ")).join(parts)
        messages.append(user(f"{chosen['name'].replace('_', ' ')} {joined}".strip()))
        messages.append(reply(name=chosen["name"], arguments=arguments))
        result = {key(rng): value(rng) for _ in range(rng.randint(1, 4))}
        shown = next(iter(result))
        messages += [{"role": "tool", "content": dump_json(result)}, reply(f"{shown}: {result[shown]}")]
        messages += [user(other := rng.choice(list(result))), reply(f"{other}: {result[other]}")]
    return conversation(tools, messages)


def main():
    count, seed, *most_pairs = map(int, sys.argv[1:])
    rng = random.Random(seed)
    for _ in range(count):
        exercise = lookup(rng, *most_pairs) if most_pairs else rng.choice((lookup, calling))(rng)
        print(dump_json(exercise))


if __name__ == "__main__":
    main()
