/* SPDX-License-Identifier: MIT */
/* What slices show, in words: how many valleys the loss has, and what stands between them. */
#include <spinodal/kind.h>

#include <math.h>

/* L over the grid of one slice, at one beta. */
typedef struct surface {
    const spn_slice_record *slice;
    const spn_slice_point *points;
    double beta;
} surface;

static const spn_slice_point *point_at(const surface *s, int64_t row, int64_t column)
{
    return &s->points[row * s->slice->columns + column];
}

static double loss_at(const surface *s, int64_t row, int64_t column)
{
    const spn_slice_point *p = point_at(s, row, column);
    return p->error + s->beta * p->norm_squared;
}

/* Lower than all its neighbours on the grid, of which equal ones count once: the first. The edge is no valley: L may go
 * on falling behind it. */
static bool is_valley(const surface *s, int64_t row, int64_t column)
{
    const bool is_plane = s->slice->axes == 2;
    const double own = loss_at(s, row, column);
    if (column == 0 || column + 1 == s->slice->columns ||
        (is_plane && (row == 0 || row + 1 == s->slice->rows))) {
        return false;
    }
    for (int64_t i = is_plane ? -1 : 0; i <= (is_plane ? 1 : 0); i++) {
        for (int64_t k = -1; k <= 1; k++) {
            const bool is_before = i < 0 || (i == 0 && k < 0);
            const double other = loss_at(s, row + i, column + k);
            if ((i != 0 || k != 0) && !(is_before ? own < other : own <= other)) {
                return false;
            }
        }
    }
    return true;
}

/* The valleys of a surface: how many, and the two deepest. */
typedef struct valleys {
    int64_t count;
    int64_t rows[2], columns[2]; /* the deepest first */
} valleys;

static double depth_of(const surface *s, const valleys *v, int i)
{
    return loss_at(s, v->rows[i], v->columns[i]);
}

static valleys find_valleys(const surface *s)
{
    valleys v = {.count = 0};
    for (int64_t row = 0; row < s->slice->rows; row++) {
        for (int64_t column = 0; column < s->slice->columns; column++) {
            if (!is_valley(s, row, column)) {
                continue;
            }
            const bool is_deepest = v.count == 0 || loss_at(s, row, column) < depth_of(s, &v, 0);
            if (is_deepest) {
                v.rows[1] = v.rows[0];
                v.columns[1] = v.columns[0];
            }
            if (is_deepest || v.count == 1 || loss_at(s, row, column) < depth_of(s, &v, 1)) {
                v.rows[!is_deepest] = row;
                v.columns[!is_deepest] = column;
            }
            v.count++;
        }
    }
    return v;
}

static void put_place(spn_text *text, const surface *s, const valleys *v, int i)
{
    const spn_slice_point *p = point_at(s, v->rows[i], v->columns[i]);
    if (s->slice->axes == 1) {
        spn_text_put(text, "u = %.4g", p->u);
    } else {
        spn_text_put(text, "(%.4g, %.4g)", p->u, p->v);
    }
}

/* On a line: how far L rises from the shallower one of the two on the way to the other. */
static void put_barrier(spn_text *text, const surface *s, const valleys *v)
{
    const int64_t from = v->columns[0] < v->columns[1] ? v->columns[0] : v->columns[1];
    const int64_t to = v->columns[0] + v->columns[1] - from;
    double top = -(double)INFINITY;
    for (int64_t column = from; column <= to; column++) {
        top = fmax(top, loss_at(s, 0, column));
    }
    spn_text_put(text, " On the straight way from the shallower to the deeper L rises by %.4g.",
                 top - depth_of(s, v, 1));
}

static void put_surface(spn_text *text, const surface *s)
{
    const valleys v = find_valleys(s);
    spn_text_put(text, "At beta = %.6g the loss has ", s->beta);
    if (v.count == 0) {
        spn_text_put(text, "no valley on this %s: it is lowest at the edge.\n",
                     s->slice->axes == 1 ? "line" : "plane");
        return;
    }
    if (v.count == 1) {
        spn_text_put(text, "one valley on this %s, at ", s->slice->axes == 1 ? "line" : "plane");
        put_place(text, s, &v, 0);
        spn_text_add(text, ".\n");
        return;
    }
    spn_text_put(text, "%lld valleys on this %s: the deepest, L = %.6g, at ", (long long)v.count,
                 s->slice->axes == 1 ? "line" : "plane", depth_of(s, &v, 0));
    put_place(text, s, &v, 0);
    spn_text_put(text, ", the next, L = %.6g, at ", depth_of(s, &v, 1));
    put_place(text, s, &v, 1);
    spn_text_add(text, ".");
    if (s->slice->axes == 1) {
        put_barrier(text, s, &v);
    }
    spn_text_add(text, "\n");
}

void spn_slice_words(spn_text *text, const void *contents)
{
    const spn_slice_contents *c = contents;
    const spn_slice_record *slices = c->slices.records;
    const spn_slice_level *levels = c->levels.records;
    const spn_slice_point *points = c->points.records;
    for (int64_t k = 0; k < c->slices.rows; k++) {
        for (int64_t i = 0; i < c->levels.rows; i++) {
            if (levels[i].slice == k) {
                put_surface(text, &(const surface){&slices[k], points, levels[i].beta});
            }
        }
        points += slices[k].columns * slices[k].rows;
    }
}
