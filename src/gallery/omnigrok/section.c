/* SPDX-License-Identifier: MIT */
/* Section of the index: delay of the test error behind the training error. */
#include "gallery/training/training.h"

#include <math.h>
#include <string.h>

enum { DIGITS = 6 };

/* The first record of a run for which a number is at most `level`; NULL: none. */
static const spn_trajectory_record *first_below(const spni_training *v, int64_t run, size_t offset,
                                                double level)
{
    const spn_trajectory_record *rows = v->c.points.records;
    for (int64_t i = 0; i < v->c.points.rows; i++) {
        double value = 0;
        memcpy(&value, (const char *)&rows[i] + offset, sizeof value);
        if (rows[i].run == run && value <= level) {
            return &rows[i];
        }
    }
    return NULL;
}

static void put_epoch(spn_text *page, const spn_trajectory_record *record)
{
    spni_put_real(page, DIGITS, record != NULL ? record->epoch : (double)NAN);
}

/* |theta| e^(-2 beta t) reaches 1.5 times that of the minimum. */
static void put_shrinking(const spni_training *v, const spn_run_record *r)
{
    static const double share = 1.5;
    const double target = share * r->final.weight_norm;
    const spn_trajectory_record *start =
        first_below(v, r->run, offsetof(spn_trajectory_record, epoch), 0);
    const spn_trajectory_record *end =
        first_below(v, r->run, offsetof(spn_trajectory_record, state.weight_norm), target);
    double epoch = (double)NAN;
    if (start != NULL && end != NULL && end->time > 0 && start->state.weight_norm > target) {
        epoch = log(start->state.weight_norm / target) / (2 * r->beta) * (end->epoch / end->time);
    }
    spni_put_real(v->page, DIGITS, start != NULL ? start->state.weight_norm : (double)NAN);
    spni_put_real(v->page, DIGITS, r->final.weight_norm);
    put_epoch(v->page, end);
    spni_put_real(v->page, DIGITS, epoch);
}

spn_status spni_omnigrok_section(spn_text *page, const spni_section_source *source)
{
    spn_status status = SPN_OK;
    spni_training v;
    SPN_TRY(spni_training_read(page, source, &v));
    spn_text_add(page,
                 "\nEpochs are those of the first record for which it holds. Delay: of the test "
                 "error behind the training error. The last column is "
                 "ln(|θ| at the start / (1.5 |θ| of the minimum)) / (2 β), in epochs.\n");
    spni_put_head(page,
                  "start | level | training error below it | test error below it | delay | "
                  "\\|θ\\| at the start | \\|θ\\| of the minimum | \\|θ\\| below 1.5 of that | "
                  "predicted");
    const spn_crossing_record *crossings = v.c.crossings.records;
    for (int64_t i = 0; i < v.c.crossings.rows; i++) {
        const spn_crossing_record *c = &crossings[i];
        const spn_trajectory_record *training =
            first_below(&v, c->run, offsetof(spn_trajectory_record, state.error), c->level);
        const spn_trajectory_record *test =
            first_below(&v, c->run, offsetof(spn_trajectory_record, state.test_error), c->level);
        const bool has_both = training != NULL && test != NULL;
        spni_training_put_start(&v, c->run);
        spni_put_real(page, DIGITS, c->level);
        put_epoch(page, training);
        put_epoch(page, test);
        spni_put_real(page, DIGITS, has_both ? test->epoch - training->epoch : (double)NAN);
        put_shrinking(&v, spni_training_run(&v, c->run));
        spni_end_row(page);
    }
    spni_training_put_ends(&v);
    status = page->status;
done:
    return status;
}
