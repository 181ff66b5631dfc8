"""A progress bar on standard error; a line for every quarter where there is no terminal."""

import sys
from time import monotonic


class Progress:
    """Shows how many of `total` are done."""

    def __init__(self, total: int, what: str) -> None:
        self._total = total
        self._what = what
        self._on_terminal = sys.stderr.isatty()
        self._started = self._shown_at = monotonic()
        self._quarters = 0

    def show(self, done: int) -> None:
        """Ten times a second is as much as an eye can follow."""
        now = monotonic()
        if self._on_terminal:
            if now - self._shown_at < 0.1 and done < self._total:
                return
            self._shown_at = now
            share = done / self._total
            bar = ("#" * int(30 * share)).ljust(30, ".")
            rate = done / max(now - self._started, 0.001)
            end = "\n" if done == self._total else ""
            line = f"\r[{bar}] {done:,} of {self._total:,} {self._what}, {rate:,.0f} a second "
            print(line, end=end, file=sys.stderr, flush=True)
        elif done * 4 // self._total > self._quarters:
            self._quarters = done * 4 // self._total
            print(f"{done:,} of {self._total:,} {self._what}", file=sys.stderr, flush=True)
