"""Trains the decoder: warm-up, constant rate, and, when told so, decay of the rate to zero.

    train.py --shards FOLDER --out RUN [--minutes 60] [--decay-minutes 15] [--device cuda]

It goes on from RUN/checkpoint.pt if there is one, else from --init (a checkpoint or a GGUF), else from nothing, and
saves every few minutes, at the end and when terminated. The rate falls in the last --decay-minutes of --minutes: so a
run at constant rate can be stopped at any time and started again with `--minutes 15 --decay-minutes 15`.

With `torchrun --nproc-per-node N train.py …` N processes share the work, one a core (`--threads 1`) or one a GPU: each
draws batches of its own, and all take the same step by the mean of their gradients.
"""

import argparse
import dataclasses
import math
import os
import signal
import time
from pathlib import Path

import torch
import torch.nn.functional as F

import checkpoint
import evaluate
import hints
import induction
import optimizer
import together
from chat import CALL, CONTEXT, DECISION, WORDING
from decoder import Decoder, Shape
from stream import Stream


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", required=True, help="folder of training shards")
    parser.add_argument("--held-out", nargs="*", default=[], help="shards to evaluate on")
    parser.add_argument("--out", required=True, help="folder of the run")
    parser.add_argument("--init", help="checkpoint or GGUF to start from")
    parser.add_argument("--plain-start", action="store_true", help="random weights without the planted copying circuit")
    parser.add_argument("--minutes", type=float, default=60.0, help="how long this call trains")
    parser.add_argument("--decay-minutes", type=float, default=0.0, help="the last minutes, in which the rate falls")
    parser.add_argument("--warm-up", type=int, default=30, help="steps until the full rate")
    parser.add_argument("--batch-tokens", type=int, default=6144)
    parser.add_argument("--matrix-rate", type=float, default=0.01, help="Muon's learning rate")
    parser.add_argument("--vector-rate", type=float, default=0.002, help="AdamW's learning rate")
    parser.add_argument("--context-weight", type=float, default=0.1, help="loss weight of tokens nobody asks for")
    parser.add_argument("--context-share", type=float, default=0.1, help="share of them that is looked at")
    parser.add_argument("--wording-weight", type=float, default=0.5, help="loss weight of plain answers")
    parser.add_argument("--average", type=float, default=0.995, help="how slowly the averaged weights follow, a step")
    parser.add_argument("--sift", type=factor, nargs="*", default=[], help="GROUP=N: learn from the least sure of N times as many")
    parser.add_argument("--hints", type=float, default=0.0, help="weight of the hints of hints.py; falls with the rate")
    parser.add_argument("--grow", type=factor, nargs="*", default=[], help="width=N, layers=N, hidden=N: greater than --init has them")
    parser.add_argument("--longest", type=int, help="conversations are cut to this many tokens")
    parser.add_argument("--save-minutes", type=float, default=4.0)
    parser.add_argument("--evaluate-minutes", type=float, default=12.0)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true", help="autocast (only where the hardware multiplies bf16)")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    for field in dataclasses.fields(Shape):
        parser.add_argument("--" + field.name.replace("_", "-"), type=type(field.default), default=field.default)
    return parser.parse_args()


def factor(text):
    """`NAME=N`: a group of shards and how many times as many of its conversations are looked at as are learned from, or a size."""
    name, _, number = text.partition("=")
    return name, int(number)


class Meter:
    """Loss and token accuracy of decisions since the last report."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.loss = self.right = self.count = 0.0

    def add(self, losses, logits, wanted, decisions):
        logits = logits.detach()
        # Faster than looking for the place of the greatest.
        right = logits.gather(1, wanted[:, None])[:, 0] == logits.amax(-1)
        self.loss += float(losses.detach()[decisions].sum())
        self.right += float(right[decisions].sum())
        self.count += float(decisions.sum())

    def __str__(self):
        count = max(self.count, 1)
        return f"loss {self.loss / count:.4f} accuracy {self.right / count:.4f}"


class Trainer:
    def __init__(self, args):
        self.args, self.folder = args, Path(args.out)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.stream = Stream(args.shards, args.batch_tokens, args.seed + together.RANK, dict(args.sift))
        self.stream.longest = args.longest
        state = checkpoint.load(self.folder)
        self.model = together.same(self.first_model(state).to(args.device))
        self.optimizers = optimizer.build(self.model, args.matrix_rate, args.vector_rate, args.bf16)
        self.hints = hints.Hints(self.model, args.vector_rate).to(args.device) if args.hints else None
        self.average = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.step = self.tokens = 0
        self.seconds = 0.0
        if state:
            self.resume(state)
        self.forward = self.model if args.no_compile else torch.compile(self.model, dynamic=True)
        self.weights = torch.tensor([args.context_weight, 1.0, args.wording_weight], device=args.device)
        self.meter, self.asked_to_stop = Meter(), False

    def first_model(self, state):
        if state:
            return Decoder(Shape(**state["shape"]))
        if self.args.init:
            model = checkpoint.decoder(self.args.init)
            return checkpoint.grow(model, **dict(self.args.grow)) if self.args.grow else model
        names = [field.name for field in dataclasses.fields(Shape)]
        model = Decoder(Shape(**{name: getattr(self.args, name) for name in names}))
        if not self.args.plain_start:
            induction.plant(model)
        return model

    def resume(self, state):
        self.model.load_state_dict(state["model"])
        self.average = {name: value.to(self.args.device) for name, value in state["average"].items()}
        for one, saved in zip(self.optimizers, state["optimizers"]):
            one.load_state_dict(saved)
        if self.hints and "hints" in state:
            self.hints.load_state_dict(state["hints"])
        self.step, self.tokens, self.seconds = state["step"], state["tokens"], state["seconds"]

    def save(self, seconds):
        if together.RANK:
            return
        state = {
            "shape": self.model.shape.as_dict(),
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizers": [one.state_dict() for one in self.optimizers],
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds + seconds,
            **({"hints": self.hints.state_dict()} if self.hints else {}),
        }
        checkpoint.save(self.folder, state)

    def say(self, *words):
        if together.RANK:
            return
        line = time.strftime("%H:%M:%S ") + " ".join(map(str, words))
        print(line, flush=True)
        with (self.folder / "log.txt").open("a") as log:
            log.write(line + "\n")

    def scores(self, tokens, prefix, chosen):
        """The scores of what follows the chosen places."""
        at = chosen.flatten().nonzero().squeeze(1)
        return self.model.logits(self.forward(tokens[:, :-1], prefix, at)).float()

    def loss(self, tokens, classes, prefix, share):
        """Weighted loss of the replies and of a random part of all other tokens; only for these the head is computed.
        To it comes the given share of the hints' full weight."""
        classes, wanted = classes[:, 1:], tokens[:, 1:]
        looked_at = (classes == CONTEXT) & (torch.rand(classes.shape, device=classes.device) < self.args.context_share)
        chosen = (classes == DECISION) | (classes == WORDING) | looked_at
        classes, wanted = classes[chosen], wanted[chosen]
        logits = self.scores(tokens, prefix, chosen)
        losses = F.cross_entropy(logits, wanted, reduction="none")
        self.meter.add(losses, logits, wanted, classes == DECISION)
        weights = self.weights[classes]
        loss = (losses * weights).sum() / weights.sum()
        return loss + self.args.hints * share * self.hints.loss(tokens) if self.hints else loss

    @torch.no_grad()
    def least_sure(self, tokens, classes, prefix, rows):
        """The rows with the decisions that the model finds least likely.

        Many wordings of a plain reply are right, so of its first token only that it is no call counts.
        """
        wanted, decisions = tokens[:, 1:], classes[:, 1:] == DECISION
        logits = self.scores(tokens, prefix, decisions)
        losses = F.cross_entropy(logits, wanted[decisions], reduction="none")
        call = logits.log_softmax(-1)[:, CALL].exp()
        opens_wording = F.pad(classes[:, 2:] == WORDING, (0, 1))[decisions]
        doubt = decisions.new_zeros(decisions.shape, dtype=torch.float)
        doubt[decisions] = torch.where(opens_wording, -torch.log1p(-call.clamp(max=0.9999)), losses)
        return doubt.amax(1).topk(rows).indices

    def next_batches(self):
        """The batches of a step: token ids, loss classes and prefix of each."""
        batches = []
        for batch in self.stream.next():
            tokens, classes, prefix, rows = [part.to(self.args.device) if torch.is_tensor(part) else part for part in batch]
            if rows < len(tokens):
                chosen = self.least_sure(tokens, classes, prefix, rows)
                tokens, classes = tokens[chosen], classes[chosen]
            batches.append((tokens, classes, prefix))
        return batches

    def update(self, rate):
        """One optimiser step at the given share of the full learning rates."""
        torch.nn.utils.clip_grad_norm_(self.optimizers[1].param_groups[0]["params"], 1.0)
        for one, full in zip(self.optimizers, (self.args.matrix_rate, self.args.vector_rate)):
            for group in one.param_groups:
                group["lr"] = full * rate
            one.step()
        if self.hints:
            self.hints.step()
        self.model.zero_grad(set_to_none=True)
        # Early on the average must forget the random start.
        keep = min(self.args.average, self.step / (self.step + 10))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.average[name].lerp_(value, 1 - keep)

    def rate(self, minutes):
        args, left = self.args, self.args.minutes - minutes
        warm = min(1.0, (self.step + 1) / args.warm_up)
        return warm * (min(1.0, max(left, 0.0) / args.decay_minutes) if args.decay_minutes else 1.0)

    def one_step(self, minutes, is_last):
        """Learns from the batches of one step, from each by its share of the tokens; returns whether any process says that this
        step is the last."""
        with self.autocast():
            batches = self.next_batches()
        learned = [int((classes >= 0).sum()) for _, classes, _ in batches]
        for batch, tokens in zip(batches, learned):
            with self.autocast():
                loss = self.loss(*batch, self.rate(minutes)) * (tokens / sum(learned))
            loss.backward()
        tokens, minutes, is_last = together.mean_gradients(self.model, [sum(learned), minutes, float(is_last)])
        self.update(self.rate(minutes))
        self.step += 1
        self.tokens += round(tokens * together.SIZE)
        if not math.isfinite(float(loss.detach())):
            raise FloatingPointError(f"loss {float(loss.detach())} at step {self.step}")
        return is_last > 0

    def autocast(self):
        return torch.autocast(torch.device(self.args.device).type, torch.bfloat16, enabled=self.args.bf16)

    def evaluate(self):
        if together.RANK:
            return
        model = Decoder(self.model.shape).to(self.args.device)
        model.load_state_dict(self.average)
        for path in self.args.held_out:
            table = evaluate.table(model, path, limit=120)
            self.say(f"EVALUATION {Path(path).name} at {self.tokens / 1e6:.2f} M tokens:", evaluate.summary(table))

    def run(self):
        args, started = self.args, time.time()
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "asked_to_stop", True))
        self.say(f"parameters {sum(p.numel() for p in self.model.parameters())}", vars(args))
        reported, reported_tokens, saved, evaluated = started, self.tokens, started, started
        stopped = False
        while not stopped:
            minutes = (time.time() - started) / 60
            stopped = self.one_step(minutes, self.asked_to_stop or minutes > args.minutes)
            now = time.time()
            if now - reported > 30:
                speed = (self.tokens - reported_tokens) / (now - reported)
                rate = self.rate((now - started) / 60)
                where = f"step {self.step} tokens {self.tokens / 1e6:.3f} M, {speed:.0f}/s rate {rate:.2f}"
                self.say(where, self.meter, self.hints or "")
                self.meter.reset()
                reported, reported_tokens = now, self.tokens
            if now - saved > args.save_minutes * 60:
                self.save(now - started)
                saved = now
            if now - evaluated > args.evaluate_minutes * 60:
                self.evaluate()
                evaluated = time.time()
        self.save(time.time() - started)
        self.say(f"stopped after {self.tokens / 1e6:.3f} M tokens, step {self.step}")


def main():
    args = arguments()
    args.device = together.join(args.device)
    torch.manual_seed(args.seed + together.RANK)
    torch.set_num_threads(args.threads)
    Trainer(args).run()


if __name__ == "__main__":
    main()
