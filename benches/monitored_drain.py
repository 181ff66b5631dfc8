"""Drains the jobs of a folder by a worker in this process, with or without the Prometheus plugin, which nobody asks.
`python monitored_drain.py monitored|bare ID…` waits for these jobs.
"""

from __future__ import annotations

import sys

import bench_tasks
import nuvom
from nuvom.plugins.monitoring.prometheus import PrometheusPlugin

monitored = sys.argv[1] == "monitored"
assert bench_tasks.noop.name == "noop", "the worker serves what is imported here"
worker = nuvom.Worker(threads=4, monitored=monitored)
plugin = PrometheusPlugin()
if monitored:
    plugin.start({"port": 0}, metrics_provider=worker.metrics)
with worker:
    for id in sys.argv[2:]:
        nuvom.Job(id).get(timeout=600)
if monitored:
    counted = sum(value for _, value in worker.metrics.snapshot()["nuvom_jobs_total"]) if worker.metrics else 0
    assert counted > 0, "nothing was counted, so nothing was measured"
    plugin.stop()
