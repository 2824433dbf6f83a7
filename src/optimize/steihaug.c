/* SPDX-License-Identifier: MIT */
/* Conjugate gradients in a trust region (Steihaug 1983, Toint 1981), preconditioned: min g.s + s.Hs / 2, |s|_M <= radius.
 *
 *   r = g, z = M^-1 r, p = -z
 *   alpha = r.z / p.Hp;  p.Hp <= 0 or |s + alpha p|_M > radius: to the radius along p, and done
 *   s += alpha p, r += alpha Hp, z = M^-1 r, p = -z + (r.z new / old) p
 *
 * Lengths in M follow from the recurrences of s.Mp and p.Mp: M itself is never applied. |s|_M grows and the model falls
 * from piece to piece, so that the solution for a smaller radius lies on the way: a rejected step costs no product. */
#include "optimize/newton_cg.h"

#include <math.h>
#include <string.h>

/* alpha > 0 with |s + alpha p|_M = radius. */
static double reach(double length, double along, double direction, double radius)
{
    double rest = fmax(radius * radius - length, 0);
    double root = sqrt(along * along + direction * rest);
    return along > 0 ? rest / (along + root) : (root - along) / direction;
}

static double decrease(const spni_cg_piece *piece, double share)
{
    return share * (piece->descent - 0.5 * share * piece->bend);
}

static void keep(spni_cg *cg, int64_t n, const spni_cg_piece *piece)
{
    if (cg->count == cg->kept && cg->kept < cg->room) {
        cg->pieces[cg->kept] = *piece;
        memcpy(cg->directions + cg->kept * n, cg->p, (size_t)n * sizeof *cg->p);
        cg->kept++;
    }
    cg->count++;
    cg->length = piece->length;
    cg->predicted = piece->predicted;
}

spn_status spni_newton_cg_inverse(spn_context *context, void *state, int64_t k, const double *v,
                                  double *out)
{
    (void)context;
    const spni_newton_cg *own = state;
    const int64_t n = own->cg.learned->n;
    for (int64_t i = 0; i < k; i++) {
        memcpy(own->cg.scratch, v + i * n, (size_t)n * sizeof *v);
        spni_curvature_pairs_solve(own->cg.learned, own->m, own->cg.scratch, out + i * n);
    }
    return SPN_OK;
}

static void precondition(spn_context *context, const spn_solver *solver)
{
    spni_newton_cg *own = solver->newton_cg;
    if (own->cg.recalls) {
        (void)spni_newton_cg_inverse(context, own, 1, own->cg.r, own->cg.z);
    } else {
        spn_preconditioner_solve(own->m, 1, own->cg.r, own->cg.z);
    }
}

/* One product and the piece it gives; *is_end: at the radius. */
static spn_status advance(spn_context *context, spn_solver *solver, double radius, double along,
                          double direction, double descent, spni_cg_piece *piece)
{
    spn_status status = SPN_OK;
    spni_cg *cg = &solver->newton_cg->cg;
    SPN_TRY(spn_poll(context));
    spn_tick(context);
    SPN_TRY(spn_point_hvp(context, solver->point, SPN_PART_FULL, 1, cg->p, cg->hp));
    solver->info->products++;
    double bend = spn_dot(solver->n, cg->p, cg->hp);
    *piece =
        (spni_cg_piece){.descent = descent, .bend = bend, .along = along, .direction = direction};
    double limit = reach(cg->length, along, direction, radius);
    piece->share = descent / bend;
    cg->is_negative = !(bend > 0);
    cg->is_boundary = cg->is_negative || piece->share >= limit;
    piece->share = cg->is_boundary ? limit : piece->share;
    piece->length = cg->length + piece->share * (2 * along + piece->share * direction);
    piece->predicted = cg->predicted + decrease(piece, piece->share);
done:
    return status;
}

static void start(spn_context *context, spn_solver *solver, const double *g, double *s)
{
    spni_cg *cg = &solver->newton_cg->cg;
    size_t bytes = (size_t)solver->n * sizeof *s;
    memset(s, 0, bytes);
    memcpy(cg->r, g, bytes);
    spni_curvature_pairs_take(cg->learned);
    precondition(context, solver);
    for (int64_t i = 0; i < solver->n; i++) {
        cg->p[i] = -cg->z[i];
    }
    cg->count = cg->kept = 0;
    cg->length = cg->predicted = 0;
    cg->is_boundary = cg->is_negative = false;
}

spn_status spni_cg_solve(spn_context *context, spn_solver *solver, const double *g, double radius,
                         double share, int64_t most, double *s)
{
    spn_status status = SPN_OK;
    spni_cg *cg = &solver->newton_cg->cg;
    int64_t n = solver->n;
    start(context, solver, g, s);
    double descent = spn_dot(n, cg->r, cg->z), direction = descent, along = 0;
    double goal = share * share * descent;
    while (cg->count < most && descent > goal && !cg->is_boundary) {
        spni_cg_piece piece;
        SPN_TRY(advance(context, solver, radius, along, direction, descent, &piece));
        if (!isfinite(piece.share) || !isfinite(piece.predicted)) {
            break; /* curvature that is not finite: what has been reached so far */
        }
        keep(cg, n, &piece);
        spni_curvature_pairs_add(cg->learned, cg->p, cg->hp, piece.bend);
        spn_axpy(n, piece.share, cg->p, s);
        spn_axpy(n, piece.share, cg->hp, cg->r);
        precondition(context, solver);
        double next = spn_dot(n, cg->r, cg->z), ratio = next / descent;
        along = ratio * (along + piece.share * direction);
        direction = next + ratio * ratio * direction;
        descent = next;
        for (int64_t i = 0; i < n; i++) {
            cg->p[i] = ratio * cg->p[i] - cg->z[i];
        }
    }
done:
    return status;
}

bool spni_cg_shorten(spn_solver *solver, double radius, double *s)
{
    spni_cg *cg = &solver->newton_cg->cg;
    int64_t n = solver->n;
    double length = 0, predicted = 0;
    memset(s, 0, (size_t)n * sizeof *s);
    for (int64_t k = 0; k < cg->kept; k++) {
        const spni_cg_piece *piece = &cg->pieces[k];
        bool is_last = piece->length >= radius * radius;
        double share =
            is_last ? reach(length, piece->along, piece->direction, radius) : piece->share;
        spn_axpy(n, share, cg->directions + k * n, s);
        predicted += decrease(piece, share);
        length += share * (2 * piece->along + share * piece->direction);
        if (is_last) {
            cg->length = radius * radius;
            cg->predicted = predicted;
            cg->is_boundary = true;
            return true;
        }
    }
    cg->length = length;
    cg->predicted = predicted;
    return false;
}
