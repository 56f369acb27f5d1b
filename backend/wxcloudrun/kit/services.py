"""The application's one instance of each service, found by its class."""

from typing import cast

from flask import current_app


class Services:
    """Services by their class, read off dataclasses whose fields they are.

    Raises ValueError if two of them have one class: which of both is meant could not be told.
    """

    def __init__(self, *floors: object) -> None:
        self._by_class: dict[type[object], object] = {}
        for each in (each for floor in floors for each in vars(floor).values()):
            if type(each) in self._by_class:
                message = f"there are two of {type(each).__name__}"
                raise ValueError(message)
            self._by_class[type(each)] = each

    def __getitem__[T](self, kind: type[T]) -> T:
        """Return the instance of a class. Raises KeyError."""
        return cast("T", self._by_class[kind])


def at_hand[T](kind: type[T]) -> T:
    """Return the instance of a class that the application at hand has."""
    return cast("Services", current_app.extensions["services"])[kind]
