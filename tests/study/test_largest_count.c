/* SPDX-License-Identifier: MIT */
/* Where memory lacks, the experiment's largest count is named, at its place. */
#include "support.h"

#include <spinodal/study.h>

/* A study of `text` where no allocation of more than a mebibyte is to be had; sweeps where there is one. */
static void check_refused(const char *text, const char *set, const char *fragment)
{
    support_allocator counter = {.most = 1 << 20};
    spn_context *context = support_context(&counter);
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    char path[512];
    bool is_good = false;
    check_ok(context,
             spn_experiment_parse(context, "e.yaml", text, (int64_t)strlen(text), &experiment));
    check_ok(context, set != NULL ? spn_experiment_set(context, experiment, set) : SPN_OK);
    support_scratch("out.h5", path);
    const spn_run_settings settings = {.output = path, .threads = 1, .is_forced = true};
    spn_status status = spn_study_create(context, experiment, &study);
    status = status == SPN_OK ? spn_study_sweep(context, study, &settings, &is_good) : status;
    check_fails(context, status, SPN_ERROR_MEMORY, fragment);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    spn_context_free(context);
    assert_int_equal(counter.live, 0);
}

static void test_counts_are_named(void **state)
{
    (void)state;
    check_refused("data: {samples: 100000}\n", NULL,
                  "e.yaml:1:17: data.samples: 100000 may be too many: out of memory: ");
    /* By dense matrices so many weights are refused before. */
    check_refused(
        "data: {samples: 100}\nmodel: {hidden: [50, 200000]}\nsolver: {method: newton_cg}\n", NULL,
        "e.yaml:2:17: model.hidden: 200000 may be too many: out of memory: ");
    check_refused("data: {samples: 100}\nsolver: {method: newton_cg}\n", "model.hidden=[300000]",
                  "model.hidden: 300000 may be too many: out of memory: ");
    check_refused("data: {moments: drawn, samples: 20000, outputs: 50000}\n", NULL,
                  "e.yaml:1:49: data.outputs: 50000 may be too many: out of memory: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
