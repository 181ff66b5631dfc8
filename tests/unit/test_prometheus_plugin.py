"""The server of the Prometheus plugin: what it answers to whom, and that it goes away."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing

import nuvom
import pytest
from harness import PATIENCE
from nuvom import _nuvom
from nuvom.errors import InvalidValue, NuvomError
from nuvom.plugins.contracts import Plugin
from nuvom.plugins.monitoring.prometheus import CannotServe, PrometheusPlugin, _Handler, _Server
from scraping import ask, scrape, silent_connection

pytestmark = pytest.mark.usefixtures("project")


@pytest.fixture
def plugin() -> Iterator[PrometheusPlugin]:
    """One that is stopped at the end."""
    made = PrometheusPlugin()
    yield made
    made.stop()


@pytest.fixture
def serving(plugin: PrometheusPlugin) -> PrometheusPlugin:
    """One that serves metrics without a worker, at any free port."""
    plugin.start({"port": 0}, metrics_provider=_nuvom.Metrics())
    return plugin


def test_it_is_a_plugin_for_monitoring() -> None:
    assert issubclass(PrometheusPlugin, Plugin)
    assert PrometheusPlugin.provides == ("monitoring",)


def test_metrics_are_served_as_openmetrics(serving: PrometheusPlugin) -> None:
    answer, page = ask(serving.port)

    assert (answer.status, answer.getheader("Content-Type")) == (
        200,
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
    )
    assert page.endswith("# EOF\n")
    assert {"nuvom_jobs", "nuvom_job_run_seconds", "nuvom_worker"} <= set(scrape(serving.port).names)


def test_a_head_is_the_answer_without_its_body(serving: PrometheusPlugin) -> None:
    answer, body = ask(serving.port, method="HEAD")

    assert (answer.status, body) == (200, "")
    assert int(answer.getheader("Content-Length") or 0) > 0


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_can_be_sent(serving: PrometheusPlugin, method: str) -> None:
    answer, _ = ask(serving.port, method=method)

    assert (answer.status, answer.getheader("Allow")) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["/", "/metric", "/metrics/", "/../etc/passwd", "/health/x"])
def test_there_is_no_other_page(serving: PrometheusPlugin, path: str) -> None:
    assert ask(serving.port, path)[0].status == 404


def test_a_query_behind_a_page_is_passed_over(serving: PrometheusPlugin) -> None:
    assert ask(serving.port, "/metrics?name[]=nuvom_jobs_total")[0].status == 200


@pytest.mark.parametrize("host", ["attacker.example", "attacker.example:9150", "127.0.0.1.attacker.example", ""])
def test_a_name_of_the_web_that_leads_to_this_machine_is_refused(serving: PrometheusPlugin, host: str) -> None:
    answer, body = ask(serving.port, host=host)

    assert answer.status == 403
    assert "nuvom_" not in body


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9150", "127.0.0.1", "127.0.0.1:9150", "[::1]:9150"])
def test_names_of_this_machine_are_served(serving: PrometheusPlugin, host: str) -> None:
    assert ask(serving.port, host=host)[0].status == 200


def test_a_worker_that_runs_is_healthy_and_one_that_does_not_is_not(plugin: PrometheusPlugin) -> None:
    nuvom.configure(queue_backend="memory")
    worker = nuvom.Worker(threads=1, monitored=True)
    plugin.start({"port": 0}, metrics_provider=worker.metrics)

    before = ask(plugin.port, "/health")[0].status
    with worker:
        during = ask(plugin.port, "/health")
    after = ask(plugin.port, "/health")[0].status

    assert (before, during[0].status, during[1], after) == (503, 200, "ok\n", 503)


def test_metrics_may_come_after_the_start(plugin: PrometheusPlugin) -> None:
    plugin.start({"port": 0})
    before = [ask(plugin.port, path)[0].status for path in ("/metrics", "/health")]

    plugin.update_runtime(metrics_provider=_nuvom.Metrics())

    assert before == [503, 503]
    assert ask(plugin.port)[0].status == 200


def test_metrics_that_cannot_be_told_do_not_end_the_server(plugin: PrometheusPlugin) -> None:
    class Broken:
        healthy = True

        def openmetrics(self) -> str:
            raise RuntimeError("secret")

    plugin.start({"port": 0}, metrics_provider=Broken())
    answer, body = ask(plugin.port)

    assert (answer.status, "secret" in body) == (500, False)
    assert ask(plugin.port, "/health")[0].status == 200


def test_a_second_worker_of_a_machine_is_told_what_to_set(serving: PrometheusPlugin) -> None:
    second = PrometheusPlugin()

    with pytest.raises(CannotServe, match=f"NUVOM_PROMETHEUS_PORT={serving.port + 1}") as raised:
        second.start({"port": serving.port})

    assert isinstance(raised.value, NuvomError) and isinstance(raised.value, OSError)
    assert second.port == 0
    second.stop()


def test_an_address_of_another_machine_cannot_be_had(plugin: PrometheusPlugin) -> None:
    with pytest.raises(CannotServe, match="NUVOM_PROMETHEUS_HOST"):
        plugin.start({"host": "192.0.2.1", "port": 0})


def test_it_stays_on_this_machine_unless_asked_otherwise(
    plugin: PrometheusPlugin, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "nuvom"):
        plugin.start({"port": 0})

    assert plugin._server is not None
    assert plugin._server.server_address[0] == "127.0.0.1"
    assert [record for record in caplog.records if record.name.startswith("nuvom")] == []


def test_an_address_that_others_can_reach_is_warned_about_and_served_by_any_name(
    plugin: PrometheusPlugin, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "nuvom"):
        plugin.start({"host": "0.0.0.0", "port": 0}, metrics_provider=_nuvom.Metrics())  # noqa: S104 - what is tested

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert ask(plugin.port, host="worker-3.internal")[0].status == 200


def test_the_port_of_the_settings_wins_over_that_of_the_plugin(plugin: PrometheusPlugin) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        nuvom.configure(prometheus_port=0)
        plugin.start({"port": taken.getsockname()[1]})

    nuvom.configure(prometheus_port=None)
    assert plugin.port > 0


@pytest.mark.parametrize("settings", [{"port": 70_000}, {"port": "many"}, {"port": True}, {"port": 1.5}, {"host": 1}])
def test_settings_that_can_never_be_right_are_refused(plugin: PrometheusPlugin, settings: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        plugin.start(settings)


def test_a_stop_closes_the_port_and_a_second_one_is_fine(serving: PrometheusPlugin) -> None:
    port = serving.port

    serving.stop()
    serving.stop()

    with pytest.raises(ConnectionRefusedError):
        silent_connection(port)


def test_it_can_be_started_again(serving: PrometheusPlugin) -> None:
    serving.stop()

    serving.start({"port": 0})

    assert ask(serving.port)[0].status == 200


def test_a_stop_waits_for_no_connection(serving: PrometheusPlugin) -> None:
    with silent_connection(serving.port):
        serving.stop()

    assert serving.port == 0


def test_connections_that_ask_for_nothing_do_not_keep_others_waiting(serving: PrometheusPlugin) -> None:
    with silent_connection(serving.port), silent_connection(serving.port):
        assert ask(serving.port)[0].status == 200


def test_so_many_connections_are_served_and_no_more(serving: PrometheusPlugin) -> None:
    silent = [silent_connection(serving.port) for _ in range(16)]
    with silent_connection(serving.port) as one_more:
        one_more.settimeout(PATIENCE)
        answered = one_more.recv(1)
    for connection in silent:
        connection.close()

    assert answered == b""


def test_who_sends_a_letter_now_and_then_is_cut_off_and_others_get_the_place(
    plugin: PrometheusPlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Server, "most_secs", 0.05)
    monkeypatch.setattr(_Handler, "timeout", 2 * PATIENCE)
    plugin.start({"port": 0}, metrics_provider=_nuvom.Metrics())

    with ExitStack() as stalled:
        connections = [stalled.enter_context(silent_connection(plugin.port)) for _ in range(16)]
        for connection in connections:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        ended = [connection.recv(1) for connection in connections]

    assert ended == [b""] * 16
    assert ask(plugin.port)[0].status == 200


def test_workers_run_jobs_while_two_hundred_connections_stall(plugin: PrometheusPlugin) -> None:
    @nuvom.task
    def add(x: int, y: int) -> int:
        return x + y

    nuvom.configure(queue_backend="memory")
    with nuvom.Worker(threads=1, monitored=True) as worker, ExitStack() as stalled:
        plugin.start({"port": 0}, metrics_provider=worker.metrics)
        for _ in range(200):
            # Without waiting for it: some of so many stand in line until they are taken.
            connection = stalled.enter_context(socket.socket())
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", plugin.port))

        assert [add.delay(n, 1).get(timeout=PATIENCE) for n in range(20)] == list(range(1, 21))


def test_a_request_that_never_ends_is_refused(serving: PrometheusPlugin) -> None:
    with silent_connection(serving.port) as endless:
        endless.sendall(b"GET /" + b"x" * 70_000)
        answered = endless.recv(64)

    assert b" 414 " in answered
