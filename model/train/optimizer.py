"""Muon for the matrices, AdamW for embedding and norms."""

import torch


def orthogonalise(gradient, kind, steps=5):
    """Newton-Schulz iteration towards the nearest orthogonal matrix, batched (Jordan et al. 2024)."""
    x = gradient.to(kind)
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.mT if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised. Matrices of one shape are handled together."""

    def __init__(self, matrices, lr=0.02, momentum=0.95, decay=0.01, bf16=False):
        super().__init__(list(matrices), {"lr": lr, "momentum": momentum, "decay": decay})
        self.kind = torch.bfloat16 if bf16 else torch.float32

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape = {}
            for matrix in group["params"]:
                by_shape.setdefault(matrix.shape, []).append(matrix)
            for shape, matrices in by_shape.items():
                updates = orthogonalise(
                    torch.stack([self.momentum(matrix, group) for matrix in matrices]), self.kind
                )
                rate = group["lr"] * max(1.0, shape[0] / shape[1]) ** 0.5
                for matrix, update in zip(matrices, updates):
                    matrix.mul_(1 - group["lr"] * group["decay"]).add_(update, alpha=-rate)

    def momentum(self, matrix, group):
        """Nesterov momentum of the gradient."""
        state, keep = self.state[matrix], group["momentum"]
        buffer = state.setdefault("momentum", torch.zeros_like(matrix))
        buffer.lerp_(matrix.grad, 1 - keep)
        return matrix.grad.lerp(buffer, keep)


def build(model, matrix_rate, vector_rate, bf16=False):
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and not name.startswith("token")]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or name.startswith("token")]
    return [
        Muon(matrices, lr=matrix_rate, bf16=bf16),
        torch.optim.AdamW(others, lr=vector_rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]
