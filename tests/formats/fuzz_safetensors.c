/* SPDX-License-Identifier: MIT */
/* Any bytes as safetensors: arrays or one clear error. What is accepted is the same again, bit for bit,
 * when it is written and read back. */
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

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    spn_context *context = NULL;
    spn_arrays *arrays = NULL, *again = NULL;
    unsigned char *written = NULL;
    int64_t written_size = 0;
    demand(spn_context_create(NULL, &context) == SPN_OK);
    spn_status status = spn_safetensors_parse(context, "fuzz", bytes, (int64_t)size, &arrays);
    demand(status == SPN_OK || status == SPN_ERROR_INPUT);
    demand((status == SPN_OK) == (arrays != NULL));
    demand((status == SPN_OK) == (spn_error_text(context)[0] == '\0'));
    if (arrays != NULL) {
        demand(spni_safetensors_build(context, arrays, &written, &written_size) == SPN_OK);
        demand(spn_safetensors_parse(context, "again", written, written_size, &again) == SPN_OK);
        demand(arrays_are_equal(arrays, again));
    }
    spn_arrays_free(context, again);
    spn_arrays_free(context, arrays);
    spn_release(context, written);
    spn_context_free(context);
    return 0;
}
