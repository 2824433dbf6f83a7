/* SPDX-License-Identifier: MIT */
/* What a figure of slices shows, and all numbers of it. */
#include "plot/slice.h"

#include <math.h>

static spn_status put_slice(spn_context *context, spn_text_buffer *text, const spni_slice_view *v,
                            int64_t slice)
{
    spn_status status = SPN_OK;
    const spn_slice_record *record = &v->slices[slice];
    SPN_TRY(spni_put(context, text, "\nSlice %lld, a %s of %lld x %lld points at beta = %.10g",
                     (long long)slice, record->axes == 1 ? "line" : "plane",
                     (long long)record->columns, (long long)record->rows, record->beta));
    if (record->span == SPN_SLICE_EIGENVECTORS) {
        SPN_TRY(spni_put(context, text, ", eigenvalues of the Hessian of L along its axes: %.6g",
                         record->eigenvalue_u));
        SPN_TRY(record->axes == 2 ? spni_put(context, text, ", %.6g", record->eigenvalue_v)
                                  : SPN_OK);
    }
    SPN_TRY(spni_put_text(context, text, "\n"));
    for (int64_t i = 0; i < v->anchor_count; i++) {
        const spn_slice_anchor *a = &v->anchors[i];
        if (a->slice == slice) {
            SPN_TRY(spni_put(context, text,
                             "  %s at (u, v) = (%.6g, %.6g): E %.10g, L %.10g at beta = %.10g\n",
                             v->names[i], a->u, a->v, a->error, a->loss, a->beta));
        }
    }
    for (int64_t i = 0; i < v->level_count; i++) {
        const spn_slice_level *l = &v->levels[i];
        if (l->slice == slice) {
            SPN_TRY(spni_put(context, text,
                             "  beta = %.10g: the smallest L on the grid is %.10g, at (%.6g, "
                             "%.6g)\n",
                             l->beta, l->loss, l->u, l->v));
        }
    }
done:
    return status;
}

static spn_status put_legend(spn_context *context, spn_text_buffer *text,
                             const spn_slice_record *slice)
{
    if (slice->axes == 1) {
        return spni_put_text(
            context, text,
            "The loss L = E + beta |theta|^2 along a line of parameter space, for each beta. "
            "Filled circles: minima of L\nalong the line, which need not be minima in all "
            "directions. Dotted: the points that the line goes through.\n");
    }
    return spni_put_text(
        context, text,
        "The loss L = E + beta |theta|^2 over a plane of parameter space, a row for each beta: "
        "contour map and surface.\nDots: the points that the plane goes through. Contours lie at "
        "the squares of equal steps above the smallest L;\nwhat is higher than the colour bar is "
        "cut off. theta = origin + u axis_1 + v axis_2.\n");
}

spn_status spni_slice_caption_numbers(spn_context *context, const spni_slice_view *v,
                                      spn_text_buffer *text)
{
    spn_status status = SPN_OK;
    for (int64_t k = 0; k < v->slice_count; k++) {
        SPN_TRY(put_slice(context, text, v, k));
    }
done:
    return status;
}

spn_status spni_slice_caption(spn_context *context, const spn_results *results,
                              const spni_slice_view *v, int64_t slice, spn_text_buffer *text)
{
    spn_status status = SPN_OK;
    SPN_TRY(put_legend(context, text, &v->slices[slice]));
    SPN_TRY(put_slice(context, text, v, slice));
    SPN_TRY(spni_put_text(context, text, "\n"));
    SPN_TRY(spni_put_parameters(context, text, results));
done:
    return status;
}
