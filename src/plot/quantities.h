/* SPDX-License-Identifier: MIT */
/* Columns of tables of points as panels. */
#ifndef SPNI_PLOT_QUANTITIES_H
#define SPNI_PLOT_QUANTITIES_H

#include "plot/canvas.h"

/* What a panel shows. */
typedef struct spni_quantity {
    const char *name;     /* of the column */
    const char *label;    /* of its axis */
    spn_axis_scale scale; /* that suits it */
    size_t offset;        /* of the number in its record */
    bool is_integer;
} spni_quantity;

/* There is no column `name`: which one may be meant, and which there are. */
spn_status spni_refuse_column(spn_context *context, const char *name, const char *const *names,
                              int64_t count);

/* The column `name` of `columns`; SPN_ERROR_INPUT with the columns that there are. */
spn_status spni_quantity_find(spni_canvas *canvas, const spn_columns *columns, const char *name,
                              spni_quantity *out);
double spni_quantity_of(const spni_quantity *quantity, const void *record);

/* The panels of a figure: those of the settings, or the `count` named by `own`, of which those without a number in
 * `records` are left out. *found of them in the arena. */
spn_status spni_choose_quantities(spni_canvas *canvas, const spn_table *points,
                                  const spn_plot_settings *settings, int64_t count,
                                  const char *const *own, int64_t *found, spni_quantity **out);

#endif
