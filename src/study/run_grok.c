/* SPDX-License-Identifier: MIT */
/* Training as a study watches it. Points come with all that the rest of their run depends on, for the journal. */
#include "study/experiment.h"
#include "study/grok_starts.h"
#include "study/origin.h"
#include "study/own_objective.h"
#include "study/run.h"

#include <spinodal/numeric.h>
#include <string.h>

typedef struct trainer {
    spni_run run;
    spni_grok_starts starts;
    spni_origin origin;
    spn_trajectories *runs;
    int64_t run_count, parameters;
    double *last_theta; /* of each run, where those of all points are not kept, too */
} trainer;

static void keep_last(trainer *t, const spn_item *item)
{
    if (item->stream == SPN_TRAJECTORY_POINT) {
        memcpy(t->last_theta + item->job * t->parameters, item->theta,
               (size_t)t->parameters * sizeof *t->last_theta);
    }
}

static spn_status replay(spn_context *context, void *state, const spn_item *item)
{
    trainer *t = state;
    spn_status status = SPN_OK;
    SPN_TRY(spn_trajectories_replay(context, t->runs, item));
    keep_last(t, item);
done:
    return status;
}

static spn_status miss(spn_context *context, void *state, spni_missing *missing)
{
    const trainer *t = state;
    spn_status status = SPN_OK;
    missing->what = "runs";
    missing->of = spn_trajectories_count(t->runs);
    for (int64_t run = 0; run < missing->of; run++) {
        SPN_TRY(spn_trajectories_is_over(t->runs, run)
                    ? SPN_OK
                    : spn_list_append(context, &missing->numbers, &run));
    }
done:
    return status;
}

static spn_status record(spn_context *context, void *state, const spn_item *item)
{
    trainer *t = state;
    keep_last(t, item);
    return spni_run_record(context, &t->run, item);
}

/* Names of the phases in which the runs end. */
static spn_status add_phases(spn_context *context, const trainer *t, spn_book *book)
{
    spn_status status = SPN_OK;
    int64_t count = 0;
    const char **names = NULL;
    const spn_run_record *ends =
        spni_recorder_records(&t->run.recorder, SPN_TRAJECTORY_END, &count);
    SPN_TAKE(context, spn_book_arena(book), names, count);
    for (int64_t i = 0; i < count; i++) {
        char text[SPNI_NAME_SIZE];
        names[i] = spn_arena_duplicate(spn_book_arena(book),
                                       spni_modes_name(ends[i].final.active_modes, text));
        SPN_TRY(names[i] != NULL ? SPN_OK : spn_arena_status(context, spn_book_arena(book)));
    }
    spn_book_text(book, (spn_text_column){"runs", "phase", count, names,
                                          "phase of the minimum that the run belongs to"});
done:
    return status;
}

static spn_status fill(spn_context *context, void *state, spn_book *book)
{
    spn_status status = SPN_OK;
    const trainer *t = state;
    const spni_grok_starts *starts = &t->starts;
    const spni_recorder *recorder = &t->run.recorder;
    spn_book_table(book, (spn_table){"starts", &spn_start_columns, starts->count, starts->records});
    spni_recorder_table(recorder, SPN_TRAJECTORY_END, book);
    spni_recorder_table(recorder, SPN_TRAJECTORY_POINT, book);
    spni_recorder_table(recorder, SPN_TRAJECTORY_CROSSING, book);
    spni_recorder_table(recorder, SPN_TRAJECTORY_PLATEAU, book);
    spn_book_text(book, (spn_text_column){"starts", "name", starts->count, starts->names,
                                          "the start, as grok.starts has it"});
    SPN_TRY(add_phases(context, t, book));
    spn_book_attribute(book, (spn_attribute){SPNI_INPUTS, starts->checksum, 0});
    spni_recorder_arrays(recorder, SPN_TRAJECTORY_POINT, book);
    SPN_TRY(spni_recorder_layers(context, recorder, SPN_TRAJECTORY_POINT, book));
    spni_book_weights(book,
                      (spn_theta){"last_theta", "the same at the end of each run; one row per row "
                                                "of /runs"},
                      t->run_count, t->parameters, t->last_theta);
    spni_recorder_arrays(recorder, SPN_TRAJECTORY_END, book);
    spni_recorder_arrays(recorder, SPN_TRAJECTORY_PLATEAU, book);
done:
    return status;
}

static const spni_run_kind grok_kind = {.results = &spn_grok_kind,
                                        .sections = "grok",
                                        .streams = &spn_trajectory_streams,
                                        .replay = replay,
                                        .miss = miss,
                                        .fill = fill};

static spn_status run_and_write(spn_context *context, trainer *t, bool has_theta, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_pool *pool = NULL;
    bool is_made = false;
    SPN_TRY(spni_run_open(context, &t->run, has_theta ? 0 : 1U << SPN_TRAJECTORY_POINT));
    SPN_TRY(spni_run_complete(context, &t->run, &is_made));
    if (!is_made) {
        SPN_TRY(spn_pool_create(context, t->run.settings.threads, &pool));
        SPN_TRY(spn_trajectories_run(context, t->runs, pool, record, t));
    }
    SPN_TRY(spni_run_finish(context, &t->run, is_good));
done:
    spn_pool_free(pool);
    return status;
}

/* Everything that a run needs but its output. */
static spn_status prepare(spn_context *context, trainer *t, const spn_study *study,
                          const spn_grok_settings *own)
{
    spn_status status = SPN_OK;
    int64_t numbers = 0;
    SPN_TRY(spni_origin_make(context, t->starts.arena, study, &t->origin));
    const spn_trajectory_problem problem = {.objective = &study->loss,
                                            .settings = own,
                                            .solver = spn_experiment_solver(study->experiment),
                                            .starts = t->starts.count,
                                            .initial = spni_starts_initial,
                                            .initial_state = &t->starts,
                                            .residues = t->starts.residues,
                                            .origin = t->origin.is_known ? spni_origin_time : NULL,
                                            .origin_state = &t->origin};
    SPN_TRY(spni_experiment_place(context, study->experiment,
                                  spn_trajectories_create(context, &problem, &t->runs)));
    t->run_count = t->starts.count * own->seeds;
    t->parameters = study->loss.dimension;
    if (!spn_size_multiply(t->run_count, t->parameters, &numbers)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "too many runs to keep in memory");
    }
    SPN_NEW(context, t->last_theta, numbers);
done:
    return status;
}

spn_status spn_study_grok(spn_context *context, const spn_study *study,
                          const spn_run_settings *settings, bool *is_good)
{
    spn_status status = SPN_OK;
    trainer t = {.runs = NULL};
    const spn_grok_settings *own = spn_experiment_grok(study->experiment);
    *is_good = false;
    SPN_TRY(spni_need_network(context, study, "grok"));
    SPN_TRY(spni_starts_begin(context, study, &t.starts));
    if (settings->is_rehearsed) {
        SPN_TRY(prepare(context, &t, study, own));
        goto done;
    }
    SPN_TRY(spni_run_begin(context, study, settings, &grok_kind, t.starts.checksum, &t, &t.run));
    *is_good = t.run.is_good;
    if (!t.run.is_finished) {
        SPN_TRY(prepare(context, &t, study, own));
        if (own->geometry) {
            spn_dense_announce(context, study->loss.dimension, "grok, at each record");
        }
        SPN_TRY(run_and_write(context, &t, own->parameters, is_good));
    }
done:
    status = spni_run_end(context, &t.run, status);
    spn_trajectories_free(context, t.runs);
    spn_release(context, t.last_theta);
    spni_starts_end(&t.starts);
    return status;
}
