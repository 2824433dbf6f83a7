/* SPDX-License-Identifier: MIT */
#include "study/anchors.h"
#include "study/book.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Points of a slice: half a gigabyte. */
static const double points_most = 1e7;

/* One slice. */
typedef struct one_cut {
    spn_slice_record record;
    spn_slice_plane *plane;
    int64_t point_count, anchor_count, level_count;
    spn_slice_point *points;
    spn_slice_anchor anchors[SPN_ANCHORS_MAX];
    spn_anchor stored[SPN_ANCHORS_MAX];
    spn_slice_level *levels;
} one_cut;

struct spn_cuts {
    spn_arena *arena;
    const spn_study *study;
    spn_pool *pool;
    int64_t count;
    one_cut items[SPN_CUTS_MAX];
    int64_t potential_count; /* points of the norm-constrained curve; 0: none */
    const spn_norm_record *potential;
};

spn_status spn_cuts_create(spn_context *context, const spn_study *study, int64_t threads,
                           spn_cuts **out)
{
    spn_status status = SPN_OK;
    spn_cuts *cuts = NULL;
    *out = NULL;
    SPN_NEW(context, cuts, 1);
    cuts->study = study;
    SPN_TRY(spn_arena_create(context, &cuts->arena));
    SPN_TRY(spn_pool_create(context, threads, &cuts->pool));
    *out = cuts;
    cuts = NULL;
done:
    spn_cuts_free(context, cuts);
    return status;
}

void spn_cuts_free(spn_context *context, spn_cuts *cuts)
{
    for (int64_t i = 0; cuts != NULL && i < cuts->count; i++) {
        spn_slice_plane_free(context, cuts->items[i].plane);
    }
    if (cuts != NULL) {
        spn_pool_free(cuts->pool);
        spn_arena_free(cuts->arena);
        spn_release(context, cuts);
    }
}

spn_arena *spn_cuts_arena(spn_cuts *cuts)
{
    return cuts->arena;
}

void spn_cuts_potential(spn_cuts *cuts, int64_t count, const spn_norm_record *curve)
{
    cuts->potential_count = count;
    cuts->potential = curve;
}

/* Layers, or the weights into each unit, of theta. */
static spn_status make_blocks(spn_context *context, const spn_cuts *cuts, int scaling,
                              int64_t *count, spn_slice_block **out)
{
    spn_status status = SPN_OK;
    int64_t entries = 0, most = 0, last = -1;
    const spn_layout_entry *layout = spn_network_layout(cuts->study->network, &entries);
    spn_slice_block *blocks = NULL;
    for (int64_t i = 0; i < entries; i++) {
        most += layout[i].rows;
    }
    *count = 0;
    SPN_TAKE(context, cuts->arena, blocks, most);
    for (int64_t i = 0; i < entries && scaling != SPN_SLICE_UNIT; i++) {
        const spn_layout_entry *e = &layout[i];
        if (scaling == SPN_SLICE_LAYER && e->layer == last) {
            blocks[*count - 1].length += e->rows * e->columns;
        } else if (scaling == SPN_SLICE_LAYER) {
            blocks[(*count)++] = (spn_slice_block){e->offset, e->rows * e->columns};
        }
        for (int64_t r = 0; r < e->rows && scaling == SPN_SLICE_FILTER; r++) {
            blocks[(*count)++] = (spn_slice_block){e->offset + r * e->columns, e->columns};
        }
        last = e->layer;
    }
    *out = blocks;
done:
    return status;
}

static spn_status lay_through(spn_context *context, const spn_cuts *cuts, one_cut *cut,
                              double *coordinates)
{
    spn_status status = SPN_OK;
    double *points = NULL;
    const int64_t n = cut->plane->dimension;
    SPN_TAKE(context, cuts->arena, points, cut->anchor_count * n);
    for (int64_t i = 0; i < cut->anchor_count; i++) {
        memcpy(points + i * n, cut->stored[i].theta, (size_t)n * sizeof *points);
    }
    SPN_TRY(spn_slice_through(context, &cuts->study->loss, points, cut->plane, coordinates));
done:
    return status;
}

/* The plane, and where its anchors lie: (u, v) of each. */
static spn_status lay(spn_context *context, const spn_cuts *cuts,
                      const spn_slice_settings *settings, one_cut *cut, double *coordinates)
{
    spn_status status = SPN_OK;
    const int64_t axes = settings->span == SPN_SLICE_POINTS         ? cut->anchor_count - 1
                         : settings->span == SPN_SLICE_EIGENVECTORS ? settings->eigenvectors.count
                                                                    : settings->axes;
    spn_slice_record *record = &cut->record;
    double values[2] = {(double)NAN, (double)NAN};
    SPN_TRY(spn_slice_plane_create(context, cuts->study->loss.dimension, axes, &cut->plane));
    record->axes = axes;
    record->span = settings->span;
    if (settings->span == SPN_SLICE_POINTS) {
        SPN_TRY(lay_through(context, cuts, cut, coordinates));
    } else if (settings->span == SPN_SLICE_EIGENVECTORS) {
        SPN_TRY(spn_slice_eigenvectors(context, &cuts->study->loss, record->beta,
                                       cut->stored[0].theta, settings->eigenvectors.items,
                                       cut->plane, values));
    } else {
        int64_t count = 0;
        spn_slice_block *blocks = NULL;
        SPN_TRY(make_blocks(context, cuts, settings->scaling, &count, &blocks));
        SPN_TRY(spn_slice_random(context, cut->stored[0].theta, (uint64_t)settings->seed, count,
                                 blocks, cut->plane));
    }
    record->eigenvalue_u = values[0];
    record->eigenvalue_v = values[1];
done:
    return status;
}

/* One axis of the grid: from the outermost anchors on, by the margin or the reach. */
static spn_status make_axis(spn_context *context, const spn_cuts *cuts,
                            const spn_slice_settings *settings, const one_cut *cut, int axis,
                            const double *coordinates, int64_t *count, double **out)
{
    spn_status status = SPN_OK;
    double anchors[SPN_ANCHORS_MAX], low = HUGE_VAL, high = -HUGE_VAL;
    for (int64_t i = 0; i < cut->anchor_count; i++) {
        anchors[i] = coordinates[2 * i + axis];
        low = fmin(low, anchors[i]);
        high = fmax(high, anchors[i]);
    }
    const double beyond =
        settings->span == SPN_SLICE_POINTS ? settings->margin * (high - low) : settings->reach;
    SPN_TAKE(context, cuts->arena, *out, settings->points + cut->anchor_count);
    *count = spn_slice_grid(low - beyond, high + beyond, settings->points, cut->anchor_count,
                            anchors, *out);
done:
    return status;
}

static spn_status measure(spn_context *context, const spn_cuts *cuts,
                          const spn_slice_settings *settings, one_cut *cut,
                          const double *coordinates)
{
    spn_status status = SPN_OK;
    spn_slice_record *record = &cut->record;
    double *u = NULL, *v = NULL;
    record->rows = 1;
    if (pow((double)settings->points, (double)record->axes) > points_most) {
        SPN_FAIL(
            context, SPN_ERROR_INPUT,
            "slice.points: %lld along each of %lld axes are too many: at most %g points in all",
            (long long)settings->points, (long long)record->axes, points_most);
    }
    SPN_TRY(make_axis(context, cuts, settings, cut, 0, coordinates, &record->columns, &u));
    if (record->axes == 2) {
        SPN_TRY(make_axis(context, cuts, settings, cut, 1, coordinates, &record->rows, &v));
        record->v_low = v[0];
        record->v_high = v[record->rows - 1];
    }
    record->u_low = u[0];
    record->u_high = u[record->columns - 1];
    const spn_slice_task task = {.objective = &cuts->study->loss,
                                 .plane = cut->plane,
                                 .columns = record->columns,
                                 .rows = record->rows,
                                 .u = u,
                                 .v = v,
                                 .curvature = settings->curvature};
    cut->point_count = record->columns * record->rows;
    SPN_TAKE(context, cuts->arena, cut->points, cut->point_count);
    SPN_TRY(spn_slice_run(context, cuts->pool, &task, cut->points));
    for (int64_t i = 0; i < cut->point_count; i++) {
        cut->points[i].slice = record->slice;
    }
done:
    return status;
}

/* What the grid has at each anchor: they are among its points. */
static void read_anchors(one_cut *cut, const double *coordinates)
{
    for (int64_t i = 0; i < cut->anchor_count; i++) {
        const spn_anchor *stored = &cut->stored[i];
        const double u = coordinates[2 * i], v = coordinates[2 * i + 1];
        int64_t at = 0;
        while (at + 1 < cut->point_count && (cut->points[at].u != u || cut->points[at].v != v)) {
            at++;
        }
        const spn_slice_point *p = &cut->points[at];
        cut->anchors[i] = (spn_slice_anchor){.slice = cut->record.slice,
                                             .anchor = i,
                                             .u = u,
                                             .v = v,
                                             .beta = stored->beta,
                                             .error = p->error,
                                             .norm_squared = p->norm_squared,
                                             .loss = p->error + stored->beta * p->norm_squared,
                                             .stored_error = stored->error,
                                             .stored_loss = stored->loss};
    }
}

static spn_status find_lowest(spn_context *context, const spn_cuts *cuts, const spn_reals *beta,
                              one_cut *cut)
{
    spn_status status = SPN_OK;
    SPN_TAKE(context, cuts->arena, cut->levels, beta->count);
    cut->level_count = beta->count;
    for (int64_t k = 0; k < beta->count; k++) {
        spn_slice_level *level = &cut->levels[k];
        *level =
            (spn_slice_level){.slice = cut->record.slice, .beta = beta->items[k], .loss = HUGE_VAL};
        for (int64_t i = 0; i < cut->point_count; i++) {
            const spn_slice_point *p = &cut->points[i];
            const double loss = p->error + level->beta * p->norm_squared;
            if (loss < level->loss) {
                level->u = p->u;
                level->v = p->v;
                level->loss = loss;
            }
        }
    }
done:
    return status;
}

spn_status spn_cuts_add(spn_context *context, spn_cuts *cuts, const spn_slice_settings *settings,
                        double beta, int64_t count, const spn_anchor *anchors)
{
    spn_status status = SPN_OK;
    double coordinates[2 * SPN_ANCHORS_MAX] = {0};
    if (cuts->count == SPN_CUTS_MAX || count > SPN_ANCHORS_MAX) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "too many slices or points of a slice");
    }
    one_cut *cut = &cuts->items[cuts->count];
    *cut = (one_cut){.record = {.slice = cuts->count, .beta = beta}, .anchor_count = count};
    cuts->count++;
    memcpy(cut->stored, anchors, (size_t)count * sizeof *anchors);
    SPN_TRY(lay(context, cuts, settings, cut, coordinates));
    SPN_TRY(measure(context, cuts, settings, cut, coordinates));
    read_anchors(cut, coordinates);
    SPN_TRY(find_lowest(context, cuts, &settings->beta, cut));
done:
    return status;
}

/* All slices, one after the other, in the arena of the book. */
typedef struct gathered {
    int64_t point_count, anchor_count, level_count, direction_count;
    spn_slice_record *slices;
    spn_slice_point *points;
    spn_slice_anchor *anchors;
    spn_slice_level *levels;
    const char **names;
    double *theta, *directions;
} gathered;

static void count_all(const spn_cuts *cuts, gathered *g)
{
    *g = (gathered){0};
    for (int64_t k = 0; k < cuts->count; k++) {
        const one_cut *cut = &cuts->items[k];
        g->point_count += cut->point_count;
        g->anchor_count += cut->anchor_count;
        g->level_count += cut->level_count;
        g->direction_count += 1 + cut->record.axes;
    }
}

static spn_status gather(spn_context *context, spn_arena *arena, const spn_cuts *cuts, gathered *g)
{
    spn_status status = SPN_OK;
    const int64_t n = cuts->study->loss.dimension;
    const size_t bytes = (size_t)n * sizeof(double);
    int64_t points = 0, anchors = 0, levels = 0, directions = 0;
    count_all(cuts, g);
    SPN_TAKE(context, arena, g->slices, cuts->count);
    SPN_TAKE(context, arena, g->points, g->point_count);
    SPN_TAKE(context, arena, g->anchors, g->anchor_count);
    SPN_TAKE(context, arena, g->levels, g->level_count);
    SPN_TAKE(context, arena, g->names, g->anchor_count);
    SPN_TAKE(context, arena, g->theta, g->anchor_count * n);
    SPN_TAKE(context, arena, g->directions, g->direction_count * n);
    for (int64_t k = 0; k < cuts->count; k++) {
        const one_cut *cut = &cuts->items[k];
        g->slices[k] = cut->record;
        memcpy(g->points + points, cut->points, (size_t)cut->point_count * sizeof *cut->points);
        memcpy(g->levels + levels, cut->levels, (size_t)cut->level_count * sizeof *cut->levels);
        points += cut->point_count;
        levels += cut->level_count;
        for (int64_t i = 0; i < cut->anchor_count; i++, anchors++) {
            g->anchors[anchors] = cut->anchors[i];
            g->names[anchors] = cut->stored[i].name;
            memcpy(g->theta + anchors * n, cut->stored[i].theta, bytes);
        }
        memcpy(g->directions + directions++ * n, cut->plane->origin, bytes);
        memcpy(g->directions + directions * n, cut->plane->axis, (size_t)cut->record.axes * bytes);
        directions += cut->record.axes;
    }
done:
    return status;
}

static void add_tables(const spn_cuts *cuts, const gathered *g, spn_book *book)
{
    spn_book_table(book, (spn_table){"slices", &spn_slice_columns, cuts->count, g->slices});
    spn_book_table(book,
                   (spn_table){"points", &spn_slice_point_columns, g->point_count, g->points});
    spn_book_table(book,
                   (spn_table){"anchors", &spn_slice_anchor_columns, g->anchor_count, g->anchors});
    spn_book_table(book,
                   (spn_table){"levels", &spn_slice_level_columns, g->level_count, g->levels});
    if (cuts->potential_count > 0) {
        spn_book_table(book, (spn_table){"potential", &spn_norm_columns, cuts->potential_count,
                                         cuts->potential});
    }
    spn_book_text(book, (spn_text_column){"anchors", "name", g->anchor_count, g->names,
                                          "name of the point in slice.through"});
}

static void add_arrays(const spn_cuts *cuts, const gathered *g, spn_book *book)
{
    const int64_t n = cuts->study->loss.dimension;
    spni_book_weights(book,
                      (spn_theta){"anchor_theta",
                                  "all weights and biases of the points that the slices go "
                                  "through, in the order of /layout; one row per row of /anchors"},
                      g->anchor_count, n, g->theta);
    spni_book_weights(book,
                      (spn_theta){"directions", "for each slice its origin and its one or two "
                                                "axes: theta = origin + u axis_1 + v axis_2"},
                      g->direction_count, n, g->directions);
}

/* Tell of the points that are not what was stored. */
static void warn(spn_context *context, const gathered *g)
{
    const spn_table table = {"anchors", &spn_slice_anchor_columns, g->anchor_count, g->anchors};
    for (int64_t i = 0; i < g->anchor_count; i++) {
        const spn_slice_anchor *a = &g->anchors[i];
        if (!spn_slice_agrees(&table, i)) {
            spn_warning(context,
                        "'%s' has E = %.15g, L = %.15g on the slice, but %.15g, %.15g in the "
                        "results: are they of other data, or of another model?",
                        g->names[i], a->error, a->loss, a->stored_error, a->stored_loss);
        }
    }
}

spn_status spn_cuts_write(spn_context *context, const spn_cuts *cuts, const char *path,
                          bool is_forced, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_book *book = NULL;
    gathered all;
    SPN_TRY(spn_book_create(context, &spn_slice_kind, cuts->study, &book));
    SPN_TRY(gather(context, spn_book_arena(book), cuts, &all));
    add_tables(cuts, &all, book);
    add_arrays(cuts, &all, book);
    SPN_TRY(spn_book_write(context, book, path, is_forced, is_good));
    warn(context, &all);
done:
    spn_book_free(book);
    return status;
}
