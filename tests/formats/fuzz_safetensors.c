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

/* As weights of a network 2 - 3 - 2, in each layout: they have their places or there is one clear error, and then
 * nothing is written. */
static void check_weights(spn_context *context, const spn_arrays *arrays)
{
    enum { P = 17 };
    static const spn_weight_entry entries[] = {{"layers.0.weight", 0, false, 0, 3, 2},
                                               {"layers.0.bias", 0, true, 6, 3, 1},
                                               {"layers.1.weight", 1, false, 9, 2, 3},
                                               {"layers.1.bias", 1, true, 15, 2, 1}};
    for (int layout = SPN_WEIGHT_LAYOUT_AUTO; layout <= SPN_WEIGHT_LAYOUT_IN_OUT; layout++) {
        double theta[P], mark[P];
        memset(mark, 0x55, sizeof mark);
        memcpy(theta, mark, sizeof mark);
        spn_status status = spn_weights_assign(context, arrays, "fuzz", (spn_weight_layout)layout,
                                               4, entries, P, theta);
        demand(status == SPN_OK || status == SPN_ERROR_INPUT);
        demand((status == SPN_OK) == (spn_error_text(context)[0] == '\0'));
        demand(status == SPN_OK || memcmp(theta, mark, sizeof mark) == 0);
        spn_error_clear(context);
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
        check_weights(context, arrays);
    }
    spn_arrays_free(context, again);
    spn_arrays_free(context, arrays);
    spn_release(context, written);
    spn_context_free(context);
    return 0;
}
