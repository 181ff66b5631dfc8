"""A queue on NATS JetStream: jobs survive the server's restart, any number of machines share it, and the jobs of a
worker that died are given to another.

    # .nuvom_plugins.toml
    [plugins]
    queue_backend = ["nats_queue:NatsQueue"]

    [plugin.nats_queue]
    url = "nats://127.0.0.1:4222"
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import nats
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig
from nats.js.errors import NotFoundError
from nuvom.errors import CorruptData, ForeignData
from nuvom.queue_backends.base import BaseJobQueue, QueuedJob

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from nats.aio.msg import Msg

T = TypeVar("T")

logger = logging.getLogger("nats_queue")

PORTION = 256
"""Jobs that are asked for at once."""

AT_ONCE_SECS = 0.02
"""How long is waited for a server to say that there is nothing."""


class NatsQueue(BaseJobQueue):
    """One stream, from which each message is taken once; one durable consumer that all workers share."""

    name = "nats_queue"
    promises = frozenset({"durable", "cross_process", "deliveries"})

    def __init__(
        self, url: str = "nats://127.0.0.1:4222", stream: str = "NUVOM", ack_wait_secs: float | str = 30.0
    ) -> None:
        """`ack_wait_secs` is how long the server waits for a worker that gives no sign of life; not less than
        `NUVOM_LEASE_SECS`.
        """
        self._stream, self._subject = stream, f"{stream}.jobs"
        self._ack_wait = float(ack_wait_secs)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="nats", daemon=True)
        self._thread.start()
        self._await(self._connect(url))

    def enqueue(self, job: QueuedJob) -> None:
        """Returns when the server has stored it."""
        self.enqueue_batch([job])

    def enqueue_batch(self, jobs: list[QueuedJob]) -> None:
        """Sends all, then waits until the server has stored all."""

        async def publish() -> None:
            await asyncio.gather(*(self._js.publish(self._subject, job.to_bytes()) for job in jobs))

        self._await(publish())

    def dequeue(self, timeout: float | None = None) -> QueuedJob | None:
        """Waits at the server."""
        jobs = self._fetch(1, timeout or AT_ONCE_SECS)
        return jobs[0] if jobs else None

    def pop_batch(self, batch_size: int = 1) -> list[QueuedJob]:
        """What the server has now, in portions that arrive in one go."""
        jobs: list[QueuedJob] = []
        while len(jobs) < batch_size:
            portion = self._fetch(min(batch_size - len(jobs), PORTION), AT_ONCE_SECS)
            if not portion:
                break
            jobs += portion
        return jobs

    def ack(self, job: QueuedJob) -> None:
        """Returns when the server has forgotten it."""
        self._await(job.receipt.ack_sync(timeout=5))

    def extend(self, job: QueuedJob, seconds: float) -> bool:
        """Has the server wait for `ack_wait_secs` again, whatever `seconds` are."""
        self._await(job.receipt.in_progress())
        return True

    def release(self, job: QueuedJob, seconds: float) -> None:
        """Gives it to the next worker, after a delay."""
        self._await(job.receipt.nak(delay=seconds or None))

    def qsize(self) -> int:
        """What no worker has taken yet."""
        return int(self._await(self._js.consumer_info(self._stream, "workers")).num_pending)

    def clear(self) -> int:
        """Throws away what is stored, that which workers hold included."""

        async def purge() -> int:
            count = (await self._js.stream_info(self._stream)).state.messages
            await self._js.purge_stream(self._stream)
            return int(count)

        return self._await(purge())

    def close(self) -> None:
        """Leaves the server, which from then on gives out to others what was not acknowledged."""
        self._await(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connect(self, url: str) -> None:
        async def told(error: Exception) -> None:
            logger.warning("the server cannot be reached: %s", error)

        self._client = await nats.connect(url, max_reconnect_attempts=-1, error_cb=told)
        self._js = self._client.jetstream()
        try:
            await self._js.stream_info(self._stream)
        except NotFoundError:
            retention = RetentionPolicy.WORK_QUEUE
            await self._js.add_stream(StreamConfig(name=self._stream, subjects=[self._subject], retention=retention))
        self._pull = await self._js.pull_subscribe(
            self._subject,
            durable="workers",
            stream=self._stream,
            config=ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, ack_wait=self._ack_wait, max_ack_pending=10_000),
        )

    def _fetch(self, limit: int, timeout: float) -> list[QueuedJob]:
        async def fetch() -> list[Msg]:
            try:
                return await self._pull.fetch(limit, timeout=timeout)
            except TimeoutError:
                return []

        messages = self._await(fetch())
        return [job for message in messages if (job := self._read(message)) is not None]

    def _read(self, message: Msg) -> QueuedJob | None:
        try:
            job = QueuedJob.from_bytes(message.data)
        except (CorruptData, ForeignData) as error:
            # Nobody can ever run it, so it must not come back again and again.
            logger.error("message %s is no job and is thrown away: %s", message.metadata.sequence.stream, error)
            self._await(message.term())
            return None
        job.receipt = message
        job.deliveries = message.metadata.num_delivered
        return job

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
