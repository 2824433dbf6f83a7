/* SPDX-License-Identifier: MIT */
/* The points that slices go through, and where L is smallest on their grids. */
#include <spinodal/kind.h>

#include <math.h>
#include <stdio.h>

void spn_slice_json(spn_json *json, const char *path, const void *contents, const spn_wish *wish)
{
    const spn_slice_contents *c = contents;
    (void)wish;
    spn_json_begin_object(json, NULL);
    spn_json_text(json, "results", path);
    spn_json_integer(json, "points", c->points.rows);
    spn_json_rows(json, "slices", &c->slices, NULL, NULL);
    spn_json_rows(json, "anchors", &c->anchors, "name", c->names);
    spn_json_rows(json, "levels", &c->levels, NULL, NULL);
    spn_json_end_object(json);
}

/* One slice, for the writers of its anchors. */
typedef struct part {
    int64_t slice;
    double size; /* the largest of their places */
} part;

static bool is_here(const spn_row *row)
{
    return ((const spn_slice_anchor *)row->record)->slice == ((const part *)row->state)->slice;
}

static void write_u(const spn_row *row, char *cell)
{
    spn_show_number(
        spn_beside(((const spn_slice_anchor *)row->record)->u, ((const part *)row->state)->size), 6,
        cell);
}

static void write_v(const spn_row *row, char *cell)
{
    spn_show_number(
        spn_beside(((const spn_slice_anchor *)row->record)->v, ((const part *)row->state)->size), 6,
        cell);
}

static void put_anchors(spn_text *text, const spn_slice_contents *c, int64_t slice)
{
    static const spn_view_column columns[] = {
        SPN_SHOW_NAME("through", NULL, "?"), SPN_SHOW_NUMBER_BY("u", write_u),
        SPN_SHOW_NUMBER_BY("v", write_v),    SPN_SHOW("beta", "beta", 8),
        SPN_SHOW("E", "error", 8),           SPN_SHOW("L", "loss", 8)};
    const spn_slice_anchor *anchors = c->anchors.records;
    part here = {.slice = slice};
    for (int64_t i = 0; i < c->anchors.rows; i++) {
        if (anchors[i].slice == slice) {
            here.size = fmax(here.size, fmax(fabs(anchors[i].u), fabs(anchors[i].v)));
        }
    }
    spn_view view = SPN_VIEW(&c->anchors, columns);
    view.filter = is_here;
    view.state = &here;
    view.names = c->names;
    view.name_count = c->anchors.rows;
    spn_view_terminal(text, &view, "");
}

static void put_slice(spn_text *text, const spn_slice_contents *c, const spn_slice_record *slice)
{
    const spn_slice_level *levels = c->levels.records;
    spn_text_put(text, "%s, %lld x %lld points, taken at beta = %.10g",
                 slice->axes == 1 ? "line" : "plane", (long long)slice->columns,
                 (long long)slice->rows, slice->beta);
    if (isfinite(slice->eigenvalue_u)) {
        spn_text_put(text, ", eigenvalue%s of L %.6g", slice->axes == 1 ? "" : "s",
                     slice->eigenvalue_u);
    }
    if (isfinite(slice->eigenvalue_v)) {
        spn_text_put(text, " and %.6g", slice->eigenvalue_v);
    }
    spn_text_add(text, "\n");
    put_anchors(text, c, slice->slice);
    for (int64_t i = 0; i < c->levels.rows; i++) {
        const spn_slice_level *l = &levels[i];
        if (l->slice == slice->slice) {
            spn_text_put(text, "beta = %.10g: L is smallest at (%.6g, %.6g): %.8g\n", l->beta, l->u,
                         l->v, l->loss);
        }
    }
}

void spn_slice_summary(spn_text *text, const char *path, const void *contents, const spn_wish *wish)
{
    const spn_slice_contents *c = contents;
    const spn_slice_record *slices = c->slices.records;
    (void)wish;
    for (int64_t i = 0; i < c->slices.rows; i++) {
        spn_text_put(text, "%s%s: ", i > 0 ? "\n" : "", path);
        put_slice(text, c, &slices[i]);
    }
}
