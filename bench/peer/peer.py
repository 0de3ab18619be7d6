"""The peer's side of the bench: reads requests on stdin, a line of JSON each, and answers on stdout in
the same way; protocol.ts says what. Only what a workload needs is imported, for memory is measured."""

import json
import os
import resource
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch


def side_for(opening: dict[str, Any]) -> Any:
    folder = Path(opening["folder"])
    kind = opening["kind"]
    if kind == "training-step":
        from training_step import Training

        return Training(folder)
    import workloads

    return workloads.Loading(folder) if kind == "loading" else workloads.Forward(kind, folder)


def peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / (1 << 10)


def main() -> None:
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(value: dict[str, Any]) -> None:
        print(json.dumps(value, allow_nan=False), file=answers, flush=True)

    try:
        opening = json.loads(sys.stdin.readline())
        torch.set_num_threads(opening["threads"])
        side = side_for(opening)
        names = ("torch", "transformer-lens")
        answer({"versions": {name: version(name) for name in names}})
        for line in sys.stdin:
            seconds, numbers = side.run(json.loads(line)["task"])
            answer({"seconds": seconds, "mb": peak_mb(), "numbers": numbers})
    except Exception as error:
        answer({"error": f"{type(error).__name__}: {error}"})
        raise


if __name__ == "__main__":
    main()
