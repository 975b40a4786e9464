"""Check what is written, as strictly as the device does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, override

from .states import Json


class Rejected(Exception):
    """Say why a write is refused; the text is the body of the answer 400."""


class Field(Protocol):
    """Check one value and know what a null stands for before anything was written."""

    @property
    def default(self) -> Json:
        """What the command's buffer holds at first."""

    def check(self, value: Json, key: str) -> None:
        """Raise Rejected unless the value fits."""


@dataclass(frozen=True, slots=True)
class Whole(Field):
    """Be an integer; no other spelling of a number is taken."""

    maximum: int
    minimum: int = 0
    default: Json = 0

    @override
    def check(self, value: Json, key: str) -> None:
        if isinstance(value, int) and not isinstance(value, bool):
            if self.minimum <= value <= self.maximum:
                return
        msg = (
            f'(inferred) ["{key}"] JSON node was not an unsigned integer or too big '
            f"(not in {self.minimum} - {self.maximum})."
        )
        raise Rejected(msg)


@dataclass(frozen=True, slots=True)
class Flag(Field):
    """Be a boolean."""

    default: Json = False

    @override
    def check(self, value: Json, key: str) -> None:
        if not isinstance(value, bool):
            msg = f'(inferred) ["{key}"] JSON node was not a boolean.'
            raise Rejected(msg)


@dataclass(frozen=True, slots=True)
class Text(Field):
    """Be a text of limited length."""

    longest: int
    default: Json = ""

    @override
    def check(self, value: Json, key: str) -> None:
        if not isinstance(value, str) or len(value.encode()) > self.longest:
            msg = f'(inferred) ["{key}"] JSON node was not a string or too long.'
            raise Rejected(msg)


@dataclass(frozen=True, slots=True)
class Number(Field):
    """Be any number, or null where there is none."""

    default: Json = None

    @override
    def check(self, value: Json, key: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            msg = f'(inferred) ["{key}"] JSON node was not a float.'
            raise Rejected(msg)


@dataclass(frozen=True, slots=True)
class ListOf(Field):
    """Be an array of equal fields or records, of limited length."""

    member: Field | Mapping[str, Field]
    longest: int
    shortest: int = 0

    @property
    @override
    def default(self) -> Json:
        return []

    @override
    def check(self, value: Json, key: str) -> None:
        if (
            not isinstance(value, list)
            or not self.shortest <= len(value) <= self.longest
        ):
            msg = (
                f'(inferred) ["{key}"] JSON node was not an array or of a wrong length.'
            )
            raise Rejected(msg)
        for index, member in enumerate(value):
            if isinstance(self.member, Mapping):
                check_record(self.member, member)
            else:
                self.member.check(member, f"{key}[{index}]")


CURRENT = Whole(65535, default=32000)
"""A current in mA as the wire takes it; what is no usable current is ignored later."""


def check_keys(fields: Mapping[str, Field], value: Json) -> dict[str, Json]:
    """Return the object if it has exactly the documented keys."""
    if not isinstance(value, dict):
        msg = "JSON node was not an object."
        raise Rejected(msg)
    for key in fields:
        if key not in value:
            msg = f"JSON object is missing key '{key}'"
            raise Rejected(msg)
    for key in value:
        if key not in fields:
            msg = f"JSON object has unknown key '{key}'."
            raise Rejected(msg)
    return value


def check_record(fields: Mapping[str, Field], value: Json) -> None:
    """Raise Rejected unless the object has exactly these keys with fitting values."""
    for key, member in check_keys(fields, value).items():
        fields[key].check(member, key)
