/* SPDX-License-Identifier: MIT */
/* A sweep as a study runs it. */
#include "study/experiment.h"
#include "study/run.h"

#include <spinodal/numeric.h>
#include <string.h>

typedef struct sweeper {
    spni_run run;
    spn_sweep *sweep;
    bool is_trained;     /* see spn_sweep_is_trained() */
    spn_column *columns; /* of points, as files of other sweeps list them */
    spn_columns shown;
} sweeper;

static spn_status replay(spn_context *context, void *state, const spn_item *item)
{
    const sweeper *s = state;
    spn_status status = SPN_OK;
    int64_t chains = 0;
    bool is_open = false;
    if (s->run.settings.part_count > 0) {
        SPN_TRY(spn_sweep_chains(context, s->sweep, &chains, &is_open));
        if (is_open && item->job >= chains) {
            return SPN_OK; /* of a chain down, and chains up are missing: that is what will be said */
        }
    }
    SPN_TRY(spn_sweep_replay(context, s->sweep, item));
done:
    return status;
}

/* Of the chains that have the direction of the first one that is not done. */
static spn_status miss(spn_context *context, void *state, spni_missing *missing)
{
    static const char *const words[] = {[SPN_DIRECTION_UP] = "chains up of seeds",
                                        [SPN_DIRECTION_DOWN] = "chains down of seeds",
                                        [SPN_DIRECTION_QUENCH] = "quenches of seeds"};
    const sweeper *s = state;
    spn_status status = SPN_OK;
    int64_t chains = 0;
    bool is_open = false;
    spn_direction direction = SPN_DIRECTION_UP;
    SPN_TRY(spn_sweep_chains(context, s->sweep, &chains, &is_open));
    for (int64_t i = 0; i < chains; i++) {
        const spn_chain_state chain = spn_sweep_chain(s->sweep, i);
        if (missing->numbers.count == 0 && chain.direction != direction) {
            missing->of = 0;
            direction = chain.direction;
        }
        missing->of += chain.direction == direction;
        if (chain.done < chain.points && chain.direction == direction) {
            SPN_TRY(spn_list_append(context, &missing->numbers, &chain.seed));
        }
    }
    missing->what = words[direction];
done:
    return status;
}

static bool is_down_point(const void *record)
{
    return ((const spn_sweep_record *)record)->direction == SPN_DIRECTION_DOWN;
}

static bool is_down_jump(const void *record)
{
    return ((const spn_sweep_jump *)record)->direction == SPN_DIRECTION_DOWN;
}

/* With the protocol `down` the up-chains were only the way to where the others start. */
static spn_status hide_way(spn_context *context, spni_recorder *recorder)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_recorder_filter(context, recorder, SPN_SWEEP_POINT, is_down_point));
    SPN_TRY(spni_recorder_filter(context, recorder, SPN_SWEEP_JUMP, is_down_jump));
done:
    return status;
}

/* The word "patience" is listed by the files of trained chains alone, which may end so: those of others have the words and the bytes
 * that they had before there was such a stop. */
static spn_status choose_columns(spn_context *context, sweeper *s)
{
    spn_status status = SPN_OK;
    s->shown = spn_sweep_columns;
    if (s->is_trained) {
        return SPN_OK;
    }
    SPN_NEW(context, s->columns, s->shown.count);
    memcpy(s->columns, s->shown.items, (size_t)s->shown.count * sizeof *s->columns);
    for (int64_t i = 0; i < s->shown.count; i++) {
        const char *const *words = s->columns[i].words;
        s->columns[i].words = words == spn_stop_words ? spn_usual_stop_words : words;
    }
    s->shown.items = s->columns;
done:
    return status;
}

static spn_status fill(spn_context *context, void *state, spn_book *book)
{
    spn_status status = SPN_OK;
    sweeper *s = state;
    spni_recorder *recorder = &s->run.recorder;
    const spn_sweep_settings *settings = spn_experiment_sweep(s->run.study->experiment);
    SPN_TRY(settings->direction == SPN_PROTOCOL_DOWN ? hide_way(context, recorder) : SPN_OK);
    SPN_TRY(choose_columns(context, s));
    spni_recorder_table_as(recorder, SPN_SWEEP_POINT, &s->shown, book);
    spni_recorder_arrays(recorder, SPN_SWEEP_POINT, book);
    SPN_TRY(spni_recorder_layers(context, recorder, SPN_SWEEP_POINT, book));
    if (settings->refine && settings->epochs == 0 && !s->is_trained) {
        spni_recorder_table(recorder, SPN_SWEEP_JUMP, book);
        spni_recorder_arrays(recorder, SPN_SWEEP_JUMP, book);
    }
done:
    return status;
}

static spn_status run_and_write(spn_context *context, sweeper *s,
                                const spn_sweep_settings *settings, bool *is_good)
{
    spn_status status = SPN_OK;
    spn_pool *pool = NULL;
    bool is_made = false;
    const unsigned both = 1U << SPN_SWEEP_POINT | 1U << SPN_SWEEP_JUMP;
    SPN_TRY(spni_run_open(context, &s->run, settings->parameters ? 0 : both));
    SPN_TRY(spni_run_complete(context, &s->run, &is_made));
    if (!is_made) {
        SPN_TRY(spn_pool_create(context, s->run.settings.threads, &pool));
        SPN_TRY(spn_sweep_run(context, s->sweep, pool, spni_run_record, &s->run));
    }
    SPN_TRY(spni_run_finish(context, &s->run, is_good));
done:
    spn_pool_free(pool);
    return status;
}

static const spni_run_kind sweep_kind = {.results = &spn_sweep_kind,
                                         .sections = "sweep geometry",
                                         .streams = &spn_sweep_streams,
                                         .replay = replay,
                                         .miss = miss,
                                         .fill = fill};

/* Each point is measured by its dense Hessian: that takes time, and section `geometry` may have asked for another way. */
static void tell_of_dense(spn_context *context, const spn_study *study)
{
    const spn_settings *section = &study->experiment->sections[SPNI_SECTION_GEOMETRY];
    const int64_t method = spn_experiment_geometry(study->experiment)->method;
    char where[512];
    if (method != SPN_SPECTRUM_AUTO && method != SPN_SPECTRUM_DENSE) {
        spn_warning(context,
                    "%s: %s is not heard: each point of this sweep is measured by its dense "
                    "Hessian; solver.method: newton_cg, without sweep.epochs, and mini-batches go "
                    "without",
                    spn_settings_where(section, "method", where, sizeof where),
                    spn_spectrum_method_text(method));
    }
    spn_dense_announce(context, study->loss.dimension, "sweep, at each point");
}

spn_status spn_study_sweep(spn_context *context, const spn_study *study,
                           const spn_run_settings *settings, bool *is_good)
{
    spn_status status = SPN_OK;
    sweeper s = {.sweep = NULL};
    const spn_sweep_problem problem = {.objective = &study->loss,
                                       .settings = spn_experiment_sweep(study->experiment),
                                       .solver = spn_experiment_solver(study->experiment),
                                       .geometry = spn_experiment_geometry(study->experiment),
                                       .initial = spni_run_initial,
                                       .initial_state = study};
    s.is_trained = spn_sweep_is_trained(&problem);
    if (settings->is_rehearsed) {
        SPN_TRY(spni_experiment_place(context, study->experiment,
                                      spn_sweep_create(context, &problem, &s.sweep)));
        goto done;
    }
    SPN_TRY(spni_run_begin(context, study, settings, &sweep_kind, NULL, &s, &s.run));
    *is_good = s.run.is_good;
    if (!s.run.is_finished) {
        SPN_TRY(spni_experiment_place(context, study->experiment,
                                      spn_sweep_create(context, &problem, &s.sweep)));
        if (!spn_sweep_by_products(&problem) && !s.is_trained) {
            tell_of_dense(context, study);
        }
        SPN_TRY(run_and_write(context, &s, problem.settings, is_good));
    }
done:
    status = spni_run_end(context, &s.run, status);
    spn_sweep_free(context, s.sweep);
    spn_release(context, s.columns);
    return status;
}
