"""A client that asks for jobs, and for the end of some, and writes down each call and each answer.

As a program it is a process of its own, which may be killed at any moment: then a call stays without an answer.
"""

from __future__ import annotations

import argparse
import heapq
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import errands
from history import CancelAnswer, CancelCall, EnqueueCall, EnqueueOk, EnqueueUnknown, Journal
from nuvom import NuvomError, _nuvom
from workload import Order, orders


class Producer:
    """Works through orders until it is told to stop, or a time has passed."""

    def __init__(self, journal: Journal, wanted: Iterator[Order], stop: threading.Event) -> None:
        self._journal = journal
        self._wanted = wanted
        self._stop = stop
        self._cancels: list[tuple[float, str]] = []

    def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        due = time.monotonic()
        for order in self._wanted:
            # Paced by when it should be, not by when the last one was done: a locked store must not thin the load.
            due += order.gap
            while self._cancels and self._cancels[0][0] <= min(due, end):
                moment, job = heapq.heappop(self._cancels)
                self._wait_until(moment)
                self._cancel(job)
            self._wait_until(min(due, end))
            if due >= end or self._stop.is_set():
                break
            self._enqueue(order)
        for _, job in self._cancels:
            self._cancel(job)

    def _wait_until(self, moment: float) -> None:
        self._stop.wait(max(0.0, moment - time.monotonic()))

    def _enqueue(self, order: Order) -> None:
        task: Any = getattr(errands, order.kind)
        options = {"in_": order.delay} if order.delay else {}
        placed = task.with_options(priority=order.priority, **options)
        self._journal.write(
            EnqueueCall(
                time.monotonic_ns(),
                order.key,
                order.kind,
                order.expects,
                order.priority,
                order.delay,
                order.retry_delay,
            )
        )
        try:
            job = placed.delay(order.key, order.number)
        except NuvomError as error:
            self._journal.write(EnqueueUnknown(time.monotonic_ns(), order.key, str(error)))
            return
        self._journal.write(EnqueueOk(time.monotonic_ns(), order.key, job.id))
        if order.cancel_after is not None:
            heapq.heappush(self._cancels, (time.monotonic() + order.cancel_after, job.id))

    def _cancel(self, job: str) -> None:
        self._journal.write(CancelCall(time.monotonic_ns(), job))
        try:
            # `Job.cancel` says yes to both "done" and "requested", and the checker has to know which.
            answer: str = _nuvom.cancel(job)
        except NuvomError:
            answer = "unknown"
        self._journal.write(CancelAnswer(time.monotonic_ns(), job, answer))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--kinds", default="mixed")
    asked = parser.parse_args()
    wanted = orders(asked.name, asked.seed, asked.rate, kinds=asked.kinds)
    Producer(Journal(asked.journal), wanted, threading.Event()).run(asked.seconds)


if __name__ == "__main__":
    main()
