/* SPDX-License-Identifier: MIT */
/* Any bytes as an experiment: settings or one clear error; what is accepted dumps to a text that reads
 * back to the same dump. */
#include <spinodal/study.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void check_round_trip(spn_context *context, const spn_experiment *experiment)
{
    spn_experiment *again = NULL;
    char *dump = NULL, *second = NULL;
    demand(spn_experiment_dump(context, experiment, &dump) == SPN_OK);
    demand(spn_experiment_parse(context, "dump", dump, (int64_t)strlen(dump), &again) == SPN_OK);
    demand(spn_experiment_check(context, again) == SPN_OK);
    demand(spn_experiment_dump(context, again, &second) == SPN_OK);
    demand(strcmp(dump, second) == 0);
    spn_release(context, dump);
    spn_release(context, second);
    spn_experiment_free(context, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    spn_context *context = NULL;
    spn_experiment *experiment = NULL;
    demand(spn_context_create(NULL, &context) == SPN_OK);
    spn_status status =
        spn_experiment_parse(context, "fuzz", (const char *)bytes, (int64_t)size, &experiment);
    demand((status == SPN_OK) == (experiment != NULL));
    /* A grid of a billion points is legal and only slow. */
    if (experiment != NULL && spn_experiment_sweep(experiment)->beta_points < 10000 &&
        spn_experiment_check(context, experiment) == SPN_OK) {
        check_round_trip(context, experiment);
    }
    demand(status == SPN_OK || spn_error_text(context)[0] != '\0');
    spn_experiment_free(context, experiment);
    spn_context_free(context);
    return 0;
}
