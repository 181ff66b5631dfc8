"""Serves a worker's metrics to Prometheus, and its health to whoever looks after processes.

    # .nuvom_plugins.toml
    [plugins]
    monitoring = ["nuvom.plugins.monitoring.prometheus:PrometheusPlugin"]

`/metrics` is OpenMetrics text, `/health` answers 200, or 503 when the worker cannot go on. On loopback unless
`NUVOM_PROMETHEUS_HOST` says otherwise: names of tasks and queues are nobody else's business.
"""

from __future__ import annotations

import errno
import logging
import os
import selectors
import socket
import socketserver
import threading
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

from nuvom.errors import InvalidValue, NuvomError
from nuvom.plugins.contracts import API_VERSION, Plugin

if TYPE_CHECKING:
    from nuvom._nuvom import Metrics

logger = logging.getLogger("nuvom")

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"

_SETTING = {"host": "NUVOM_PROMETHEUS_HOST", "port": "NUVOM_PROMETHEUS_PORT"}

_SILENCE_SECS = 5.0
"""How long a connection may be silent. A scraper sends its request at once."""

_MOST_SECS = 15.0
"""How long a connection may take in all: longer than a slow scraper, and no longer, so that who sends a letter now and
then holds no place for good."""

_MOST_CONNECTIONS = 16
"""Connections at once; one scraper needs one. More are closed unanswered, so they cost no threads."""


class CannotServe(NuvomError, OSError):
    """The address cannot be had."""


class PrometheusPlugin(Plugin):
    """Serves `/metrics` and `/health`. Its own settings are `host` and `port`; where `NUVOM_PROMETHEUS_HOST` or
    `NUVOM_PROMETHEUS_PORT` is given, that wins.
    """

    api_version = API_VERSION
    name = "prometheus"
    provides = ("monitoring",)
    requires = ()

    def __init__(self) -> None:
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._metrics: Metrics | None = None

    @property
    def port(self) -> int:
        """Where it serves: what the system chose, if the setting is 0. 0 while it does not serve."""
        return self._server.server_port if self._server is not None else 0

    def start(self, settings: Mapping[str, Any], **runtime: Any) -> None:
        """Begins to serve, on a thread of its own. `runtime["metrics_provider"]` may follow in `update_runtime`."""
        if self._server is not None:
            return
        self.update_runtime(**runtime)
        host, port = _address(settings)
        self._server = server = _bind(host, port)
        server.look = lambda: self._metrics
        if not server.is_loopback:
            logger.warning("metrics are served at %s, where others can read them: %s", host, _SETTING["host"])
        self._thread = threading.Thread(target=server.serve, name="nuvom-prometheus", daemon=True)
        self._thread.start()
        logger.info("metrics are served at http://%s/metrics", server.where)

    def update_runtime(self, **runtime: Any) -> None:
        """Takes the metrics of a worker."""
        metrics = runtime.get("metrics_provider")
        if metrics is not None:
            self._metrics = metrics

    def stop(self) -> None:
        """Closes the address, within a second. Stopping twice is fine."""
        server, self._server = self._server, None
        thread, self._thread = self._thread, None
        if server is None:
            return
        server.end()
        if thread is not None:
            thread.join()
        server.server_close()


def _address(settings: Mapping[str, Any]) -> tuple[str, int]:
    from nuvom import _nuvom

    given = {name: (value, origin) for name, value, origin in _nuvom.settings()}

    def said(key: str) -> Any:
        value, origin = given[_SETTING[key]]
        return settings.get(key, value) if origin == "default" else value

    host, port = said("host"), said("port")
    if not isinstance(host, str) or not host:
        raise InvalidValue(f"the host of the prometheus plugin is {host!r}, expected a name or an address")
    try:
        number = int(port)
    except (TypeError, ValueError):
        number = -1
    if isinstance(port, bool | float) or not 0 <= number <= 65_535:
        raise InvalidValue(f"the port of the prometheus plugin is {port!r}, expected a whole number from 0 to 65535")
    return host, number


def _bind(host: str, port: int) -> _Server:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return _Server(family, (str(address[0]), port), host)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotServe(
                f"port {port} of {host} is taken, perhaps by another worker of this machine. Give each worker a port "
                f"of its own, such as {_SETTING['port']}={port + 1 if port < 65_535 else 9150}, or any free one with "
                f"{_SETTING['port']}=0"
            ) from error
        raise CannotServe(
            f"metrics cannot be served at {host}, port {port}: {error.strerror or error}. Check {_SETTING['host']} "
            f"and {_SETTING['port']}"
        ) from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Elsewhere this would let two workers share a port, of which one would never be asked.
    allow_reuse_address = os.name == "posix"
    request_queue_size = 2 * _MOST_CONNECTIONS
    most_secs = _MOST_SECS

    def __init__(self, family: int, address: tuple[str, int], host: str) -> None:
        self.address_family = family
        self.is_loopback = ip_address(address[0].partition("%")[0]).is_loopback
        self.look: Any = lambda: None
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._wake, self._woken = socket.socketpair()
        # By the moment at which each has had its time; only the thread that serves adds and cuts off.
        self._open: dict[socket.socket, float] = {}
        super().__init__(address, _Handler)
        # A connection may be gone before it is taken; nobody waits for the next one then.
        self.socket.setblocking(False)
        shown = f"[{address[0]}]" if ":" in address[0] else address[0]
        self.where = f"{shown}:{self.server_port}"
        self.names = {"localhost", "127.0.0.1", "::1", address[0], host.lower()}

    def server_bind(self) -> None:
        # The class between asks the name service for this host's name, which can take long and is not needed.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def serve(self) -> None:
        """Serves until `end`. Unlike `serve_forever` it sleeps while nobody asks, and ends at once."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                ready = [key.fileobj for key, _ in selector.select(self._cut_off())]
                if self._woken in ready:
                    return
                if self.socket in ready:
                    self.handle_request()

    def _cut_off(self) -> float | None:
        """Ends connections that have had their time; answers how many seconds the next one still has."""
        now = monotonic()
        for connection, end in list(self._open.items()):
            if end > now:
                return end - now
            self._open.pop(connection, None)
            # Who reads or writes on it, in a thread of its own, finds it ended, and closes it.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return None

    def end(self) -> None:
        """Makes `serve` return."""
        self._wake.send(b"\0")

    def server_close(self) -> None:
        super().server_close()
        self._wake.close()
        self._woken.close()

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        self._open[request] = monotonic() + self.most_secs
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._open.pop(request, None)
            self._free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.pop(request, None)
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("a reader of metrics went away", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SILENCE_SECS
    server_version = "nuvom"
    sys_version = ""
    error_content_type = PLAIN
    error_message_format = "%(code)d %(message)s\n"

    _pages: ClassVar[Mapping[str, str]] = {"/metrics": "_metrics", "/health": "_health"}

    def do_GET(self) -> None:
        if not self._is_meant():
            # A page of the web that had its own name lead here would otherwise read along.
            self._answer(403, PLAIN, "only names of this machine are served here\n")
            return
        page = self._pages.get(self.path.partition("?")[0])
        if page is None:
            self._answer(404, PLAIN, "there is /metrics and /health\n")
            return
        getattr(self, page)()

    do_HEAD = do_GET

    def _refuse(self) -> None:
        self._answer(405, PLAIN, "only GET and HEAD\n", Allow="GET, HEAD")

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse

    def _metrics(self) -> None:
        metrics = self.server.look()
        if metrics is None:
            self._answer(503, PLAIN, "there is no worker yet\n")
            return
        try:
            page = metrics.openmetrics()
        except Exception:
            logger.exception("metrics could not be told")
            self._answer(500, PLAIN, "metrics could not be told; the worker's log says why\n")
            return
        self._answer(200, OPENMETRICS, page)

    def _health(self) -> None:
        metrics = self.server.look()
        if metrics is None:
            self._answer(503, PLAIN, "there is no worker yet\n")
        elif metrics.healthy:
            self._answer(200, PLAIN, "ok\n")
        else:
            self._answer(503, PLAIN, "the worker cannot go on\n")

    def _is_meant(self) -> bool:
        named = self.headers.get("Host")
        if named is None or not self.server.is_loopback:
            return True
        host = named[: named.rfind("]") + 1] if named.startswith("[") else named.partition(":")[0]
        return host.strip("[]").lower() in self.server.names

    def _answer(self, status: int, kind: str, text: str, **headers: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug("metrics: " + format, *args)
