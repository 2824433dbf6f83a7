# SPDX-License-Identifier: MIT
"""Results on matplotlib axes."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional

import numpy as np

from .errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .results import Results

NAMES = {"error": "E", "loss": "L", "weight_norm": "|theta|", "scalar_curvature_error": "R of E",
         "scalar_curvature_loss": "R of L", "susceptibility": "susceptibility", "active_modes": "active modes"}


def _axes(ax: Optional[Axes]) -> Axes:
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot
    except ImportError as problem:
        raise ImportError("figures need matplotlib, which is not installed") from problem
    return pyplot.subplots()[1]


def _label(run: Results, column: str) -> str:
    unit = run.tables["points"].units[column]
    return NAMES.get(column, column) + (f"  [{unit}]" if unit else "")


def _lines(ax: Axes, x: np.ndarray, y: np.ndarray, breaks: np.ndarray, style: Dict[str, Any]) -> None:
    """One line that is interrupted before the rows `breaks`."""
    ax.plot(np.insert(x.astype(float), breaks, np.nan), np.insert(y.astype(float), breaks, np.nan), **style)


def _sweep(run: Results, column: str, ax: Axes, style: Dict[str, Any]) -> None:
    points = run.tables["points"]
    marks = {"up": ">", "down": "<", "quench": "."}
    for direction in dict.fromkeys(points["direction"]):
        rows = points["direction"] == direction
        same = ["seed", "phase", "leg"]
        parts = [points[name][rows] for name in same if name in points]
        fresh = np.any([np.diff(part) != 0 for part in parts], axis=0) | (points["jump"][rows][1:] == 1)
        kind = {"marker": marks.get(direction, "."), "markersize": 3, "linewidth": 0 if direction == "quench" else 1,
                "label": direction, **style}
        _lines(ax, points["beta"][rows], points[column][rows], np.flatnonzero(fresh) + 1, kind)
    ax.legend()
    ax.set_xlabel("beta")


def _branches(run: Results, column: str, ax: Axes, style: Dict[str, Any]) -> None:
    points = run.tables["points"]
    stable = points["negative_eigenvalues"] == 0
    fresh = np.diff(points["branch"]) != 0
    for wanted, line, label in ((stable, "-", "stable"), (~stable, ":", "unstable")):
        y = np.where(wanted, points[column], np.nan)
        kind = {"linestyle": line, "linewidth": 1.5 if label == "stable" else 0.8, "label": label, **style}
        _lines(ax, points["beta"], y, np.flatnonzero(fresh) + 1, kind)
    for beta in run.tables["maxwell"]["beta"][run.tables["maxwell"]["is_global"] == 1]:
        ax.axvline(beta, color="gray", linewidth=0.5)
    ax.legend()
    ax.set_xlabel("beta")


def _grok(run: Results, column: str, ax: Axes, style: Dict[str, Any]) -> None:
    points, names = run.tables["points"], run.tables["starts"]["name"]
    starts = run.tables["runs"]["start"] if "start" in run.tables["runs"] else np.arange(run.tables["runs"].rows)
    for number in dict.fromkeys(points["run"]):
        rows = points["run"] == number
        ax.plot(points["epoch"][rows], points[column][rows], **{"label": str(names[starts[number]]), **style})
    ax.set_xscale("symlog", linthresh=1)
    ax.set_xlabel("epoch")
    ax.legend()


def _slice(run: Results, column: str, ax: Axes, style: Dict[str, Any]) -> None:
    points, slices = run.tables["points"], run.tables["slices"]
    rows = points["slice"] == 0
    u, values = points["u"][rows], points[column][rows]
    if slices["axes"][0] == 1:
        ax.plot(u, values, **style)
        ax.set_xlabel("u")
        return
    shape = (slices["rows"][0], slices["columns"][0])
    v = points["v"][rows]
    drawn = ax.contourf(u.reshape(shape), v.reshape(shape), values.reshape(shape), **{"levels": 30, **style})
    ax.figure.colorbar(drawn, ax=ax, label=_label(run, column))
    ax.set_xlabel("u")
    ax.set_ylabel("v")


def draw(run: Results, column: Optional[str], ax: Optional[Axes], style: Dict[str, Any]) -> Axes:
    """:meth:`spinodal.results.Results.plot`."""
    known = {"sweep": _sweep, "branches": _branches, "grok": _grok, "slice": _slice}
    if run.kind not in known:
        raise InputError(f"results of kind {run.kind} are drawn by the program alone: spinodal plot")
    column = column or "error"
    if column not in run.tables["points"]:
        raise InputError(f"points have no column {column!r}; they have {', '.join(run.tables['points'])}")
    ax = _axes(ax)
    known[run.kind](run, column, ax, style)
    if not ax.get_ylabel():
        ax.set_ylabel(_label(run, column))
    return ax
