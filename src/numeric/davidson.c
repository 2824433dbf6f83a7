/* SPDX-License-Identifier: MIT */
/* Davidson's method with restarts. V (rows, orthonormal), A V and T = V A V^T are kept; (lambda, s) is the lowest pair of T:
 *   r = (A V)^T s - lambda V^T s;   the next row: M^-1 r without its part in V
 * A full basis becomes its lowest Ritz vectors. */
#include <spinodal/numeric.h>
#include <spinodal/numeric/davidson.h>

#include <math.h>
#include <string.h>

/* What remains of a basis that is full, and a vector that has lost more of its length is orthogonalised again. */
enum { KEPT = 5, TURNS = 3, BASIS_LEAST = 8 };
/* Products that a second pair is looked for by at most: some are close to others, and what has been missed shows itself at once. */
enum { LOOKS = 40 };
static const double lost = 0.5, nothing = 1e-12;
/* The second pair's residual, in those of the first. */
static const double loose = 10;

typedef struct davidson {
    const spn_symmetric_operator *a, *inverse;
    const spn_davidson_settings *settings;
    int64_t n, most, size, looks;
    double *basis, *products; /* most x n each */
    double *projected;        /* T: most x most */
    double *ritz, *values;    /* most x most: columns are eigenvectors of T; most */
    double *next, *scratch;   /* n; most x n for restarts */
    spn_dense *dense;
    spn_random random;
    spn_davidson_info *info;
} davidson;

static void destroy(spn_context *context, davidson *d)
{
    spn_release(context, d->basis);
    spn_release(context, d->products);
    spn_release(context, d->projected);
    spn_release(context, d->ritz);
    spn_release(context, d->values);
    spn_release(context, d->next);
    spn_release(context, d->scratch);
    spn_dense_free(context, d->dense);
}

static spn_status create(spn_context *context, davidson *d)
{
    spn_status status = SPN_OK;
    int64_t room = 0, kept = 0;
    const spn_davidson_settings *settings = d->settings;
    if (d->n < 1 || settings->basis < BASIS_LEAST || settings->products < 1 ||
        !(settings->tolerance >= 0) || settings->starts < 0 ||
        settings->starts >= settings->basis || !spn_size_multiply(d->most, d->n, &room) ||
        !spn_size_multiply(KEPT, d->n, &kept)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "lowest eigenpair: a basis of %lld vectors, %lld to begin with, %lld products, "
                 "tolerance %g",
                 (long long)settings->basis, (long long)settings->starts,
                 (long long)settings->products, settings->tolerance);
    }
    SPN_NEW(context, d->basis, room);
    SPN_NEW(context, d->products, room);
    SPN_NEW(context, d->projected, d->most * d->most);
    SPN_NEW(context, d->ritz, d->most * d->most);
    SPN_NEW(context, d->values, d->most);
    SPN_NEW(context, d->next, d->n);
    SPN_NEW(context, d->scratch, kept);
    SPN_TRY(spn_dense_create(context, d->most, &d->dense));
done:
    return status;
}

/* `next` without its part in the basis, at length 1; false: nothing is left of it. */
static bool orthonormalise(davidson *d)
{
    double length = spn_norm(d->n, d->next), first = length;
    for (int turn = 0; turn < TURNS && length > 0; turn++) {
        double before = length;
        for (int64_t i = 0; i < d->size; i++) {
            const double *row = d->basis + i * d->n;
            spn_axpy(d->n, -spn_dot(d->n, row, d->next), row, d->next);
        }
        length = spn_norm(d->n, d->next);
        if (length > lost * before) {
            break;
        }
    }
    if (!(length > nothing * first)) {
        return false;
    }
    for (int64_t i = 0; i < d->n; i++) {
        d->next[i] /= length;
    }
    return true;
}

static spn_status precondition(spn_context *context, davidson *d)
{
    return d->inverse == NULL
               ? SPN_OK
               : d->inverse->product(context, d->inverse->state, 1, d->next, d->next);
}

static spn_status draw(spn_context *context, davidson *d)
{
    for (int64_t i = 0; i < d->n; i++) {
        d->next[i] = spn_random_normal(&d->random);
    }
    return precondition(context, d);
}

/* `next` into the basis, with its product and its row and column of T. */
static spn_status extend(spn_context *context, davidson *d)
{
    spn_status status = SPN_OK;
    int64_t k = d->size, n = d->n;
    double *row = d->basis + k * n, *product = d->products + k * n;
    memcpy(row, d->next, (size_t)n * sizeof *row);
    SPN_TRY(spn_poll(context));
    spn_tick(context);
    SPN_TRY(d->a->product(context, d->a->state, 1, row, product));
    d->info->products++;
    if (!spn_all_finite(n, product)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "lowest eigenpair: a product is not finite");
    }
    for (int64_t i = 0; i <= k; i++) {
        double entry = spn_dot(n, d->basis + i * n, product);
        d->projected[i + k * d->most] = entry;
        d->projected[k + i * d->most] = entry;
    }
    d->size++;
done:
    return status;
}

static spn_status solve_projected(spn_context *context, davidson *d)
{
    spn_status status = SPN_OK;
    int64_t k = d->size;
    for (int64_t j = 0; j < k; j++) {
        memcpy(d->ritz + j * k, d->projected + j * d->most, (size_t)k * sizeof *d->ritz);
    }
    SPN_TRY(spn_eigen(context, d->dense, k, d->ritz, true, d->values));
    d->info->norm = fmax(d->info->norm, fmax(fabs(d->values[0]), fabs(d->values[k - 1])));
    const double norm = fmax(d->info->norm, d->settings->norm);
    for (d->info->negative = 0; d->info->negative < k; d->info->negative++) {
        if (!(d->values[d->info->negative] < -SPN_DAVIDSON_ZERO * norm)) {
            break;
        }
    }
done:
    return status;
}

/* out = sum_i s_i rows_i. */
static void combine(const davidson *d, const double *rows, const double *s, double *out)
{
    memset(out, 0, (size_t)d->n * sizeof *out);
    for (int64_t i = 0; i < d->size; i++) {
        spn_axpy(d->n, s[i], rows + i * d->n, out);
    }
}

/* Rows become the lowest Ritz vectors. */
static void turn(davidson *d, double *rows)
{
    for (int64_t j = 0; j < KEPT; j++) {
        combine(d, rows, d->ritz + j * d->size, d->scratch + j * d->n);
    }
    memcpy(rows, d->scratch, (size_t)(KEPT * d->n) * sizeof *rows);
}

static void restart(davidson *d)
{
    turn(d, d->basis);
    turn(d, d->products);
    memset(d->projected, 0, (size_t)(d->most * d->most) * sizeof *d->projected);
    for (int64_t j = 0; j < KEPT; j++) {
        d->projected[j + j * d->most] = d->values[j];
    }
    d->size = KEPT;
}

/* Of the Ritz pair j: next = r, vector = V^T s; |r|. */
static double take_residual(davidson *d, int64_t j, double *vector)
{
    combine(d, d->products, d->ritz + j * d->size, d->next);
    combine(d, d->basis, d->ritz + j * d->size, vector);
    spn_axpy(d->n, -d->values[j], vector, d->next);
    return spn_norm(d->n, d->next);
}

/* Is the lowest pair close, and where others were to begin with the second, too, or looked for in vain? Otherwise `next` is the residual of the
 * first that is not. */
static bool is_close(davidson *d, double *vector)
{
    const double most = d->settings->tolerance * fmax(d->info->norm, d->settings->norm);
    d->info->residual = take_residual(d, 0, vector);
    if (d->size == d->n) {
        return true;
    }
    if (d->info->residual > most || d->settings->starts == 0 || d->size < 2) {
        return d->info->residual <= most;
    }
    return ++d->looks > LOOKS || take_residual(d, 1, d->scratch) <= loose * most;
}

/* The next direction: M^-1 r, where that is in the basis already a random one. */
/* `next` at length 1 and orthogonal to the basis, or another random one until one is. What makes nothing of ten random vectors, or no
 * numbers, is no inverse of anything. */
static spn_status settle_next(spn_context *context, davidson *d)
{
    enum { MOST_DRAWS = 10 };
    spn_status status = SPN_OK;
    for (int k = 0; !orthonormalise(d); k++) {
        SPN_TRY(spn_poll(context));
        if (k == MOST_DRAWS) {
            SPN_FAIL(context, SPN_ERROR_NUMERIC,
                     "lowest eigenpair: the preconditioner makes 0, or no numbers, of any vector");
        }
        SPN_TRY(draw(context, d));
    }
done:
    return status;
}

static spn_status choose(spn_context *context, davidson *d)
{
    const spn_status status = precondition(context, d);
    return status == SPN_OK ? settle_next(context, d) : status;
}

/* The rows to begin with, as far as they are independent, and in `next` a random one. */
static spn_status begin(spn_context *context, davidson *d)
{
    spn_status status = SPN_OK;
    const spn_davidson_settings *settings = d->settings;
    for (int64_t j = 0;
         j < settings->starts && d->size + 1 < d->most && d->size + 1 < settings->products; j++) {
        memcpy(d->next, settings->start + j * d->n, (size_t)d->n * sizeof *d->next);
        SPN_TRY(orthonormalise(d) ? extend(context, d) : SPN_OK);
    }
    SPN_TRY(draw(context, d));
    SPN_TRY(settle_next(context, d));
done:
    return status;
}

static void keep_ritz(davidson *d)
{
    const int64_t most = d->settings->ritz_most;
    d->info->ritz = d->settings->ritz == NULL ? 0 : d->size < most ? d->size : most;
    for (int64_t j = 0; j < d->info->ritz; j++) {
        combine(d, d->basis, d->ritz + j * d->size, d->settings->ritz + j * d->n);
    }
}

static spn_status iterate(spn_context *context, davidson *d, double *value, double *vector)
{
    spn_status status = SPN_OK;
    SPN_TRY(begin(context, d));
    while (!d->info->is_converged && d->info->products < d->settings->products) {
        SPN_TRY(extend(context, d));
        SPN_TRY(solve_projected(context, d));
        *value = d->values[0];
        d->info->is_converged = is_close(d, vector);
        if (d->info->is_converged) {
            keep_ritz(d);
        } else {
            if (d->size == d->most) {
                restart(d);
            }
            SPN_TRY(choose(context, d));
        }
    }
done:
    return status;
}

spn_status spn_lowest_eigenpair(spn_context *context, const spn_symmetric_operator *a,
                                const spn_symmetric_operator *inverse,
                                const spn_davidson_settings *settings, double *value,
                                double *vector, spn_davidson_info *info)
{
    spn_status status = SPN_OK;
    int64_t n = a->dimension;
    davidson d = {.a = a,
                  .inverse = inverse,
                  .settings = settings,
                  .n = n,
                  .most = n < settings->basis ? n : settings->basis,
                  .random = spn_random_stream(settings->seed, SPN_PURPOSE_PROBES, 0),
                  .info = info};
    *info = (spn_davidson_info){.products = 0};
    *value = (double)NAN;
    SPN_TRY(create(context, &d));
    SPN_TRY(iterate(context, &d, value, vector));
done:
    destroy(context, &d);
    return status;
}
