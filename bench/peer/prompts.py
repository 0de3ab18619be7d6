"""The post's prompts, drawn as its notebooks draw them: one torch.randint after the other."""

from typing import NamedTuple

import torch

BOS = 1


class Prompts(NamedTuple):
    tokens: torch.Tensor  # [batch, pos]
    answers: torch.Tensor  # [batch, 2]: the right token and the wrong one


def with_bos(*sequences: torch.Tensor) -> torch.Tensor:
    bos = torch.full((sequences[0].shape[0], 1), BOS)
    return torch.cat([bos, *sequences], dim=1)


def repeated(length: int, batch: int, seed: int, d_vocab: int) -> tuple[Prompts, Prompts]:
    """`BOS A X B C X D A X B`, and the same with C in place of the last A. B is right, D wrong."""
    torch.manual_seed(seed)
    first = torch.randint(0, d_vocab, (batch, length))
    second = torch.randint(0, d_vocab, (batch, length))
    second[:, 1:-1] = first[:, 1:-1]
    clean = with_bos(first, second, first)
    corrupted = clean.clone()
    corrupted[:, 2 * length + 1] = second[:, 0]
    answers = torch.stack([first[:, -1], second[:, -1]], dim=1)
    return Prompts(clean, answers), Prompts(corrupted, answers)


def random_tokens(tokens: int, batch: int, seed: int, d_vocab: int) -> torch.Tensor:
    torch.manual_seed(seed)
    return with_bos(torch.randint(0, d_vocab, (batch, tokens)))


def ordering(batch: int, seed: int, d_vocab: int) -> tuple[Prompts, Prompts]:
    """The ordering test and its control. B is right, X2 wrong."""
    torch.manual_seed(seed)
    first = torch.randint(0, d_vocab, (batch, 4))
    second = torch.randint(0, d_vocab, (batch, 4))
    second[:, 1:-1] = first[:, 1:-1]
    test = with_bos(first, second, first, second, first)
    # Position by position, each copied from the prompt as changed so far.
    for to, source in ((2, 7), (3, 6), (10, 7), (11, 6), (17, 7), (18, 1), (19, 6)):
        test[:, to] = test[:, source]
    control = test.clone()
    control[:, 17:19] = torch.randint(0, d_vocab, (batch, 2))
    answers = torch.stack([test[:, 4], test[:, 2]], dim=1)
    return Prompts(test, answers), Prompts(control, answers)
