/* SPDX-License-Identifier: MIT */
/* The surface on the grid of a slice. */
#include <math.h>
#include <spinodal/numeric.h>
#include <spinodal/slice.h>
#include <string.h>

/* Points of a job: many enough to pay for its workspace, and the same whatever the number of threads. */
enum { BLOCK = 32 };
/* A point of the grid nearer to an anchor than this share of the range gives way to it. */
static const double same_place = 1e-9;

/* Insert `value` into ascending numbers. */
static void insert(double value, int64_t *count, double *out)
{
    int64_t at = (*count)++;
    for (; at > 0 && out[at - 1] > value; at--) {
        out[at] = out[at - 1];
    }
    out[at] = value;
}

static bool has_place(double value, double near, int64_t count, const double *places)
{
    for (int64_t i = 0; i < count; i++) {
        if (fabs(places[i] - value) <= near) {
            return true;
        }
    }
    return false;
}

int64_t spn_slice_grid(double low, double high, int64_t count, int64_t anchors,
                       const double *anchor, double *out)
{
    int64_t total = 0;
    const double near = same_place * (high - low);
    for (int64_t i = 0; i < anchors; i++) {
        if (!has_place(anchor[i], 0, total, out)) {
            insert(anchor[i], &total, out);
        }
    }
    for (int64_t i = 0; i < count; i++) {
        const double share = count > 1 ? (double)i / (double)(count - 1) : 0.5;
        const double value = low + share * (high - low);
        if (!has_place(value, near, anchors, anchor)) {
            insert(value, &total, out);
        }
    }
    return total;
}

typedef struct sampler {
    const spn_slice_task *task;
    spn_slice_point *points;
    int64_t count, finished;
} sampler;

static spn_status measure(spn_context *context, const spn_slice_task *task, spn_point *point,
                          spn_geometry_workspace *workspace, double *theta, spn_slice_point *out)
{
    spn_status status = SPN_OK;
    spn_geometry geometry;
    out->u = task->u[out->column];
    out->v = task->plane->axes == 2 ? task->v[out->row] : 0;
    spn_slice_theta(task->plane, out->u, out->v, theta);
    SPN_TRY(spn_point_set(context, point, theta, 0, NULL,
                          task->curvature ? SPN_WANT_ALL : SPN_WANT_VALUE));
    out->error = point->value;
    out->norm_squared = spn_objective_order(task->objective, theta);
    out->scalar_curvature_error = (double)NAN;
    if (task->curvature) {
        SPN_TRY(spn_geometry_measure(context, workspace, point, 0, &geometry, NULL));
        out->scalar_curvature_error = geometry.scalar_curvature;
    }
done:
    return status;
}

static spn_status run_block(spn_context *context, void *state, int64_t job,
                            spn_pool_channel *channel)
{
    spn_status status = SPN_OK;
    const sampler *s = state;
    const spn_slice_task *task = s->task;
    const int64_t first = job * BLOCK;
    const int64_t last = first + BLOCK < s->count ? first + BLOCK : s->count;
    const int64_t n = task->plane->dimension, measured = last - first;
    spn_point *point = NULL;
    spn_geometry_workspace *workspace = NULL;
    double *theta = NULL;
    SPN_TRY(spn_point_create(context, task->objective, &point));
    SPN_NEW(context, theta, n);
    if (task->curvature) {
        SPN_TRY(spn_geometry_workspace_create(context, n, &workspace));
    }
    for (int64_t i = first; i < last; i++) {
        s->points[i] = (spn_slice_point){.row = i / task->columns, .column = i % task->columns};
        SPN_TRY(measure(context, task, point, workspace, theta, &s->points[i]));
    }
    SPN_TRY(spn_pool_send(context, channel, &measured));
done:
    spn_release(context, theta);
    spn_geometry_workspace_free(context, workspace);
    spn_point_free(context, point);
    return status;
}

static spn_status count_block(spn_context *context, void *state, int64_t job, const void *message)
{
    sampler *s = state;
    int64_t measured = 0;
    (void)job;
    memcpy(&measured, message, sizeof measured);
    s->finished += measured;
    spn_progress(context, (double)s->finished, (double)s->count, "points");
    return SPN_OK;
}

spn_status spn_slice_run(spn_context *context, spn_pool *pool, const spn_slice_task *task,
                         spn_slice_point *points)
{
    sampler s = {.task = task, .points = points};
    if (task->columns < 1 || task->rows < 1 ||
        !spn_size_multiply(task->columns, task->rows, &s.count) || s.count > INT64_MAX / 2) {
        return spn_fail(context, SPN_ERROR_ARGUMENT, "a slice of %lld x %lld points",
                        (long long)task->columns, (long long)task->rows);
    }
    const spn_pool_work work = {.jobs = (s.count + BLOCK - 1) / BLOCK,
                                .job = run_block,
                                .job_state = &s,
                                .message_size = sizeof(int64_t),
                                .receiver = count_block,
                                .receiver_state = &s};
    if (task->objective->dimension != task->plane->dimension) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "a slice of %lld parameters through an objective of %lld",
                        (long long)task->plane->dimension, (long long)task->objective->dimension);
    }
    return spn_pool_run(context, pool, &work);
}
