"""Averages the weights of runs, checkpoints or GGUFs of one shape.

    average.py CHECKPOINT.pt PART[=WEIGHT]...

Runs that begin with the same weights and see different data make a better network together than any of them does alone
(Wortsman et al. 2022), and so does a run with what it began with. What is written can be exported, and trained on with
`--init`.
"""

import argparse

import torch

import checkpoint


def parse(text):
    """A part and its weight, 1 unless given."""
    path, _, weight = text.partition("=")
    return checkpoint.decoder(path), float(weight or 1)


def average(parts):
    """The weighted mean of (decoder, weight) pairs."""
    shapes = {model.shape for model, _ in parts}
    if len(shapes) > 1:
        raise SystemExit(f"only networks of one shape can be averaged, these are {shapes}")
    mean, total = parts[0][0], sum(weight for _, weight in parts)
    states = [(model.state_dict(), weight / total) for model, weight in parts]
    mean.load_state_dict({name: sum(state[name] * share for state, share in states) for name in states[0][0]})
    return mean


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", help="the file to write")
    parser.add_argument("parts", nargs="+", type=parse, help="folders of runs, checkpoints or GGUFs, each with its weight")
    args = parser.parse_args()
    model = average(args.parts)
    torch.save({"shape": model.shape.as_dict(), "average": model.state_dict()}, args.checkpoint)


if __name__ == "__main__":
    main()
