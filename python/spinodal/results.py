# SPDX-License-Identifier: MIT
"""Results of runs: files that the program or this package made, and results in memory.

Reading needs h5py alone, not the extension: files may be looked at where spinodal is not built.
"""
from __future__ import annotations

import io
import os
from html import escape
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple, Union

import numpy as np

from .errors import InputError, StorageError
from .table import Column, Table, html_rows, show

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes

#: What is read here; a file that says more is refused (docs/format.md).
FORMAT_VERSION = 1

Path = Union[str, "os.PathLike[str]"]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _h5py() -> Any:
    try:
        import h5py
    except ImportError as problem:
        raise ImportError("results files are read with h5py, which is not installed") from problem
    return h5py


class Point:
    """One row of the table ``points``, with its parameters.

    Attributes
    ----------
    row : int
        Its number in the table.
    values : dict
        Its columns: ``point["beta"]`` is ``point.values["beta"]``.
    phase : str or None
        Name of the phase that it is in (files of branches).
    theta : numpy.ndarray or None
        All parameters, shape (P,), layer by layer: weights (out x in, row by row), then biases. None: not kept.
    weights : dict of str to numpy.ndarray
        The same as arrays of their shapes: ``layers.0.weight`` (out x in), ``layers.0.bias`` (out,), ...
    modes : numpy.ndarray or None
        Strengths of the modes of the data.
    """

    def __init__(self, run: Results, row: int) -> None:
        table = run.tables["points"]
        self.row = row
        self.values = table.row(row)
        self.theta = run.arrays["theta"][row].copy() if "theta" in run.arrays else None
        self.modes = run.arrays["modes"][row].copy() if "modes" in run.arrays else None
        self.weights = run.unpack(self.theta) if self.theta is not None and "layout" in run.tables else {}
        number = self.values.get("phase", -1)
        names = run.tables["phases"].columns.get("name") if "phases" in run.tables else None
        self.phase = str(names.values[number]) if names is not None and number >= 0 else None

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def state_dict(self, names: Optional[List[str]] = None) -> Dict[str, Any]:
        """The weights as PyTorch tensors (float64), under `names` in the order of theta, or those of ``weights``."""
        import torch
        return {name: torch.from_numpy(array.copy())
                for name, array in zip(names or self.weights, self.weights.values())}

    def __repr__(self) -> str:
        said = {name: show(self.values[name]) for name in ("beta", "error", "loss", "weight_norm", "active_modes")
                if name in self.values}
        return f"<spinodal point {self.row}: {', '.join(f'{k} = {v}' for k, v in said.items())}>"


class Results:
    """Results of one run.

    Attributes
    ----------
    kind : str
        ``"sweep"``, ``"branches"``, ``"grok"``, ``"slice"``, or that of a target of ``spinodal reproduce``.
    path : str or None
        The file; None: in memory (:meth:`save` writes the file that the program would have written).
    attributes : dict
        Version, compiler, machine, checksums, sizes; ``attributes["configuration"]`` is the effective experiment.
    tables : dict of str to Table
        NumPy columns with unit and meaning. ``run.points`` is the table ``points`` as a pandas DataFrame, and so on.
    arrays : dict of str to numpy.ndarray
        ``theta`` (points x P), ``modes`` (points x modes), ...: read when they are first asked for.
    """

    def __init__(self, path: Optional[Path] = None, image: Optional[bytes] = None) -> None:
        self.path = None if path is None else os.fspath(path)
        self._image = image
        self._name = self.path or "results in memory"
        self._frames: Dict[str, Any] = {}
        with self._open() as file:
            self.attributes = _read_attributes(file, self._name)
            self.kind = str(self.attributes["kind"])
            self.tables = {name: _read_table(name, node) for name, node in file.items() if hasattr(node, "keys")}
            stored = {name: node.attrs.get("description", "") for name, node in file.items()
                      if not hasattr(node, "keys")}
        self.arrays: Mapping[str, np.ndarray] = _Arrays(self, list(stored))
        #: What each array holds.
        self.descriptions = {name: _text(said) for name, said in stored.items()}

    def _open(self) -> Any:
        h5py = _h5py()
        try:
            return h5py.File(self.path if self._image is None else io.BytesIO(self._image), "r")
        except FileNotFoundError:
            raise StorageError(f"{self._name}: no such file") from None
        except OSError as problem:
            raise InputError(f"{self._name}: is no HDF5 file, or a truncated one ({problem})") from None

    # ---- What is in it ---------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        tables = self.__dict__.get("tables", {})
        if name in tables:
            return self._frames.setdefault(name, tables[name].frame()) if name not in self._frames \
                else self._frames[name]
        arrays = self.__dict__.get("arrays", {})
        if name in arrays:
            return arrays[name]
        raise AttributeError(f"{type(self).__name__} of kind {self.__dict__.get('kind')} has no {name!r}; tables: "
                             f"{', '.join(tables)}; arrays: {', '.join(arrays)}")

    def __dir__(self) -> List[str]:
        return [*super().__dir__(), *self.tables, *self.arrays]

    @property
    def configuration(self) -> str:
        """The effective experiment as YAML: run it again and get the same numbers."""
        return str(self.attributes.get("configuration", ""))

    def unpack(self, theta: np.ndarray) -> Dict[str, np.ndarray]:
        """Parameters as arrays of their shapes, by the names of weight files.

        Parameters
        ----------
        theta : numpy.ndarray, shape (P,)

        Returns
        -------
        dict of str to numpy.ndarray
            Views of `theta`: ``layers.0.weight`` (out x in), ``layers.0.bias`` (out,), ...
        """
        layout = self.tables["layout"]
        out = {}
        for name, bias, offset, rows, columns in zip(*(layout[key] for key in
                                                       ("name", "is_bias", "offset", "rows", "columns"))):
            part = theta[offset:offset + rows * columns]
            out[str(name)] = part if bias else part.reshape(rows, columns)
        return out

    def at(self, *, beta: Optional[float] = None, phase: Optional[str] = None, direction: Optional[str] = None,
           seed: Optional[int] = None, row: Optional[int] = None) -> Point:
        """The stored point nearest to a beta, as ``spinodal export`` finds it.

        Parameters
        ----------
        beta : float
            Wanted strength of the regularisation.
        phase : str, optional
            Branches: one of its phases by name. Without it the one that is globally stable at `beta`, where that is
            known, otherwise any stable point.
        direction : {"up", "down", "quench"}, optional
            Sweeps: only chains of this direction.
        seed : int, optional
            Only this random start, from 0.
        row : int, optional
            This row of the table ``points``, in place of all that.

        Returns
        -------
        Point

        Raises
        ------
        InputError
            There is no such phase (the text lists them) or no such point.
        """
        points = self.tables.get("points")
        if points is None or (row is None and "beta" not in points):
            raise InputError(f"{self._name}: results of kind {self.kind} have no points in beta")
        if row is not None:
            if not -points.rows <= row < points.rows:
                raise InputError(f"{self._name}: row {row}: there are {points.rows}, from 0")
            return Point(self, row % points.rows)
        if beta is None:
            raise InputError("at(): say which beta, or which row")
        wanted = self._candidates(points, beta, phase, direction, seed)
        if not wanted.any():
            raise InputError(f"{self._name}: no points of this phase, direction and seed")
        distance = np.where(wanted, np.abs(points["beta"] - beta), np.inf)
        return Point(self, int(np.argmin(distance)))

    def _candidates(self, points: Table, beta: float, phase: Optional[str], direction: Optional[str],
                    seed: Optional[int]) -> np.ndarray:
        wanted = np.ones(points.rows, dtype=bool)
        if direction is not None:
            words = points.columns["direction"].words if "direction" in points else None
            if words is None or direction not in words:
                raise InputError(f"{self._name}: direction {direction!r}: expected one of "
                                 f"{', '.join(words or ('(none: this is no sweep)',))}")
            wanted &= points["direction"] == direction
        if seed is not None:
            if "seed" not in points:
                raise InputError(f"{self._name}: points of {self.kind} have no seed")
            wanted &= points["seed"] == seed
        if "phases" in self.tables:
            number = self._phase_number(beta, phase)
            wanted &= points["phase"] == number if number is not None else points["phase"] >= 0
        elif phase is not None:
            raise InputError(f"{self._name} is a {self.kind}: phases are those of branches")
        return wanted

    def _phase_number(self, beta: float, phase: Optional[str]) -> Optional[int]:
        phases = self.tables["phases"]
        names = list(phases["name"])
        if phase is not None:
            if phase not in names:
                raise InputError(f"{self._name}: has no phase {phase!r}; its phases are: {', '.join(names)}")
            return names.index(phase)
        inside = (phases["global_low"] <= beta) & (phases["global_high"] >= beta)
        return int(np.argmax(inside)) if inside.any() else None

    # ---- What can be said of it ------------------------------------------------------------------

    def save(self, path: Path, *, force: bool = False) -> str:
        """Write results in memory as the file that the program would have written: the same bytes.

        Raises StorageError where something is there and not `force`.
        """
        path = os.fspath(path)
        if os.path.exists(path) and not force:
            raise StorageError(f"{path} exists; use force=True to overwrite")
        temporary = f"{path}.{os.getpid()}.tmp"
        try:
            with open(temporary, "wb") as out:
                out.write(self.image())
                out.flush()
                os.fsync(out.fileno())
            os.replace(temporary, path)
        except OSError as problem:
            if os.path.exists(temporary):
                os.unlink(temporary)
            raise StorageError(f"{path}: {problem.strerror or problem}") from None
        return path

    def image(self) -> bytes:
        """The bytes of the file."""
        if self._image is not None:
            return self._image
        with open(str(self.path), "rb") as file:
            return file.read()

    def summary(self, verbose: bool = False) -> str:
        """What the program says of these results: transitions, phases, what is left open. Needs the extension."""
        from ._report import summary
        return summary(self, verbose)

    def fault(self) -> Optional[str]:
        """What keeps the results from passing the check of their kind; None: they pass. Needs the extension."""
        from ._report import fault
        return fault(self)

    def transitions(self) -> Any:
        """The transitions that these results show: :func:`spinodal.transitions` of this run."""
        from ._report import transitions
        return transitions([self])

    def report(self, path: Path, *, force: bool = False) -> str:
        """Write the results as one interactive page of HTML: ``spinodal report``. Needs the extension.

        Parameters
        ----------
        path : path
            The page, which works from a disk and asks the network for nothing.
        force : bool
            Replace a file that is there.

        Returns
        -------
        str
            The path.
        """
        from ._report import page
        return page([self], path, force)

    def plot(self, column: Optional[str] = None, *, ax: Optional[Axes] = None, **style: Any) -> Axes:
        """Draw the results on matplotlib axes.

        Parameters
        ----------
        column : str, optional
            Of the table ``points``; by default the error (``grok``: against the epoch; others: against beta).
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default new axes.
        **style
            Handed to matplotlib.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from .plotting import draw
        return draw(self, column, ax, style)

    def answer(self) -> List[str]:
        """What came out, in a few lines: the answer first, in the words of the program where the extension is there."""
        if "answer" not in self._frames:
            self._frames["answer"] = self._find_answer()
        return list(self._frames["answer"])

    def _find_answer(self) -> List[str]:
        if self.kind in ("sweep", "branches"):
            try:
                found = self.transitions()
            except (ImportError, InputError):
                return _answer(self)
            self._frames["answer_table"] = found.answers[0].transitions
            return list(found.answers[0].sentences) or _answer(self)
        return _answer(self)

    def __repr__(self) -> str:
        return f"<spinodal results: {self.kind}, {self._name}>\n" + "\n".join(self.answer())

    def _repr_html_(self) -> str:
        first, *rest = self.answer()
        where = escape(self.path) if self.path else "in memory"
        html = f"<div><b>{escape(first)}</b>" + "".join(f"<br>{escape(line)}" for line in rest)
        html += f"<br><small>{escape(self.kind)}, {where}: " + ", ".join(
            f"{escape(name)} ({table.rows})" for name, table in self.tables.items()) + "</small>"
        shown = _shown_entries(self._frames.get("answer_table")) or _shown_rows(self)
        return html + (html_rows(*shown) if shown else "") + "</div>"


class _Arrays(Mapping[str, np.ndarray]):
    """Arrays that are read when they are first asked for."""

    def __init__(self, run: Results, names: List[str]) -> None:
        self._run = run
        self._names = names
        self._kept: Dict[str, np.ndarray] = {}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._kept:
            with self._run._open() as file:
                self._kept[name] = file[name][()]
        return self._kept[name]

    def __iter__(self) -> Any:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


def _read_attributes(file: Any, name: str) -> Dict[str, Any]:
    attributes: Dict[str, Any] = {key: _text(value) if isinstance(value, (bytes, str)) else value.item()
                                  for key, value in file.attrs.items()}
    if attributes.get("format") != "spinodal":
        raise InputError(f"{name}: is no results file of spinodal")
    if attributes.get("format_version", 0) > FORMAT_VERSION:
        raise InputError(f"{name}: has format version {attributes['format_version']}, and this package reads up to "
                         f"{FORMAT_VERSION}: a newer spinodal made it")
    if "kind" not in attributes:
        raise InputError(f"{name}: does not say of which kind it is")
    return attributes


def _read_table(name: str, group: Any) -> Table:
    columns: Dict[str, Column] = {}
    for key in sorted(group, key=lambda key: group[key].dtype.kind != "O"):
        node = group[key]
        values = node[()]
        if values.dtype.kind == "O":
            values = np.array([_text(value) for value in values], dtype=object)
        words = node.attrs.get("words")
        columns[key] = Column(values, _text(node.attrs.get("unit", "")), _text(node.attrs.get("description", "")),
                              None if words is None else [_text(word) for word in words])
    return Table(name, columns)


def open_results(path: Path) -> Results:
    """Open a results file of the program or of this package.

    Parameters
    ----------
    path : str or os.PathLike
        ``RUN.h5``.

    Returns
    -------
    Results

    Raises
    ------
    StorageError
        There is no such file.
    InputError
        It is no HDF5 file, none of spinodal, or of a newer version.
    ImportError
        h5py is not installed.
    """
    return Results(path)


# ---- The answer first ----------------------------------------------------------------------------------

def _shown_entries(table: Optional[Table]) -> Optional[Tuple[Table, Any, List[str]]]:
    """Transitions of the answer that change what is learned."""
    if table is None or not table.rows:
        return None
    rows = [i for i in range(table.rows) if table["change"][i] == "accuracy"] or list(range(table.rows))
    columns = [name for name in ("phase_below", "phase_above", "order", "spinodal_up", "maxwell", "spinodal_down",
                                 "continuous", "share") if name in table]
    return table, rows[:12], columns


def _shown_rows(run: Results) -> Optional[Tuple[Table, Any, List[str]]]:
    for name, columns in (("jumps", ["direction", "beta", "active_before", "active_after", "error_before",
                                     "error_after", "norm_before", "norm_after"]),
                          ("phases", ["name", "beta_low", "beta_high", "global_low", "global_high"]),
                          ("runs", ["start", "phase", "epochs", "error", "loss"]),
                          ("levels", ["slice", "beta", "loss", "error"])):
        table = run.tables.get(name)
        if table is not None and table.rows > 0:
            rows = range(table.rows)
            if name == "jumps" and "active_before" in table:
                changed = np.flatnonzero(table["active_before"] != table["active_after"])
                rows = changed if len(changed) else rows  # type: ignore[assignment]
            return table, list(rows)[:12], [column for column in columns if column in table]
    return None


def _answer_sweep(run: Results) -> List[str]:
    points, jumps = run.tables["points"], run.tables.get("jumps")
    beta = points["beta"]
    span = f"{points.rows} points, beta {show(beta.min(), 4)} to {show(beta.max(), 4)}" if points.rows else "no points"
    if jumps is None:
        return [f"{int((points['jump'] == 1).sum())} jumps between points of the grid, not refined", span]
    lines = []
    for direction in ("up", "down"):
        rows = np.flatnonzero((jumps["direction"] == direction) &
                              (jumps["active_before"] != jumps["active_after"]))
        steps = [f"{jumps['active_before'][i]} to {jumps['active_after'][i]} modes at beta = "
                 f"{show(jumps['beta'][i])}" for i in rows[:4]]
        if steps:
            lines.append(f"{direction}: " + ", ".join(steps) + (", ..." if len(rows) > 4 else ""))
    first = lines or ["no transition changes the number of active modes"]
    return [*first, f"{jumps.rows} transitions in all; {span}"]


def _answer_branches(run: Results) -> List[str]:
    phases, ranges = run.tables["phases"], run.tables.get("global")
    lines = []
    if ranges is not None and ranges.rows:
        names = list(phases["name"])
        lines.append("globally stable: " + ", ".join(
            f"{names[p] if p >= 0 else 'not known'} ({show(low, 4)} to {show(high, 4)})"
            for p, low, high in zip(ranges["phase"], ranges["beta_low"], ranges["beta_high"])))
    return [*lines, f"{phases.rows} phases, {run.tables['specials'].rows} folds and branch points, "
                    f"{run.tables['maxwell'].rows} Maxwell points"]


def _answer_grok(run: Results) -> List[str]:
    runs, starts = run.tables["runs"], run.tables["starts"]
    ends = [f"{starts['name'][s]}: {p}" for s, p in zip(runs["start"], runs["phase"])] \
        if "start" in runs and "phase" in runs and "name" in starts else []
    return ["training ends in " + "; ".join(ends[:6]) if ends else f"{runs.rows} runs",
            f"{run.tables['plateaus'].rows} plateaus"]


def _answer(run: Results) -> List[str]:
    known = {"sweep": _answer_sweep, "branches": _answer_branches, "grok": _answer_grok}
    if run.kind in known:
        return known[run.kind](run)
    return [", ".join(f"{name}: {table.rows} rows" for name, table in run.tables.items())]
