# SPDX-License-Identifier: MIT
"""Tables of results: columns of NumPy numbers, each with its unit and its meaning."""
from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence

import numpy as np

if TYPE_CHECKING:
    import pandas


class Column:
    """One column of a table.

    Attributes
    ----------
    values : numpy.ndarray
        One a row: float64 (NaN: does not exist there), int64, or texts.
    unit : str
        A product of ``error`` and ``weight``, ``""`` when dimensionless.
    description : str
        Its meaning, with its equation.
    words : tuple of str or None
        What integers stand for, from 0.
    """

    __slots__ = ("values", "unit", "description", "words")

    def __init__(self, values: np.ndarray, unit: str = "", description: str = "",
                 words: Optional[Sequence[str]] = None) -> None:
        self.values = values
        self.unit = unit
        self.description = description
        self.words = tuple(words) if words is not None else None

    @property
    def said(self) -> np.ndarray:
        """The values, integers that stand for words as these words (``""`` where no word is known)."""
        if self.words is None:
            return self.values
        words = np.array([*self.words, ""], dtype=object)
        inside = (self.values >= 0) & (self.values < len(self.words))
        return words[np.where(inside, self.values, len(self.words))]


class Table(Mapping[str, np.ndarray]):
    """A table of results: ``table["beta"]`` is a column as a NumPy array, ``len(table)`` the number of columns,
    ``table.rows`` that of rows."""

    def __init__(self, name: str, columns: Dict[str, Column]) -> None:
        self.name = name
        self.columns = columns

    def __getitem__(self, name: str) -> np.ndarray:
        try:
            return self.columns[name].said
        except KeyError:
            raise KeyError(f"table {self.name} has no column {name!r}; it has {', '.join(self.columns)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(next(iter(self.columns.values())).values) if self.columns else 0

    @property
    def units(self) -> Dict[str, str]:
        """Of each column, ``""`` where it is dimensionless."""
        return {name: column.unit for name, column in self.columns.items()}

    @property
    def descriptions(self) -> Dict[str, str]:
        """What each column holds, with its equation."""
        return {name: column.description for name, column in self.columns.items()}

    def row(self, index: int) -> Dict[str, Any]:
        """One row as a dictionary of Python numbers and texts."""
        return {name: _plain(column.said[index]) for name, column in self.columns.items()}

    def frame(self) -> pandas.DataFrame:
        """The table as a pandas DataFrame; ``frame.attrs`` holds ``units`` and ``descriptions``.

        Integers that stand for words become categories. Raises ImportError where pandas is not installed.
        """
        try:
            import pandas
        except ImportError as problem:
            raise ImportError("tables as data frames need pandas; without it, table[\"column\"] is a NumPy array"
                              ) from problem
        data: Dict[str, Any] = {}
        for name, column in self.columns.items():
            data[name] = column.values if column.words is None else pandas.Categorical.from_codes(
                np.where((column.values >= 0) & (column.values < len(column.words)), column.values, -1),
                categories=list(column.words))
        frame = pandas.DataFrame(data)
        frame.attrs = {"table": self.name, "units": self.units, "descriptions": self.descriptions}
        return frame

    def __repr__(self) -> str:
        return f"<spinodal table {self.name}: {self.rows} rows, columns {', '.join(self.columns)}>"

    def _repr_html_(self) -> str:
        return html_rows(self, range(min(self.rows, 10)), list(self.columns)) + (
            f"<p>{self.rows} rows</p>" if self.rows > 10 else "")


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def show(value: Any, digits: int = 6) -> str:
    """A number for people: at most so many digits, ``-`` where it does not exist."""
    if isinstance(value, (float, np.floating)):
        return "-" if np.isnan(value) else f"{value:.{digits}g}"
    return str(value)


def html_rows(table: Table, rows: Any, columns: List[str]) -> str:
    """Some rows and columns of a table as HTML."""
    units = table.units
    head = "".join(f"<th title='{escape(table.columns[name].description, quote=True)}'>{escape(name)}"
                   f"{'<br><small>' + escape(units[name]) + '</small>' if units[name] else ''}</th>"
                   for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(show(table[name][row]))}</td>" for name in columns) + "</tr>"
                   for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
