# SPDX-License-Identifier: MIT
"""Objectives: functions of one's own, and what can be done with any objective.

L(theta, beta) = E(theta) + beta n(theta): E is given by functions of NumPy arrays, n by `regularise`. Derivatives are
checked against differences, L is minimised, swept and followed along its branches, the geometry of both surfaces is
measured: by the same code as for networks.
"""
from __future__ import annotations

import os
import shutil
import tempfile
import threading
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from ._answers import Check, Curvature, Density, Extremes, Geometry, Minimum, surface
from ._library import Context, Handle, Progress, arena, doubles, ffi, lib, pointer, run, text, vector
from .errors import ArgumentError, InputError, NumericError, UnsupportedError
from .results import Path, Results

if TYPE_CHECKING:
    from .experiment import Experiment

Function = Callable[[np.ndarray], Any]
Products = Callable[[np.ndarray, np.ndarray], Any]

#: Parts of a Hessian (T8).
_PARTS = {"full": lib.SPN_PART_FULL, "gauss_newton": lib.SPN_PART_GAUSS_NEWTON, "residual": lib.SPN_PART_RESIDUAL}


def _part(name: str) -> int:
    if name not in _PARTS:
        raise ArgumentError(f"part = {name!r}: expected one of {', '.join(_PARTS)}")
    return int(_PARTS[name])


# ---- Any objective -------------------------------------------------------------------------------------------

def _solver(given: Union[None, str, Dict[str, Any]]) -> Dict[str, Any]:
    """Section ``solver``: a method alone is its key ``method``."""
    return {"method": given} if isinstance(given, str) else dict(given or {})


class BaseObjective:
    """What can be done with any objective. Made by :class:`Objective`, :func:`spinodal.torch.objective` and
    :meth:`spinodal.Experiment.objective`.

    Attributes
    ----------
    dimension : int
        P, the number of parameters.
    """

    dimension: int
    name = "objective"
    _c: Any

    def __repr__(self) -> str:
        return f"<spinodal objective {self.name!r}: {self.dimension} parameters>"

    # ---- At one point ----------------------------------------------------------------------------

    def weights(self, theta: Any) -> np.ndarray:
        """Parameters as an array of shape (P,), float64."""
        return vector(theta, self.dimension, "theta")

    def _finish(self, context: Context, status: int, output: Optional[str] = None) -> None:
        """Raise what a call says, or what a function of the caller raised in it."""
        context.check(status, output)

    def _begin(self, context: Context, theta: np.ndarray, beta: float) -> None:
        """Before a method is run at `theta`."""

    def _call(self, action: Callable[[Context], Any], progress: Progress = None) -> Any:
        context = Context()
        return run(context, lambda: action(context), progress)

    def _point(self, context: Context, theta: Any, beta: float) -> Handle:
        array = self.weights(theta)
        out = ffi.new("spn_point **")
        self._finish(context, lib.spn_point_create(context.pointer, self._c, out))
        point = Handle(context, out[0], lib.spn_point_free, self)
        self._finish(context, lib.spn_point_set(context.pointer, point.c, pointer(array), beta, ffi.NULL,
                                                lib.SPN_WANT_ALL))
        return point

    def value(self, theta: Any, beta: float = 0.0) -> float:
        """L(theta, beta)."""

        def work(context: Context) -> float:
            point = self._point(context, theta, beta)
            return float(point.c.value)

        return self._call(work)

    def gradient(self, theta: Any, beta: float = 0.0) -> np.ndarray:
        """dL/dtheta, shape (P,)."""

        def work(context: Context) -> np.ndarray:
            point = self._point(context, theta, beta)
            return doubles(point.c.gradient, self.dimension).copy()

        return self._call(work)

    def hvp(self, theta: Any, v: Any, beta: float = 0.0, *, part: str = "full") -> np.ndarray:
        """Products of the Hessian of L with one vector (P,) or with k of them (k, P).

        `part`: ``"full"``; ``"gauss_newton"``, positive semidefinite where the loss is convex in the outputs, with what
        the regulariser adds; ``"residual"``, the rest (T8). UnsupportedError where an objective has no parts.
        """
        given = np.asarray(v, dtype=np.float64)
        rows = np.ascontiguousarray(np.atleast_2d(given))
        if given.ndim > 2 or rows.shape[1] != self.dimension:
            raise ValueError(f"v: expected shape ({self.dimension},) or (k, {self.dimension}), got {given.shape}")
        out, which = np.empty_like(rows), _part(part)

        def work(context: Context) -> None:
            point = self._point(context, theta, beta)
            self._finish(context, lib.spn_point_hvp(context.pointer, point.c, which, len(rows),
                                                    pointer(rows), pointer(out)))

        self._call(work)
        return out[0] if given.ndim == 1 else out

    def hessian(self, theta: Any, beta: float = 0.0, *, part: str = "full") -> np.ndarray:
        """The Hessian of L or a part of it (see :meth:`hvp`), shape (P, P), symmetric."""
        out, which = np.zeros((self.dimension, self.dimension)), _part(part)

        def work(context: Context) -> None:
            point = self._point(context, theta, beta)
            self._finish(context, lib.spn_point_hessian(context.pointer, point.c, which, pointer(out)))

        self._call(work)
        return out + np.triu(out, 1).T  # column-major 'L': the upper triangle of what NumPy sees

    # ---- Methods ---------------------------------------------------------------------------------

    def check(self, theta: Any, *, beta: float = 0.0, seed: int = 1, progress: Progress = None) -> Check:
        """Derivatives against differences; about 110 evaluations and 25 products.

        Functions that give other numbers at a second call with the same parameters are refused (InputError).
        """
        start = self.weights(theta)

        def work(context: Context) -> Check:
            self._begin(context, start, beta)
            report = ffi.new("spn_check_report *")
            self._finish(context, lib.spn_objective_check(context.pointer, self._c, pointer(start), beta, seed,
                                                          report))
            return Check(report)

        return self._call(work, progress)

    def _geometry_settings(self, context: Context, given: Dict[str, Any]) -> Any:
        """Section ``geometry`` from keyword arguments; what is returned is kept while its `c` is used."""
        return Settings(context, lib.spn_geometry_options, "spn_geometry_settings", given)

    def geometry(self, theta: Any, *, beta: float = 0.0, progress: Progress = None, **geometry: Any) -> Geometry:
        """Curvature, spectrum, Fisher information and susceptibility of both surfaces.

        Parameters
        ----------
        theta : array of P numbers
        beta : float
        **geometry
            Keys of section ``geometry``: ``method`` (``auto``: dense where that is quick, O(P^3), otherwise exact
            moments or estimates; ``dense``, ``moments``, ``stochastic``, ``none``), ``patience``, ``probes``, ...
        """
        start = self.weights(theta)

        def work(context: Context) -> Geometry:
            self._begin(context, start, beta)
            settings, c = self._geometry_settings(context, geometry), ffi.new("spn_geometry[2]")
            out = ffi.new("spn_geometry_workspace **")
            self._finish(context, lib.spn_geometry_workspace_choose(context.pointer, self._c, settings.c,
                                                                    lib.SPN_GEOMETRY_ALL, out, ffi.NULL))
            workspace = Handle(context, out[0], lib.spn_geometry_workspace_free)
            point = self._point(context, start, beta)
            self._finish(context, lib.spn_geometry_measure(context.pointer, workspace.c, point.c, lib.SPN_GEOMETRY_ALL,
                                                           c, c + 1))
            if not np.isfinite(c[0].value):
                raise NumericError("the error at these weights is not a finite number")
            values = lib.spn_geometry_eigenvalues(workspace.c)
            return Geometry(surface(c), surface(c + 1),
                            None if values == ffi.NULL else doubles(values, self.dimension).copy())

        return self._call(work, progress)

    def curvature(self, theta: Any, *, beta: float = 0.0, progress: Progress = None, **spectrum: Any) -> Curvature:
        """tr H, tr H^2 and R of both surfaces, exactly or estimated with its error, for any number of parameters.

        Parameters
        ----------
        theta : array of P numbers
        beta : float
        **spectrum
            Keys of section ``geometry``, as in :meth:`geometry`.
        """
        start = self.weights(theta)

        def work(context: Context) -> Curvature:
            self._begin(context, start, beta)
            settings = self._geometry_settings(context, spectrum)
            c = ffi.new("spn_curvature[2]")
            point = self._point(context, start, beta)
            self._finish(context, lib.spn_geometry_curvature(context.pointer, point.c, settings.c, c, c + 1, ffi.NULL))
            return Curvature(c[0], c[1])

        return self._call(work, progress)

    def eigenvalues(self, theta: Any, *, beta: float = 0.0, part: str = "full", progress: Progress = None,
                    **spectrum: Any) -> Extremes:
        """Extreme eigenpairs of the Hessian of L, or of a part of it (see :meth:`hvp`): ``smallest=4, largest=4``, and the
        keys of :meth:`curvature`."""
        start, which = self.weights(theta), _part(part)

        def work(context: Context) -> Extremes:
            self._begin(context, start, beta)
            settings = self._geometry_settings(context, spectrum)
            out = ffi.new("spn_extremes **")
            point = self._point(context, start, beta)
            self._finish(context, lib.spn_geometry_extremes(context.pointer, point.c, which, settings.c, out, ffi.NULL))
            try:
                return Extremes(out[0], self.dimension)
            finally:
                lib.spn_extremes_free(context.pointer, out[0])

        return self._call(work, progress)

    def density(self, theta: Any, *, beta: float = 0.0, part: str = "full", progress: Progress = None,
                **spectrum: Any) -> Density:
        """The density of the eigenvalues of L's Hessian, or of a part of it (see :meth:`hvp`): ``starts``, ``steps``, and
        the keys of :meth:`curvature`."""
        start, which = self.weights(theta), _part(part)

        def work(context: Context) -> Density:
            self._begin(context, start, beta)
            settings = self._geometry_settings(context, spectrum)
            out = ffi.new("spn_density **")
            point = self._point(context, start, beta)
            self._finish(context, lib.spn_geometry_density(context.pointer, point.c, which, settings.c, out, ffi.NULL))
            try:
                return Density(out[0])
            finally:
                lib.spn_density_free(context.pointer, out[0])

        return self._call(work, progress)

    def minimize(self, theta: Any, *, beta: float = 0.0, progress: Progress = None, **solver: Any) -> Minimum:
        """Minimise L over theta at a fixed beta.

        Parameters
        ----------
        theta : array of P numbers
            The start.
        beta : float
        **solver
            Keys of section ``solver``: ``method`` (``newton``, ``newton_cg``, ``lbfgs``, ``gd``, ``adam``, ...),
            ``tolerance``, ``max_iterations``, ``learning_rate``, ...

        Returns
        -------
        Minimum
            Not converging is a result, not an error: see its `stop`.
        """
        end = self.weights(theta).copy()
        if solver.get("method", "newton") in ("newton", "newton_cg"):
            self._need_curvature("minimize by " + solver.get("method", "newton"))

        def work(context: Context) -> Minimum:
            self._begin(context, end, beta)
            settings = Settings(context, lib.spn_solver_options, "spn_solver_settings", solver)
            out, info = ffi.new("spn_solver **"), ffi.new("spn_solver_info *")
            self._finish(context, lib.spn_solver_create(context.pointer, settings.c, self._c, out))
            try:
                self._finish(context, lib.spn_solver_run(context.pointer, out[0], beta, pointer(end), info))
            finally:
                lib.spn_solver_free(context.pointer, out[0])
            return Minimum(end, info)

        return self._call(work, progress)

    # ---- Runs ------------------------------------------------------------------------------------

    def _need_curvature(self, what: str) -> None:
        """Refuse what needs second derivatives where there are none."""

    def _follow(self, kind: str, action: Any, starts: Any, sections: Dict[str, Any], output: Optional[Path],
                threads: int, force: bool, resume: bool, progress: Progress, **more: Any) -> Results:
        from .experiment import Experiment
        self._need_curvature(kind)
        rows = np.ascontiguousarray(np.atleast_2d(np.asarray(starts, dtype=np.float64)))
        if rows.ndim != 2 or rows.shape[1] != self.dimension or not len(rows):
            raise ValueError(f"starts: expected shape ({self.dimension},) or (seeds, {self.dimension}), got "
                             f"{np.shape(starts)}")
        if not np.isfinite(rows).all():
            raise ArgumentError("starts: a number that is not finite")
        name = ffi.new("char[]", self.name.encode())

        class Own(Experiment):
            """The experiment, with a study of this objective."""

            def _study(own, context: Context) -> Handle:  # pylint: disable=no-self-argument
                self._begin(context, rows[0], 0.0)
                out = ffi.new("spn_study **")
                self._finish(context, lib.spn_study_of_objective(context.pointer, own._c, self._c, name, len(rows),
                                                                 pointer(rows), out))
                return Handle(context, out[0], lib.spn_study_free, own._owner, self, name)

        def watched(*arguments: Any) -> int:
            status = action(*arguments)
            self._reraise(arguments[0])
            return int(status)

        kept = {"sweep": {"seeds": len(rows)}} if kind == "sweep" and len(rows) > 1 else {}
        experiment = Own({section: {**kept.get(section, {}), **keys} for section, keys in
                          {**kept, **sections}.items()})
        experiment._kept_output = self.__dict__.setdefault("_kept_output", {})
        return experiment._run(kind, watched, output, threads, force, resume, progress, **more)

    def _reraise(self, context: Any) -> None:
        """Raise what a function of the caller raised in the call with this context of the library, if one did."""

    def sweep(self, starts: Any, *, output: Optional[Path] = None, solver: Union[None, str, Dict[str, Any]] = None,
              geometry: Optional[Dict[str, Any]] = None, threads: int = 1, force: bool = False, resume: bool = False,
              progress: Progress = None, **sweep: Any) -> Results:
        """Follow stationary points through beta.

        Parameters
        ----------
        starts : array of shape (P,) or (seeds, P)
            Where chains begin.
        output : path, optional
            As in :meth:`spinodal.Experiment.sweep`, as are `threads`, `force`, `resume` and `progress`.
        solver : str or dict, optional
            A method, or keys of section ``solver``; ``newton`` by default.
        geometry : dict, optional
            Keys of section ``geometry``. ``{"method": "none"}`` leaves out what ``newton_cg`` would measure of curvature;
            other methods have the dense Hessian measured.
        **sweep
            Keys of section ``sweep``: ``beta={"from": 0.001, "to": 0.5, "points": 100}``, ``direction="both"``, ...

        Returns
        -------
        Results
            Of kind ``"sweep"``; ``attributes["objective"]`` is the objective's name.
        """
        sections = {"sweep": sweep, "solver": _solver(solver), "geometry": geometry or {}}
        return self._follow("sweep", lib.spn_study_sweep, starts, sections, output, threads, force, resume, progress)

    def branches(self, starts: Any, *, output: Optional[Path] = None, solver: Union[None, str, Dict[str, Any]] = None,
                 geometry: Optional[Dict[str, Any]] = None, threads: int = 1, force: bool = False, resume: bool = False,
                 progress: Progress = None, **branches: Any) -> Results:
        """Follow all branches of stationary points: keys of section ``branches``. See :meth:`sweep`."""
        branches = {"starts": len(np.atleast_2d(np.asarray(starts))), **branches}
        sections = {"branches": branches, "solver": _solver(solver), "geometry": geometry or {}}
        return self._follow("branches", lib.spn_study_branches, starts, sections, output, threads, force, resume, progress)

    def spectrum(self, theta: Any, *, beta: float = 0.0, output: Optional[Path] = None, threads: int = 1,
                 force: bool = False, progress: Progress = None, **geometry: Any) -> Results:
        """The spectra at one point: of E's Hessian, of its Gauss-Newton part where the objective has one, of L's where it
        is not that of E moved by 2 beta. See :meth:`spinodal.Experiment.spectrum`.

        Parameters
        ----------
        theta : array of P numbers
        beta : float
        output, threads, force, progress
            As in :meth:`sweep`.
        **geometry
            Keys of section ``geometry``: ``smallest``, ``largest``, ``starts``, ``steps``, ...

        Returns
        -------
        Results
            Of kind ``"spectrum"``: tables ``points``, ``spectra``, ``eigenvalues``, ``density``.
        """
        return self._follow("spectrum", lib.spn_study_spectrum, self.weights(theta), {"geometry": geometry}, output,
                            threads, force, False, progress, beta=beta)


class Settings:
    """A settings struct of the library from keyword arguments, checked as an experiment is."""

    def __init__(self, context: Context, table: Any, struct: str, given: Dict[str, Any]) -> None:
        from .experiment import _fill, _flatten
        self._arena, self._c = arena(context), ffi.new("spn_settings *")
        context.check(lib.spn_settings_create(context.pointer, self._arena.c, ffi.addressof(table), self._c))
        section = text(table.section)
        for key, value in _flatten(given, section):
            kept: List[Any] = []
            c = ffi.new("spn_value *")
            _fill(c, value, kept)
            context.check(lib.spn_settings_assign(context.pointer, self._arena.c, self._c,
                                                  key[len(section) + 1:].encode(), c))
        self.c = ffi.cast(f"{struct} *", self._c.values)


class _Borrowed:
    """Settings that somebody else owns."""

    def __init__(self, c: Any) -> None:
        self.c = c


class NetworkObjective(BaseObjective):
    """The loss of an experiment's network; what is measured here is what the program measures."""

    name = "network"

    def __init__(self, experiment: Experiment, study: Handle) -> None:
        self._experiment = experiment
        self._owner: Handle = study
        self._c: Any = ffi.addressof(study.c, "loss")
        self.dimension = study.c.loss.dimension

    def _geometry_settings(self, context: Context, given: Dict[str, Any]) -> Any:
        """Those of the experiment where none are given."""
        if given:
            return super()._geometry_settings(context, given)
        return _Borrowed(lib.spn_experiment_geometry(self._experiment._c))

    def weights(self, theta: Any) -> np.ndarray:
        """Parameters: an array of P numbers, a weights file, a dictionary by names, or None: the initial weights."""
        return self._experiment._weights(self._owner.context, self._owner.c, theta)


# ---- Functions of the caller -----------------------------------------------------------------------------------

class Objective(BaseObjective):
    """An objective given by functions of NumPy arrays.

    Parameters
    ----------
    value : callable
        theta, shape (P,), to the number E(theta).
    gradient : callable
        theta to dE/dtheta, shape (P,).
    hvp : callable, optional
        (theta, v) to the product of E's Hessian with v, shape (P,); with ``batched=True`` v and the result have shape
        (k, P).
    hessian : callable, optional
        theta to E's Hessian, shape (P, P). Without `hvp` and `hessian` there are the methods of first order only.
    gauss_newton : callable, optional
        Like `hvp` with the Gauss-Newton part of the Hessian (T8), beside `hvp` or `hessian`; the rest is their difference.
        Needed for nothing but its own spectrum, for ``residual_share`` and, with `fisher_scale`, for ``fisher_trace``.
    dimension : int
        P.
    regularise : True, False or array of P numbers >= 0
        n = sum c_i theta_i^2: all c_i = 1, or those numbers. False: L = E, and beta does nothing.
    value_and_gradient : callable, optional
        theta to both, in place of `value` and `gradient`, where they share work.
    batched : bool
        See `hvp`.
    scales : pair of float
        Sizes that theta and E have in this problem: what "small" means where they are next to nothing.
    name : str
        Stands in results.
    samples : int
        N, where E is a mean over samples; stands in results.
    fisher_scale : float
        The Fisher information is this times the Gauss-Newton part: 1 for a mean of negative log-likelihoods (cross
        entropy), 1/2 for a mean of squares of residuals of deviation 1 (T8). 0: E is no likelihood.

    Notes
    -----
    Functions are called with a copy of theta from threads of the library, those of one objective one at a time, whatever
    runs in however many threads use it; the rest of the work does not hold the interpreter's lock. What they raise comes
    out of the call that led to them.

    Examples
    --------
    >>> import numpy, spinodal
    >>> well = spinodal.Objective(lambda t: t[0]**4 / 4 - t[0]**2 / 2, lambda t: t**3 - t,
    ...                           hessian=lambda t: numpy.array([[3 * t[0]**2 - 1]]), dimension=1)
    >>> bool(well.check([0.3]))
    True
    """

    def __init__(self, value: Optional[Function] = None, gradient: Optional[Function] = None, *,
                 hvp: Optional[Products] = None, hessian: Optional[Function] = None,
                 gauss_newton: Optional[Products] = None, dimension: int, regularise: Union[bool, Sequence[float], np.ndarray] = True,
                 value_and_gradient: Optional[Function] = None, batched: bool = False,
                 scales: Tuple[float, float] = (1.0, 1.0), name: str = "own objective", samples: int = 1,
                 fisher_scale: float = 0.0) -> None:
        if value_and_gradient is None and (value is None or gradient is None):
            raise ArgumentError("an objective needs value and gradient, or value_and_gradient")
        if value_and_gradient is not None and (value is not None or gradient is not None):
            raise ArgumentError("give value and gradient, or value_and_gradient, not both")
        if dimension < 1:
            raise ArgumentError(f"dimension = {dimension}: must be at least 1")
        if gauss_newton is not None and hvp is None and hessian is None:
            raise ArgumentError("gauss_newton is a part of the Hessian: it needs hvp or hessian beside it")
        if not 0 <= fisher_scale < np.inf:
            raise ArgumentError(f"fisher_scale = {fisher_scale}: must be a number >= 0")
        self._functions = (value, gradient, value_and_gradient, hvp, hessian)
        self._gauss_newton = gauss_newton
        self._batched = batched
        self._scales = scales
        #: Held while a function of the caller runs: one at a time, whatever thread or run it is called from.
        self._turn = threading.RLock()
        #: What functions raised, by the cancel flag of the call in which they did.
        self._raised: Dict[int, BaseException] = {}
        self.dimension = int(dimension)
        self.name = name
        self._self = ffi.new_handle(self)
        self._make(regularise, samples, fisher_scale)

    def _make(self, regularise: Any, samples: int, fisher_scale: float) -> None:
        _, _, _, hvp, hessian = self._functions
        self._operations = ffi.new("spn_objective_operations *")
        self._operations.size = ffi.sizeof("spn_objective_operations")
        self._operations.set = lib.spinodal_set
        self._operations.scales = lib.spinodal_scales
        if hvp is not None or self._gauss_newton is not None:
            self._operations.hvp = lib.spinodal_hvp
        if hessian is not None:
            self._operations.hessian = lib.spinodal_hessian
        self._inner = ffi.new("spn_objective *", {"operations": self._operations, "problem": self._self,
                                                  "dimension": self.dimension, "samples": samples,
                                                  "fisher_scale": fisher_scale})
        self._c = self._inner
        if regularise is not False:
            self._problem = ffi.new("spn_regularised *", {"error": self._inner})
            if regularise is not True:
                self._spared = vector(regularise, self.dimension, "regularise")
                if not (np.isfinite(self._spared).all() and (self._spared >= 0).all()):
                    raise ArgumentError("regularise: expected numbers >= 0")
                self._problem.regulariser.weights = pointer(self._spared)
            self._c = ffi.new("spn_objective *", lib.spn_regularise(self._problem))

    def _need_curvature(self, what: str) -> None:
        if self._functions[3] is None and self._functions[4] is None:
            raise UnsupportedError(f"{what}: needs second derivatives: give Objective(..., hvp=...) or hessian=...; without "
                                   "them there are check() and minimize(..., method=\"lbfgs\") and the other methods of "
                                   "first order")

    # ---- What the library calls ------------------------------------------------------------------

    def _evaluate(self, theta: np.ndarray) -> Tuple[float, np.ndarray]:
        value, gradient, both, _, _ = self._functions
        if both is not None:
            answer = both(theta)
            if not isinstance(answer, tuple) or len(answer) != 2:
                raise TypeError("value_and_gradient: expected a pair of a number and an array")
            return self._number(answer[0]), self._array(answer[1], (self.dimension,), "gradient")
        assert value is not None and gradient is not None
        return self._number(value(theta)), self._array(gradient(theta), (self.dimension,), "gradient")

    def _products(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        hvp = self._functions[3]
        return v @ self._dense(theta) if hvp is None else self._each(hvp, "hvp", theta, v)

    def _each(self, function: Products, what: str, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Products with the rows of v."""
        if self._batched:
            return self._array(function(theta, v), v.shape, what)
        return np.stack([self._array(function(theta, row), row.shape, what) for row in v])

    def _dense(self, theta: np.ndarray) -> np.ndarray:
        function = self._functions[4]
        assert function is not None
        return self._array(function(theta), (self.dimension, self.dimension), "hessian")

    def _part_products(self, part: int, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Products of a part of the Hessian with the rows of v."""
        if part == lib.SPN_PART_FULL:
            return self._products(theta, v)
        if self._gauss_newton is None:
            raise NoParts
        model = self._each(self._gauss_newton, "gauss_newton", theta.copy(), v.copy())
        return model if part == lib.SPN_PART_GAUSS_NEWTON else self._products(theta, v) - model

    @staticmethod
    def _number(value: Any) -> float:
        if np.ndim(value) != 0 and np.size(value) != 1:
            raise ValueError(f"value: expected a number, got an array of shape {np.shape(value)}")
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"value: expected a real number, got {type(value).__name__} of {array.dtype}")
        return float(array.reshape(()))

    @staticmethod
    def _array(value: Any, shape: Tuple[int, ...], what: str) -> np.ndarray:
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{what}: expected real numbers, got an array of {array.dtype}")
        if array.shape != shape:
            raise ValueError(f"{what}: expected shape {shape}, got {array.shape}")
        return array

    def _keep(self, context: Any, problem: BaseException) -> int:
        """Keep what a function raised, and make the library stop."""
        self._raised.setdefault(_call_of(context), problem)
        said = f"{self.name}: {type(problem).__name__}: {problem}".encode("utf-8", "replace")
        return int(lib.spn_fail(context, lib.SPN_ERROR_ARGUMENT, b"%s", ffi.new("char[]", said)))

    def _reraise(self, context: Any) -> None:
        raised = self._raised.pop(_call_of(context), None)
        if raised is not None:
            raise raised

    def _finish(self, context: Context, status: int, output: Optional[str] = None) -> None:
        self._reraise(context.pointer)
        context.check(status, output)

    def _begin(self, context: Context, theta: np.ndarray, beta: float) -> None:
        """The same numbers twice: everything here rests on that."""
        with self._turn:
            self._compare(theta)

    def _compare(self, theta: np.ndarray) -> None:
        first, second = self._evaluate(theta.copy()), self._evaluate(theta.copy())
        same = np.array_equal(first[0], second[0], equal_nan=True) and \
            np.array_equal(first[1], second[1], equal_nan=True)
        for function, what in ((self._functions[3], "hvp"), (self._gauss_newton, "gauss_newton")):
            same = same and (function is None or self._is_twice(function, what, theta))
        if same and self._functions[4] is not None:
            same = np.array_equal(self._dense(theta.copy()), self._dense(theta.copy()), equal_nan=True)
        if not same:
            raise InputError(f"{self.name}: gives other numbers at a second call with the same parameters; an "
                             "objective must be deterministic: no random batches or dropout")

    def _is_twice(self, function: Products, what: str, theta: np.ndarray) -> bool:
        """Does it give the same product twice?"""
        v = np.ones((1, self.dimension))
        try:
            first, second = (self._each(function, what, theta.copy(), v.copy()) for _ in range(2))
        except NoParts:
            return True
        return np.array_equal(first, second, equal_nan=True)


class NoParts(Exception):
    """The Hessian of this objective has no Gauss-Newton part."""


def _call_of(context: Any) -> int:
    """Tells calls apart: all contexts of one, in whatever threads, have its cancel flag."""
    return int(ffi.cast("uintptr_t", lib.spn_context_cancel(context)))


def _theta(objective: Objective, point: Any) -> np.ndarray:
    return doubles(point.theta, objective.dimension).copy()


def _owner(point: Any) -> Objective:
    return ffi.from_handle(point.objective.problem)


@ffi.def_extern(error=1)
def spinodal_set(context: Any, point: Any, subset: Any, wanted: int) -> int:
    """Value and gradient at a point."""
    objective = _owner(point)
    try:
        if subset != ffi.NULL:
            raise UnsupportedError("solver.method: sgd takes some samples at a time, and the functions of an own "
                                   "objective know no samples", "solver.method")
        if wanted & (lib.SPN_WANT_VALUE | lib.SPN_WANT_GRADIENT):
            with objective._turn:
                point.value, gradient = objective._evaluate(_theta(objective, point))
            doubles(point.gradient, objective.dimension)[:] = gradient
    except BaseException as problem:  # pylint: disable=broad-except
        return objective._keep(context, problem)
    return int(lib.SPN_OK)


def _refuse_parts(context: Any) -> int:
    return int(lib.spn_fail(context, lib.SPN_ERROR_UNSUPPORTED, b"%s",
                            ffi.new("char[]", b"this objective has no Gauss-Newton part")))


@ffi.def_extern(error=1)
def spinodal_hvp(context: Any, point: Any, part: int, k: int, v: Any, hv: Any) -> int:
    """Products with the Hessian at a point."""
    objective = _owner(point)
    try:
        vectors = doubles(v, k, objective.dimension).copy()
        with objective._turn:
            products = objective._part_products(part, _theta(objective, point), vectors)
        doubles(hv, k, objective.dimension)[:] = products
    except NoParts:
        return _refuse_parts(context)
    except BaseException as problem:  # pylint: disable=broad-except
        return objective._keep(context, problem)
    return int(lib.SPN_OK)


@ffi.def_extern(error=1)
def spinodal_hessian(context: Any, point: Any, part: int, h: Any) -> int:
    """The Hessian at a point: the lower triangle, by columns."""
    objective = _owner(point)
    try:
        size, theta = objective.dimension, _theta(objective, point)
        with objective._turn:
            dense = objective._dense(theta) if part == lib.SPN_PART_FULL else \
                objective._part_products(part, theta, np.eye(size))
        rows, columns = np.triu_indices(size)
        doubles(h, size, size)[rows, columns] = dense[columns, rows]
    except NoParts:
        return _refuse_parts(context)
    except BaseException as problem:  # pylint: disable=broad-except
        return objective._keep(context, problem)
    return int(lib.SPN_OK)


@ffi.def_extern()
def spinodal_scales(objective: Any, weight: Any, value: Any) -> None:
    """Natural sizes."""
    weight[0], value[0] = ffi.from_handle(objective.problem)._scales
