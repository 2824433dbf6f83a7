/* SPDX-License-Identifier: MIT */
/* F(beta), the smallest L of all known stationary points: minima, and what lies between two of them where a
 * branch has a gap. Branches are cut where they turn back in beta; each run is a cubic Hermite spline
 * through its states with the exact slopes dL/dbeta = |theta|^2 (T9). */
#include "plot/branches.h"

#include <math.h>
#include <stdlib.h>

#define ROUNDING 1e-9

typedef struct curve {
    int64_t count;
    spni_knot *knots; /* ascending in beta */
} curve;

struct spni_free_energy {
    int64_t count;
    curve *curves;
};

static int compare(const void *a, const void *b)
{
    const spni_knot *x = a, *y = b;
    return (x->beta > y->beta) - (x->beta < y->beta);
}

static void add(curve *c, const spni_drawn_state *state)
{
    const double norm = state->y[SPNI_BRANCH_NORM];
    if (isfinite(state->beta) && isfinite(state->loss) && isfinite(norm)) {
        c->knots[c->count++] = (spni_knot){state->beta, state->loss, norm * norm};
    }
}

/* Sort, and keep the first of equal beta. */
static void order(curve *c)
{
    int64_t kept = 0;
    qsort(c->knots, (size_t)c->count, sizeof *c->knots, compare);
    for (int64_t i = 0; i < c->count; i++) {
        if (kept == 0 || c->knots[i].beta > c->knots[kept - 1].beta) {
            c->knots[kept++] = c->knots[i];
        }
    }
    c->count = kept;
}

/* Does piece i go on where the one before ended, in the same direction of beta? */
static bool is_continued(const spni_branches_view *view, int64_t i)
{
    const spni_piece *before = &view->pieces[i - 1], *piece = &view->pieces[i];
    const double step = view->states[piece->to].beta - view->states[piece->from].beta;
    const double last = view->states[before->to].beta - view->states[before->from].beta;
    return before->to == piece->from && step * last >= 0;
}

spn_status spni_free_energy_make(spn_context *context, spn_arena *arena,
                                 const spni_branches_view *view, spni_free_energy **out)
{
    spn_status status = SPN_OK;
    spni_free_energy *energy = NULL;
    spni_knot *knots = NULL;
    SPN_TAKE(context, arena, energy, 1);
    SPN_TAKE(context, arena, energy->curves, view->piece_count);
    SPN_TAKE(context, arena, knots, 2 * view->piece_count);
    for (int64_t i = 0; i < view->piece_count; i++) {
        if (i == 0 || !is_continued(view, i)) {
            energy->curves[energy->count++].knots = knots + 2 * i;
            add(&energy->curves[energy->count - 1], &view->states[view->pieces[i].from]);
        }
        add(&energy->curves[energy->count - 1], &view->states[view->pieces[i].to]);
    }
    for (int64_t k = 0; k < energy->count; k++) {
        order(&energy->curves[k]);
    }
    *out = energy;
done:
    return status;
}

double spni_loss_between(const spni_knot *a, const spni_knot *b, double beta)
{
    const double h = b->beta - a->beta, t = (beta - a->beta) / h, u = 1 - t;
    return u * u * (1 + 2 * t) * a->loss + t * t * (1 + 2 * u) * b->loss +
           h * t * u * (u * a->slope - t * b->slope);
}

/* NaN outside; ends of one range may differ by their rounding. */
static double evaluate(const curve *c, double beta)
{
    int64_t low = 0, high = c->count - 1;
    const double slack = ROUNDING * fabs(beta);
    if (c->count == 0 ||
        !(beta >= c->knots[0].beta - slack && beta <= c->knots[high].beta + slack)) {
        return (double)NAN;
    }
    beta = fmin(fmax(beta, c->knots[0].beta), c->knots[high].beta);
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (c->knots[middle].beta <= beta) {
            low = middle;
        } else {
            high = middle;
        }
    }
    if (c->knots[low].beta == beta || low == high) {
        return c->knots[low].loss;
    }
    return c->knots[high].beta == beta ? c->knots[high].loss
                                       : spni_loss_between(&c->knots[low], &c->knots[high], beta);
}

double spni_free_energy_at(const spni_free_energy *energy, double beta)
{
    double least = (double)NAN;
    for (int64_t k = 0; k < energy->count; k++) {
        least = fmin(least, evaluate(&energy->curves[k], beta));
    }
    return least;
}
