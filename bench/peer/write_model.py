"""Writes model_final.pth, a TransformerLens state dict of fixed random weights, beside a config.json.

The scales keep what is compared away from trivial numbers: attention scores with a standard deviation
of two, so that patterns are neither flat nor one-hot, and logits of order one.
"""

import sys
from pathlib import Path

import torch

from model import empty_model

BIAS = 0.02
EMBEDDING = 0.5
SCORE = 2.0


def random_weight(name: str, shape: torch.Size, d_model: int) -> torch.Tensor:
    weight = torch.randn(shape)
    kind = name.split(".")[-1]
    if kind == "w":  # of LayerNorm
        return 1 + 0.1 * weight
    if kind == "b" or kind.startswith("b_"):
        return BIAS * weight
    if kind in ("W_E", "W_pos"):
        return EMBEDDING * weight
    # What reads a normalised stream gives numbers of variance one.
    scale = d_model**-0.5
    if kind in ("W_Q", "W_K"):
        scale *= SCORE**0.5
    return scale * weight


def main(folder: Path) -> None:
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    model = empty_model(folder)
    for name, parameter in model.named_parameters():
        parameter.copy_(random_weight(name, parameter.shape, model.cfg.d_model))
    torch.save(model.state_dict(), folder / "model_final.pth")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
