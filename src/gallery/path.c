/* SPDX-License-Identifier: MIT */
#include "gallery/path.h"

#include <math.h>

spn_status spni_path_begin(spn_context *context, spn_arena *arena, int64_t capacity,
                           spni_path *path)
{
    spn_status status = SPN_OK;
    *path = (spni_path){0};
    SPN_TAKE(context, arena, path->x, capacity);
    SPN_TAKE(context, arena, path->y, capacity);
done:
    return status;
}

void spni_path_put(spni_path *path, double x, double y)
{
    path->x[path->count] = x;
    path->y[path->count++] = y;
}

void spni_path_break(spni_path *path)
{
    spni_path_put(path, (double)NAN, (double)NAN);
}

void spni_path_segment(spni_path *path, double x, double y, double to_x, double to_y)
{
    spni_path_break(path);
    spni_path_put(path, x, y);
    spni_path_put(path, to_x, to_y);
}

void spni_path_end(const spni_path *path, spn_series *series)
{
    series->count = path->count;
    series->x = path->x;
    series->y = path->y;
}
