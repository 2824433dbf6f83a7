/* SPDX-License-Identifier: MIT */
/* Estimates of tr A and tr A^2 from the same products with random vectors.
 *   Hutchinson: z^T A z and |A z|^2, z of random signs.
 *   Hutch++:    with Q an orthonormal basis of the range of A S, P = 1 - Q Q^T and x = P z,
 *               tr Q^T A Q + x^T A x and |A Q|^2 + |A x|^2.
 *   XTrace:     as Hutch++, for every z of the sketch the Q of all others, x^T A x by the length of x: what all others'
 *               products say of it is the same matrices of probes by probes, less one rank for each (below), or two for the
 *               covariance of two of them. */
#include "geometry/spectrum.h"

#include "numeric/orthonormal.h"
#include <math.h>
#include <string.h>

typedef struct estimate {
    const spn_symmetric_operator *a;
    int64_t n, block;
    uint64_t seed;
    spni_trace_samples *out;
} estimate;

void spni_signs(uint64_t seed, uint64_t job, int64_t n, double *out)
{
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_PROBES, job);
    uint64_t word = 0;
    for (int64_t i = 0; i < n; i++) {
        word = i % 64 == 0 ? spn_random_word(&random) : word >> 1;
        out[i] = (word & 1) != 0 ? 1.0 : -1.0;
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static spn_status multiply(spn_context *context, const estimate *p, int64_t count, const double *v,
                           double *av)
{
    spn_status status = SPN_OK;
    for (int64_t j = 0; j < count; j += p->block) {
        int64_t rows = least(p->block, count - j);
        SPN_TRY(spn_poll(context));
        spn_tick(context);
        SPN_TRY(p->a->product(context, p->a->state, rows, v + j * p->n, av + j * p->n));
        p->out->products += rows;
    }
    if (!spn_all_finite(count * p->n, av)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "traces: a product with the Hessian is not finite");
    }
done:
    return status;
}

/* Probes [first, first + count) of samples behind a basis of `size` rows, whose own part is (trace, square). */
static spn_status take_probes(spn_context *context, const estimate *p, int64_t size,
                              const double *basis, double trace, double square, uint64_t job)
{
    spn_status status = SPN_OK;
    int64_t n = p->n, rows = least(p->block, p->out->count);
    double *z = NULL, *az = NULL, *coefficients = NULL;
    SPN_NEW(context, z, rows * n);
    SPN_NEW(context, az, rows * n);
    SPN_NEW(context, coefficients, rows * size);
    for (int64_t j = 0; j < p->out->count; j += rows) {
        int64_t count = least(rows, p->out->count - j);
        for (int64_t i = 0; i < count; i++) {
            spni_signs(p->seed, job + (uint64_t)(j + i), n, z + i * n);
        }
        spni_project_out(size, count, n, basis, z, coefficients);
        SPN_TRY(multiply(context, p, count, z, az));
        for (int64_t i = 0; i < count; i++) {
            p->out->trace[j + i] = trace + spn_dot(n, z + i * n, az + i * n);
            p->out->square[j + i] = square + spn_dot(n, az + i * n, az + i * n);
        }
    }
done:
    spn_release(context, z);
    spn_release(context, az);
    spn_release(context, coefficients);
    return status;
}

static int64_t sketch_of(int64_t n, const spn_geometry_settings *settings)
{
    int64_t third = settings->probes / 3, rest = (settings->probes - SPN_PROBES_MIN) / 2;
    return least(least(third, rest), n / 2);
}

static int64_t pairs_of(int64_t n, const spn_geometry_settings *settings)
{
    return least(settings->probes / 2, n - 1);
}

int64_t spni_samples_vectors(int64_t dimension, const spn_geometry_settings *settings)
{
    int64_t pair = 2 * least(settings->block, settings->probes);
    switch (settings->estimator) {
    case SPN_ESTIMATOR_HUTCH_PLUS:
        return pair + 2 * sketch_of(dimension, settings);
    case SPN_ESTIMATOR_XTRACE:
        return 3 * pairs_of(dimension, settings);
    default:
        return pair;
    }
}

/* An orthonormal basis of the range of A S, S of random signs, and its products. */
static spn_status take_range(spn_context *context, const estimate *p, int64_t size, double *basis,
                             double *products)
{
    spn_status status = SPN_OK;
    double *small = NULL, *scratch = NULL;
    spn_random random = spn_random_stream(p->seed, SPN_PURPOSE_PROBES, UINT64_MAX);
    SPN_NEW(context, small, size * size);
    SPN_NEW(context, scratch, size);
    for (int64_t i = 0; i < size; i++) {
        spni_signs(p->seed, (uint64_t)i, p->n, products + i * p->n);
    }
    SPN_TRY(multiply(context, p, size, products, basis));
    SPN_TRY(spni_orthonormalize(context, 0, size, p->n, NULL, 0.0, &random, basis, scratch, small));
    SPN_TRY(multiply(context, p, size, basis, products));
done:
    spn_release(context, small);
    spn_release(context, scratch);
    return status;
}

static spn_status hutch_plus(spn_context *context, const estimate *p, int64_t size)
{
    spn_status status = SPN_OK;
    double *basis = NULL, *products = NULL, trace = 0.0, square = 0.0;
    SPN_NEW(context, basis, size * p->n);
    SPN_NEW(context, products, size * p->n);
    SPN_TRY(take_range(context, p, size, basis, products));
    for (int64_t i = 0; i < size; i++) {
        trace += spn_dot(p->n, basis + i * p->n, products + i * p->n);
        square += spn_dot(p->n, products + i * p->n, products + i * p->n);
    }
    SPN_TRY(take_probes(context, p, size, basis, trace, square, (uint64_t)size));
done:
    spn_release(context, basis);
    spn_release(context, products);
    return status;
}

/* Small matrices of XTrace, k x k: Y = A W = Q R (rows here: y_i = sum_j r[j,i] q_j), Z = A Q. */
typedef struct xtrace {
    int64_t k, n;
    double *r;  /* [j, i]: upper triangle */
    double *w;  /* [i, j]: w_i . q_j */
    double *h;  /* [i, j]: q_i . z_j */
    double *zz; /* [i, j]: z_i . z_j */
    double *zy; /* [i, j]: z_i . y_j */
    double *yy; /* |y_i|^2 */
    double *b;  /* k numbers of scratch */
    /* Rows of R^{-1}, each scaled to length 1, s_i: the direction of Q's space that only y_i brought; and what they make of the
     * others, [j, i]: s_j with s_i, w_i, r_i (column i of R), y_i (by zy), and with s_i and w_i by h and by zz. */
    double *s, *ss, *sw, *sr, *sy, *shs, *shw, *szs, *szw;
    double *ww, *wr, *whw, *wzw,
        *wy;              /* w_i with itself, with r_i, with itself by h and zz, with y_i */
    double trace, square; /* of all of Q's space */
} xtrace;

/* tr A and tr A^2 as one probe estimates them. */
typedef struct xtrace_pair {
    double trace, square;
} xtrace_pair;

/* Row i of R^{-1}, scaled. */
static void invert_row(const xtrace *x, int64_t i, double *s)
{
    int64_t k = x->k;
    memset(s, 0, (size_t)k * sizeof *s);
    for (int64_t j = i; j < k; j++) {
        double sum = i == j ? 1.0 : 0.0;
        for (int64_t l = i; l < j; l++) {
            sum -= s[l] * x->r[l * k + j];
        }
        double pivot = x->r[j * k + j];
        s[j] = pivot != 0.0 ? sum / pivot : 0.0;
    }
    double length = spn_norm(k, s);
    for (int64_t j = 0; j < k && length > 0.0; j++) {
        s[j] /= length;
    }
}

static spn_status take_tables(spn_context *context, const xtrace *x, double *scratch)
{
    spn_status status = SPN_OK;
    int64_t k = x->k;
    for (int64_t i = 0; i < k; i++) {
        SPN_TRY(spn_poll(context));
        invert_row(x, i, x->s + i * k);
    }
    spn_multiply_transposed(k, k, k, 1.0, x->s, k, x->s, k, 0.0, x->ss, k);
    spn_multiply_transposed(k, k, k, 1.0, x->s, k, x->w, k, 0.0, x->sw, k);
    spn_multiply(k, k, k, 1.0, x->s, k, x->r, k, 0.0, x->sr, k);
    spn_multiply(k, k, k, 1.0, x->s, k, x->zy, k, 0.0, x->sy, k);
    const double *forms[2] = {x->h, x->zz};
    double *by_s[2] = {x->shs, x->szs}, *by_w[2] = {x->shw, x->szw}, *own[2] = {x->whw, x->wzw};
    for (int f = 0; f < 2; f++) {
        spn_multiply(k, k, k, 1.0, x->s, k, forms[f], k, 0.0, scratch, k);
        spn_multiply_transposed(k, k, k, 1.0, scratch, k, x->s, k, 0.0, by_s[f], k);
        spn_multiply_transposed(k, k, k, 1.0, scratch, k, x->w, k, 0.0, by_w[f], k);
        spn_multiply(k, k, k, 1.0, x->w, k, forms[f], k, 0.0, scratch, k);
        for (int64_t i = 0; i < k; i++) {
            own[f][i] = spn_dot(k, scratch + i * k, x->w + i * k);
        }
    }
    for (int64_t i = 0; i < k; i++) {
        x->ww[i] = spn_dot(k, x->w + i * k, x->w + i * k);
        x->wr[i] = x->wy[i] = 0.0;
        for (int64_t j = 0; j < k; j++) {
            x->wr[i] += x->w[i * k + j] * x->r[j * k + i];
            x->wy[i] += x->w[i * k + j] * x->zy[j * k + i];
        }
    }
done:
    return status;
}

/* What probe i says with x = w - Q b, b = (1 - U U^T) Q^T w: U spans s_i and, unless j = i, s_j, so that Q is the range of all
 * others. x is scaled to the length that a random vector orthogonal to that range has. */
static xtrace_pair leave_out(const xtrace *x, int64_t i, int64_t j)
{
    const int64_t k = x->k, a = i * k + i;
    const bool is_pair = j != i;
    const double c = is_pair ? x->ss[j * k + i] : 0.0, rest = 1.0 - c * c;
    /* The second direction is (s_j - c s_i) f. */
    const double f = is_pair && rest > 1e-14 ? 1.0 / sqrt(rest) : 0.0;
    const int64_t o = j * k + i;
    const double w1 = x->sw[a], w2 = f * (x->sw[o] - c * w1);
    const double r1 = x->sr[a], r2 = f * (x->sr[o] - c * r1);
    const double y1 = x->sy[a], y2 = f * (x->sy[o] - c * y1);
    double length = (double)x->n, forms[2], spans[2];
    const double *ss[2] = {x->shs, x->szs}, *sw[2] = {x->shw, x->szw}, *ww[2] = {x->whw, x->wzw};
    length -= x->ww[i] - w1 * w1 - w2 * w2;
    for (int m = 0; m < 2; m++) {
        const double s11 = ss[m][a], s12 = f * (ss[m][o] - c * s11);
        const double s22 = f * f * (ss[m][j * k + j] - 2.0 * c * ss[m][o] + c * c * s11);
        const double v1 = sw[m][a], v2 = f * (sw[m][o] - c * v1);
        spans[m] = s11 + s22;
        forms[m] = ww[m][i] - 2.0 * (w1 * v1 + w2 * v2) + w1 * w1 * s11 + 2.0 * w1 * w2 * s12 +
                   w2 * w2 * s22;
    }
    const double scale = (double)(x->n - k + (is_pair ? 2 : 1)) / length;
    const double by = x->wr[i] - w1 * r1 - w2 * r2, zy = x->wy[i] - w1 * y1 - w2 * y2;
    return (xtrace_pair){
        x->trace - spans[0] + scale * (x->wr[i] - 2.0 * by + forms[0]),
        x->square - spans[1] + scale * (x->yy[i] - 2.0 * zy + forms[1]),
    };
}

/* Two probes' estimates t_i, t_j have each the truth as their mean whatever the other probes are; so their covariance is that of
 * what each gains by the other in its Q: E (t_i - t_i without j) (t_j - t_j without i). With it the variance of their
 * mean is spread / k + covariance, without a factor that would have to be known. */
static void take_covariance(const xtrace *x, spni_trace_samples *out)
{
    const double pairs = 0.5 * (double)x->k * (double)(x->k - 1);
    for (int64_t i = 0; i < x->k; i++) {
        for (int64_t j = 0; j < i; j++) {
            const xtrace_pair a = leave_out(x, i, j), b = leave_out(x, j, i);
            const double ta = out->trace[i] - a.trace, tb = out->trace[j] - b.trace;
            const double sa = out->square[i] - a.square, sb = out->square[j] - b.square;
            out->covariance[0] += ta * tb / pairs;
            out->covariance[1] += 0.5 * (ta * sb + sa * tb) / pairs;
            out->covariance[2] += sa * sb / pairs;
        }
    }
}

static spn_status create_small(spn_context *context, xtrace *x)
{
    spn_status status = SPN_OK;
    int64_t square = x->k * x->k;
    double *memory = NULL;
    double **const tables[] = {&x->r,  &x->w,  &x->h,  &x->zz,  &x->zy,  &x->s,   &x->ss,
                               &x->sw, &x->sr, &x->sy, &x->shs, &x->shw, &x->szs, &x->szw};
    double **const rows[] = {&x->yy, &x->b, &x->ww, &x->wr, &x->whw, &x->wzw, &x->wy};
    const int64_t table_count = sizeof tables / sizeof *tables;
    const int64_t row_count = sizeof rows / sizeof *rows;
    SPN_NEW(context, memory, table_count * square + row_count * x->k);
    for (int64_t i = 0; i < table_count; i++) {
        *tables[i] = memory + i * square;
    }
    for (int64_t i = 0; i < row_count; i++) {
        *rows[i] = memory + table_count * square + i * x->k;
    }
done:
    return status;
}

/* Directions on the sphere of radius sqrt n. */
static void sphere(uint64_t seed, uint64_t job, int64_t n, double *out)
{
    spn_random random = spn_random_stream(seed, SPN_PURPOSE_PROBES, job);
    for (int64_t i = 0; i < n; i++) {
        out[i] = spn_random_normal(&random);
    }
    double scale = sqrt((double)n) / spn_norm(n, out);
    for (int64_t i = 0; i < n; i++) {
        out[i] *= scale;
    }
}

static spn_status take_small(spn_context *context, const estimate *p, xtrace *x, double *y,
                             double *q, double *z)
{
    spn_status status = SPN_OK;
    int64_t k = x->k, n = x->n;
    spn_random random = spn_random_stream(p->seed, SPN_PURPOSE_PROBES, UINT64_MAX);
    for (int64_t i = 0; i < k; i++) {
        sphere(p->seed, (uint64_t)i, n, z + i * n);
    }
    SPN_TRY(multiply(context, p, k, z, y));
    memcpy(q, y, (size_t)(k * n) * sizeof *q);
    SPN_TRY(spni_orthonormalize(context, 0, k, n, NULL, 0.0, &random, q, x->b, x->r));
    spn_multiply_transposed(k, k, n, 1.0, z, n, q, n, 0.0, x->w, k);
    SPN_TRY(multiply(context, p, k, q, z));
    spn_multiply_transposed(k, k, n, 1.0, q, n, z, n, 0.0, x->h, k);
    spn_multiply_transposed(k, k, n, 1.0, z, n, z, n, 0.0, x->zz, k);
    spn_multiply_transposed(k, k, n, 1.0, z, n, y, n, 0.0, x->zy, k);
    for (int64_t i = 0; i < k; i++) {
        x->yy[i] = spn_dot(n, y + i * n, y + i * n);
    }
done:
    return status;
}

static spn_status take_xtrace(spn_context *context, const estimate *p)
{
    spn_status status = SPN_OK;
    xtrace x = {.k = p->out->count, .n = p->n};
    double *y = NULL, *q = NULL, *z = NULL;
    SPN_TRY(create_small(context, &x));
    SPN_NEW(context, y, x.k * x.n);
    SPN_NEW(context, q, x.k * x.n);
    SPN_NEW(context, z, x.k * x.n);
    SPN_TRY(take_small(context, p, &x, y, q, z));
    SPN_TRY(take_tables(context, &x, y)); /* k x n numbers that are free again, k <= n */
    for (int64_t i = 0; i < x.k; i++) {
        x.trace += x.h[i * x.k + i];
        x.square += x.zz[i * x.k + i];
    }
    for (int64_t i = 0; i < x.k; i++) {
        const xtrace_pair one = leave_out(&x, i, i);
        p->out->trace[i] = one.trace;
        p->out->square[i] = one.square;
    }
    take_covariance(&x, p->out);
done:
    spn_release(context, x.r);
    spn_release(context, y);
    spn_release(context, q);
    spn_release(context, z);
    return status;
}

spn_status spni_samples_create(spn_context *context, const spn_symmetric_operator *a,
                               const spn_geometry_settings *settings, spni_trace_samples *out)
{
    spn_status status = SPN_OK;
    int64_t n = a->dimension, sketch = sketch_of(n, settings);
    estimate p = {a, n, settings->block, (uint64_t)settings->seed, out};
    *out = (spni_trace_samples){.count = settings->probes};
    if (settings->estimator == SPN_ESTIMATOR_HUTCH_PLUS) {
        out->count = settings->probes - 2 * sketch;
    } else if (settings->estimator == SPN_ESTIMATOR_XTRACE) {
        out->count = pairs_of(n, settings);
    }
    if (out->count < 2) {
        SPN_FAIL(context, SPN_ERROR_UNSUPPORTED,
                 "traces in %lld dimensions are not estimated: use method dense", (long long)n);
    }
    SPN_NEW(context, out->trace, out->count);
    SPN_NEW(context, out->square, out->count);
    switch (settings->estimator) {
    case SPN_ESTIMATOR_HUTCH_PLUS:
        SPN_TRY(hutch_plus(context, &p, sketch));
        break;
    case SPN_ESTIMATOR_XTRACE:
        SPN_TRY(take_xtrace(context, &p));
        break;
    default:
        SPN_TRY(take_probes(context, &p, 0, NULL, 0.0, 0.0, 0));
        break;
    }
done:
    if (status != SPN_OK) {
        spni_samples_free(context, out);
    }
    return status;
}

void spni_samples_free(spn_context *context, spni_trace_samples *samples)
{
    spn_release(context, samples->trace);
    spn_release(context, samples->square);
    samples->trace = samples->square = NULL;
}
