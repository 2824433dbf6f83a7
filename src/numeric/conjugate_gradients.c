/* SPDX-License-Identifier: MIT */
/* Conjugate gradients, several right sides in step:
 *   r = b - A x, z = M^-1 r, p = z
 *   alpha = r.z / p.Ap;  x += alpha p, r -= alpha Ap, z = M^-1 r, p = z + (r.z new / old) p */
#include <spinodal/numeric.h>
#include <spinodal/numeric/conjugate_gradients.h>

#include <math.h>
#include <string.h>

/* One system; what has ended keeps its place in the block, with p = 0. */
typedef struct conjugate_system {
    double size, descent; /* |b|; r.z */
    bool is_open;
} conjugate_system;

typedef struct conjugate {
    const spn_symmetric_operator *a, *inverse;
    const spn_conjugate_settings *settings;
    int64_t n, count;
    double *x, *r, *z, *p, *ap; /* count x n */
    conjugate_system *systems;
    spn_conjugate_info *info;
} conjugate;

static void end(conjugate *c, int64_t j)
{
    c->systems[j].is_open = false;
    memset(c->p + j * c->n, 0, (size_t)c->n * sizeof *c->p);
}

static spn_status precondition(spn_context *context, conjugate *c)
{
    if (c->inverse == NULL) {
        memcpy(c->z, c->r, (size_t)(c->count * c->n) * sizeof *c->z);
        return SPN_OK;
    }
    return c->inverse->product(context, c->inverse->state, c->count, c->r, c->z);
}

static spn_status begin(spn_context *context, conjugate *c, const double *b)
{
    spn_status status = SPN_OK;
    size_t bytes = (size_t)(c->count * c->n) * sizeof *b;
    memset(c->x, 0, bytes);
    memcpy(c->r, b, bytes);
    SPN_TRY(precondition(context, c));
    memcpy(c->p, c->z, bytes);
    for (int64_t j = 0; j < c->count; j++) {
        conjugate_system *s = &c->systems[j];
        s->size = spn_norm(c->n, b + j * c->n);
        s->descent = spn_dot(c->n, c->r + j * c->n, c->z + j * c->n);
        s->is_open = s->size > 0;
        if (!s->is_open) {
            end(c, j);
        }
    }
done:
    return status;
}

/* Along p; behind it the residual is known. */
static void move(conjugate *c, int64_t j)
{
    conjugate_system *s = &c->systems[j];
    double *p = c->p + j * c->n, *ap = c->ap + j * c->n, *r = c->r + j * c->n;
    double bend = spn_dot(c->n, p, ap);
    if (!(bend > 0)) {
        c->info->is_positive = false;
        end(c, j);
        return;
    }
    spn_axpy(c->n, s->descent / bend, p, c->x + j * c->n);
    spn_axpy(c->n, -s->descent / bend, ap, r);
    if (spn_norm(c->n, r) <= c->settings->tolerance * s->size) {
        end(c, j);
    }
}

static void turn(conjugate *c, int64_t j)
{
    conjugate_system *s = &c->systems[j];
    const double *z = c->z + j * c->n;
    double *p = c->p + j * c->n;
    double descent = spn_dot(c->n, c->r + j * c->n, z);
    for (int64_t i = 0; i < c->n; i++) {
        p[i] = z[i] + descent / s->descent * p[i];
    }
    s->descent = descent;
}

static spn_status advance(spn_context *context, conjugate *c)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_poll(context));
    spn_tick(context);
    SPN_TRY(c->a->product(context, c->a->state, c->count, c->p, c->ap));
    c->info->products += c->count;
    if (!spn_all_finite(c->count * c->n, c->ap)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC,
                 "conjugate gradients: a product with the operator is not finite");
    }
    for (int64_t j = 0; j < c->count; j++) {
        if (c->systems[j].is_open) {
            move(c, j);
        }
    }
    SPN_TRY(precondition(context, c));
    for (int64_t j = 0; j < c->count; j++) {
        if (c->systems[j].is_open) {
            turn(c, j);
        }
    }
done:
    return status;
}

static bool is_any_open(const conjugate *c)
{
    bool is_open = false;
    for (int64_t j = 0; j < c->count; j++) {
        is_open = is_open || c->systems[j].is_open;
    }
    return is_open;
}

static void sum_up(conjugate *c)
{
    for (int64_t j = 0; j < c->count; j++) {
        double size = c->systems[j].size;
        double share = size > 0 ? spn_norm(c->n, c->r + j * c->n) / size : 0;
        c->info->residual = fmax(c->info->residual, share);
    }
    c->info->is_converged = c->info->residual <= c->settings->tolerance;
}

spn_status spn_conjugate_gradients(spn_context *context, const spn_symmetric_operator *a,
                                   const spn_symmetric_operator *inverse,
                                   const spn_conjugate_settings *settings, int64_t count,
                                   const double *b, double *x, spn_conjugate_info *info)
{
    spn_status status = SPN_OK;
    int64_t room = 0;
    conjugate c = {.a = a,
                   .inverse = inverse,
                   .settings = settings,
                   .n = a->dimension,
                   .count = count,
                   .x = x,
                   .info = info};
    *info = (spn_conjugate_info){.is_positive = true};
    if (count < 1 || !spn_size_multiply(a->dimension, count, &room)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld systems of %lld unknowns", (long long)count,
                 (long long)a->dimension);
    }
    SPN_NEW(context, c.systems, count);
    SPN_NEW(context, c.r, room);
    SPN_NEW(context, c.z, room);
    SPN_NEW(context, c.p, room);
    SPN_NEW(context, c.ap, room);
    SPN_TRY(begin(context, &c, b));
    while (is_any_open(&c) && info->products + count <= settings->products) {
        SPN_TRY(advance(context, &c));
    }
    sum_up(&c);
done:
    spn_release(context, c.systems);
    spn_release(context, c.r);
    spn_release(context, c.z);
    spn_release(context, c.p);
    spn_release(context, c.ap);
    return status;
}
