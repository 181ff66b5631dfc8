"""What is asked of the queue: a mixture of tasks, chosen by a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from errands import ENDLESS_DELAY, FLAKY_DELAY, HOPELESS_DELAY

CRASHES = 0.02
"""The share of jobs that kill their process; they have a producer of their own, whose jobs may be lost three times."""

CRASH_LOSSES, BYSTANDER_LOSSES = 3, 50
"""A bystander may be killed often in a run, and that is not its fault."""

SHARES = {"ok": 80, "flaky": 8, "hopeless": 3, "long": 3, "endless": 2, "patient": 2}


@dataclass(frozen=True, slots=True)
class Order:
    """One job to ask for."""

    key: str
    kind: str
    number: int
    """The argument of the task: naps, or failures."""
    expects: tuple[str, ...]
    priority: int
    delay: float
    retry_delay: float
    cancel_after: float | None
    gap: float
    """Seconds to wait before it is asked for."""


ROLL_CALL_NAPS = 30
"""So long that, at the rate of a roll call, no two workers have slots enough for all of it."""


def orders(name: str, seed: int, rate: float, *, kinds: str = "mixed") -> Iterator[Order]:
    """Orders without end, about `rate` a second. `kinds` is `mixed`, `crash`, or `roll-call`."""
    chance = random.Random(f"{name}/{seed}")  # noqa: S311 - the same orders for the same seed
    number = 0
    while True:
        number += 1
        kind = {"crash": "crash", "roll-call": "ok"}.get(kinds) or _kind(chance)
        yield Order(
            key=f"{name}-{number}",
            kind=kind,
            number=ROLL_CALL_NAPS if kinds == "roll-call" else _argument(kind, chance),
            expects=_expected(kind),
            priority=0 if kinds == "roll-call" else chance.randrange(10),
            delay=chance.choice((0.0, 0.0, 0.0, 0.3)) if kinds == "mixed" else 0.0,
            retry_delay={"flaky": FLAKY_DELAY, "hopeless": HOPELESS_DELAY, "endless": ENDLESS_DELAY}.get(kind, 0.0),
            cancel_after=chance.uniform(0.0, 0.5) if kind == "patient" else None,
            gap=chance.expovariate(rate),
        )


def _kind(chance: random.Random) -> str:
    return chance.choices(list(SHARES), list(SHARES.values()))[0]


def _argument(kind: str, chance: random.Random) -> int:
    match kind:
        case "flaky":
            return chance.randint(1, 3)
        case "long":
            return chance.randint(220, 350)
        case "patient":
            return chance.randint(10, 60)
        case "endless":
            return 500
    return chance.randint(0, 3)


def _expected(kind: str) -> tuple[str, ...]:
    match kind:
        case "hopeless" | "endless" | "crash":
            return ("FAILED",)
        case "patient":
            return ("SUCCESS", "CANCELLED")
    return ("SUCCESS",)
