"""How fast Huey drains no-op jobs from SQLite: `huey_drain.py FOLDER JOBS`. Prints jobs a second."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from huey import SqliteHuey

huey = SqliteHuey("bench", filename=str(Path(sys.argv[1]) / "huey.db"), fsync=False, results=True)


@huey.task()
def noop(x: int) -> int:
    """Does nothing; Huey keeps no result that is None, so it returns one."""
    return x


def main() -> None:
    """Fills the queue, runs Huey's consumer with its quickest settings until it is empty."""
    jobs = int(sys.argv[2])
    last = [noop(number) for number in range(jobs)][-1]
    consumer = huey.create_consumer(workers=1, periodic=False, initial_delay=0.001, max_delay=0.001, backoff=1.0)
    started = time.perf_counter()
    consumer.start()
    last.get(blocking=True, timeout=300, backoff=1.0, max_delay=0.001, preserve=True)
    print(jobs / (time.perf_counter() - started))
    consumer.stop(graceful=True)


if __name__ == "__main__":
    main()
