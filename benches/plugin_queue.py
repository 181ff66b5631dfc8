"""Drains no-op jobs in this process, on the memory backend or on a queue of five methods with results in memory:
`python plugin_queue.py memory|my_queue JOBS` prints jobs a second of the drain.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import bench_tasks
import nuvom
from nuvom.plugins.scaffold import scaffold

queue, jobs = sys.argv[1], int(sys.argv[2])
scaffold("queue_backend", "my_queue", Path.cwd())
Path(".nuvom_plugins.toml").write_text('[plugins]\nqueue_backend = ["my_queue:MyQueue"]\n')
nuvom.configure(queue_backend=queue, result_backend="memory")
handles = bench_tasks.noop.map((number,) for number in range(jobs))
began = time.perf_counter()
with nuvom.Worker(threads=4):
    for handle in handles[-100:]:
        handle.get(timeout=600)
print(jobs / (time.perf_counter() - began))
