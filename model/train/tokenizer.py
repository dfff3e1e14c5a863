"""The tokenizer: byte-level BPE for English, Chinese and JSON.

Digits, Han characters and spaces never merge with their neighbours, so that a value has the same tokens in a request,
in a tool result and inside a JSON string: copying it is then copying tokens. The commonest function words and
punctuation get a leading-space token by merges of the last rank. llama.cpp reads it as `gpt2`, pre-tokenizer `smollm`.

    tokenizer.py --words FILE... --han FREQUENCIES --text FILE... --out tokenizer.json

`tokenizer.json` is fixed by the first training: a new one makes every older checkpoint useless.
"""

import argparse
import collections
import json
import re
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

FILE = Path(__file__).parent / "tokenizer.json"
END_OF_TEXT, TURN_START, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CONTROL = [END_OF_TEXT, TURN_START, TURN_END]
CALL, CALL_END, RESULT, RESULT_END = "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"
MARKERS = [CALL, CALL_END, RESULT, RESULT_END]

# The `smollm` pre-tokenizer of llama.cpp: single digits, then GPT-2's pattern.
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"

# What surrounds values: its punctuation must become tokens although no corpus of sentences has it.
FORMAT = [
    '{"name": "get", "arguments": {"to": "A", "n": 5, "x": ["a", "b"], "y": [{"k": true}, {"k": false}], "o": {"p": "q"}}}',
    '{"rows": [{"id": "A", "price": "B", "n": 5}, {"id": "C", "n": null}], "more": 3, "error": "no \'x\'; did you mean \'y\'?"}',
    'get(to: string "A", n?: integer, when?: enum[a,b] = a, list: string[] "B", where?: {c: string, d?: number}[]) - Get it',
    'get(n: integer(1..5) "A", on?: boolean = true, o: {a: string}, p?: number(0..1), q?: object, r?: integer(1..)) - Do it',
]
# Words that hardly ever begin a value: these get a leading-space token.
SPACED = (
    "the a an of and or is are was were be been i you it me my we us your our their they them this that these those can "
    "could will would should do does did have has had for with as if not but there what when which how who want need "
    'please just i\'m string integer number boolean enum object " { [ - = ( & < >'
).split()


def split(pattern):
    return pre_tokenizers.Split(Regex(pattern), "isolated")


def load():
    return Tokenizer.from_file(str(FILE))


def read_texts(args):
    """Training text: corpora as they are, listed words often enough to become tokens, Han characters by frequency."""
    texts = [line for path in args.text for line in Path(path).read_text(errors="replace").splitlines()]
    for path in args.words:
        texts += [word for word in re.split(r"[|\s_:=,]+", Path(path).read_text()) if word] * 150
    frequency = collections.Counter()
    for line in Path(args.han).read_text().splitlines():
        word, count, *_ = line.split()
        for character in word:
            if "\u4e00" <= character <= "\u9fff":
                frequency[character] += int(count)
    for rank, (character, _) in enumerate(frequency.most_common(args.han_count)):
        texts += [character] * (40 + 2000 // (rank + 20))
    return texts + FORMAT * 1000


def train_bpe(texts, size):
    """Vocabulary and merges of a BPE in which digits, spaces and Han characters stand alone."""
    alone = [split(pattern) for pattern in (r"\p{N}", " ", r"\p{Han}", r"[、-】！-～，。“”‘’…]", GPT2)]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [*alone, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=4,
        max_token_length=14,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=CONTROL + MARKERS,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]]


def add_spaced(vocabulary, merges):
    for word in SPACED:
        if word in vocabulary:
            merges.append(("Ġ", word))
            vocabulary["Ġ" + word] = len(vocabulary)


def build(vocabulary, merges):
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split(r"\p{N}"), split(GPT2), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(CONTROL + MARKERS)
    return tokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", nargs="+", required=True, help="files of words that must be tokens, separated by | or blanks")
    parser.add_argument("--han", required=True, help="Chinese words with their frequencies")
    parser.add_argument("--han-count", type=int, default=2000, help="Han characters that become one token")
    parser.add_argument("--text", nargs="+", required=True, help="plain text files, one sentence a line")
    parser.add_argument("--size", type=int, default=5700, help="tokens before the leading-space ones")
    parser.add_argument("--out", default=str(FILE))
    args = parser.parse_args()
    texts = read_texts(args)
    vocabulary, merges = train_bpe(texts, args.size)
    add_spaced(vocabulary, merges)
    tokenizer = build(vocabulary, merges)
    tokenizer.save(args.out)
    decoded = [tokenizer.decode([token]) for token in range(tokenizer.get_vocab_size())]
    print(len(decoded), "tokens,", sum(bool(re.fullmatch("[\u4e00-\u9fff]", text)) for text in decoded), "Han characters")


if __name__ == "__main__":
    main()
