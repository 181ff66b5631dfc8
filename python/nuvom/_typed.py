"""`Generic` for type checkers, and next to nothing at run time: to import `typing` takes longer than all of
Nuvom."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Generic, ParamSpec, TypeVar

    P = ParamSpec("P")
    R_co = TypeVar("R_co", covariant=True)

    class OfCall(Generic[P, R_co]):
        """A class with the parameters and the value of a call."""

    class OfValue(Generic[R_co]):
        """A class with a value."""

else:
    from types import GenericAlias

    class OfCall:
        """Accepts `[P, R]` behind the name of a class and forgets it."""

        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)

    class OfValue:
        """Accepts `[R]` behind the name of a class and forgets it."""

        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)
