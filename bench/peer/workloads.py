"""The workloads in TransformerLens, as its documentation and the post's notebooks do them: names_filter
so that nothing else is cached, and the softmax of the one position that is read."""

import time
from pathlib import Path
from typing import Any, Callable

import torch
from transformer_lens import HookedTransformer, patching

import prompts
from model import load_model

Task = dict[str, Any]
Numbers = list[torch.Tensor]

READ = -2


def logit_difference(logits: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """Mean of logit(right) - logit(wrong) at the position that is read."""
    right, wrong = logits[:, READ].gather(1, answers).unbind(1)
    return (right - wrong).mean()


def answer_means(logits: torch.Tensor, answers: torch.Tensor) -> Numbers:
    """Mean probabilities of both answers, as multiples of chance, and the mean logit difference."""
    probabilities = logits[:, READ].softmax(-1).gather(1, answers).mean(0)
    return [probabilities * logits.shape[-1], logit_difference(logits, answers)]


def table(model: HookedTransformer, task: Task) -> Numbers:
    numbers = []
    for length in task["lengths"]:
        clean, _ = prompts.repeated(length, task["batch"], task["seed"], model.cfg.d_vocab)
        numbers += answer_means(model(clean.tokens), clean.answers)
    return numbers


def mean_pattern(
    model: HookedTransformer, tokens: torch.Tensor, layer: int, stop_at_layer: int | None
) -> torch.Tensor:
    name = f"blocks.{layer}.attn.hook_pattern"
    _, cache = model.run_with_cache(tokens, names_filter=name, stop_at_layer=stop_at_layer)
    return cache[name].mean(0)  # [head, query, key]


def figures_1_2(model: HookedTransformer, task: Task) -> Numbers:
    clean, _ = prompts.repeated(task["length"], task["batch"], task["seed"], model.cfg.d_vocab)
    return [mean_pattern(model, clean.tokens, 1, task["stopAtLayer"])]


def figure_3(model: HookedTransformer, task: Task) -> Numbers:
    tokens = prompts.random_tokens(task["tokens"], task["batch"], task["seed"], model.cfg.d_vocab)
    return [mean_pattern(model, tokens, 0, task["stopAtLayer"])]


def patched(
    model: HookedTransformer, patch: Callable, length: int, batch: int, seed: int
) -> Numbers:
    """Clean and corrupted logit differences, and the normalised ones with each place patched."""
    clean, corrupted = prompts.repeated(length, batch, seed, model.cfg.d_vocab)
    clean_logits, cache = model.run_with_cache(
        clean.tokens, names_filter=lambda name: name.endswith("hook_z")
    )
    clean_difference = logit_difference(clean_logits, clean.answers)
    del clean_logits  # gigabytes that the runs below can do without
    corrupted_difference = logit_difference(model(corrupted.tokens), clean.answers)

    def normalised(logits: torch.Tensor) -> torch.Tensor:
        difference = logit_difference(logits, clean.answers)
        return (difference - corrupted_difference) / (clean_difference - corrupted_difference)

    results = patch(model, corrupted.tokens, cache, normalised)
    return [clean_difference, corrupted_difference, results]


def figure_5(model: HookedTransformer, task: Task) -> Numbers:
    patch = patching.get_act_patch_attn_head_out_all_pos
    return [
        number
        for row in task["rows"]
        for number in patched(model, patch, row["length"], row["batch"], task["seed"])
    ]


def patch_by_position(model: HookedTransformer, task: Task) -> Numbers:
    patch = patching.get_act_patch_attn_head_out_by_pos
    return patched(model, patch, task["length"], task["batch"], task["seed"])


def ordering_arm(model: HookedTransformer, arm: prompts.Prompts) -> Numbers:
    name = "blocks.1.attn.hook_pattern"
    logits, cache = model.run_with_cache(arm.tokens, names_filter=name)
    row = cache[name][:, 6, READ, :-1].mean(0)  # of L1H6
    return [*answer_means(logits, arm.answers), row]


def ordering(model: HookedTransformer, task: Task) -> Numbers:
    arms = prompts.ordering(task["batch"], task["seed"], model.cfg.d_vocab)
    return [number for arm in arms for number in ordering_arm(model, arm)]


WORKLOADS: dict[str, Callable[[HookedTransformer, Task], Numbers]] = {
    "table": table,
    "figures-1-2": figures_1_2,
    "figure-3": figure_3,
    "figure-5": figure_5,
    "patch-by-position": patch_by_position,
    "ordering": ordering,
}


def flat(numbers: Numbers) -> list[float]:
    return torch.cat([number.flatten() for number in numbers]).tolist()


class Forward:
    """A workload on a model that is loaded beforehand."""

    def __init__(self, kind: str, folder: Path) -> None:
        torch.set_grad_enabled(False)
        self.model = load_model(folder)
        self.workload = WORKLOADS[kind]

    def run(self, task: Task) -> tuple[float, list[float]]:
        start = time.perf_counter()
        numbers = self.workload(self.model, task)
        seconds = time.perf_counter() - start
        return seconds, flat(numbers)


class Loading:
    """The loading itself. That it is the right model, a small table shows, off the clock."""

    def __init__(self, folder: Path) -> None:
        torch.set_grad_enabled(False)
        self.folder = folder

    def run(self, task: Task) -> tuple[float, list[float]]:
        start = time.perf_counter()
        model = load_model(self.folder)
        seconds = time.perf_counter() - start
        return seconds, flat(table(model, {**task, "lengths": [task["length"]]}))
