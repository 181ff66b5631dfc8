"""What the checker found, and how it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that did not hold."""

    invariant: str
    job: str | None
    told: str

    def __str__(self) -> str:
        return f"{self.invariant}: {f'job {self.job} ' if self.job else ''}{self.told}"


@dataclass(slots=True)
class Outcomes:
    """The classes into which jobs and executions fall."""

    lost: list[str] = field(default_factory=list)
    """Jobs that were acknowledged and are not in a final state."""
    unexpected: list[str] = field(default_factory=list)
    """Jobs that nobody asked for, or that ended as their task does not."""
    recovered: int = 0
    """Jobs whose enqueue has no known answer, and that are there."""
    duplicated: int = 0
    """Executions beyond a job's first."""
    excused: dict[str, int] = field(default_factory=dict)
    """Of these, by what was recorded behind them."""
    unexcused: int = 0
    overlapped: int = 0
    """Of executions that ran beside another of their job, those without a cause."""
    overlapped_with_cause: int = 0
    stale: int = 0
    """Executions that returned a value which the store did not take."""


@dataclass(slots=True)
class Report:
    """All figures of a run."""

    outcomes: Outcomes
    violations: list[Violation]
    jobs: int
    states: dict[str, int]
    executions: int
    leases: int
    faults: dict[str, int]
    recoveries: list[float]
    """Seconds from the death of a worker to the next start of each job that it ran."""
    bound: float
    cancels: dict[str, int] = field(default_factory=dict)
    """Requests for the end of a job, by their answer."""
    drain_secs: float | None = None

    @property
    def passed(self) -> bool:
        outcomes = self.outcomes
        bad = outcomes.lost or outcomes.unexpected or outcomes.unexcused or outcomes.overlapped
        return not bad and not self.violations

    def line(self, name: str, minutes: float) -> str:
        """The run in one line."""
        outcomes, excused, faults = self.outcomes, self.outcomes.excused, self.faults
        parts = [
            f"{minutes:.2g} min",
            f"{self.jobs} jobs",
            f"{self.executions} executions",
            f"{sum(count for kind, count in faults.items() if kind.startswith('kill'))} kills",
            f"{faults.get('pause', 0)} pauses",
            f"{faults.get('stop', 0)} stops",
            f"{faults.get('lock', 0)} locks",
            f"{outcomes.duplicated} repeats ({excused.get('loss', 0)} after a loss, "
            f"{excused.get('failure', 0)} after a failure, {excused.get('hand-back', 0)} handed back)",
            f"{len(outcomes.lost)} lost",
            f"{outcomes.unexcused} unexcused repeats",
            f"{outcomes.overlapped} overlapped",
            f"recovery p50 {self.recovery(0.5)}, max {self.recovery(1.0)} (bound {self.bound:.1f} s)",
        ]
        return f"{name}: {', '.join(parts)}"

    def table(self) -> str:
        """The run in full."""
        outcomes = self.outcomes
        rows = [
            ("jobs accepted", str(self.jobs)),
            *((f"  {state}", str(count)) for state, count in sorted(self.states.items())),
            ("executions", str(self.executions)),
            ("leases issued", str(self.leases)),
            *((f"faults: {kind}", str(count)) for kind, count in sorted(self.faults.items())),
            *((f"cancel: {answer}", str(count)) for answer, count in sorted(self.cancels.items())),
            ("repeats", str(outcomes.duplicated)),
            *((f"  after a {cause}", str(count)) for cause, count in sorted(outcomes.excused.items())),
            ("  unexcused", str(outcomes.unexcused)),
            ("overlaps, with cause", str(outcomes.overlapped_with_cause)),
            ("overlaps, without", str(outcomes.overlapped)),
            ("stale values refused", str(outcomes.stale)),
            ("enqueues unknown, job there", str(outcomes.recovered)),
            ("lost", str(len(outcomes.lost))),
            ("unexpected", str(len(outcomes.unexpected))),
            ("recovery p50 / p95 / max", " / ".join(self.recovery(part) for part in (0.5, 0.95, 1.0))),
            ("recovery bound", f"{self.bound:.1f} s"),
            ("drained in", "never" if self.drain_secs is None else f"{self.drain_secs:.1f} s"),
            ("violations", str(len(self.violations))),
        ]
        width = max(len(name) for name, _ in rows)
        told = [f"{name:<{width}}  {value}" for name, value in rows]
        return "\n".join(told + [f"  {violation}" for violation in self.violations[:50]])

    def recovery(self, part: float) -> str:
        return "-" if not self.recoveries else f"{quantile(self.recoveries, part):.2f} s"


def quantile(values: Sequence[float], part: float) -> float:
    """The smallest of the values that is not below this part of them."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
