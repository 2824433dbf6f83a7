/* SPDX-License-Identifier: MIT */
/* Runs of thousands of weights say how long a spectrum of the Hessian takes before anything is computed, and can be
 * interrupted there. */
#include "support.h"

#include <spinodal/study.h>
#include <stdio.h>
#include <string.h>

typedef struct listener {
    atomic_int cancel;
    bool is_to_cancel;
    int64_t progress; /* signs of work before the message */
    char text[256];   /* the first message about a spectrum */
} listener;

static void on_event(void *state, const spn_event *event)
{
    listener *heard = state;
    if (event->kind == SPN_EVENT_PROGRESS) {
        heard->progress += heard->text[0] == '\0';
    } else if (heard->text[0] == '\0' && strstr(event->text, "the spectrum of") != NULL) {
        snprintf(heard->text, sizeof heard->text, "%s", event->text);
        atomic_store(&heard->cancel, heard->is_to_cancel);
    }
}

typedef spn_status run_study(spn_context *context, const spn_study *study,
                             const spn_run_settings *settings, bool *is_good);

/* 3 w + w^2 + 2 w weights of hidden layers of w. */
static spn_status run(run_study *way, int64_t width, const char *more, listener *heard)
{
    char path[512], text[600];
    spn_context *context = NULL;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    bool is_good = false;
    *heard = (listener){.is_to_cancel = true};
    const spn_context_settings own = {
        .on_event = on_event, .event_state = heard, .cancel = &heard->cancel};
    assert_int_equal(spn_context_create(&own, &context), SPN_OK);
    support_scratch("announced.h5", path);
    const spn_run_settings settings = {.output = path, .threads = 1, .is_forced = true};
    snprintf(text, sizeof text,
             "data: {samples: 8}\nmodel: {hidden: [%lld, %lld]}\n"
             "sweep: {beta: {from: 5, to: 6, points: 2}, direction: up}\n%s",
             (long long)width, (long long)width, more);
    check_ok(context,
             spn_experiment_parse(context, "e.yaml", text, (int64_t)strlen(text), &experiment));
    check_ok(context, spn_study_create(context, experiment, &study));
    spn_status status = way(context, study, &settings, &is_good);
    if (status == SPN_ERROR_INTERRUPTED) {
        strcat(path, ".part");
    }
    remove(path);
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    spn_context_free(context);
    return status;
}

/* 9 P^3 operations at 10^10 a second: 20 seconds from P = 2,812. */
static void test_announced(void **state)
{
    (void)state;
    static run_study *const ways[] = {spn_study_sweep, spn_study_branches, spn_study_grok};
    static const char *const names[] = {"sweep, at each point", "branches, at each point",
                                        "grok, at each record"};
    listener heard;
    for (int k = 0; k < 3; k++) {
        char expected[256];
        assert_int_equal(run(ways[k], 51, "", &heard), SPN_ERROR_INTERRUPTED);
        snprintf(
            expected, sizeof expected,
            "%s: the spectrum of a 2856 x 2856 matrix takes 0.26 GB and about 0.35 minutes; an "
            "interruption is heard at its end",
            names[k]);
        assert_string_equal(heard.text, expected);
        assert_int_equal(heard.progress, 0);
    }
}

static void test_quiet(void **state)
{
    (void)state;
    listener heard;
    assert_int_equal(run(spn_study_sweep, 3, "", &heard), SPN_OK);
    assert_string_equal(heard.text, "");
    assert_int_equal(
        run(spn_study_grok, 51, "grok: {epochs: 2, geometry: false, starts: [random]}\n", &heard),
        SPN_OK);
    assert_string_equal(heard.text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_announced),
        cmocka_unit_test(test_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
