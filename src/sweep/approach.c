/* SPDX-License-Identifier: MIT */
/* The way to a transition, on the branch that ends there: from the closest point that lies on it backwards,
 * four steps a decade of the distance. The critical mode of the Hessian is the one whose eigenvalue grows
 * fastest between the two closest points; from there on it is followed by overlap. Where eigenvalues
 * coincide any vector of their space will do, so that the overlap is that with the space. */
#include "sweep/follower.h"

#include <math.h>
#include <string.h>

enum { A_DECADE = 4, STEPS_MOST = 60 };
/* From step to step the distance grows by this. */
static const double RATIO = 1.8;
/* From these shares of the scale: three tolerances, and this. */
static const double CLOSEST_TOLERANCES = 3, FARTHEST = 3e-2;
/* Eigenvalues up to this share of the largest are exact zero modes. */
static const double ZERO_SHARE = 1e-11;
/* Eigenvalues that differ by less than this share are one. */
static const double SAME_SHARE = 1e-6;

/* A decomposed Hessian, and the modes that are followed from one to the next. */
typedef struct spectrum {
    int64_t n;
    const double *values;  /* n, ascending */
    const double *vectors; /* n x n, in columns */
    double *candidates;    /* SPNI_CANDIDATES x n: the critical one comes first, once it is known */
    double *sum;           /* n: scratch */
} spectrum;

static double zero_of(const spectrum *now)
{
    return ZERO_SHARE * fmax(fabs(now->values[0]), fabs(now->values[now->n - 1]));
}

/* Continue `mode` (changed in place) into the eigenvectors at hand: its eigenvalue and the overlap. */
static void match(const spectrum *now, double *mode, double *eigenvalue, double *overlap)
{
    int64_t n = now->n, best = 0;
    double largest = -1, *sum = now->sum;
    for (int64_t j = 0; j < n; j++) {
        double share = fabs(spn_dot(n, now->vectors + j * n, mode));
        if (share > largest) {
            largest = share;
            best = j;
        }
    }
    /* Its part in the space of all eigenvalues that are this one. */
    double same = SAME_SHARE * fabs(now->values[best]) + zero_of(now);
    memset(sum, 0, (size_t)n * sizeof *sum);
    for (int64_t j = 0; j < n; j++) {
        if (fabs(now->values[j] - now->values[best]) <= same) {
            const double *vector = now->vectors + j * n;
            spn_axpy(n, spn_dot(n, vector, mode), vector, sum);
        }
    }
    *eigenvalue = now->values[best];
    *overlap = spn_norm(n, sum);
    for (int64_t i = 0; i < n; i++) {
        mode[i] = sum[i] / *overlap;
    }
}

/* At the closest point: the modes with the smallest positive eigenvalues; the first is taken until a
 * second point tells more. */
static int64_t take_candidates(const spectrum *now, double eigenvalues[SPNI_CANDIDATES])
{
    int64_t n = now->n, count = 0;
    for (int64_t j = 0; j < n && count < SPNI_CANDIDATES; j++) {
        if (now->values[j] > zero_of(now)) {
            eigenvalues[count] = now->values[j];
            memcpy(now->candidates + count * n, now->vectors + j * n, (size_t)n * sizeof(double));
            count++;
        }
    }
    return count;
}

/* At the second point: the candidate that has grown fastest becomes the first one. */
static void choose(const spectrum *now, int64_t count, const double eigenvalues[SPNI_CANDIDATES],
                   spn_sweep_approach *closest, spn_sweep_approach *row)
{
    int64_t n = now->n, best = -1;
    double fastest = 0;
    for (int64_t i = 0; i < count; i++) {
        double eigenvalue = 0, overlap = 0;
        match(now, now->candidates + i * n, &eigenvalue, &overlap);
        double growth = eigenvalue / eigenvalues[i];
        if (best < 0 || (overlap > 0.5 && growth > fastest)) {
            best = i;
            fastest = growth;
            row->eigenvalue = eigenvalue;
            row->overlap = overlap;
        }
    }
    if (best >= 0) {
        closest->eigenvalue = eigenvalues[best];
        memmove(now->candidates, now->candidates + best * n, (size_t)n * sizeof(double));
    }
}

static spn_status decompose(spni_follower *f)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_point_hessian(f->context, f->point, SPN_PART_FULL, f->factor));
    SPN_TRY(spn_eigen(f->context, f->dense, f->parameters, f->factor, true, f->values));
done:
    return status;
}

/* Along the branch away from the transition to `distance` from it. Near a fold theta goes like the root of the
 * distance: steps multiply it. *is_there: false where the branch ends. */
static spn_status walk(spni_follower *f, double distance, double backwards, bool *is_there)
{
    spn_status status = SPN_OK;
    double origin = f->message->jump.beta, ratio = RATIO;
    double now = fabs(f->at_before.beta - origin);
    *is_there = false;
    for (int k = 0; k < STEPS_MOST; k++) {
        spni_verdict verdict;
        double next = fmin(distance, ratio * now);
        SPN_TRY(spni_attempt(f, origin + backwards * next, &verdict));
        if (verdict == SPNI_LOST) {
            ratio = sqrt(ratio);
        } else if (next == distance) {
            *is_there = true;
            break;
        } else {
            spni_accept_point(f);
            now = next;
        }
    }
done:
    return status;
}

void spni_leave_trace(spni_follower *f)
{
    spni_trail *trail = &f->trail;
    if (trail->count == SPN_APPROACH_MAX) {
        memmove(trail->rows, trail->rows + 1, (SPN_APPROACH_MAX - 1) * sizeof *trail->rows);
        trail->count--;
    }
    trail->rows[trail->count++] = (spn_sweep_approach){
        .beta = f->point->parameter,
        .eigenvalue = (double)NAN,
        .overlap = (double)NAN,
        .norm_squared = spn_objective_order(f->problem->objective, f->point->theta),
        .susceptibility =
            -spn_objective_order_along(f->problem->objective, f->point->theta, f->ahead),
        .error = spn_point_error(f->point)->value,
        .loss = f->point->value};
}

void spni_retrace(spni_follower *f)
{
    spni_message *message = f->message;
    message->approach_count = 0;
    for (int64_t k = f->trail.count - 1; k >= 0; k--) {
        spn_sweep_approach *row = &message->approach[message->approach_count++];
        *row = f->trail.rows[k];
        row->distance = fabs(row->beta - message->jump.beta);
    }
}

spn_status spni_approach(spni_follower *f, double scale, double backwards)
{
    spn_status status = SPN_OK;
    spni_message *message = f->message;
    double eigenvalues[SPNI_CANDIDATES];
    /* What a point is measured with is free until it is measured. */
    const spectrum now = {f->parameters, f->values, f->factor, f->candidates, f->trivial};
    double closest = CLOSEST_TOLERANCES * f->problem->settings->refine_tolerance * scale;
    int64_t candidates = 0, *count = &message->approach_count;
    *count = 0;
    for (int k = 0; *count < SPN_APPROACH_MAX; k++) {
        bool is_there = false;
        double distance = closest * pow(10, (double)k / A_DECADE);
        double beta = message->jump.beta + backwards * distance;
        if (distance > FARTHEST * scale * 1.001 || spni_is_beyond(f, beta)) {
            break;
        }
        if (distance < fabs(f->at_before.beta - message->jump.beta)) {
            continue;
        }
        SPN_TRY(walk(f, distance, backwards, &is_there));
        if (!is_there) {
            break;
        }
        SPN_TRY(decompose(f));
        spn_sweep_approach *row = &message->approach[*count];
        *row = (spn_sweep_approach){
            .beta = beta,
            .distance = fabs(beta - message->jump.beta),
            .eigenvalue = (double)NAN,
            .overlap = 1,
            .norm_squared = spn_objective_order(f->problem->objective, f->theta),
            .susceptibility = spni_susceptibility_of_modes(
                f->parameters, f->values, f->factor, f->point->parameter_gradient, zero_of(&now)),
            .error = spn_point_error(f->point)->value,
            .loss = f->point->value};
        if (*count == 0) {
            candidates = take_candidates(&now, eigenvalues);
            row->eigenvalue = candidates > 0 ? eigenvalues[0] : (double)NAN;
        } else if (*count == 1) {
            choose(&now, candidates, eigenvalues, &message->approach[0], row);
        } else if (candidates > 0) {
            match(&now, now.candidates, &row->eigenvalue, &row->overlap);
        }
        spni_accept_point(f);
        ++*count;
    }
done:
    return status;
}
