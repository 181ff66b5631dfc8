"""The tree of errors: one root, and the natural builtin for each."""

from __future__ import annotations

import inspect
import pickle
from importlib import import_module

import nuvom
import pytest
from nuvom import errors

CLASSES = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if issubclass(member, BaseException) and member.__module__ == errors.__name__
]

BUILTINS = {
    errors.InvalidValue: ValueError,
    errors.InvalidOption: TypeError,
    errors.BadArguments: TypeError,
    errors.NotSerializable: TypeError,
    errors.PayloadTooLarge: ValueError,
    errors.DuplicateTask: ValueError,
    errors.NotFound: LookupError,
    errors.StoreUnavailable: ConnectionError,
    errors.StorePermission: PermissionError,
    errors.CorruptData: ValueError,
    errors.ForeignData: ValueError,
    errors.Unsupported: NotImplementedError,
    errors.InternalError: RuntimeError,
    errors.JobTimeout: TimeoutError,
    errors.JobFailed: RuntimeError,
}


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_is_a_nuvom_error_or_an_interruption(error: type[BaseException]) -> None:
    assert issubclass(error, errors.NuvomError) != issubclass(error, errors.Interruption)


@pytest.mark.parametrize(("error", "builtin"), BUILTINS.items())
def test_an_error_is_also_the_builtin_that_fits_it(error: type[BaseException], builtin: type[BaseException]) -> None:
    assert issubclass(error, builtin)


def test_an_interruption_is_no_exception_so_that_tasks_do_not_swallow_it() -> None:
    assert not issubclass(errors.Interruption, Exception)


@pytest.mark.parametrize("error", CLASSES)
def test_every_error_says_what_it_is_for(error: type[BaseException]) -> None:
    assert error.__doc__


def test_a_job_failure_can_be_pickled_as_pools_of_processes_do() -> None:
    failed = errors.JobFailed("id", "ValueError", "no", "Traceback ...\n")

    copy = pickle.loads(pickle.dumps(failed))  # noqa: S301 - our own bytes

    assert type(copy) is errors.JobFailed
    assert str(copy) == str(failed) == "job id failed: ValueError: no\n\nIn the worker:\nTraceback ..."
    assert (copy.job_id, copy.kind, copy.reason) == ("id", "ValueError", "no")
    assert copy.remote_traceback == "Traceback ...\n"


@pytest.mark.parametrize("name", nuvom.__all__)
def test_every_public_name_can_be_had_from_the_package(name: str) -> None:
    assert getattr(nuvom, name) is not None
    assert name in dir(nuvom)


def test_a_name_that_the_package_has_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'nuvom' has no attribute 'delay'"):
        getattr(nuvom, "delay")  # noqa: B009 - type checkers would know


def test_the_decorator_is_what_the_package_calls_task_though_a_module_has_that_name() -> None:
    module = import_module("nuvom.task")

    assert nuvom.task is module.task
