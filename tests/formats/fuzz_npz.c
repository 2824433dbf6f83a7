/* SPDX-License-Identifier: MIT */
/* Any bytes, as NPZ and as NPY: arrays or one clear error. What is accepted is the same again, bit for
 * bit, when it is written and read back. */
#include "array_case.h"
#include "formats/arrays.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

/** Texts are UTF-8 without control characters; what is no text says why. */
static void check_others(const spn_arrays *arrays)
{
    for (int64_t i = 0; i < arrays->other_count; i++) {
        const spn_other_array *other = &arrays->others[i];
        demand((other->texts == NULL) == (other->why != NULL));
        for (int64_t t = 0; other->texts != NULL && t < other->count; t++) {
            demand(other->texts[t][0] == '\0' || strlen(other->texts[t]) > SPN_ARRAY_NAME_MAX ||
                   spni_array_name_is_valid(other->texts[t]));
        }
    }
}

static void check_again(spn_context *context, const spn_arrays *arrays)
{
    unsigned char *written = NULL;
    int64_t written_size = 0;
    spn_arrays *again = NULL;
    demand(spni_npz_build(context, arrays, &written, &written_size) == SPN_OK);
    demand(spn_npz_parse(context, "again", written, written_size, &again) == SPN_OK);
    demand(arrays_are_equal(arrays, again));
    spn_arrays_free(context, again);
    spn_release(context, written);
}

static void check(spn_context *context, spn_status status, spn_arrays *arrays)
{
    demand(status == SPN_OK || status == SPN_ERROR_INPUT);
    demand((status == SPN_OK) == (arrays != NULL));
    demand((status == SPN_OK) == (spn_error_text(context)[0] == '\0'));
    spn_error_clear(context);
    if (arrays != NULL) {
        check_others(arrays);
        if (arrays->count > 0) {
            check_again(context, arrays);
        }
        spn_arrays_free(context, arrays);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    spn_context *context = NULL;
    spn_arrays *arrays = NULL;
    demand(spn_context_create(NULL, &context) == SPN_OK);
    spn_status status = spn_npz_parse(context, "fuzz", bytes, (int64_t)size, &arrays);
    check(context, status, arrays);
    status = spn_npy_parse(context, "fuzz", bytes, (int64_t)size, &arrays);
    check(context, status, arrays);
    spn_context_free(context);
    return 0;
}
