/* SPDX-License-Identifier: MIT */
/* Block Lanczos with full reorthogonalisation and thick restarts. The basis V (rows) and its projection T = V A V^T are kept;
 * a step multiplies the last block by A, which gives its columns of T, takes V out of the product and has the next block:
 *   A V^T = V^T T + Q^T F e^T,   Q the next block, e^T the rows of the last one.
 * When the basis is full it becomes the Ritz vectors that are wanted, and some more; this relation stays. So the residual
 * of a Ritz pair (lambda, s) is |F s_last|. */
#include "numeric/lapack.h"
#include "numeric/orthonormal.h"
#include <spinodal/numeric/lanczos.h>

#include <float.h>
#include <math.h>
#include <string.h>

/* Columns of the basis that are turned at a time. */
enum { CHUNK = 512 };

typedef struct lanczos {
    const spn_symmetric_operator *a;
    const spn_extremes_settings *settings;
    int64_t n, block, most; /* most: vectors of the basis */
    int64_t size;           /* of the basis at hand, its last block included */
    int64_t last;           /* vectors of that block; 0: the space is full or invariant */
    double *basis;          /* most x n, behind it the next block */
    double *product;        /* block x n */
    double *projected;      /* T: most x most, symmetric */
    double *ritz, *values;  /* most x most: columns are eigenvectors of T; most */
    double *estimates;      /* most: residuals of the Ritz pairs */
    double *factor;         /* block x block: F^T, w_j = sum_i factor[i, j] q_i */
    double *scratch;        /* most x max(block, CHUNK) */
    spn_dense *dense;
    spn_random random;
    double norm;
    spn_extremes_info info;
} lanczos;

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t spn_extremes_basis(int64_t dimension, const spn_extremes_settings *settings)
{
    int64_t wanted = settings->smallest + settings->largest;
    int64_t chosen = most_of(3 * wanted, wanted + 24);
    chosen = most_of(chosen, wanted + 6 * settings->block);
    return least(dimension, settings->basis > 0 ? settings->basis : chosen);
}

static spn_status check(spn_context *context, const spn_symmetric_operator *a,
                        const spn_extremes_settings *settings)
{
    int64_t n = a->dimension, wanted = settings->smallest + settings->largest;
    if (n < 1 || settings->smallest < 0 || settings->largest < 0 || wanted < 1 || wanted > n) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "extreme eigenpairs: %lld smallest and %lld largest of %lld",
                        (long long)settings->smallest, (long long)settings->largest, (long long)n);
    }
    if (settings->block < 1 || settings->products < 1 || !(settings->tolerance > 0)) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "extreme eigenpairs: block, products and tolerance must be positive");
    }
    int64_t needed = least(n, wanted + 2 * settings->block);
    if (settings->basis != 0 && settings->basis < needed) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "extreme eigenpairs: a basis of %lld vectors is too small; %lld at least",
                        (long long)settings->basis, (long long)needed);
    }
    return SPN_OK;
}

static spn_status create(spn_context *context, lanczos *p)
{
    spn_status status = SPN_OK;
    int64_t room = 0, m = p->most, b = p->block;
    if (!spn_size_multiply(m + b, p->n, &room)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "extreme eigenpairs: a basis of %lld x %lld numbers",
                 (long long)m, (long long)p->n);
    }
    SPN_NEW(context, p->basis, room);
    SPN_NEW(context, p->product, b * p->n);
    SPN_NEW(context, p->projected, m * m);
    SPN_NEW(context, p->ritz, m * m);
    SPN_NEW(context, p->values, m);
    SPN_NEW(context, p->estimates, m);
    SPN_NEW(context, p->factor, b * b);
    SPN_NEW(context, p->scratch, m * most_of(b, CHUNK));
    SPN_TRY(spn_dense_create(context, m, &p->dense));
done:
    return status;
}

static void destroy(spn_context *context, lanczos *p)
{
    spn_release(context, p->basis);
    spn_release(context, p->product);
    spn_release(context, p->projected);
    spn_release(context, p->ritz);
    spn_release(context, p->values);
    spn_release(context, p->estimates);
    spn_release(context, p->factor);
    spn_release(context, p->scratch);
    spn_dense_free(context, p->dense);
}

static spn_status start(spn_context *context, lanczos *p)
{
    spn_status status = SPN_OK;
    p->random = spn_random_stream(p->settings->seed, SPN_PURPOSE_PROBES, 0);
    for (int64_t i = 0; i < p->block * p->n; i++) {
        p->basis[i] = spn_random_normal(&p->random);
    }
    SPN_TRY(spni_orthonormalize(context, 0, p->block, p->n, p->basis, 0.0, &p->random, p->basis,
                                p->scratch, p->factor));
    p->size = p->last = p->block;
done:
    return status;
}

/* The last block times A: its columns of T, and the next block behind the basis. */
static spn_status step(spn_context *context, lanczos *p)
{
    spn_status status = SPN_OK;
    int64_t n = p->n, b = p->last, first = p->size - b, m = p->most;
    double *columns = p->scratch, *next = p->basis + p->size * n;
    SPN_TRY(spn_poll(context));
    spn_tick(context);
    SPN_TRY(p->a->product(context, p->a->state, b, p->basis + first * n, p->product));
    p->info.products += b;
    if (!spn_all_finite(b * n, p->product)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "extreme eigenpairs: a product is not finite");
    }
    spn_multiply_transposed(b, p->size, n, 1.0, p->product, n, p->basis, n, 0.0, columns, p->size);
    for (int64_t j = 0; j < b; j++) {
        for (int64_t i = 0; i < p->size; i++) {
            double entry = columns[j * p->size + i];
            p->projected[i * m + first + j] = p->projected[(first + j) * m + i] = entry;
            p->norm = fmax(p->norm, fabs(entry));
        }
    }
    spni_project_out(p->size, b, n, p->basis, p->product, p->scratch);
    memcpy(next, p->product, (size_t)(b * n) * sizeof *next);
    double floor = 8.0 * DBL_EPSILON * p->norm * sqrt((double)p->size);
    SPN_TRY(spni_orthonormalize(context, p->size, b, n, p->basis, floor, &p->random, next,
                                p->scratch, p->factor));
done:
    return status;
}

static double estimate_of(const lanczos *p, const double *s)
{
    double sum = 0.0;
    int64_t first = p->size - p->last;
    for (int64_t i = 0; i < p->last; i++) {
        double part = 0.0;
        for (int64_t j = i; j < p->last; j++) {
            part += p->factor[i * p->last + j] * s[first + j];
        }
        sum += part * part;
    }
    return sqrt(sum);
}

static spn_status solve(spn_context *context, lanczos *p)
{
    spn_status status = SPN_OK;
    for (int64_t j = 0; j < p->size; j++) {
        memcpy(p->ritz + j * p->size, p->projected + j * p->most,
               (size_t)p->size * sizeof *p->ritz);
    }
    SPN_TRY(spn_eigen(context, p->dense, p->size, p->ritz, true, p->values));
    for (int64_t i = 0; i < p->size; i++) {
        bool is_full = p->size >= p->n;
        p->estimates[i] = is_full ? 0.0 : estimate_of(p, p->ritz + i * p->size);
        p->norm = fmax(p->norm, fabs(p->values[i]));
    }
done:
    return status;
}

/* Where wanted pair i stands among the Ritz values, which are ascending. */
static int64_t place_of(const lanczos *p, int64_t i)
{
    int64_t low = p->settings->smallest;
    return i < low ? i : p->size - (low + p->settings->largest) + i;
}

static bool is_converged(const lanczos *p)
{
    int64_t wanted = p->settings->smallest + p->settings->largest;
    bool is = p->size >= wanted;
    for (int64_t i = 0; is && i < wanted; i++) {
        is = p->estimates[place_of(p, i)] <= p->settings->tolerance * p->norm;
    }
    return is;
}

/* Rows [0, count) of the basis become the Ritz vectors at `places`. */
static void turn(lanczos *p, int64_t count, const int64_t *places)
{
    int64_t n = p->n, size = p->size;
    double *columns = p->projected; /* its numbers are in the Ritz vectors */
    for (int64_t i = 0; i < count; i++) {
        memcpy(columns + i * size, p->ritz + places[i] * size, (size_t)size * sizeof *columns);
    }
    for (int64_t at = 0; at < n; at += CHUNK) {
        int64_t width = least(CHUNK, n - at);
        spn_multiply(count, width, size, 1.0, columns, size, p->basis + at, n, 0.0, p->scratch,
                     width);
        for (int64_t i = 0; i < count; i++) {
            memcpy(p->basis + i * n + at, p->scratch + i * width, (size_t)width * sizeof(double));
        }
    }
}

/* The wanted ends and some of their neighbours stay; the next block follows them. */
static void restart(lanczos *p, int64_t *places)
{
    int64_t low = p->settings->smallest, high = p->settings->largest, size = p->size, kept = 0;
    int64_t spare = (size - low - high - p->last) / 2;
    int64_t below = low > 0 ? low + (high > 0 ? spare / 2 : spare) : 0;
    int64_t above = high > 0 ? high + (low > 0 ? spare - spare / 2 : spare) : 0;
    for (int64_t i = 0; i < size; i++) {
        if (i < below || i >= size - above) {
            places[kept++] = i;
        }
    }
    turn(p, kept, places);
    memmove(p->basis + kept * p->n, p->basis + size * p->n,
            (size_t)(p->last * p->n) * sizeof *p->basis);
    memset(p->projected, 0, (size_t)(p->most * p->most) * sizeof *p->projected);
    for (int64_t i = 0; i < kept; i++) {
        p->projected[i * p->most + i] = p->values[places[i]];
    }
    p->size = kept + p->last;
    p->info.restarts++;
}

/* Until the wanted pairs have converged, or products are used up. */
static spn_status iterate(spn_context *context, lanczos *p, int64_t *places)
{
    spn_status status = SPN_OK;
    SPN_TRY(start(context, p));
    for (;;) {
        SPN_TRY(step(context, p));
        int64_t next = least(p->last, p->n - p->size);
        bool is_all = next == 0, is_full = is_all || p->size + next > p->most;
        bool is_over = p->info.products >= p->settings->products &&
                       p->size >= p->settings->smallest + p->settings->largest;
        if (!is_full && !is_over) {
            p->last = next;
            p->size += next;
            continue;
        }
        SPN_TRY(solve(context, p));
        p->info.is_converged = is_converged(p);
        if (p->info.is_converged || is_over || is_all) {
            goto done;
        }
        restart(p, places);
    }
done:
    return status;
}

static spn_status take_residuals(spn_context *context, lanczos *p, const double *values,
                                 int64_t count, double *residuals)
{
    spn_status status = SPN_OK;
    for (int64_t at = 0; at < count; at += p->block) {
        int64_t rows = least(p->block, count - at);
        SPN_TRY(p->a->product(context, p->a->state, rows, p->basis + at * p->n, p->product));
        p->info.products += rows;
        for (int64_t i = 0; i < rows; i++) {
            double *row = p->product + i * p->n;
            spn_axpy(p->n, -values[at + i], p->basis + (at + i) * p->n, row);
            residuals[at + i] = spn_norm(p->n, row);
        }
    }
done:
    return status;
}

static spn_status take(spn_context *context, lanczos *p, int64_t *places, double *values,
                       double *vectors, double *residuals)
{
    spn_status status = SPN_OK;
    int64_t wanted = p->settings->smallest + p->settings->largest;
    for (int64_t i = 0; i < wanted; i++) {
        places[i] = place_of(p, i);
        values[i] = p->values[places[i]];
    }
    if (vectors == NULL && residuals == NULL) {
        goto done;
    }
    turn(p, wanted, places);
    for (int64_t i = 0; i < wanted; i++) {
        (void)spni_normalize_sign(p->n, p->basis + i * p->n);
    }
    if (residuals != NULL) {
        SPN_TRY(take_residuals(context, p, values, wanted, residuals));
    }
    if (vectors != NULL) {
        memcpy(vectors, p->basis, (size_t)(wanted * p->n) * sizeof *vectors);
    }
done:
    return status;
}

spn_status spn_extreme_eigenpairs(spn_context *context, const spn_symmetric_operator *a,
                                  const spn_extremes_settings *settings, double *values,
                                  double *vectors, double *residuals, spn_extremes_info *info)
{
    spn_status status = SPN_OK;
    lanczos p = {.a = a, .settings = settings, .n = a->dimension};
    int64_t *places = NULL;
    *info = (spn_extremes_info){0};
    SPN_TRY(check(context, a, settings));
    p.block = least(settings->block, p.n);
    p.most = spn_extremes_basis(p.n, settings);
    SPN_TRY(create(context, &p));
    SPN_NEW(context, places, p.most);
    SPN_TRY(iterate(context, &p, places));
    SPN_TRY(take(context, &p, places, values, vectors, residuals));
    p.info.norm = p.norm;
    *info = p.info;
done:
    destroy(context, &p);
    spn_release(context, places);
    return status;
}
