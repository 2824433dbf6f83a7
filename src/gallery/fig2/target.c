/* SPDX-License-Identifier: MIT */
/* Figure 2: the sweep on which all figures of the paper rest, its transitions, its figure. */
#include "gallery/fig2/fig2.h"

static spn_status make_sweep(spni_job *job)
{
    return spni_job_run(job, spni_paper_sweep.name, NULL, NULL, spn_study_sweep);
}

const spni_shared_experiment spni_paper_sweep = {"fig2", make_sweep};

static spn_status make(spni_job *job)
{
    spn_status status = SPN_OK;
    spn_context *context = job->context;
    spn_transitions *transitions = NULL;
    spn_arena *arena = NULL;
    spn_results results;
    char path[SPNI_PATH_SIZE];
    double from = 0, to = 0;
    spn_table table = {.name = "transitions", .columns = &spn_transition_columns};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spni_job_read(job, arena, spni_paper_sweep.name, path, &results));
    SPN_TRY(spn_transitions_create(context, &transitions));
    SPN_TRY(spn_add_transitions(context, &spn_sweep_kind, &results, transitions, &from, &to));
    table.records = spn_transitions_rows(transitions, &table.rows);
    SPN_TRY(spni_job_write_csv(job, "fig2", "-transitions.csv", &table));
done:
    spn_arena_free(arena);
    spn_transitions_free(context, transitions);
    return status;
}

const spni_target spni_target_fig2 = {
    .name = "fig2",
    .help = "Figure 2 of the paper: error, curvature and |theta| against beta, up and down",
    .title =
        "Figure 2: error, curvature and distance to the origin against the regularisation strength",
    .text =
        "A network is followed through *β*: up, and down again from each phase that it visited. "
        "Error "
        "*E*, scalar curvature *R* of the error surface and distance |*θ*| to the origin change "
        "together where a phase ends. Transitions of *accuracy* change the number of modes that "
        "are "
        "learned; those of *symmetry* merge or split hidden units. Going down, a network need not "
        "return at the *β* at which it left: hysteresis.",
    .shared = &spni_paper_sweep,
    .groups = SPNI_GROUP_PAPER,
    .make = make,
    .share = make_sweep,
    .write = spni_fig2_section,
};
