"""What TransformerLens measures of a bundled model under the post's protocol, as JSON on stdout.

python expected.py models/standard-2l > test/fixtures/expected/standard-2l.json, by the environment that
`npm run bench:peer` makes in .cache/peer. The tests hold what Lookback measures against it.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformer_lens import HookedTransformer, patching

import prompts
from model import empty_model
from workloads import READ, patched

TABLE = {"lengths": range(2, 9), "batch": 4000, "seed": 120}
FIGURE_5 = {"batches": {3: 200, 4: 400, 5: 400, 6: 500}, "seed": 110}
ORDERING = {"batch": 1000, "seed": 130}
RANDOM_TOKENS = {"tokens": 12, "batch": 500, "seed": 129, "row": 8}
RECENCY = {"tokens": 12, "batch": 2000, "seed": 200, "places": range(4, 11)}

Rows = list[list[float]]


def answer_probabilities(logits: torch.Tensor, answers: torch.Tensor) -> list[float]:
    """Means over prompts, at the last position of the logits."""
    return logits[:, -1].softmax(-1).gather(1, answers).mean(0).tolist()


def differences(logits: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    right, wrong = logits[:, -1].gather(1, answers).unbind(1)
    return right - wrong


def table(model: HookedTransformer) -> list[dict[str, float]]:
    rows = []
    for length in TABLE["lengths"]:
        clean, other = prompts.repeated(length, TABLE["batch"], TABLE["seed"], model.cfg.d_vocab)
        logits = model(clean.tokens)[:, : READ + 1]
        difference = differences(logits, clean.answers)
        asked_for_d = differences(model(other.tokens)[:, : READ + 1], other.answers.flip(1))
        both_ways = (difference + asked_for_d) / 2
        p_b, p_d = answer_probabilities(logits, clean.answers)
        rows.append(
            {
                "length": length,
                "logit_diff": difference.mean().item(),
                "logit_diff_se": (difference.std() / len(difference) ** 0.5).item(),
                "p_b": p_b,
                "p_d": p_d,
                "both_ways": both_ways.mean().item(),
                "both_ways_se": (both_ways.std() / len(both_ways) ** 0.5).item(),
            }
        )
    return rows


def last_rows(model: HookedTransformer, tokens: torch.Tensor) -> Rows:
    """Of each head of the last layer: what the position that is read attends to, in the mean."""
    name = f"blocks.{model.cfg.n_layers - 1}.attn.hook_pattern"
    _, cache = model.run_with_cache(tokens, names_filter=name)
    return cache[name][:, :, READ, :-1].mean(0).tolist()


def figure_1(model: HookedTransformer) -> Rows:
    clean, _ = prompts.repeated(3, TABLE["batch"], TABLE["seed"], model.cfg.d_vocab)
    return last_rows(model, clean.tokens)


def figure_5(model: HookedTransformer) -> list[dict[str, Any]]:
    patch = patching.get_act_patch_attn_head_out_all_pos
    rows = []
    for length, batch in FIGURE_5["batches"].items():
        numbers = patched(model, patch, length, batch, FIGURE_5["seed"])
        clean, corrupted, normalised = (number.tolist() for number in numbers)
        row = {"length": length, "batch": batch, "clean": clean, "corrupted": corrupted}
        rows.append({**row, "normalised": normalised})
    return rows


def random_tokens(model: HookedTransformer) -> dict[str, Rows]:
    """Layer 0: what one position of random tokens attends to, also with half of the stream taken away."""
    of = RANDOM_TOKENS
    tokens = prompts.random_tokens(of["tokens"], of["batch"], of["seed"], model.cfg.d_vocab)
    name = "blocks.0.attn.hook_pattern"
    without = {"total": [], "position_only": ["hook_embed"], "token_only": ["hook_pos_embed"]}
    rows = {}
    for mode, removed in without.items():
        seen = {}

        def keep(pattern: torch.Tensor, hook: Any) -> None:
            seen["rows"] = pattern[:, :, of["row"], : of["row"] + 1].mean(0).tolist()

        hooks = [(hook, lambda stream, hook: stream * 0) for hook in removed]
        model.run_with_hooks(tokens, fwd_hooks=[*hooks, (name, keep)])
        rows[mode] = seen["rows"]
    return rows


def ordering(model: HookedTransformer) -> dict[str, Any]:
    test, _ = prompts.ordering(ORDERING["batch"], ORDERING["seed"], model.cfg.d_vocab)
    logits = model(test.tokens)[:, : READ + 1]
    p_b, p_x2 = answer_probabilities(logits, test.answers)
    return {
        "logit_diff": differences(logits, test.answers).mean().item(),
        "p_b": p_b,
        "p_x2": p_x2,
        "last_layer_rows": last_rows(model, test.tokens),
    }


def recency(model: HookedTransformer) -> list[dict[str, float]]:
    """A stands at 2, at another place and last; B follows the first, C the second."""
    torch.manual_seed(RECENCY["seed"])
    rows = []
    for place in RECENCY["places"]:
        drawn = torch.randint(0, model.cfg.d_vocab, (RECENCY["batch"], RECENCY["tokens"]))
        tokens = prompts.with_bos(drawn)
        tokens[:, place] = tokens[:, RECENCY["tokens"]] = tokens[:, 2]
        answers = tokens[:, [3, place + 1]]
        p_b, p_c = answer_probabilities(model(tokens), answers)
        rows.append({"second_a": place, "p_b": p_b, "p_c": p_c})
    return rows


def main(folder: Path) -> None:
    prompts.BOS = json.loads((folder / "config.json").read_text())["bos_token_id"]
    model = empty_model(folder)
    weights = load_file(folder / "model.safetensors")
    # The masks of its attention, which our files leave out, and every weight, which they do not.
    model.load_state_dict({**dict(model.named_buffers()), **weights})
    model.eval()
    with torch.no_grad():
        expected = {
            "by": "TransformerLens, float32, raw weights",
            "model": folder.name,
            "table": table(model),
            "figure1_last_rows": figure_1(model),
            "figure5": figure_5(model),
            "random_tokens_layer0_row8": random_tokens(model),
            "ordering": ordering(model),
            "recency": recency(model),
        }
    json.dump(expected, sys.stdout)


main(Path(sys.argv[1]))
