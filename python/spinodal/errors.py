# SPDX-License-Identifier: MIT
"""What can go wrong: the failures of the library as exceptions."""
from __future__ import annotations

import re
from typing import Optional

#: "FILE:LINE:COLUMN: " at the beginning of a message, and "section.key: " behind it or alone.
_PLACE = re.compile(r"^(?P<file>[^\n]+?):(?P<line>\d+):(?P<column>\d+): ")
_KEY = re.compile(r"^(?:--set [^:]*: )?(?P<key>[a-z_]+(?:\.[a-z0-9_]+)+)(?: \(item \d+\))?: ")


class SpinodalWarning(UserWarning):
    """Something that the reader of results should know; what the program says as "warning: ..."."""


class _Said(BaseException):
    """What a failure says of itself.

    Attributes
    ----------
    text : str
        One line: what, where, what to do. The same as the program's.
    status : str
        ``"input"``, ``"argument"``, ``"unsupported"``, ``"numeric"``, ``"memory"``, ``"io"`` or ``"interrupted"``.
    key : str or None
        The setting to which it is due, ``"section.key"``.
    file : str or None
        The experiment file in which that stands, and where:
    line, column : int or None
        From 1.
    """

    status = "error"

    def __init__(self, text: str, key: Optional[str] = None) -> None:
        super().__init__(text)
        self.text = text
        place = _PLACE.match(text)
        self.file = place["file"] if place else None
        self.line = int(place["line"]) if place else None
        self.column = int(place["column"]) if place else None
        found = _KEY.match(text[place.end():] if place else text)
        self.key = key or (found["key"] if found else None)

    def __str__(self) -> str:
        return self.text


class SpinodalError(_Said, Exception):
    """Base of all failures of the library. See the attributes of the message: `text`, `status`, `key`, `file`,
    `line`, `column`."""


class InputError(SpinodalError, ValueError):
    """Settings, data or files do not say what they should."""

    status = "input"


class ArgumentError(SpinodalError, ValueError):
    """A call was given something that it cannot work with."""

    status = "argument"


class UnsupportedError(SpinodalError, TypeError):
    """This object cannot do that: an objective without second derivatives asked for its Hessian."""

    status = "unsupported"


class NumericError(SpinodalError, ArithmeticError):
    """Numbers are not finite, or a method cannot go on."""

    status = "numeric"


class OutOfMemoryError(SpinodalError, MemoryError):
    """There is not enough memory; the text says for what."""

    status = "memory"


class StorageError(SpinodalError, OSError):
    """A file cannot be read or written."""

    status = "io"


class Interrupted(_Said, KeyboardInterrupt):
    """A run was interrupted (Ctrl-C, "interrupt the kernel"); what is finished is kept.

    Attributes
    ----------
    output : str or None
        Where the results would be; the same call with ``resume=True`` goes on. None: nothing was kept.
    """

    status = "interrupted"

    def __init__(self, text: str, output: Optional[str] = None) -> None:
        super().__init__(text)
        self.output = output


#: By the numbers of spn_status, base/status.h.
BY_STATUS = {1: OutOfMemoryError, 2: ArgumentError, 3: InputError, 4: NumericError, 5: StorageError,
             7: UnsupportedError}
INTERRUPTED = 6
