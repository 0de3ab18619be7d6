"""A model folder in TransformerLens: the files that Lookback loads, with no processing of the weights."""

import json
from pathlib import Path

import torch
from transformer_lens import HookedTransformer, HookedTransformerConfig


def empty_model(folder: Path) -> HookedTransformer:
    """A model of the folder's config, whose weights are yet to be set."""
    config = json.loads((folder / "config.json").read_text())
    return HookedTransformer(
        HookedTransformerConfig(
            n_layers=config["n_layers"],
            n_heads=config["n_heads"],
            d_model=config["d_model"],
            d_head=config["d_head"],
            n_ctx=config["n_ctx"],
            d_vocab=config["d_vocab"],
            act_fn=config.get("act_fn"),  # for MLPs, which it need not have
            attn_only=config["attn_only"],
            normalization_type=config["normalization"],
            positional_embedding_type="shortformer" if config["shortformer_pos"] else "standard",
            eps=1e-5,
            device="cpu",
            # As in from_pretrained, which loads weights over these too.
            init_weights=False,
        )
    )


def load_model(folder: Path) -> HookedTransformer:
    """The model, ready to run."""
    model = empty_model(folder)
    model.load_state_dict(torch.load(folder / "model_final.pth", weights_only=True))
    return model.eval()
