/* SPDX-License-Identifier: MIT */
#include "peers.h"
#include "subject.h"

static spn_status write_rows(spn_context *context, const char *folder, const char *name,
                             int64_t rows, int64_t columns, bool is_triangle, const double *values)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return spn_fail(context, SPN_ERROR_IO, "%s: cannot be written", path);
    }
    for (int64_t i = 0; i < rows; i++) {
        int64_t count = is_triangle ? i + 1 : columns;
        for (int64_t j = 0; j < count; j++) {
            double value = is_triangle ? values[i + j * rows] : values[i * columns + j];
            fprintf(file, "%.17g%c", value, j + 1 < count ? ',' : '\n');
        }
    }
    return fclose(file) == 0 ? SPN_OK
                             : spn_fail(context, SPN_ERROR_IO, "%s: not fully written", path);
}

spn_status bench_export(spn_context *context, const char *folder, int64_t width, int64_t samples)
{
    spn_status status = SPN_OK;
    subject s;
    spn_geometry error;
    SPN_TRY(subject_create(context, &s, width, samples));
    const spn_point *inner = spn_point_error(s.point);
    SPN_TRY(spn_geometry_measure(context, s.workspace, s.point, 0, &error, NULL));
    SPN_TRY(spn_point_hessian(context, inner, SPN_PART_FULL, s.hessian));
    const double scalars[2] = {error.value, error.scalar_curvature};
    int64_t p = s.parameters;
    SPN_TRY(write_rows(context, folder, "theta.csv", p, 1, false, s.theta));
    SPN_TRY(write_rows(context, folder, "gradient.csv", p, 1, false, inner->gradient));
    SPN_TRY(write_rows(context, folder, "hessian.csv", p, p, true, s.hessian));
    SPN_TRY(write_rows(context, folder, "scalar.csv", 1, 2, false, scalars));
done:
    subject_free(context, &s);
    return status;
}
