/* SPDX-License-Identifier: MIT */
/* Any named arrays (safetensors, which has no checksum in the way) as weights of any small network, in each layout:
 * they have their places, or there is one clear error and nothing is written. What was placed is written out and
 * has the same places again. */
#include <spinodal/formats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { LAYERS = 4, WIDTH = 4, P = LAYERS * WIDTH * (WIDTH + 1) };

typedef struct network {
    spn_weight_entry entries[2 * LAYERS];
    char names[2 * LAYERS][24];
    int64_t count, parameters;
} network;

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* Two bits a width; whether there are biases. */
static void make_network(int layers, unsigned widths, bool has_biases, network *out)
{
    out->count = out->parameters = 0;
    for (int64_t e = 0; e < 2 * layers; e++) {
        const int64_t layer = e / 2;
        const bool is_bias = e % 2 == 1;
        const int64_t rows = (widths >> (2 * layer + 2) & 3) + 1;
        const int64_t columns = is_bias ? 1 : (widths >> (2 * layer) & 3) + 1;
        if (is_bias && !has_biases) {
            continue;
        }
        snprintf(out->names[e], sizeof out->names[e], "layers.%d.%s", (int)layer,
                 is_bias ? "bias" : "weight");
        out->entries[out->count++] =
            (spn_weight_entry){out->names[e], layer, is_bias, out->parameters, rows, columns};
        out->parameters += rows * columns;
    }
}

static void check_again(spn_context *context, const network *net, const double *theta)
{
    double again[P];
    const spn_weight_choice choice = {.layout = SPN_WEIGHT_LAYOUT_AUTO};
    spn_arrays *arrays = NULL;
    demand(spn_weights_arrays(context, net->count, net->entries, net->parameters, theta, &arrays) ==
           SPN_OK);
    demand(spn_weights_assign(context, arrays, "again", &choice, net->count, net->entries,
                              net->parameters, again) == SPN_OK);
    demand(memcmp(again, theta, (size_t)net->parameters * sizeof *theta) == 0);
    spn_arrays_free(context, arrays);
}

static void check(spn_context *context, const spn_arrays *arrays, const network *net)
{
    static const char *const names[] = {"w", "layers.1.weight", "b", "0.weight"};
    for (int kind = 0; kind < 9; kind++) {
        const spn_weight_choice choice = {.layout = (spn_weight_layout)(kind % 3),
                                          .ignores_others = kind / 3 == 1,
                                          .names = {kind / 3 == 2 ? net->count / 2 : 0, names}};
        double theta[P], mark[P];
        memset(mark, 0x55, sizeof mark);
        memcpy(theta, mark, sizeof mark);
        const spn_status status = spn_weights_assign(context, arrays, "fuzz", &choice, net->count,
                                                     net->entries, net->parameters, theta);
        demand(status == SPN_OK || status == SPN_ERROR_INPUT ||
               (status == SPN_ERROR_ARGUMENT && arrays->count == 0));
        demand((status == SPN_OK) == (spn_error_text(context)[0] == '\0'));
        demand(status == SPN_OK || memcmp(theta, mark, sizeof mark) == 0);
        spn_error_clear(context);
        if (status == SPN_OK) {
            check_again(context, net, theta);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 3) {
        return 0;
    }
    network net;
    spn_context *context = NULL;
    spn_arrays *arrays = NULL;
    make_network(bytes[0] % LAYERS + 1, (unsigned)bytes[1] + ((unsigned)bytes[2] << 8),
                 (bytes[0] & 4) != 0, &net);
    demand(spn_context_create(NULL, &context) == SPN_OK);
    const spn_status status =
        spn_safetensors_parse(context, "fuzz", bytes + 3, (int64_t)size - 3, &arrays);
    demand((status == SPN_OK) == (arrays != NULL));
    spn_error_clear(context);
    if (arrays != NULL) {
        check(context, arrays, &net);
    }
    spn_arrays_free(context, arrays);
    spn_context_free(context);
    return 0;
}
