"""Training in plain PyTorch: the same model as its users would write it for speed, with one product for
queries, keys and values, fused attention, and the fused AdamW."""

import json
import time
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

Weights = dict[str, torch.Tensor]


class Attention(nn.Module):
    def __init__(self, weights: Weights, block: str) -> None:
        super().__init__()
        n_heads, d_model, d_head = weights[f"{block}.attn.W_Q"].shape
        inner = n_heads * d_head
        self.n_heads = n_heads
        self.norm = layer_norm(weights, f"{block}.ln1")
        self.qkv = nn.Linear(d_model, 3 * inner)
        self.out = nn.Linear(inner, d_model)
        with torch.no_grad():
            for third, letter in enumerate("QKV"):
                rows = slice(third * inner, (third + 1) * inner)
                matrix = weights[f"{block}.attn.W_{letter}"]  # [head, d_model, d_head]
                self.qkv.weight[rows] = matrix.transpose(1, 2).reshape(inner, d_model)
                self.qkv.bias[rows] = weights[f"{block}.attn.b_{letter}"].flatten()
            self.out.weight.copy_(weights[f"{block}.attn.W_O"].reshape(inner, d_model).T)
            self.out.bias.copy_(weights[f"{block}.attn.b_O"])

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # [batch, pos, d_model]
        batch, length, _ = x.shape
        qkv = self.qkv(self.norm(x)).view(batch, length, 3, self.n_heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each [batch, head, pos, d_head]
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return x + self.out(z.transpose(1, 2).reshape(batch, length, -1))


def layer_norm(weights: Weights, name: str) -> nn.LayerNorm:
    norm = nn.LayerNorm(len(weights[f"{name}.w"]), eps=1e-5)
    norm.load_state_dict({"weight": weights[f"{name}.w"], "bias": weights[f"{name}.b"]})
    return norm


class AttentionOnly(nn.Module):
    def __init__(self, weights: Weights, n_layers: int) -> None:
        super().__init__()
        self.embed = nn.Embedding.from_pretrained(weights["embed.W_E"].clone(), freeze=False)
        self.positions = nn.Parameter(weights["pos_embed.W_pos"].clone())
        self.blocks = nn.Sequential(
            *(Attention(weights, f"blocks.{layer}") for layer in range(n_layers))
        )
        self.norm = layer_norm(weights, "ln_final")
        d_model, d_vocab = weights["unembed.W_U"].shape
        self.unembed = nn.Linear(d_model, d_vocab)
        self.unembed.load_state_dict(
            {"weight": weights["unembed.W_U"].T, "bias": weights["unembed.b_U"]}
        )

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        x = self.embed(tokens) + self.positions[: tokens.shape[1]]
        return self.unembed(self.norm(self.blocks(x)))


class Training:
    """So many steps from the weights of the folder; each run begins there again."""

    def __init__(self, folder: Path) -> None:
        self.config = json.loads((folder / "config.json").read_text())
        self.weights: Weights = torch.load(folder / "model_final.pth", weights_only=True)

    def run(self, task: dict[str, Any]) -> tuple[float, list[float]]:
        """Seconds of one step, and the losses of the first ones."""
        model = AttentionOnly(self.weights, self.config["n_layers"])
        spec = task["optimizer"]
        optimizer = torch.optim.AdamW(
            model.parameters(),
            lr=spec["learningRate"],
            betas=(spec["beta1"], spec["beta2"]),
            eps=spec["eps"],
            weight_decay=spec["weightDecay"],
            fused=True,
        )
        torch.manual_seed(task["seed"])
        # The same at every step, so that the loss falls, and a wrong optimizer shows.
        tokens = torch.randint(0, self.config["d_vocab"], (task["batch"], task["length"]))
        losses = []
        start = time.perf_counter()
        for _ in range(task["steps"]):
            logits = model(tokens)[:, :-1]
            loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        seconds = (time.perf_counter() - start) / task["steps"]
        return seconds, losses[: task["compared"]]
