"""A reader of metrics: the real parser of Prometheus over real HTTP."""

from __future__ import annotations

import socket
from http.client import HTTPConnection, HTTPResponse

from harness import PATIENCE
from prometheus_client.openmetrics.parser import text_string_to_metric_families


class Page:
    """What a scrape found."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]
        self.names = [family.name for family in families]
        self.samples = [sample for family in families for sample in family.samples]

    def sum(self, name: str, **labels: str) -> float:
        """The sum of the samples of this name with these labels."""
        found = (sample for sample in self.samples if sample.name == name and labels.items() <= sample.labels.items())
        return sum(float(sample.value) for sample in found)


def ask(port: int, path: str = "/metrics", method: str = "GET", host: str | None = None) -> tuple[HTTPResponse, str]:
    """The answer to one request, with its body."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, headers={"Host": host} if host is not None else {})
        answer = connection.getresponse()
        return answer, answer.read().decode()
    finally:
        connection.close()


def scrape(port: int) -> Page:
    """The metrics that are served at this port."""
    return Page(ask(port)[1])


def silent_connection(port: int) -> socket.socket:
    """A connection that asks for nothing."""
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
