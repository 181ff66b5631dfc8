"""`@task` makes a function a task: something that can be run now, or asked for from anywhere."""

from __future__ import annotations

from _thread import allocate_lock
from functools import update_wrapper

from nuvom._nuvom import Blueprint, enqueue, enqueue_many, write_schedule
from nuvom._options import START, check_job_options, check_task_options
from nuvom._typed import TYPE_CHECKING, OfCall
from nuvom.errors import InvalidOption
from nuvom.registry.registry import by_name, register

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta
    from typing import Any, Literal, overload

    from nuvom._nuvom import Plan
    from nuvom._rebuild import Rebuild
    from nuvom._typed import P, R_co
    from nuvom.job import Job
    from nuvom.scheduler.handle import Schedule
    from nuvom.scheduler.rules import Rule

_first_import = allocate_lock()
_CO_COROUTINE = 0x80
_CO_GENERATORS = 0x20 | 0x200


class Task(OfCall["P", "R_co"]):
    """A function with a name under which workers know it.

    To call it runs the function here and now. `delay` asks a worker to run it and returns a `Job`.
    """

    name: str
    function: Callable[P, R_co]
    options: Mapping[str, Any]
    is_async: bool

    def __init__(self, function: Callable[P, R_co], options: dict[str, Any]) -> None:
        code = getattr(function, "__code__", None)
        flags = code.co_flags if code is not None else 0
        if flags & _CO_GENERATORS:
            raise InvalidOption(f"{function.__qualname__} yields, so it has no result to keep; return a value instead")
        self.function = function
        self.name = options.get("name", function.__name__)
        self.options = options
        self.is_async = bool(flags & _CO_COROUTINE)
        self._blueprint = _blueprint(self, options)
        self._rebuild: Rebuild | None = None
        self._rebuild_known = not getattr(function, "__annotations__", None)
        update_wrapper(self, function)

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Runs the function here and now."""
        return self.function(*args, **kwargs)

    def delay(self, /, *args: P.args, **kwargs: P.kwargs) -> Job[R_co]:
        """Asks a worker to run the task; returns at once, when the job is stored.

        Raises `BadArguments` if the arguments do not fit the function, `NotSerializable` or `PayloadTooLarge`
        if they cannot be sent, `StoreUnavailable` if the store cannot be reached.
        """
        if not self._rebuild_known or self._rebuild is not None:
            args, kwargs = self._flatten(args, kwargs)  # type: ignore[assignment]  # the same call, as plain data
        return _job(enqueue(self._blueprint, args, kwargs or None), self)

    submit = delay

    async def adelay(self, /, *args: P.args, **kwargs: P.kwargs) -> Job[R_co]:
        """`delay` for coroutines: the event loop goes on while the job is stored."""
        import asyncio  # only programs that have it already call this

        return await asyncio.get_running_loop().run_in_executor(None, lambda: self.delay(*args, **kwargs))

    def map(self, calls: Iterable[Sequence[Any] | Mapping[str, Any]]) -> list[Job[R_co]]:
        """Asks for a job an element, all stored in one batch: all of them, or none.

        Each element holds the positional arguments of one call, or a mapping of its keyword arguments:
        `add.map([(1, 2), {"x": 3, "y": 4}])`.
        """
        if not self._rebuild_known or self._rebuild is not None:
            calls = [self._flatten_element(call) for call in calls]
        return [_job(id, self) for id in enqueue_many(self._blueprint, calls)]

    def schedule(
        self,
        /,
        *args: Any,
        at: datetime | None = None,
        in_: float | timedelta | None = None,
        interval: float | timedelta | None = None,
        cron: str | None = None,
        timezone_name: str | None = "UTC",
        id: str | None = None,
        misfire: Literal["once", "skip", "all"] = "once",
        overlap: Literal["allow", "skip"] = "allow",
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
        max_runs: int | None = None,
        jitter: float | timedelta | None = None,
        **kwargs: Any,
    ) -> Schedule:
        """Has a scheduler make jobs of this call: once `at` a time or `in_` so many seconds, every `interval`
        seconds, or by a `cron` expression in the time zone `timezone_name`. Exactly one of the four.

        `id` makes it an upsert: writing the same id again changes the schedule, or leaves it alone if nothing differs.
        `misfire` says what becomes of times at which no scheduler ran: "once" makes one job for all of them, "skip"
        none, "all" one each, up to the latest 100. With `overlap="skip"` no job is made while the last has not ended.
        `starts_at` and `ends_at` bound the times; an interval counts from `starts_at`. `max_runs` ends it after so many
        jobs. `jitter` lets each job start up to so many seconds after its time. A datetime without a zone is read in
        `timezone_name`.

        Arguments of the task that have one of these names go in by position. Raises `InvalidOption` and `InvalidValue`
        for what cannot be, and what `delay` raises.
        """
        from nuvom.scheduler.rules import plan  # only programs with schedules need it

        told = plan(
            f"{self.name}.schedule",
            at=at,
            in_=in_,
            interval=interval,
            cron=cron,
            timezone_name="UTC" if timezone_name is None else timezone_name,
            misfire=misfire,
            overlap=overlap,
            starts_at=starts_at,
            ends_at=ends_at,
            max_runs=max_runs,
            jitter=jitter,
        )
        return self._write_schedule(args, kwargs, id, told)

    def _write_schedule(self, args: Sequence[Any], kwargs: Mapping[str, Any], id: str | None, told: Plan) -> Schedule:
        from nuvom.scheduler.handle import Schedule  # only programs with schedules need it

        where = f"{self.name}.schedule"
        if id is not None and not isinstance(id, str):
            raise InvalidOption(f"{where}(id={id!r}): expected text")
        for start in START & self.options.keys():
            raise InvalidOption(f"{where} says when, and so does with_options({start}=…); leave that out")
        args, kwargs = self._flatten(args, kwargs)
        return Schedule(write_schedule(self._blueprint, args, kwargs or None, id, told)[0])

    if TYPE_CHECKING:

        def with_options(
            self,
            *,
            queue: str | None = None,
            priority: int | None = None,
            in_: float | None = None,
            at: datetime | None = None,
            retries: int | None = None,
            retry_delay_secs: float | None = None,
            retry_backoff: Literal["constant", "exponential"] | None = None,
            timeout_secs: float | None = None,
            timeout_policy: Literal["fail", "retry", "ignore"] | None = None,
            store_result: bool | None = None,
            on_lost: Literal["retry", "fail"] | None = None,
            tags: Sequence[str] | None = None,
        ) -> Task[P, R_co]: ...

    else:

        def with_options(self, **options):
            """A copy whose jobs differ: another queue or priority, a start after `in_` seconds or at a time
            (`at`, a datetime; one without a zone is local time), other retries or limits.
            """
            changed = object.__new__(type(self))
            changed.__dict__.update(self.__dict__)
            changes = check_job_options(options)
            # One start replaces another, whichever way each is named.
            kept = {k: v for k, v in self.options.items() if k not in START or not START & changes.keys()}
            changed.options = {**kept, **changes}
            changed._blueprint = _blueprint(changed, changed.options)
            return changed

    def __repr__(self) -> str:
        return f"<Task {self.name} of {self.function.__module__}.{self.function.__qualname__}>"

    def _retries_on(self, error: BaseException) -> bool:
        retry_on = self.options.get("retry_on")
        return True if retry_on is None else isinstance(error, retry_on)

    def _rebuilding(self) -> Rebuild | None:
        """How values of annotated classes are taken apart and put together again; found out on first use,
        since annotations may name what is defined further down.
        """
        if not self._rebuild_known:
            # The first jobs of several threads come here at once, and Python may let some of them see a module that
            # is not complete.
            with _first_import:
                from nuvom._rebuild import rebuild_for  # only tasks with annotations need it

            self._rebuild = rebuild_for(self.function)
            self._rebuild_known = True
        return self._rebuild

    def _flatten(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        rebuild = self._rebuilding()
        return (tuple(args), dict(kwargs)) if rebuild is None else rebuild.flatten_call(args, kwargs)

    def _flatten_element(self, call: Any) -> Any:
        if hasattr(call, "keys"):
            return self._flatten((), call)[1]
        if isinstance(call, (list, tuple)):
            return self._flatten(call, {})[0]
        return call  # the engine says what is wrong with it


class AsyncTask(Task["P", "R_co"]):
    """A task made of an `async def`: to call it makes a coroutine, and its jobs have the awaited value."""

    if TYPE_CHECKING:

        def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R_co]: ...  # type: ignore[override]  # only the direct call differs


def _job(id: str, task: Task[Any, Any]) -> Job[Any]:
    from nuvom.job import Job  # with the first job, not with `import nuvom`

    global _job  # noqa: PLW0603 - replaces the import by the call
    _job = Job._made
    return Job._made(id, task)


def _blueprint(task: Task[Any, Any], options: Mapping[str, Any]) -> Blueprint:
    at = options.get("at")
    due = {} if at is None else {"at_micros": round(at.timestamp() * 1_000_000)}
    return Blueprint(
        task.name,
        task.function,
        options.get("queue", "default"),
        options.get("priority", 5),
        {"tags": (), **options, **due},
    )


if TYPE_CHECKING:

    class _Decorator:
        @overload
        # A coroutine function is the special case, so it comes first; so below.
        def __call__(self, function: Callable[P, Coroutine[Any, Any, R_co]], /) -> AsyncTask[P, R_co]: ...
        @overload
        def __call__(self, function: Callable[P, R_co], /) -> Task[P, R_co]: ...
        def __call__(self, function: Any, /) -> Any: ...


if TYPE_CHECKING:

    @overload
    def task(function: Callable[P, Coroutine[Any, Any, R_co]], /) -> AsyncTask[P, R_co]: ...
    @overload
    def task(function: Callable[P, R_co], /) -> Task[P, R_co]: ...
    @overload
    def task(
        *,
        name: str | None = None,
        retries: int | None = None,
        retry_delay_secs: float | None = None,
        retry_backoff: Literal["constant", "exponential"] | None = None,
        retry_on: type[BaseException] | tuple[type[BaseException], ...] | None = None,
        timeout_secs: float | None = None,
        timeout_policy: Literal["fail", "retry", "ignore"] | None = None,
        store_result: bool | None = None,
        queue: str | None = None,
        priority: int | None = None,
        on_lost: Literal["retry", "fail"] | None = None,
        run_in: Literal["thread", "process"] | None = None,
        schedule: Rule | None = None,
        tags: Sequence[str] | None = None,
        description: str | None = None,
        category: str | None = None,
        aliases: Sequence[str] | None = None,
        before_job: Callable[[], object] | None = None,
        after_job: Callable[[Any], object] | None = None,
        on_error: Callable[[BaseException], object] | None = None,
    ) -> _Decorator: ...


def task(function: Any = None, /, **options: Any) -> Any:
    """Makes a function a task, bare (`@task`) or with options (`@task(retries=2)`).

    Options, all by keyword:
      name             under which workers know it; the function's name unless given
      retries          attempts after a failure (0)
      retry_delay_secs seconds before the next attempt (`NUVOM_RETRY_DELAY_SECS`, 5)
      retry_backoff    "constant", or "exponential": doubled each time, up to an hour, with jitter
      retry_on         exception class or classes worth another attempt (all)
      timeout_secs     limit of an attempt in seconds, 0 for none (`NUVOM_JOB_TIMEOUT_SECS`, 300)
      timeout_policy   what a passed limit does: "fail", "retry", or "ignore" (success without a value)
      store_result     whether the value is kept (True)
      queue, priority  where its jobs wait ("default"), and their place there, 0 first to 9 last (5)
      on_lost          what the death of a worker does: "retry", or "fail" for a task that must not repeat
      run_in           "thread" or "process": where attempts run, whatever the worker's own pool is; coroutines run
                       on an event loop there
      schedule         when jobs of it are made without being asked for: every(minutes=5), cron("0 9 * * MON")
      tags, category, description   words for people
      aliases          older names under which waiting jobs may ask for it
      before_job(), after_job(result), on_error(exception)   called in the worker around each attempt

    Raises `InvalidOption` where it is written if an option is unknown or wrong, and `DuplicateTask` if the name
    is taken by another function.
    """
    checked = check_task_options(options)
    if function is None:
        return lambda function: _make(function, checked)
    if not callable(function):
        raise InvalidOption(f"@task takes its options by keyword, and was given {function!r}")
    return _make(function, checked)


def get_task(name: str) -> Task[..., Any] | None:
    """The task of this name or alias in this process, if there is one."""
    return by_name.get(name)


def _make(function: Callable[..., Any], options: dict[str, Any]) -> Task[..., Any]:
    if not callable(function) or not hasattr(function, "__name__"):
        raise InvalidOption(f"@task goes above a function, and stands above {function!r}")
    code = getattr(function, "__code__", None)
    kind = AsyncTask if code is not None and code.co_flags & _CO_COROUTINE else Task
    made: Task[..., Any] = kind(function, options)
    if "schedule" in options:
        from nuvom.scheduler.declared import check  # only tasks with schedules need it

        check(made)
    register(made)
    return made
