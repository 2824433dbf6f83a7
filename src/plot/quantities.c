/* SPDX-License-Identifier: MIT */
/* Columns of tables of points as panels: which label and which scale suit them. */
#include "plot/quantities.h"

#include <math.h>
#include <string.h>

/* Those that have a name of their own; others bear that of their column, with its unit. */
static const struct known {
    const char *name, *label;
    spn_axis_scale scale;
} known[] = {
    {"error", "Error {/:Italic E}", SPN_AXIS_LINEAR},
    {"loss", "Loss {/:Italic L}", SPN_AXIS_LINEAR},
    {"test_error", "Error on test samples", SPN_AXIS_LINEAR},
    {"accuracy", "Accuracy", SPN_AXIS_LINEAR},
    {"test_accuracy", "Accuracy on test samples", SPN_AXIS_LINEAR},
    {"weight_norm", "Distance to origin |{/:Italic θ}|", SPN_AXIS_LINEAR},
    {"trivial_distance", "Distance to the trivial model", SPN_AXIS_LINEAR},
    {"active_modes", "Active modes", SPN_AXIS_LINEAR},
    {"merged_units", "Merged hidden units", SPN_AXIS_LINEAR},
    {"dead_units", "Dead hidden units", SPN_AXIS_LINEAR},
    {"scalar_curvature_error", "Scalar curvature {/:Italic R}", SPN_AXIS_SYMMETRIC_LOG},
    {"scalar_curvature_loss", "{/:Italic R} of the loss surface", SPN_AXIS_SYMMETRIC_LOG},
    {"mean_curvature_error", "Mean curvature", SPN_AXIS_LINEAR},
    {"eigenvalue_min_error", "min {/:Italic λ} of ∇²{/:Italic E}", SPN_AXIS_LINEAR},
    {"eigenvalue_max_error", "max {/:Italic λ} of ∇²{/:Italic E}", SPN_AXIS_LINEAR},
    {"eigenvalue_min_loss", "min {/:Italic λ} of ∇²{/:Italic L}", SPN_AXIS_LINEAR},
    {"eigenvalue_max_loss", "max {/:Italic λ} of ∇²{/:Italic L}", SPN_AXIS_LINEAR},
    {"fisher_trace", "Fisher trace", SPN_AXIS_LINEAR},
    {"susceptibility", "Susceptibility {/:Italic χ}", SPN_AXIS_SYMMETRIC_LOG},
};

static void look_up(spni_canvas *canvas, const spn_column *column, spni_quantity *out)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, column->name) == 0) {
            out->label = known[i].label;
            out->scale = known[i].scale;
            return;
        }
    }
    const char *name = spni_plain(canvas, column->name);
    out->label = column->unit[0] != '\0'
                     ? spni_label(canvas, "%s (%s)", name, spni_plain(canvas, column->unit))
                     : name;
}

spn_status spni_refuse_column(spn_context *context, const char *name, const char *const *names,
                              int64_t count)
{
    spn_text list = {.context = context};
    spn_status status = SPN_OK;
    const char *near = spn_nearest_name(name, names, count);
    for (int64_t i = 0; i < count; i++) {
        spn_text_put(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    SPN_TRY(list.status);
    status = spn_fail(context, SPN_ERROR_INPUT, "has no column '%.60s' to draw%s%s%s%s", name,
                      near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                      near != NULL ? "'? There are: " : "; there are: ", list.buffer.text);
done:
    spn_text_end(&list);
    return status;
}

static spn_status refuse(spni_canvas *canvas, const spn_columns *columns, const char *name)
{
    spn_status status = SPN_OK;
    const char **names = NULL;
    SPN_TAKE(canvas->context, canvas->arena, names, columns->count);
    for (int64_t i = 0; i < columns->count; i++) {
        names[i] = columns->items[i].name;
    }
    status = spni_refuse_column(canvas->context, name, names, columns->count);
done:
    return status;
}

spn_status spni_quantity_find(spni_canvas *canvas, const spn_columns *columns, const char *name,
                              spni_quantity *out)
{
    for (int64_t i = 0; i < columns->count; i++) {
        const spn_column *column = &columns->items[i];
        if (strcmp(column->name, name) == 0) {
            *out = (spni_quantity){.name = column->name,
                                   .offset = column->offset,
                                   .is_integer = column->type == SPN_COLUMN_INTEGER};
            look_up(canvas, column, out);
            return SPN_OK;
        }
    }
    return refuse(canvas, columns, name);
}

double spni_quantity_of(const spni_quantity *quantity, const void *record)
{
    int64_t integer = 0;
    if (!quantity->is_integer) {
        return spni_real_at(record, quantity->offset);
    }
    memcpy(&integer, (const char *)record + quantity->offset, sizeof integer);
    return integer < 0 ? (double)NAN : (double)integer;
}

static bool has_number(const spn_table *points, const spni_quantity *quantity)
{
    const char *records = points->records;
    for (int64_t i = 0; i < points->rows; i++) {
        if (isfinite(
                spni_quantity_of(quantity, records + (size_t)i * points->columns->record_size))) {
            return true;
        }
    }
    return false;
}

spn_status spni_choose_quantities(spni_canvas *canvas, const spn_table *points,
                                  const spn_plot_settings *settings, int64_t count,
                                  const char *const *own, int64_t *found, spni_quantity **out)
{
    spn_status status = SPN_OK;
    const bool is_asked = settings != NULL && settings->column_count > 0;
    const int64_t wanted = is_asked ? settings->column_count : count;
    *found = 0;
    SPN_TAKE(canvas->context, canvas->arena, *out, wanted);
    for (int64_t i = 0; i < wanted; i++) {
        spni_quantity *quantity = &(*out)[*found];
        const char *name = is_asked ? settings->columns[i].name : own[i];
        SPN_TRY(spni_quantity_find(canvas, points->columns, name, quantity));
        if (is_asked && settings->columns[i].scale != SPN_PLOT_OWN) {
            quantity->scale = (spn_axis_scale)settings->columns[i].scale;
        }
        if (is_asked && !has_number(points, quantity)) {
            SPN_FAIL(canvas->context, SPN_ERROR_INPUT, "has no numbers in the column '%.60s'",
                     name);
        }
        *found += is_asked || has_number(points, quantity);
    }
done:
    return status;
}
