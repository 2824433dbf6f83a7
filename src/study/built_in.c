/* SPDX-License-Identifier: MIT */
#include "study/built_in.h"

#include <spinodal/numeric.h>
#include <stdio.h>
#include <string.h>

spn_status spni_join_settings(spn_context *context, int64_t count, const char *const *sets,
                              char **out)
{
    spn_status status = SPN_OK;
    int64_t size = 1;
    size_t used = 0;
    *out = NULL;
    if (count == 0) {
        return SPN_OK;
    }
    for (int64_t i = 0; i < count; i++) {
        size += (int64_t)strlen(sets[i]) + 1;
    }
    SPN_NEW(context, *out, size);
    for (int64_t i = 0; i < count; i++) {
        used +=
            (size_t)snprintf(*out + used, (size_t)size - used, "%s%s", i > 0 ? "\n" : "", sets[i]);
    }
done:
    return status;
}

static bool has_text(const spn_results *results, const char *name, const char *text)
{
    const spn_attribute *found = spn_results_attribute(results, name);
    return found != NULL && found->text != NULL && strcmp(found->text, text) == 0;
}

static spn_status compare(spn_context *context, const spn_study *study, const char *kind,
                          const spn_results *results, bool *is_same)
{
    spn_status status = SPN_OK;
    char *configuration = NULL, checksum[16], weights[16];
    snprintf(checksum, sizeof checksum, "%08x", (unsigned)study->data_checksum);
    snprintf(weights, sizeof weights, "%08x", (unsigned)study->weights_checksum);
    SPN_TRY(spn_experiment_dump(context, study->experiment, &configuration));
    *is_same = strcmp(results->kind, kind) == 0 &&
               has_text(results, "configuration", configuration) &&
               has_text(results, "data_checksum", checksum) &&
               has_text(results, "weights_checksum", weights) &&
               has_text(results, "program_version", SPN_VERSION) &&
               has_text(results, "kernels", spn_kernels_name(spn_context_kernels(context))) &&
               has_text(results, "blas_core", spn_blas_core());
done:
    spn_release(context, configuration);
    return status;
}

spn_status spni_find_results(spn_context *context, const spn_study *study, const char *kind,
                             const char *path, bool *is_found)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    *is_found = false;
    if (!spn_journal_exists(path)) {
        return SPN_OK;
    }
    SPN_TRY(spn_arena_create(context, &arena));
    status = spn_results_read(context, arena, path, &results);
    if (status == SPN_ERROR_INPUT) {
        spn_error_clear(context);
        status = SPN_OK;
        goto done;
    }
    SPN_TRY(status);
    SPN_TRY(compare(context, study, kind, &results, is_found));
done:
    spn_arena_free(arena);
    return status;
}
