/* SPDX-License-Identifier: MIT */
/* What stays the same while stationary points of one objective are sought, and lengths there. */
#include "stationary/stationary.h"

#include <math.h>

static spn_status create_workspaces(spni_frame *frame)
{
    spn_status status = SPN_OK;
    spn_context *context = frame->context;
    int64_t n = frame->n, square = 0, bordered = 0;
    if (!spn_size_multiply(n, n, &square) || !spn_size_multiply(n + 1, n + 1, &bordered)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld parameters: the Hessian is too large",
                 (long long)n);
    }
    SPN_TRY(spn_point_create(context, frame->objective, &frame->point));
    SPN_TRY(spn_dense_create(context, n, &frame->dense));
    SPN_TRY(spn_geometry_workspace_create(context, n, &frame->geometry));
    frame->orbit_capacity = spn_objective_orbit_capacity(frame->objective);
    SPN_NEW(context, frame->orbit, frame->orbit_capacity * n);
    SPN_NEW(context, frame->matrix, square);
    SPN_NEW(context, frame->bordered, bordered);
    SPN_NEW(context, frame->pivots, n + 1);
    SPN_NEW(context, frame->right, n + 1);
    SPN_NEW(context, frame->row, n + 1);
    SPN_NEW(context, frame->probe, n);
    SPN_NEW(context, frame->product, n);
done:
    return status;
}

spn_status spni_frame_bare(spn_context *context, const spn_objective *objective, double beta_from,
                           double beta_to, spni_frame *frame)
{
    spn_status status = SPN_OK;
    *frame = (spni_frame){.context = context,
                          .objective = objective,
                          .beta_from = beta_from,
                          .beta_to = beta_to,
                          .n = objective->dimension,
                          .scales = spn_objective_scales(objective)};
    frame->length = frame->scales.weight;
    if (!(beta_from < beta_to) || !isfinite(beta_from) || !isfinite(beta_to)) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "stationary points: the range of beta, from %g to %g, must ascend and be finite",
                 beta_from, beta_to);
    }
    frame->metric = frame->length / (frame->beta_to - frame->beta_from);
done:
    return status;
}

spn_status spni_frame_create(spn_context *context, const spn_objective *objective, double beta_from,
                             double beta_to, spni_frame *frame)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_frame_bare(context, objective, beta_from, beta_to, frame));
    SPN_TRY(create_workspaces(frame));
done:
    return status;
}

spn_status spni_frame_near(spn_context *context, const spn_objective *objective, double beta,
                           spni_frame *frame)
{
    double half = fmax(fabs(beta), 1e-3 * spn_objective_scales(objective).parameter);
    return spni_frame_create(context, objective, beta - half, beta + half, frame);
}

void spni_frame_free(spni_frame *frame)
{
    spn_context *context = frame->context;
    if (context == NULL) {
        return;
    }
    spn_point_free(context, frame->point);
    spn_dense_free(context, frame->dense);
    spn_geometry_workspace_free(context, frame->geometry);
    spn_release(context, frame->orbit);
    spn_release(context, frame->matrix);
    spn_release(context, frame->bordered);
    spn_release(context, frame->pivots);
    spn_release(context, frame->right);
    spn_release(context, frame->row);
    spn_release(context, frame->probe);
    spn_release(context, frame->product);
}

double spni_inner(const spni_frame *frame, const double *theta_a, double beta_a,
                  const double *theta_b, double beta_b)
{
    return spn_dot(frame->n, theta_a, theta_b) + frame->metric * frame->metric * beta_a * beta_b;
}

double spni_length(const spni_frame *frame, const double *theta, double beta)
{
    return sqrt(spni_inner(frame, theta, beta, theta, beta));
}

double spni_distance(const spni_frame *frame, const spni_place *a, const spni_place *b)
{
    double sum = 0;
    for (int64_t i = 0; i < frame->n; i++) {
        sum += (a->theta[i] - b->theta[i]) * (a->theta[i] - b->theta[i]);
    }
    double beta = frame->metric * (a->beta - b->beta);
    return sqrt(sum + beta * beta);
}

bool spni_is_inside(const spni_frame *frame, double beta)
{
    return beta >= frame->beta_from && beta <= frame->beta_to;
}
