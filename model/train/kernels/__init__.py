"""Kernels for training on processors that multiply bf16 in 512-bit registers or, faster, in AMX's tiles (LOG.md has what they save).

They are built by the machine's C++ compiler when first wanted (half a minute), and kept in torch's own cache. Where they do not
serve (other processors, other number types, no compiler) `native` is None, and what is built of torch's operations does the same.
"""

import functools
import shutil
import sys
from pathlib import Path

import torch


@functools.cache
def native():
    """The compiled kernels, or None where this machine cannot have them."""
    if not torch.backends.cpu.get_cpu_capability().startswith("AVX512") or not bf16_products():
        return None
    if not (shutil.which("c++") and shutil.which("ninja")):
        print("no kernels for bf16: they need a C++ compiler and ninja; training is slower", file=sys.stderr)
        return None
    from torch.utils.cpp_extension import load

    sources = [str(Path(__file__).with_name(name)) for name in ("attention.cpp", "pointwise.cpp")]
    flags = ["-O3", "-march=native", "-std=c++20"]
    # The system lends the tiles to those that ask.
    if not (torch.cpu._is_amx_tile_supported() and torch.cpu._init_amx()):
        flags.append("-mno-amx-bf16")
    return load("handyman_kernels", sources, extra_cflags=flags)


def bf16_products():
    return torch.cpu._is_avx512_bf16_supported()


def serve(*tensors):
    """Whether the kernels take these."""
    return all(x.device.type == "cpu" and x.dtype == torch.bfloat16 for x in tensors) and native() is not None


class Attend(torch.autograd.Function):
    @staticmethod
    def forward(ctx, *inputs):
        inputs = [x.contiguous() for x in inputs]
        mixed, total = native().attend(*inputs)
        ctx.save_for_backward(*inputs, mixed, total)
        return mixed

    @staticmethod
    def backward(ctx, slope):
        return tuple(native().attend_backward(slope.contiguous(), *ctx.saved_tensors))


class Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gain, cosine, sine):
        x = x.contiguous()
        ctx.save_for_backward(x, gain, cosine, sine)
        return native().normalise(x, gain, cosine, sine)

    @staticmethod
    def backward(ctx, slope):
        return *native().normalise_backward(slope.contiguous(), *ctx.saved_tensors), None, None


class Gated(torch.autograd.Function):
    @staticmethod
    def forward(ctx, gate, up):
        gate, up = gate.contiguous(), up.contiguous()
        ctx.save_for_backward(gate, up)
        return native().gated(gate, up)

    @staticmethod
    def backward(ctx, slope):
        return tuple(native().gated_backward(slope.contiguous(), *ctx.saved_tensors))
