/* SPDX-License-Identifier: MIT */
#include "study/built_in.h"

#include "study/same.h"

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

spn_status spni_check_built_in(spn_context *context, const spn_study *study, const char *kind,
                               const char *path, bool is_resumed, bool is_forced, bool *is_found,
                               bool *is_good)
{
    spn_status status = SPN_OK;
    *is_found = false;
    if (is_resumed) {
        SPN_TRY(spni_find_finished(context, study, kind, NULL, path, NULL,
                                   SPN_SAME_DATA | SPN_SAME_PROGRAM, is_found, is_good));
    }
    SPN_TRY(*is_found ? SPN_OK : spn_results_check_target(context, path, is_forced));
done:
    return status;
}
