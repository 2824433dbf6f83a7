/* SPDX-License-Identifier: MIT */
/* What a figure of slices shows, and all numbers of it. */
#include "plot/slice.h"

#include <math.h>

static void put_slice(spn_text *text, const spni_slice_view *v, int64_t slice)
{
    const spn_slice_record *record = &v->slices[slice];
    spn_text_put(text, "\nSlice %lld, a %s of %lld x %lld points at beta = %.10g", (long long)slice,
                 record->axes == 1 ? "line" : "plane", (long long)record->columns,
                 (long long)record->rows, record->beta);
    if (record->span == SPN_SLICE_EIGENVECTORS) {
        spn_text_put(text, ", eigenvalues of the Hessian of L along its axes: %.6g",
                     record->eigenvalue_u);
        if (record->axes == 2) {
            spn_text_put(text, ", %.6g", record->eigenvalue_v);
        }
    }
    spn_text_add(text, "\n");
    for (int64_t i = 0; i < v->c.anchors.rows; i++) {
        const spn_slice_anchor *a = &v->anchors[i];
        if (a->slice == slice) {
            spn_text_put(text, "  %s at (u, v) = (%.6g, %.6g): E %.10g, L %.10g at beta = %.10g\n",
                         v->c.names[i], a->u, a->v, a->error, a->loss, a->beta);
        }
    }
    for (int64_t i = 0; i < v->c.levels.rows; i++) {
        const spn_slice_level *l = &v->levels[i];
        if (l->slice == slice) {
            spn_text_put(text,
                         "  beta = %.10g: the smallest L on the grid is %.10g, at (%.6g, "
                         "%.6g)\n",
                         l->beta, l->loss, l->u, l->v);
        }
    }
}

static void put_legend(spn_text *text, const spn_slice_record *slice)
{
    if (slice->axes == 1) {
        spn_text_add(
            text, "The loss L = E + beta |theta|^2 along a line of parameter space, for each beta. "
                  "Filled circles: minima of L\nalong the line, which need not be minima in all "
                  "directions. Dotted: the points that the line goes through.\n");
        return;
    }
    spn_text_add(
        text,
        "The loss L = E + beta |theta|^2 over a plane of parameter space, a row for each beta: "
        "contour map and surface.\nDots: the points that the plane goes through. Contours lie at "
        "the squares of equal steps above the smallest L;\nwhat is higher than the colour bar is "
        "cut off. theta = origin + u axis_1 + v axis_2.\n");
}

void spni_slice_caption_numbers(const spni_slice_view *v, spn_text *text)
{
    for (int64_t k = 0; k < v->c.slices.rows; k++) {
        put_slice(text, v, k);
    }
}

void spni_slice_caption(const spn_results *results, const spni_slice_view *v, int64_t slice,
                        spn_text *text)
{
    put_legend(text, &v->slices[slice]);
    put_slice(text, v, slice);
    spn_text_add(text, "\n");
    spn_text_parameters(text, results);
}
