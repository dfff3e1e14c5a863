"""Writes a checkpoint as GGUF: the network (`qwen3`), the tokenizer (`gpt2`/`smollm`) and the chat template.

    export.py MODEL OUT.gguf [--type q8_0|q5_1|q4_1|f16|f32] [--prompts DIR --conversations FILE.jsonl]

With --prompts it also writes JSON files {"prompt", "ids", "answer", "answer_ids"}: what torch answers greedily, for
comparing another engine with torch.
"""

import argparse
import itertools
import json
from pathlib import Path

import gguf
import torch

import chat
import checkpoint
import tokenizer
from decoder import EPSILON

TYPES = {
    "q8_0": (gguf.GGMLQuantizationType.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
    "q5_1": (gguf.GGMLQuantizationType.Q5_1, gguf.LlamaFileType.MOSTLY_Q5_1),
    "q4_1": (gguf.GGMLQuantizationType.Q4_1, gguf.LlamaFileType.MOSTLY_Q4_1),
    "f16": (gguf.GGMLQuantizationType.F16, gguf.LlamaFileType.MOSTLY_F16),
    "f32": (gguf.GGMLQuantizationType.F32, gguf.LlamaFileType.ALL_F32),
}


def write_description(writer, shape, file_type):
    writer.add_name("handyman-builtin")
    writer.add_author("The Handyman authors")
    writer.add_license("MIT OR Apache-2.0")
    writer.add_file_type(file_type)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.key_heads)
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rotary_base)
    writer.add_layer_norm_rms_eps(EPSILON)
    # The shape once more under our own names, for training on from this file.
    for name, value in shape.as_dict().items():
        (writer.add_uint32 if isinstance(value, int) else writer.add_float32)(f"handyman.{name}", value)


def write_tokenizer(writer, size):
    file = json.loads(tokenizer.FILE.read_text())
    ids = file["model"]["vocab"] | {added["content"]: added["id"] for added in file["added_tokens"]}
    text = {token: content for content, token in ids.items()}
    kinds = {ids[name]: gguf.TokenType.CONTROL for name in tokenizer.CONTROL}
    # Markers of calls and results are printed as text, so that a reply can be parsed.
    kinds |= {ids[name]: gguf.TokenType.USER_DEFINED for name in tokenizer.MARKERS}
    merges = file["model"]["merges"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list([text.get(token, f"<|unused_{token}|>") for token in range(size)])
    unused = gguf.TokenType.UNUSED
    writer.add_token_types(
        [kinds.get(token, gguf.TokenType.NORMAL if token in text else unused) for token in range(size)]
    )
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(ids[tokenizer.END_OF_TEXT])
    writer.add_eos_token_id(ids[tokenizer.TURN_END])
    writer.add_pad_token_id(ids[tokenizer.END_OF_TEXT])
    writer.add_add_bos_token(False)
    writer.add_chat_template(chat.TEMPLATE_FILE.read_text())


def write_weights(writer, model, quantization):
    for name, tensor in model.state_dict().items():
        values = tensor.float().numpy()
        kind = quantization if values.ndim == 2 else gguf.GGMLQuantizationType.F32
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)


def export(model, path, kind):
    quantization, file_type = TYPES[kind]
    partial = Path(f"{path}.partial")
    writer = gguf.GGUFWriter(str(partial), "qwen3")
    write_description(writer, model.shape, file_type)
    write_tokenizer(writer, model.shape.vocabulary)
    write_weights(writer, model, quantization)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    partial.rename(path)


@torch.no_grad()
def answer(model, ids, limit=120):
    """The greedy answer to a prompt, without the token that ends it."""
    end = chat.TOKENIZER.token_to_id(tokenizer.TURN_END)
    tokens = list(ids)
    while len(tokens) < len(ids) + limit:
        chosen = int(model.logits(model(torch.tensor([tokens]))[0, -1]).argmax())
        if chosen == end:
            break
        tokens.append(chosen)
    return tokens[len(ids) :]


def write_prompts(model, conversations, folder, count=20):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    model.eval()
    with open(conversations) as lines:
        for index, line in enumerate(itertools.islice(lines, count)):
            conversation = json.loads(line)
            messages = chat.to_messages(conversation)
            replies = [place for place, message in enumerate(messages) if message["role"] == "assistant"]
            prompt = chat.render(conversation, messages[: replies[index % len(replies)]], prompt=True)
            ids = chat.TOKENIZER.encode(prompt, add_special_tokens=False).ids
            found = answer(model, ids)
            text = chat.TOKENIZER.decode(found, skip_special_tokens=False)
            record = {"prompt": prompt, "ids": ids, "answer": text, "answer_ids": found}
            (folder / f"{index:02}.json").write_text(json.dumps(record, ensure_ascii=False))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a checkpoint or a run's folder")
    parser.add_argument("out")
    parser.add_argument("--type", choices=TYPES, default="q8_0")
    parser.add_argument("--prompts", help="folder for prompts and torch's answers")
    parser.add_argument("--conversations", help="held-out conversations the prompts are made of")
    args = parser.parse_args()
    model = checkpoint.decoder(args.model)
    export(model, args.out, args.type)
    print(args.out, Path(args.out).stat().st_size, "bytes")
    if args.prompts:
        write_prompts(checkpoint.from_gguf(args.out), args.conversations, args.prompts)


if __name__ == "__main__":
    main()
