/* SPDX-License-Identifier: MIT */
/* MINRES, preconditioned. Lanczos's process makes vectors v_k with A V = M V T, V^T M V = 1, T tridiagonal with the diagonal
 * alpha_k and beta_k beside it. Reflections (c, s) turn T into an upper triangle with three diagonals (gamma, delta, epsilon), so
 * that |b| - T y is minimised one column after the other:
 *
 *     p = A v_k - beta_k u_{k-1} - alpha_k u_k,  alpha_k = v_k . A v_k       u_k = M v_k
 *     u_{k+1} = p / beta_{k+1},  v_{k+1} = M^-1 u_{k+1},  beta_{k+1}^2 = p . M^-1 p
 *     w_k = (v_k - epsilon_k w_{k-2} - delta_k w_{k-1}) / gamma_k,  x += c_k rest_k w_k,  rest_{k+1} = s_k rest_k
 *
 * rest is the length of the residual in the norm of M^-1. */
#include <spinodal/numeric.h>
#include <spinodal/numeric/minimal_residuals.h>

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct minimal {
    const spn_symmetric_operator *a, *inverse;
    int64_t n;
    double *memory;                /* the vectors below */
    double *v;                     /* v_k */
    double *p, *before, *now;      /* A v_k and what becomes of it; beta u of the last two steps */
    double *w, *w_before, *w_last; /* w_{k-2}, w_{k-1}, w_k by turns */
    double beta, beta_before;
    double cosine, sine; /* of the last reflection */
    double beside,
        above;          /* what it has made of the next column: above the diagonal, and two above */
    double first, rest; /* |b|, |residual| */
    double norm;        /* of A: the longest column of T so far */
    double slope;       /* |A r| / |r| of the residual before the last step */
    bool is_over;       /* nothing of what is left can be reached */
} minimal;

/* |A r| below this share of |A| |r|, the root of the rounding, is as good as nothing: to go on would blow up x along the kernel. */
static const double nothing = 1e-8;

static spn_status create(spn_context *context, minimal *m)
{
    spn_status status = SPN_OK;
    int64_t total = 0;
    if (!spn_size_multiply(m->n, 7, &total)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld unknowns are too many", (long long)m->n);
    }
    SPN_NEW(context, m->memory, total);
    double **vectors[] = {&m->v, &m->p, &m->before, &m->now, &m->w, &m->w_before, &m->w_last};
    for (int64_t i = 0; i < 7; i++) {
        *vectors[i] = m->memory + i * m->n;
    }
done:
    return status;
}

/* v = M^-1 `now`, not yet of length 1; beta its length. */
static spn_status take_length(spn_context *context, minimal *m)
{
    spn_status status = SPN_OK;
    if (m->inverse == NULL) {
        memcpy(m->v, m->now, (size_t)m->n * sizeof *m->v);
    } else {
        SPN_TRY(m->inverse->product(context, m->inverse->state, 1, m->now, m->v));
    }
    double square = spn_dot(m->n, m->now, m->v);
    if (!(square >= 0) || !isfinite(square)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC,
                 "minimal residuals: the preconditioner is not positive definite, or a product "
                 "with it is not finite");
    }
    m->beta_before = m->beta;
    m->beta = sqrt(square);
done:
    return status;
}

/* One step of Lanczos's process: alpha, and v, beta of the next. `now` is beta u throughout. */
static spn_status extend(spn_context *context, minimal *m, bool is_first, double *alpha)
{
    spn_status status = SPN_OK;
    int64_t n = m->n;
    SPN_TRY(spn_poll(context));
    spn_tick(context);
    SPN_TRY(m->a->product(context, m->a->state, 1, m->v, m->p));
    if (!spn_all_finite(n, m->p)) {
        SPN_FAIL(context, SPN_ERROR_NUMERIC, "minimal residuals: a product is not finite");
    }
    if (!is_first) {
        spn_axpy(n, -m->beta / m->beta_before, m->before, m->p);
    }
    *alpha = spn_dot(n, m->v, m->p);
    spn_axpy(n, -*alpha / m->beta, m->now, m->p);
    double *spare = m->before;
    m->before = m->now;
    m->now = m->p;
    m->p = spare;
done:
    return status;
}

/* w of this step from v and those of the last two. */
static void turn(minimal *m, double epsilon, double delta, double gamma)
{
    double *spare = m->w;
    m->w = m->w_before;
    m->w_before = m->w_last;
    m->w_last = spare;
    for (int64_t i = 0; i < m->n; i++) {
        m->w_last[i] = (m->v[i] - epsilon * m->w[i] - delta * m->w_before[i]) / gamma;
    }
}

/* v has length 1; the step's column joins the triangle, x moves. */
static spn_status advance(spn_context *context, minimal *m, bool is_first, double *x)
{
    spn_status status = SPN_OK;
    double alpha = 0;
    SPN_TRY(extend(context, m, is_first, &alpha));
    double *v = m->p; /* free until the next product: v_k stays in it */
    memcpy(v, m->v, (size_t)m->n * sizeof *v);
    SPN_TRY(take_length(context, m));
    m->norm = fmax(m->norm, hypot(alpha, hypot(m->beta, is_first ? 0 : m->beta_before)));
    double epsilon = m->above;
    double delta = m->cosine * m->beside + m->sine * alpha;
    double diagonal = m->sine * m->beside - m->cosine * alpha;
    m->above = m->sine * m->beta;
    m->beside = -m->cosine * m->beta;
    m->slope = hypot(diagonal, m->beside);
    double gamma = hypot(diagonal, m->beta);
    m->is_over = !(gamma > DBL_EPSILON * m->norm);
    if (m->is_over) {
        goto done;
    }
    m->cosine = diagonal / gamma;
    m->sine = m->beta / gamma;
    double *next = m->v;
    m->v = v;
    turn(m, epsilon, delta, gamma);
    m->p = v;
    m->v = next;
    spn_axpy(m->n, m->cosine * m->rest, m->w_last, x);
    m->rest *= m->sine;
done:
    return status;
}

static void scale(minimal *m)
{
    for (int64_t i = 0; i < m->n; i++) {
        m->v[i] /= m->beta;
    }
}

static spn_status iterate(spn_context *context, minimal *m, const spn_minimal_settings *settings,
                          double *x, spn_minimal_info *info)
{
    spn_status status = SPN_OK;
    while (!info->is_converged && !info->is_least && info->products < settings->products) {
        scale(m);
        SPN_TRY(advance(context, m, info->products == 0, x));
        info->products++;
        info->residual = m->rest / m->first;
        info->is_converged = info->residual <= settings->tolerance;
        info->is_least =
            !info->is_converged && (m->is_over || !(m->beta > 0) || m->slope <= nothing * m->norm);
    }
done:
    return status;
}

spn_status spn_minimal_residuals(spn_context *context, const spn_symmetric_operator *a,
                                 const spn_symmetric_operator *inverse,
                                 const spn_minimal_settings *settings, const double *b, double *x,
                                 spn_minimal_info *info)
{
    spn_status status = SPN_OK;
    minimal m = {.a = a, .inverse = inverse, .n = a->dimension, .cosine = -1};
    *info = (spn_minimal_info){.products = 0};
    if (m.n < 1 || settings->products < 1 || !(settings->tolerance >= 0)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT,
                 "minimal residuals: %lld unknowns, %lld products, tolerance %g", (long long)m.n,
                 (long long)settings->products, settings->tolerance);
    }
    SPN_TRY(create(context, &m));
    memset(x, 0, (size_t)m.n * sizeof *x);
    memcpy(m.now, b, (size_t)m.n * sizeof *b);
    SPN_TRY(take_length(context, &m));
    m.first = m.rest = m.beta;
    info->is_converged = !(m.beta > 0);
    SPN_TRY(iterate(context, &m, settings, x, info));
done:
    spn_release(context, m.memory);
    return status;
}
