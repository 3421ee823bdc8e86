"""A training loop without any library: logistic regression that goes on from its checkpoint."""

import json
import math
import pathlib
import random
import signal
import sys

CHECKPOINT = pathlib.Path("checkpoint.json")
STEPS = 1_000_000


def save(state):
    temporary = CHECKPOINT.with_suffix(".new")
    temporary.write_text(json.dumps(state))
    temporary.rename(CHECKPOINT)


def main():
    state = {"step": 0, "w": 0.0, "b": 0.0}
    if CHECKPOINT.exists():
        state = json.loads(CHECKPOINT.read_text())
        print(f"going on from step {state['step']}")

    def stop(*_):
        save(state)
        print(f"stopped at step {state['step']}, saved")
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while state["step"] < STEPS:
        x = random.uniform(-1, 1)
        label = 1.0 if x > 0.2 else 0.0
        error = 1 / (1 + math.exp(-(state["w"] * x + state["b"]))) - label
        state["w"] -= 0.1 * error * x
        state["b"] -= 0.1 * error
        state["step"] += 1
        if state["step"] % 10_000 == 0:
            save(state)
            print(f"step {state['step']}: boundary at {-state['b'] / (state['w'] or 1):.3f}")
    print("done")


if __name__ == "__main__":
    main()
