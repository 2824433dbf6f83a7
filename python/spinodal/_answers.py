# SPDX-License-Identifier: MIT
"""What methods on an objective answer: checks of derivatives, geometry, curvature, minima, eigenpairs, densities."""
from __future__ import annotations

from typing import Any, Dict, Optional

import numpy as np

from ._library import doubles, ffi, fields, lib, text

class Check:
    """Derivatives against differences, as ``spinodal check`` reports them.

    Attributes
    ----------
    passed : bool
        Also ``bool(check)``.
    verdict : str
        ``"passed"``, ``"failed"``, ``"cannot tell"``.
    reason : str
        One sentence; empty when passed.
    gradient_error, hessian_error, parameter_error, column_error : float
        Relative; NaN where that was not compared.
    gradient_slope, hessian_slope : float
        Of Taylor remainders: 2 and 3 where L is smooth.
    gradient_resolution, hessian_resolution, parameter_resolution : float
        How exact the differences are, relative.
    """

    passed: bool
    verdict: str
    reason: str
    gradient_error: float
    hessian_error: float
    parameter_error: float
    column_error: float
    gradient_slope: float
    hessian_slope: float
    gradient_resolution: float
    hessian_resolution: float
    parameter_resolution: float

    def __init__(self, c: Any) -> None:
        for name, _ in ffi.typeof(c[0]).fields:
            if name not in ("verdict", "reason", "is_passed"):
                setattr(self, name, getattr(c, name))
        self.passed = bool(c.is_passed)
        self.verdict = text(lib.spn_check_verdict_text(c.verdict))
        self.reason = text(c.reason)

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return (f"<spinodal check: {self.verdict}{': ' if self.reason else ''}{self.reason}; gradient to "
                f"{self.gradient_error:.2g}, Hessian to {self.hessian_error:.2g}>")


class Geometry:
    """Both surfaces at one point.

    Attributes
    ----------
    error, loss : dict
        Of the graphs of E and of L: ``value``, ``gradient_norm``, ``trace``, ``frobenius_squared``,
        ``scalar_curvature`` (T3), ``mean_curvature`` (T4), ``gauss_kronecker_sign`` and ``_log`` (T5),
        ``eigenvalue_min``, ``eigenvalue_max``, ``negative_eigenvalues``, ``principal_curvature_min``, ``_max`` (T6),
        ``fisher_trace`` (T8), ``susceptibility`` (T10), ``stationary``, ... NaN: does not exist here.
    eigenvalues : numpy.ndarray, shape (P,), or None
        Of the Hessian of E, ascending; None where the way was not dense (``error["method"]``).
    """

    def __init__(self, error: Dict[str, Any], loss: Dict[str, Any], eigenvalues: Optional[np.ndarray]) -> None:
        self.error = error
        self.loss = loss
        self.eigenvalues = eigenvalues

    def __repr__(self) -> str:
        return "\n".join(["<spinodal geometry>"] + [f"{name:28s} {self.error[name]!s:>24} {self.loss[name]!s:>24}"
                                                    for name in self.error])


class Curvature:
    """R and the traces it is made of, at one point, for any number of parameters.

    Attributes
    ----------
    error, loss : dict
        ``method`` (``"dense"``, ``"moments"``, ``"stochastic"``), ``products``, ``gradient_norm``,
        ``gradient_curvature``, ``rounding``; and ``trace``, ``trace_square``, ``scalar_curvature``,
        ``mean_curvature``: dictionaries of ``value``, ``error`` (standard error, 0 when exact), ``low``, ``high``.
    """

    def __init__(self, error: Any, loss: Any) -> None:
        self.error = curvature(error)
        self.loss = curvature(loss)

    def __repr__(self) -> str:
        said = [f"R of {name} = {c['scalar_curvature']['value']:.10g} +- {c['scalar_curvature']['error']:.2g} "
                f"({c['method']})" for name, c in (("E", self.error), ("L", self.loss))]
        return f"<spinodal curvature: {', '.join(said)}>"


def surface(c: Any) -> Dict[str, Any]:
    """One surface, and how certain its numbers are."""
    return {**fields("surface", lib.spn_geometry_columns, c), **fields("certainty", lib.spn_geometry_certainty_columns, c)}


def curvature(c: Any) -> Dict[str, Any]:
    out: Dict[str, Any] = {"method": text(lib.spn_spectrum_method_text(c.method)), "products": c.products}
    for name in ("trace", "trace_square", "scalar_curvature", "mean_curvature"):
        part = getattr(c, name)
        out[name] = {"value": part.value, "error": part.error, "low": part.low, "high": part.high}
    for name in ("gradient_norm", "gradient_curvature", "rounding"):
        out[name] = getattr(c, name)
    return out


class Minimum:
    """Where a minimisation ended.

    Attributes
    ----------
    theta : numpy.ndarray, shape (P,)
        The last finite state.
    stop : str
        ``"converged"``, ``"max_iterations"``, ``"stalled"``, ``"diverged"``.
    value, gradient_norm : float
        L and |grad L| there.
    iterations, evaluations, hessians, products, escapes : int
        What it took.
    distance, decrement, smallest_eigenvalue : float
        How exact it is, and its lowest curvature; NaN for methods of first order.
    negative_eigenvalues : int
        -1: not computed.
    """

    theta: np.ndarray
    stop: str
    value: float
    gradient_norm: float
    iterations: int
    evaluations: int
    hessians: int
    products: int
    escapes: int
    distance: float
    decrement: float
    smallest_eigenvalue: float
    negative_eigenvalues: int

    def __init__(self, theta: np.ndarray, c: Any) -> None:
        self.theta = theta
        for name in type(self).__annotations__:
            if name not in ("theta", "stop"):
                setattr(self, name, getattr(c, name))
        self.stop = text(lib.spn_stop_text(c.stop))

    @property
    def converged(self) -> bool:
        """Whether it ended at its tolerance."""
        return self.stop == "converged"

    def __repr__(self) -> str:
        return (f"<spinodal minimum: {self.stop}, L = {self.value:.10g}, |grad L| = {self.gradient_norm:.2g}, "
                f"{self.iterations} iterations>")


class Extremes:
    """Eigenpairs at the ends of a spectrum.

    Attributes
    ----------
    values : numpy.ndarray
        The smallest ascending, then the largest ascending.
    vectors : numpy.ndarray, shape (count, P)
        Orthonormal rows.
    residuals : numpy.ndarray
        |H v - lambda v|: an eigenvalue lies within that distance.
    converged : bool
        All residuals are within the tolerance.
    method : str
    """

    def __init__(self, c: Any, dimension: int) -> None:
        self.values = doubles(c.values, c.count).copy()
        self.residuals = doubles(c.residuals, c.count).copy()
        self.vectors = doubles(c.vectors, c.count, dimension).copy()
        self.converged = bool(c.is_converged)
        self.method = text(lib.spn_spectrum_method_text(c.method))


class Density:
    """How all eigenvalues lie: points with weights of sum 1.

    Attributes
    ----------
    points, weights : numpy.ndarray, shape (starts, count)
        Of one start the weights add up to 1 / starts; dense: all eigenvalues.
    method : str
    """

    def __init__(self, c: Any) -> None:
        self.points = doubles(c.points, c.starts, c.count).copy()
        self.weights = doubles(c.weights, c.starts, c.count).copy()
        self.method = text(lib.spn_spectrum_method_text(c.method))

    def at(self, x: Any, width: float) -> np.ndarray:
        """The density at `x`, every point a normal distribution of standard deviation `width`: its integral is 1."""
        x = np.asarray(x, dtype=np.float64)[..., None]
        bells = np.exp(-0.5 * ((x - self.points.ravel()) / width) ** 2) / (width * np.sqrt(2 * np.pi))
        return bells @ self.weights.ravel()
