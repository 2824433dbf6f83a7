# SPDX-License-Identifier: MIT
"""Exact first and second derivatives of a multilayer perceptron by forward Taylor propagation.

Every intermediate quantity carries its value, its P first and its P x P second derivatives with respect
to theta; each layer applies the sum and chain rules to all three. Nothing is propagated backwards, so
the algorithm shares no step with the library's. `number` is numpy.longdouble (64-bit mantissa, unit
roundoff 5.4e-20) or mpmath's mpf (any precision): the same code runs in both, which is how the error of
the first is known.
"""
import mpmath as mp
import numpy as np

ACTIVATIONS = ["tanh", "relu", "sigmoid", "softplus", "gelu", "linear"]
ERRORS = ["mse", "mse_mean", "cross_entropy"]


def to_mpf(x):
    """A longdouble as an mpf, without rounding (two doubles hold its 64-bit mantissa)."""
    if isinstance(x, mp.mpf):
        return x
    high = float(x)
    return mp.mpf(high) + mp.mpf(float(x - np.longdouble(high)))


def from_mpf(x):
    """An mpf as the nearest longdouble (up to one unit in the last place)."""
    high = float(x)
    return np.longdouble(high) + np.longdouble(float(x - mp.mpf(high)))


def normal_distribution(a):
    """Phi(a): through mpmath, which has erfc to full precision; longdouble libm lacks a NumPy name."""
    if isinstance(a, mp.mpf):
        return mp.ncdf(a)
    with mp.workdps(30):
        return from_mpf(mp.ncdf(to_mpf(a)))


def activation(kind, a):
    """phi, phi', phi'' at the scalar a."""
    is_mp = isinstance(a, mp.mpf)
    one, zero = a * 0 + 1, a * 0
    exp, log1p, tanh = (mp.exp, mp.log1p, mp.tanh) if is_mp else (np.exp, np.log1p, np.tanh)
    if kind == "tanh":
        t = tanh(a)
        d = one / (mp.cosh(a) if is_mp else np.cosh(a)) ** 2
        return t, d, -2 * t * d
    if kind == "relu":
        return (a, one, zero) if a > 0 else (zero, zero, zero)
    if kind in ("sigmoid", "softplus"):
        e = exp(-abs(a))
        up, down = one / (1 + e), e / (1 + e)  # the larger and the smaller of s(a), s(-a)
        s, c = (up, down) if a > 0 else (down, up)
        if kind == "sigmoid":
            return s, s * c, s * c * (c - s)
        return (a if a > 0 else zero) + log1p(e), s, s * c
    if kind == "gelu":
        root = mp.sqrt(2 * mp.pi) if is_mp else np.sqrt(2 * from_mpf(+mp.pi))
        cdf, pdf = normal_distribution(a), exp(-a * a / 2) / root
        return a * cdf, cdf + a * pdf, pdf * (2 - a * a)
    return a, one, zero


def parameter_count(widths, bias):
    return sum(o * (i + (1 if bias else 0)) for i, o in zip(widths, widths[1:]))


def outputs(widths, kind, bias, theta, x, number):
    """f (K), df (K x P), d2f (K x P x P) of one sample."""
    count = len(theta)
    zero = number(0)
    h = np.array([number(v) for v in x], dtype=object if number is mp.mpf else number)
    dh = np.full((len(h), count), zero, dtype=h.dtype)
    ddh = np.full((len(h), count, count), zero, dtype=h.dtype)
    place = 0
    for layer, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
        w = theta[place:place + fan_in * fan_out].reshape(fan_out, fan_in)
        a, da, dda = w.dot(h), w.dot(dh), np.tensordot(w, ddh, axes=(1, 0))
        for o in range(fan_out):
            for i in range(fan_in):
                p = place + o * fan_in + i
                da[o, p] += h[i]
                dda[o, p, :] += dh[i]
                dda[o, :, p] += dh[i]
        place += fan_in * fan_out
        if bias:
            a = a + theta[place:place + fan_out]
            for o in range(fan_out):
                da[o, place + o] += 1
            place += fan_out
        if layer == len(widths) - 2:
            return a, da, dda
        for o in range(fan_out):
            value, first, second = activation(kind, a[o])
            a[o] = value
            dda[o] = first * dda[o] + second * np.multiply.outer(da[o], da[o])
            da[o] = first * da[o]
        h, dh, ddh = a, da, dda
    raise ValueError("no layers")


def sample_error(error, f, y):
    """l(f, y), its gradient and its Hessian with respect to f."""
    k = len(f)
    if error == "cross_entropy":
        is_mp = isinstance(f[0], mp.mpf)
        exp, log = (mp.exp, mp.log) if is_mp else (np.exp, np.log)
        if k == 1:  # one logit: log(1 + exp f) - y f
            p = np.array([1 / (1 + exp(-f[0]))], dtype=f.dtype)
            return log(1 + exp(f[0])) - y[0] * f[0], p - y, np.array([[p[0] * (1 - p[0])]], dtype=f.dtype)
        top = max(f)
        e = [exp(v - top) for v in f]
        total = sum(e)
        p = np.array([v / total for v in e], dtype=f.dtype)
        value = sum(y) * (top + log(total)) - y.dot(f)
        hessian = -np.multiply.outer(p, p)
        for i in range(k):
            hessian[i, i] += p[i]
        return value, sum(y) * p - y, sum(y) * hessian
    scale = f[0] * 0 + 1
    if error == "mse_mean":
        scale = scale / k
    r = f - y
    return scale * r.dot(r), 2 * scale * r, 2 * scale * np.eye(k, dtype=int).astype(f.dtype)


def derivatives(widths, kind, bias, error, theta, x, y, number=np.longdouble):
    """Of E at theta (x: N x I, y: N x K, doubles): dictionary of value, gradient, gauss_newton,
    residual (so hessian = gauss_newton + residual), and trace_jacobian = (1/N) sum tr J^T J."""
    dtype = object if number is mp.mpf else number
    theta = np.array([number(t) for t in theta], dtype=dtype)
    count, samples = len(theta), len(x)
    assert count == parameter_count(widths, bias)
    value = number(0)
    jacobian_trace = number(0)
    gradient = np.full(count, number(0), dtype=dtype)
    gauss_newton = np.full((count, count), number(0), dtype=dtype)
    residual = np.full((count, count), number(0), dtype=dtype)
    for n in range(samples):
        f, df, ddf = outputs(widths, kind, bias, theta, x[n], number)
        target = np.array([number(v) for v in y[n]], dtype=dtype)
        v, slope, bend = sample_error(error, f, target)
        value += v
        gradient += slope.dot(df)
        gauss_newton += df.T.dot(bend.dot(df))
        residual += np.tensordot(slope, ddf, axes=(0, 0))
        jacobian_trace += (df * df).sum()
    return {"value": value / samples, "gradient": gradient / samples,
            "gauss_newton": gauss_newton / samples, "residual": residual / samples,
            "trace_jacobian": jacobian_trace / samples}


class Writer:
    """Writes a fixture: `name rows columns`, then the numbers row by row with 17 significant digits."""

    def __init__(self, path, comment):
        self.lines = ["# SPDX-License-Identifier: MIT"] + ["# " + c for c in comment]
        self.path = path

    def add(self, name, values):
        values = np.atleast_2d(np.asarray(values, dtype=object))
        self.lines.append("%s %d %d" % (name, values.shape[0], values.shape[1]))
        for row in values:
            self.lines.append(" ".join("%.17g" % float(v) for v in row))

    def lower(self, name, matrix):
        """The lower triangle by rows, as one row."""
        n = len(matrix)
        self.add(name, [matrix[i][j] for i in range(n) for j in range(i + 1)])

    def close(self):
        with open(self.path, "w") as file:
            file.write("\n".join(self.lines) + "\n")
