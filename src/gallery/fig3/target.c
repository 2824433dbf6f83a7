/* SPDX-License-Identifier: MIT */
/* Figure 3: training from three starts at one small beta. */
#include "gallery/training/training.h"

#include <stdio.h>

static const char *const sets[] = {"grok.starts=[random, \"1 mode\", trivial]", "grok.epochs=5000",
                                   "grok.levels=[1.6, 1.1]", "solver.learning_rate=0.1", NULL};

static spn_status make(spni_job *job)
{
    spn_status status = SPN_OK;
    char sweep[SPNI_PATH_SIZE], results[SPNI_PATH_SIZE + 32];
    SPN_TRY(spni_job_path(job, spni_paper_sweep.name, ".h5", sweep));
    snprintf(results, sizeof results, "grok.results=\"%s\"", sweep);
    SPN_TRY(spni_job_run(job, "fig3", sets, results, spn_study_grok));
done:
    return status;
}

const spni_target spni_target_fig3 = {
    .name = "fig3",
    .help = "Figure 3 of the paper: error against epoch from three starts at one small beta",
    .title = "Figure 3: training from three starts at one small regularisation strength",
    .text =
        "Gradient descent at one small *β* from random weights, from the middle phase (one mode "
        "learned) and from the trivial phase. Exact phases never leave: to every weight of the "
        "last "
        "two the same small residue *u*₀ times a normal deviate is added. The random start learns "
        "at "
        "once. The others sit on plateaus, at the error of the phase that they are in, for "
        "hundreds "
        "of "
        "epochs, which is grokking: the middle phase leaves once, the trivial one climbs a "
        "staircase.",
    .shared = &spni_paper_sweep,
    .groups = SPNI_GROUP_PAPER,
    .make = make,
    .tables = spni_training_tables,
    .figure = "fig3",
    .write = spni_fig3_section,
    .sets = sets,
};
