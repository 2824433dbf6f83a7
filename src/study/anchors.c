/* SPDX-License-Identifier: MIT */
#include "study/anchors.h"

#include "study/experiment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

spn_status spn_phase_source_open(spn_context *context, spn_arena *arena, const spn_study *study,
                                 const char *path, spn_phase_source *source)
{
    spn_status status = SPN_OK;
    *source = (spn_phase_source){.key = source->key, .others = source->others, .path = path};
    SPN_TRY(spn_results_read(context, arena, path, &source->results));
    source->points = spn_results_table(&source->results, "points");
    source->theta = spn_results_array(&source->results, "theta");
    if (source->points == NULL || spn_table_find(source->points, "loss") < 0 ||
        spn_table_find(source->points, "error") < 0 || spn_table_find(source->points, "beta") < 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: holds no points of a sweep or of branches", path);
    }
    if (source->theta == NULL || source->theta->rows != source->points->rows) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: holds no weights (it was made with parameters: false)", path);
    }
    if (source->theta->columns != study->loss.dimension) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: holds weights of a network with %lld parameters; that of the experiment has "
                 "%lld",
                 path, (long long)source->theta->columns, (long long)study->loss.dimension);
    }
done:
    return status;
}

spn_status spni_source_open_named(spn_context *context, spn_arena *arena, const spn_study *study,
                                  const char *path, spn_phase_source *source)
{
    char buffer[SPNI_PATH_SIZE];
    if (path == NULL) {
        return SPN_OK;
    }
    const char *kept =
        spn_arena_duplicate(arena, spni_experiment_path(study->experiment, path, buffer));
    return kept != NULL ? spn_phase_source_open(context, arena, study, kept, source)
                        : spn_arena_status(context, arena);
}

const char *spni_modes_name(int64_t modes, char buffer[SPNI_NAME_SIZE])
{
    snprintf(buffer, SPNI_NAME_SIZE,
             modes < 0    ? "none"
             : modes == 0 ? "trivial"
             : modes == 1 ? "1 mode"
                          : "%lld modes",
             (long long)modes);
    return buffer;
}

/* The phase of a row: its number in a file of branches (-1: unstable), its active modes in a sweep. */
static int64_t row_phase(const spn_phase_source *source, int64_t row)
{
    const spn_table *points = source->points;
    const int64_t phase = spn_table_find(points, "phase");
    const int64_t modes = spn_table_find(points, "active_modes");
    const bool has_names =
        spn_results_text_column(&source->results, "phases", "name") != NULL && phase >= 0;
    const int64_t column = has_names ? phase : modes;
    return column >= 0 ? spn_table_integer(points, row, column) : -1;
}

static const char *phase_name(const spn_phase_source *source, int64_t phase,
                              char buffer[SPNI_NAME_SIZE])
{
    const spn_text_column *names = spn_results_text_column(&source->results, "phases", "name");
    if (names == NULL) {
        return spni_modes_name(phase, buffer);
    }
    snprintf(buffer, SPNI_NAME_SIZE, "%s", phase < names->rows ? names->items[phase] : "?");
    return buffer;
}

static spn_status fail_phase(spn_context *context, const spn_phase_source *source, const char *name)
{
    char list[600] = "", text[SPNI_NAME_SIZE];
    size_t used = 0;
    for (int64_t row = 0; row < source->points->rows && used < sizeof list; row++) {
        const int64_t phase = row_phase(source, row);
        bool is_new = phase >= 0;
        for (int64_t i = 0; i < row && is_new; i++) {
            is_new = row_phase(source, i) != phase;
        }
        if (is_new) {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used > 0 ? ", " : "",
                                     phase_name(source, phase, text));
        }
    }
    return spn_fail(context, SPN_ERROR_INPUT, "%s: has no phase '%.60s'; its phases are: %s",
                    source->path, name, list);
}

spn_status spn_phase_source_find(spn_context *context, const spn_phase_source *source,
                                 const char *name, double beta, int64_t *row)
{
    const spn_table *points = source->points;
    const int64_t column = spn_table_find(points, "beta");
    double least = HUGE_VAL;
    *row = -1;
    for (int64_t i = 0; i < points->rows; i++) {
        char text[SPNI_NAME_SIZE];
        const int64_t phase = row_phase(source, i);
        const double distance = fabs(spn_table_real(points, i, column) - beta);
        if (phase >= 0 && distance < least && strcmp(phase_name(source, phase, text), name) == 0) {
            least = distance;
            *row = i;
        }
    }
    return *row >= 0 ? SPN_OK : fail_phase(context, source, name);
}

spn_status spn_anchor_from_row(spn_context *context, spn_arena *arena,
                               const spn_phase_source *source, int64_t row, spn_anchor *anchor)
{
    spn_status status = SPN_OK;
    const spn_table *points = source->points;
    const int64_t n = source->theta->columns;
    anchor->beta = spn_table_real(points, row, spn_table_find(points, "beta"));
    anchor->error = spn_table_real(points, row, spn_table_find(points, "error"));
    anchor->loss = spn_table_real(points, row, spn_table_find(points, "loss"));
    anchor->is_phase = true;
    SPN_TAKE(context, arena, anchor->theta, n);
    memcpy(anchor->theta, source->theta->values + row * n, (size_t)n * sizeof(double));
done:
    return status;
}

/* "row 17", or "PHASE", or "PHASE@BETA". */
static spn_status find_stored(spn_context *context, spn_arena *arena,
                              const spn_phase_source *source, const char *name, double beta,
                              spn_anchor *anchor)
{
    spn_status status = SPN_OK;
    int64_t row = -1;
    char phase[SPNI_NAME_SIZE];
    const char *at = strrchr(name, '@');
    if (source->path == NULL) {
        SPN_FAIL(
            context, SPN_ERROR_INPUT,
            "'%.60s' is not %s or a weights file (.npz, .safetensors, .pth); a phase needs %s, the "
            "file that it is in",
            name, source->others, source->key);
    }
    if (strncmp(name, "row ", 4) == 0) {
        if (!spn_parse_integer(name + 4, &row) || row < 0 || row >= source->points->rows) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "'%.60s': %s has rows 0 to %lld", name, source->path,
                     (long long)source->points->rows - 1);
        }
    } else {
        snprintf(phase, sizeof phase, "%.*s", at != NULL ? (int)(at - name) : SPNI_NAME_SIZE, name);
        if (at != NULL && !spn_parse_real(at + 1, &beta)) {
            SPN_FAIL(context, SPN_ERROR_INPUT, "'%.60s': a number must stand behind the @", name);
        }
        SPN_TRY(spn_phase_source_find(context, source, phase, beta, &row));
    }
    SPN_TRY(spn_anchor_from_row(context, arena, source, row, anchor));
done:
    return status;
}

/* E and L of a point that came without. */
static spn_status evaluate(spn_context *context, const spn_study *study, spn_anchor *anchor)
{
    spn_status status = SPN_OK;
    spn_point *point = NULL;
    SPN_TRY(spn_point_create(context, &study->loss, &point));
    SPN_TRY(spn_point_set(context, point, anchor->theta, anchor->beta, NULL, SPN_WANT_VALUE));
    anchor->loss = point->value;
    anchor->error = spn_point_error(point)->value;
done:
    spn_point_free(context, point);
    return status;
}

spn_status spn_anchor_find(spn_context *context, spn_arena *arena, const spn_study *study,
                           const spn_phase_source *source, const char *name, double beta,
                           spn_anchor *anchor)
{
    spn_status status = SPN_OK;
    char path[SPNI_PATH_SIZE];
    *anchor = (spn_anchor){.name = name, .beta = beta};
    const bool is_trivial = strcmp(name, "trivial") == 0, is_initial = strcmp(name, "initial") == 0;
    const bool is_file = spni_file_length(name) == (int64_t)strlen(name);
    if (!is_trivial && !is_initial && !is_file) {
        return find_stored(context, arena, source, name, beta, anchor);
    }
    SPN_TAKE(context, arena, anchor->theta, study->loss.dimension);
    if (is_trivial) {
        SPN_TRY(spn_objective_trivial(context, &study->loss, beta, anchor->theta));
    } else if (is_initial) {
        SPN_TRY(spn_study_initial(context, study, 0, anchor->theta));
    } else {
        SPN_TRY(spn_study_read_weights(
            context, study, spni_experiment_path(study->experiment, name, path), anchor->theta));
    }
    SPN_TRY(evaluate(context, study, anchor));
done:
    return status;
}

static spn_status count_modes(spn_context *context, const spn_point *point, int64_t *out)
{
    spn_labels labels;
    spn_status status = spn_point_labels(context, point, &labels);
    *out = status == SPN_OK ? labels.active_modes : -1;
    return status;
}

spn_status spn_anchor_minimize(spn_context *context, const spn_study *study, double beta,
                               spn_anchor *anchor)
{
    spn_status status = SPN_OK;
    spn_solver *solver = NULL;
    spn_point *point = NULL;
    spn_solver_info info;
    int64_t before = 0, after = 0;
    SPN_TRY(spn_point_create(context, &study->loss, &point));
    SPN_TRY(spn_point_set(context, point, anchor->theta, beta, NULL, SPN_WANT_ALL));
    SPN_TRY(count_modes(context, point, &before));
    SPN_TRY(spn_solver_create(context, spn_experiment_solver(study->experiment), &study->loss,
                              &solver));
    SPN_TRY(spn_solver_run(context, solver, beta, anchor->theta, &info));
    SPN_TRY(info.stop == SPN_STOP_INTERRUPTED ? spn_poll(context) : SPN_OK);
    SPN_TRY(spn_point_set(context, point, anchor->theta, beta, NULL, SPN_WANT_ALL));
    SPN_TRY(count_modes(context, point, &after));
    if (after != before || (info.stop != SPN_STOP_CONVERGED && info.stop != SPN_STOP_STALLED)) {
        SPN_FAIL(
            context, SPN_ERROR_INPUT,
            "'%.60s' has no minimum at beta = %.10g: from that of beta = %.10g the solver ends "
            "with %lld active modes instead of %lld (%s)",
            anchor->name, beta, anchor->beta, (long long)after, (long long)before,
            spn_stop_text(info.stop));
    }
    anchor->beta = beta;
    anchor->loss = point->value;
    anchor->error = spn_point_error(point)->value;
done:
    spn_solver_free(context, solver);
    spn_point_free(context, point);
    return status;
}
