/* SPDX-License-Identifier: MIT */
/* Times of gradient flow: from the trivial phase (T16, T22), along a growing direction, past a fold's ghost. */
#include <spinodal/theory.h>

#include <float.h>
#include <math.h>

double spn_theory_escape_time(int64_t depth, double sigma, double beta, double scale)
{
    if (depth < 2) {
        return (double)NAN;
    }
    if (depth == 2) {
        double rate = sigma - beta;
        if (rate <= 0) {
            return (double)INFINITY;
        }
        double ratio = rate / (scale * scale) - 1;
        return ratio <= 1 ? 0 : log(ratio) / (4 * rate);
    }
    double power = (double)(depth - 2), drive = sigma * pow(scale, power);
    if (drive <= beta) {
        return (double)INFINITY;
    }
    return beta == 0 ? 1 / (2 * power * drive) : -log1p(-beta / drive) / (2 * power * beta);
}

/* A number in two parts: near a stationary scale the pull is a small difference of large terms. */
typedef struct pair {
    double high, low;
} pair;

static pair sum_of(double a, double b)
{
    double sum = a + b, part = sum - a;
    return (pair){sum, (a - (sum - part)) + (b - part)};
}

static pair times(pair a, double b)
{
    double product = a.high * b;
    return sum_of(product, fma(a.high, b, -product) + a.low * b);
}

static pair power_of(double x, int64_t exponent)
{
    pair out = {1, 0};
    for (int64_t k = 0; k < exponent; k++) {
        out = times(out, x);
    }
    return out;
}

/* One mode in x = ln u: dx/dt = 2 f, f = sigma u^p - u^(2 D - 2) - beta with p = D - 2. Seen from one of the ends, at
 * a distance y, f is its value there and what it gains on the way, each without cancellation. */
typedef struct passage {
    double p, q;        /* D - 2, 2 D - 2 */
    double pull, noise; /* f at the end, and its rounding */
    double drive, stop; /* sigma u^p and u^(2 D - 2) there */
    double sign;        /* of the way: 1 from the start upwards, -1 from the target downwards */
} passage;

static passage passage_from(int64_t depth, double sigma, double beta, double u, double sign)
{
    pair drive = times(power_of(u, depth - 2), sigma), stop = power_of(u, 2 * depth - 2);
    pair high = sum_of(drive.high, -beta), all = sum_of(high.high, -stop.high);
    return (passage){
        .p = (double)(depth - 2),
        .q = (double)(2 * depth - 2),
        .pull = all.high + (all.low + high.low + drive.low - stop.low),
        .noise = 4 * DBL_EPSILON * DBL_EPSILON * (double)depth * drive.high,
        .drive = drive.high,
        .stop = stop.high,
        .sign = sign,
    };
}

/* dt/dx at the distance y. */
static double slowness(const passage *way, double y)
{
    double x = way->sign * y;
    double gain = way->drive * expm1(way->p * x) - way->stop * expm1(way->q * x);
    return 0.5 / (way->pull + gain);
}

enum { KRONROD = 8 };
static const double nodes[KRONROD] = {
    0,
    0.207784955007898467600689403773245,
    0.405845151377397166906606412076961,
    0.586087235467691130294144838258730,
    0.741531185599394439863864773280788,
    0.864864423359769072789712788640926,
    0.949107912342758524526189684047851,
    0.991455371120812639206854697526329,
};
static const double kronrod[KRONROD] = {
    0.209482141084727828012999174891714, 0.204432940075298892414161999234649,
    0.190350578064785409913256402421014, 0.169004726639267902826583426598550,
    0.140653259715525918745189590510238, 0.104790010322250183839876322541518,
    0.063092092629978553290700663189204, 0.022935322010529224963732008058970,
};
static const double gauss[KRONROD] = {
    0.417959183673469387755102040816327, 0, 0.381830050505118944950369775488975, 0,
    0.279705391489276667901467771423780, 0, 0.129484966168869693270611432679082, 0,
};

/* The integral over [from, from + length] by 15 points of Kronrod; *rough: by the 7 of Gauss among them. */
static double panel(const passage *way, double from, double length, double *rough)
{
    double fine = 0, half = 0.5 * length, middle = from + half;
    *rough = 0;
    for (int k = 0; k < KRONROD; k++) {
        double value = slowness(way, middle + half * nodes[k]);
        value += k > 0 ? slowness(way, middle - half * nodes[k]) : 0;
        fine += kronrod[k] * value;
        *rough += gauss[k] * value;
    }
    *rough *= half;
    return half * fine;
}

/* The time over the first `length` of the way. Panels start small where the pull is small, at the end, and grow. An
 * error of 1e-9 with the 7 points (degree 13) is one of about 1e-15 with all 15 (degree 23): both fall as a
 * power of the distance to the nearest pole. */
static double time_along(const passage *way, double length)
{
    const double tolerance = 1e-9;
    double time = 0, from = 0, step = length;
    while (from < length) {
        double rough = 0;
        step = fmin(step, length - from);
        double fine = panel(way, from, step, &rough);
        if (fabs(fine - rough) > tolerance * fine && from + 0.5 * step > from) {
            step *= 0.5;
            continue;
        }
        time += fine;
        if (step >= length - from) {
            break;
        }
        from += step;
        step *= 2;
    }
    return time;
}

/* Depth 1 is linear: ds/dt = 2 (sigma - (1 + beta) s). */
static double passage_linear(double sigma, double beta, double scale, double strength)
{
    double left = fma(-strength, 1 + beta, sigma);
    if (left <= 0) {
        return (double)INFINITY;
    }
    return log1p((strength - scale) * (1 + beta) / left) / (2 * (1 + beta));
}

double spn_theory_passage_time(int64_t depth, double sigma, double beta, double scale,
                               double strength)
{
    bool is_valid = depth >= 1 && sigma >= 0 && beta >= 0 && scale >= 0 && strength > 0 &&
                    isfinite(sigma) && isfinite(beta) && isfinite(scale) && isfinite(strength);
    if (!is_valid) {
        return (double)NAN;
    }
    double target = pow(strength, 1 / (double)depth);
    if (scale >= target) {
        return 0;
    }
    if (depth == 1) {
        return passage_linear(sigma, beta, scale, strength);
    }
    if (scale == 0) {
        return (double)INFINITY;
    }
    /* The target is rounded; what is missing of it, relative. */
    pair reached = power_of(target, depth);
    double rest = ((strength - reached.high) - reached.low) / (strength * (double)depth);
    passage up = passage_from(depth, sigma, beta, scale, 1);
    passage down = passage_from(depth, sigma, beta, target, -1);
    down.pull += rest * (down.p * down.drive - down.q * down.stop);
    /* f rises to one maximum and falls: positive at both ends, it is so between them. */
    if (!(up.pull > up.noise && down.pull > down.noise)) {
        return (double)INFINITY;
    }
    double length =
        (target < 2 * scale ? log1p((target - scale) / scale) : log(target) - log(scale)) + rest;
    double peak = log(sigma * up.p / up.q) / (double)depth - log(scale);
    double first = fmin(fmax(peak, 0), length);
    return time_along(&up, first) + time_along(&down, length - first);
}

double spn_theory_escape_after(int64_t depth, double beta, double tau)
{
    double rate = 2 * (double)(depth - 2) * beta;
    if (depth < 3) {
        return (double)NAN;
    }
    if (rate * tau >= 1) {
        return (double)INFINITY;
    }
    return beta == 0 ? tau : -log1p(-rate * tau) / rate;
}

double spn_theory_growth_time(double rate, double power, double p, double amplitude)
{
    if (!(p > 0 && amplitude >= 0) || isnan(rate) || isnan(power)) {
        return (double)NAN;
    }
    double push = power * pow(amplitude, p), ratio = rate / push;
    if (power <= 0 || (rate <= 0 && push <= -rate)) {
        return (double)INFINITY;
    }
    if (rate == 0) {
        return 1 / (p * push);
    }
    if (isfinite(ratio)) {
        return log1p(ratio) / (p * rate);
    }
    return (log(rate / power) - p * log(amplitude)) / (p * rate);
}

double spn_theory_ghost_time(double distance, double bend)
{
    const double pi = 3.14159265358979323846;
    return distance > 0 && bend > 0 ? pi / sqrt(distance * bend) : (double)INFINITY;
}
