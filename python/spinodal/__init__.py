# SPDX-License-Identifier: MIT
"""spinodal: phase transitions of L2-regularised neural networks, from Python.

>>> import spinodal
>>> experiment = spinodal.Experiment(model={"hidden": [5, 5]}, sweep={"beta": {"points": 50}})
>>> run = experiment.sweep()                                            # doctest: +SKIP
>>> run.points[["beta", "error", "weight_norm"]]                        # doctest: +SKIP

* :class:`Experiment`: from a file, dictionaries or arrays; ``sweep()``, ``branches()``, ``grok()``, ``slice()``,
  ``theory()``, ``geometry()``, ``check()``.
* :func:`open`: results of the program and of this package; tables, weights, figures.
* :func:`transitions`: what they show.
* :class:`Objective`: functions of one's own; :mod:`spinodal.torch`: PyTorch models.

Results can be read where the extension is not built: then only what is made of files is here.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

from .errors import (ArgumentError, InputError, Interrupted, NumericError, OutOfMemoryError, SpinodalError,
                     SpinodalWarning, StorageError, UnsupportedError)
from .results import Path, Point, Results
from .results import open_results as open  # pylint: disable=redefined-builtin
from .table import Column, Table

if TYPE_CHECKING:
    from ._report import Transitions
    from .experiment import Experiment, Theory, theory
    from .objective import Objective

__all__ = ["ArgumentError", "Column", "Experiment", "InputError", "Interrupted", "NumericError", "Objective",
           "OutOfMemoryError", "Point", "Results", "SpinodalError", "SpinodalWarning", "StorageError", "Table",
           "Theory", "UnsupportedError", "__version__", "open", "theory", "transitions"]

#: What needs the extension is loaded when it is first asked for.
_LATER = {"Experiment": "experiment", "Theory": "experiment", "theory": "experiment", "Objective": "objective",
          "BaseObjective": "objective"}

__version__: str


def transitions(*runs: Results | Path) -> Transitions:
    """The transitions that results show, of which order, and on what evidence: ``spinodal transitions``.

    Parameters
    ----------
    *runs : Results or path
        Of sweeps and branches; several are compared.

    Returns
    -------
    Transitions
        A :class:`Table`; printed it is the table of the program.

    Raises
    ------
    InputError
        Results of a kind without transitions.
    """
    from ._report import transitions as find
    return find([run if isinstance(run, Results) else open(run) for run in runs])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from ._native import ffi, lib
        return ffi.string(lib.spinodal_version()).decode()
    if name in _LATER:
        from importlib import import_module
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> List[str]:
    return sorted([*globals(), *_LATER])

