/* SPDX-License-Identifier: MIT */
/* Any bytes, as an archive of torch.save() and, since its checksums are in the way, as the pickle in one: arrays or one
 * clear error, in no more memory than the bytes allow. What is accepted is the same again, bit for bit, when it is
 * written and read back. */
#include "array_case.h"
#include "formats/torch.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* As safetensors: in a zip archive names with control characters are taken for those of another encoding. */
static void check_again(spn_context *context, const spn_arrays *arrays)
{
    unsigned char *written = NULL;
    int64_t size = 0;
    spn_arrays *again = NULL;
    const spn_status status = spni_safetensors_build(context, arrays, &written, &size);
    demand(status == SPN_OK ||
           (status == SPN_ERROR_ARGUMENT && spn_arrays_find(arrays, "__metadata__") != NULL));
    if (status == SPN_OK) {
        demand(spn_safetensors_parse(context, "again", written, size, &again) == SPN_OK);
        demand(arrays_are_equal(arrays, again));
    }
    spn_error_clear(context);
    spn_arrays_free(context, again);
    spn_release(context, written);
}

static void check(spn_context *context, spn_status status, spn_arrays *arrays)
{
    demand(status == SPN_OK || status == SPN_ERROR_INPUT);
    demand((status == SPN_OK) == (arrays != NULL));
    demand((status == SPN_OK) == (spn_error_text(context)[0] == '\0'));
    spn_error_clear(context);
    if (arrays != NULL && arrays->count > 0) {
        check_again(context, arrays);
    }
    spn_arrays_free(context, arrays);
}

/* Six or two numbers of 32 bits. */
static spn_status find(void *user, const char *key, const unsigned char **bytes, int64_t *size)
{
    static const unsigned char numbers[24] = {0, 0, 0, 63, 0, 0, 128, 191, 1, 2, 3, 4,
                                              5, 6, 7, 8,  9, 0, 192, 127, 1, 0, 0, 128};
    (void)user;
    *bytes = numbers;
    *size = key[0] % 2 == 0 ? 24 : 8;
    return SPN_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const spni_torch_numbers numbers = {find, NULL, size % 2 == 1, 1000};
    spn_context *context = NULL;
    spn_arrays *arrays = NULL;
    demand(spn_context_create(NULL, &context) == SPN_OK);
    spn_status status = spn_torch_parse(context, "fuzz", bytes, (int64_t)size, &arrays);
    check(context, status, arrays);
    status = spni_torch_arrays(context, "fuzz", bytes, (int64_t)size, &numbers, &arrays);
    check(context, status, arrays);
    spn_context_free(context);
    return 0;
}
