/* SPDX-License-Identifier: MIT */
/** @file path.h  Points of a series under construction; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_PATH_H
#define SPINODAL_SRC_GALLERY_PATH_H

#include <spinodal/plot.h>

typedef struct spni_path {
    int64_t count;
    double *x, *y;
} spni_path;
/** Room for so many points, in the arena. */
spn_status spni_path_begin(spn_context *context, spn_arena *arena, int64_t capacity,
                           spni_path *path);
void spni_path_put(spni_path *path, double x, double y);
/** What is put behind it is a line of its own. */
void spni_path_break(spni_path *path);
/** A line of its own between two points: three entries. */
void spni_path_segment(spni_path *path, double x, double y, double to_x, double to_y);
void spni_path_end(const spni_path *path, spn_series *series);

#endif
