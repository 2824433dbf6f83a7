/* SPDX-License-Identifier: MIT */
/* Does one thing at most happen on a step by products? What its ends say has to agree. With the tangent t = (t_z, beta'),
 * b = d(grad L)/dbeta and the drive t_z . b = -t_z . M t_z / beta',
 *
 *                  beta' changes sign   eigenvalues inside do   the drive does
 *   nothing        no                   no                      maybe, at a saddle
 *   fold           yes                  yes                     no: t_z is the kernel's vector there, and b has a part along it
 *   vertex         yes                  no                      yes: b is symmetric and t_z is not, so that the drive vanishes
 *   branch point   no                   yes                     where the branch moves along the kernel: t_z . M t_z vanishes
 *
 * and anything else is two things at once. Where the drive vanishes that may still be so: a fold, a vertex and the fold's mirror
 * image look like a vertex, and so do a branch point and a fold; a fold and a vertex look like a branch point. Two places
 * next to where the drive vanishes tell: at a vertex beta' vanishes there, too, and in proportion; at a branch point it does not.
 */
#include "continuation/trace_products.h"
#include "stationary/root.h"

#include <math.h>

/* A drive of less than this share of the natural one is none: at a theta of 0 it is rounding. */
static const double DRIVE_LEAST = 1e-9;
/* So much of the drive at the farther end of the step is left at the two places, at most this share of that at the nearer end: beta'
 * must be above rounding. */
static const double DRIVE_NEAR = 0.05, DRIVE_SHARE = 0.5;
/* "In proportion" is meant up to this factor, and "not vanish" as more than its inverse: beyond it a step is too long for what lies on it
 * anyway. Both sides of a vertex are mirror images: the same up to how well the places are hit. */
static const double FACTOR = 3, FACTOR_MIRROR = 1.5;
enum { LOOKS_MOST = 12 };

static bool has_other_sign(double a, double b)
{
    return (a < 0) != (b < 0);
}

/* Does the drive vanish on the step? */
static bool is_drive_zero(const spni_glide *glide)
{
    const spni_stand *a = &glide->at, *b = &glide->next;
    double least = DRIVE_LEAST * glide->p->scales.parameter * glide->p->metric;
    return fmin(fabs(a->drive), fabs(b->drive)) > least && has_other_sign(a->drive, b->drive);
}

/* The place where the drive is `wanted`, up to a half, into `mid`. */
static spn_status find_drive(spni_glide *glide, double wanted, bool *is_there)
{
    spn_status status = SPN_OK;
    const spni_stand *mid = &glide->mid;
    spni_bracket bracket = {.left = {0, glide->at.drive - wanted},
                            .right = {1, glide->next.drive - wanted}};
    bool is_near = false;
    *is_there = true;
    for (int k = 0; k < LOOKS_MOST && *is_there && !is_near; k++) {
        double share = spni_bracket_next(&bracket);
        SPN_TRY(spni_glide_between(glide, share, 0, is_there));
        is_near = *is_there && fabs(mid->drive / wanted - 1) <= 0.5;
        spni_bracket_take(&bracket, (spni_sample){share, mid->drive - wanted});
    }
    *is_there = is_near;
done:
    return status;
}

static bool is_within(double ratio, double factor)
{
    return ratio >= 1 / factor && ratio <= factor;
}

/* What the two places say; nothing where there is no solution to be had. */
static spn_status look_closer(spni_glide *glide, bool is_turned, bool *is_tangled)
{
    spn_status status = SPN_OK;
    const spni_stand *a = &glide->at, *b = &glide->next, *mid = &glide->mid;
    const spni_stand *far = fabs(a->drive) > fabs(b->drive) ? a : b;
    double near =
        fmin(DRIVE_NEAR * fabs(far->drive), DRIVE_SHARE * fmin(fabs(a->drive), fabs(b->drive)));
    double least = fmin(fabs(a->beta_slope), fabs(b->beta_slope)), share[2];
    *is_tangled = false;
    for (int side = 0; side < 2 && !*is_tangled; side++) {
        bool is_there = false;
        SPN_TRY(find_drive(glide, copysign(near, side == 0 ? a->drive : b->drive), &is_there));
        if (!is_there) {
            goto done;
        }
        share[side] = mid->beta_slope / mid->drive * far->drive / far->beta_slope;
        *is_tangled = is_turned ? !is_within(share[side], FACTOR)
                                : mid->beta_slope / copysign(least, a->beta_slope) < 1 / FACTOR;
    }
    *is_tangled = *is_tangled || (is_turned && !is_within(share[0] / share[1], FACTOR_MIRROR));
done:
    return status;
}

spn_status spni_glide_is_tangled(spni_glide *glide, bool *is_tangled)
{
    const spni_stand *a = &glide->at, *b = &glide->next;
    bool is_turned = has_other_sign(a->beta_slope, b->beta_slope);
    bool is_crossed = a->inside != b->inside, is_zero = is_drive_zero(glide);
    *is_tangled = false;
    if (a->certainty == SPN_CERTAIN_NOT || b->certainty == SPN_CERTAIN_NOT ||
        (!is_turned && !is_crossed)) {
        return SPN_OK;
    }
    *is_tangled = is_turned && is_crossed == is_zero;
    return is_zero && !*is_tangled ? look_closer(glide, is_turned, is_tangled) : SPN_OK;
}
