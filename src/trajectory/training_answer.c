/* SPDX-License-Identifier: MIT */
/* What watched training says, run by run: how long it waited, and whether it ever will end. */
#include <spinodal/trajectory.h>

#include <math.h>

/* Active modes of the minimum that a run leads to; -1: it leads to none, or they are not known. */
static int64_t modes_of(const spn_run_record *run)
{
    const bool is_minimum = run->final.stationary == 1 && run->final_negative_eigenvalues == 0;
    return is_minimum ? run->final.active_modes : -1;
}

/* Most active modes of a minimum that a run leads to; -1: of none are they known. */
static int64_t find_most(int64_t count, const spn_run_record *runs)
{
    int64_t most = -1;
    for (int64_t r = 0; r < count; r++) {
        most = modes_of(&runs[r]) > most ? modes_of(&runs[r]) : most;
    }
    return most;
}

static void take_plateau(const spn_plateau_record *p, int64_t row, spn_training_answer *a)
{
    const bool is_left = isfinite(p->epoch_to);
    if (!is_left) {
        a->held_by = row;
        a->is_trapped = p->kind == SPN_PLATEAU_METASTABLE;
        return;
    }
    a->left++;
    a->waited = fmax(a->waited, p->epoch_to);
    if (isfinite(p->predicted_low) && isfinite(p->predicted_high)) {
        a->predicted++;
        a->as_predicted += p->measured >= p->predicted_low && p->measured <= p->predicted_high;
    }
}

void spn_training_answers(int64_t run_count, const spn_run_record *runs, int64_t plateau_count,
                          const spn_plateau_record *plateaus, spn_training_answer *out)
{
    const int64_t most = find_most(run_count, runs);
    for (int64_t r = 0; r < run_count; r++) {
        out[r] = (spn_training_answer){.run = runs[r].run,
                                       .start = runs[r].start,
                                       .held_by = -1,
                                       .epochs = runs[r].epoch,
                                       .error = runs[r].state.error,
                                       .diverged = runs[r].stop == SPN_STOP_DIVERGED};
        for (int64_t i = 0; i < plateau_count; i++) {
            if (plateaus[i].run == runs[r].run) {
                take_plateau(&plateaus[i], i, &out[r]);
            }
        }
        out[r].is_trapped =
            out[r].is_trapped && modes_of(&runs[r]) >= 0 && modes_of(&runs[r]) < most;
    }
}

#define RECORD spn_training_answer
static const spn_column items[] = {
    SPN_INTEGER_COLUMN(RECORD, run, "number of the run, from 0"),
    SPN_INTEGER_COLUMN(RECORD, start, "row of its start"),
    SPN_INTEGER_COLUMN(RECORD, left, "plateaus that it has left"),
    SPN_REAL_COLUMN(RECORD, waited, "epoch", "when it left the last of them; 0: there was none"),
    SPN_INTEGER_COLUMN(RECORD, predicted, "of them, those whose law predicts when"),
    SPN_INTEGER_COLUMN(RECORD, as_predicted, "of these, those left within the predicted range"),
    SPN_INTEGER_COLUMN(RECORD, held_by, "row of the plateau on which it ends; -1: on none"),
    SPN_INTEGER_COLUMN(RECORD, is_trapped,
                       "1: that is a minimum with fewer modes than that of another run"),
    SPN_REAL_COLUMN(RECORD, epochs, "epoch", "how long it was trained"),
    SPN_REAL_COLUMN(RECORD, error, "error", "E (T1) at the end"),
    SPN_INTEGER_COLUMN(RECORD, diverged, "1: it diverged"),
};
const spn_columns spn_training_answer_columns = SPN_COLUMNS_OF(items, RECORD);
#undef RECORD
