/* SPDX-License-Identifier: MIT */
/* The commands that run an experiment and say what came out: sweep, branches, slice, grok, spectrum; merge, which has it from
 * journals. */
#include "cli/cli.h"

#include <inttypes.h>
#include <spinodal/gallery.h>
#include <stdio.h>
#include <string.h>

/* spn_study_sweep() and its like. */
typedef spn_status study_action(spn_context *context, const spn_study *study,
                                const spn_run_settings *settings, bool *is_good);

/* With -v: what is run, as it would stand in an experiment file. */
static spn_status say_experiment(cli_session *session, const spn_study *study)
{
    spn_status status = SPN_OK;
    spn_text text = {.context = session->context};
    char *dump = NULL;
    if (!session->is_verbose) {
        return SPN_OK;
    }
    SPN_TRY(spn_experiment_dump(session->context, study->experiment, &dump));
    spn_text_put(&text, "%s# %lld samples", dump, (long long)study->dataset->samples);
    if (study->test != NULL) {
        spn_text_put(&text, " and %lld for testing", (long long)study->test->samples);
    }
    spn_text_put(&text, ", %lld parameters, data checksum %08x\n", (long long)study->loss.dimension,
                 (unsigned)study->data_checksum);
    if (session->progress.form == PROGRESS_JSON && text.status == SPN_OK) {
        cli_say(session, "experiment", text.buffer.text);
        status = spn_text_end(&text);
    } else {
        status = cli_print(stderr, &text);
    }
done:
    spn_release(session->context, dump);
    return status;
}

/* Of some runs rank 0 has the only journal. */
static spn_status explain_interruption(spn_context *context, const char *output,
                                       bool has_one_journal)
{
    spn_status status = SPN_ERROR_INTERRUPTED;
    char *journal = NULL;
    SPN_TRY(spn_run_journal(context, output, &journal));
    status = SPN_ERROR_INTERRUPTED;
    const bool has_ranks = spn_context_farm(context) != NULL && !spn_farm_is_share(context);
    const bool has_others = has_ranks && !has_one_journal && !spn_farm_is_sharded(context);
    if (has_ranks || spn_journal_exists(journal)) {
        status = spn_fail(context, SPN_ERROR_INTERRUPTED,
                          "interrupted; all finished points are in %s%s, go on with --resume",
                          journal, has_others ? " and those of other ranks beside it" : "");
    }
done:
    spn_release(context, journal);
    return status;
}

/* What is full is the disk of the journal, whose finished points are good to go on from. */
static spn_status explain_full_disk(spn_context *context, const char *output)
{
    spn_status status = SPN_ERROR_IO;
    char *journal = NULL;
    spn_error error;
    const bool is_full = cli_is_disk_full(context);
    spn_error_get(context, &error);
    SPN_TRY(spn_run_journal(context, output, &journal));
    status = SPN_ERROR_IO;
    if (is_full && spn_journal_exists(journal)) {
        status = spn_fail(context, SPN_ERROR_IO,
                          "%s; finished points are in %s: make room and go on with --resume",
                          error.text, journal);
    }
done:
    spn_release(context, journal);
    return status;
}

/* "3/8": the third of eight shares. */
static spn_status share(cli_session *session, const char *text, spn_farm *farm)
{
    int used = 0;
    int64_t number = 0, count = 0;
    const bool is_pair = sscanf(text, "%" SCNd64 "/%" SCNd64 "%n", &number, &count, &used) == 2 &&
                         text[used] == '\0';
    if (!is_pair || count < 1 || number < 1 || number > count) {
        return cli_misuse(session, "--chain expects I/N with I from 1 to N, got '%s'", text);
    }
    return spn_shares_farm(session->context, number - 1, count, farm);
}

/* What would be refused is not explained. */
static spn_status rehearse(spn_context *context, const spn_study *study,
                           const spn_run_settings *settings, study_action *run)
{
    spn_run_settings rehearsal = *settings;
    bool is_good = false;
    rehearsal.is_rehearsed = true;
    return run == spn_study_spectrum ? SPN_OK : run(context, study, &rehearsal, &is_good);
}

static spn_status run_study(cli_session *session, const cli_arguments *arguments,
                            const char *output, study_action *run)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    spn_study *study = NULL;
    spn_farm *const ranks = spn_context_farm(context);
    spn_farm shares;
    /* Ranks are as many as there are processors for them. */
    const spn_run_settings settings = {
        .output = output,
        .threads = ranks != NULL && arguments->threads == 0 ? 1 : arguments->threads,
        .is_forced = arguments->is_forced,
        .is_resumed = arguments->is_resumed,
        .weights = arguments->weights,
        .beta = arguments->beta};
    SPN_TRY(cli_check_explain(session, arguments));
    if (arguments->weights != NULL) {
        SPN_TRY(cli_refuse_same_file(context, output, arguments->weights));
    }
    if (arguments->chain != NULL) {
        SPN_TRY(share(session, arguments->chain, &shares));
        spn_context_set_farm(context, &shares);
    }
    status = cli_experiment(session, arguments, &experiment);
    status = status == SPN_OK ? spn_study_create(context, experiment, &study) : status;
    SPN_TRY(spn_farm_agree(context, status, NULL, 0));
    if (run == spn_study_sweep || run == spn_study_branches) {
        SPN_TRY(spn_experiment_choose_range(context, experiment, study, run == spn_study_branches));
    }
    SPN_TRY(say_experiment(session, study));
    if (arguments->is_explained) {
        SPN_TRY(rehearse(context, study, &settings, run));
        SPN_TRY(cli_explain(session, study));
        SPN_TRY(cli_explain_ranks(session, study, settings.threads));
        goto done;
    }
    if (spn_farm_is_sharded(context)) {
        SPN_TRY(spn_farm_agree(context, spn_study_shard(context, study), NULL, 0));
    }
    SPN_TRY(run(context, study, &settings, &session->is_good));
done:
    spn_study_free(context, study);
    spn_experiment_free(context, experiment);
    if (status == SPN_ERROR_INTERRUPTED) {
        status = explain_interruption(context, output, run == spn_study_branches);
    } else if (status == SPN_ERROR_IO) {
        status = explain_full_disk(context, output);
    }
    spn_context_set_farm(context, ranks);
    return status;
}

/* What the results hold, as their kind says it: the answer on the standard output, what did not go well beside it. */
static spn_status say_results(cli_session *session, const char *path, const spn_wish *wish,
                              bool is_json)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_arena *arena = NULL;
    spn_results results;
    spn_json json;
    spn_text summary = {.context = context}, troubles = {.context = context};
    const spn_report report = {.json = is_json ? &json : NULL,
                               .summary = is_json ? NULL : &summary,
                               .troubles = &troubles,
                               .wish = *wish};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    if (is_json) {
        spn_json_begin(&json, context, spn_sink_stream(stdout));
    }
    SPN_TRY(spn_kind_report(context, spn_kind_find(results.kind), &results, path, &report));
    SPN_TRY(is_json ? spn_json_end_document(&json) : SPN_OK);
    cli_clear_bar(session);
    SPN_TRY(cli_print(stdout, &summary));
    fflush(stdout);
    spn_text_tell(&troubles, true);
done:
    spn_text_end(&summary);
    spn_text_end(&troubles);
    spn_arena_free(arena);
    return status;
}

/* With -q nobody would hear the answer, which takes longer than writing the results. */
static spn_status tell_results(cli_session *session, const cli_arguments *arguments,
                               const char *output, const spn_wish *wish)
{
    return session->is_quiet && !arguments->is_json
               ? SPN_OK
               : say_results(session, output, wish, arguments->is_json);
}

/* EXPERIMENT.sweep.h5, EXPERIMENT.branches.h5, ...: no command's results stand in another's way. */
static spn_status default_output(const cli_session *session, const char *experiment, char **out)
{
    char ending[64];
    snprintf(ending, sizeof ending, ".%s.h5", session->command->name);
    return cli_default_output(session->context, experiment, ending, out);
}

/* What went wrong is said on stderr with JSON as well. */
static spn_status run_command(cli_session *session, const cli_arguments *arguments,
                              study_action *run)
{
    spn_status status = SPN_OK;
    char *made = NULL;
    spn_wish wish = {.is_verbose = session->is_verbose};
    SPN_TRY(cli_shown(session, arguments, &wish.shown));
    if (arguments->output == NULL) {
        SPN_TRY(default_output(session, arguments->words[0], &made));
    }
    const char *output = made != NULL ? made : arguments->output;
    SPN_TRY(run_study(session, arguments, output, run));
    if (arguments->is_explained || arguments->chain != NULL || !spn_farm_writes(session->context)) {
        goto done;
    }
    SPN_TRY(tell_results(session, arguments, output, &wish));
done:
    spn_release(session->context, made);
    return status;
}

spn_status cmd_sweep(cli_session *session, const cli_arguments *arguments)
{
    return run_command(session, arguments, spn_study_sweep);
}

spn_status cmd_branches(cli_session *session, const cli_arguments *arguments)
{
    return run_command(session, arguments, spn_study_branches);
}

spn_status cmd_slice(cli_session *session, const cli_arguments *arguments)
{
    return run_command(session, arguments, spn_study_slice);
}

spn_status cmd_grok(cli_session *session, const cli_arguments *arguments)
{
    return run_command(session, arguments, spn_study_grok);
}

spn_status cmd_spectrum(cli_session *session, const cli_arguments *arguments)
{
    return run_command(session, arguments, spn_study_spectrum);
}

/* ---- Parts ------------------------------------------------------------------------------------ */

/* "RUN.h5" of "folder/RUN.h5.part.3", in the current folder; NULL: the name does not tell. */
static spn_status output_of(spn_context *context, const char *part, char **out)
{
    static const char ending[] = ".part";
    const char *slash = strrchr(part, '/'), *name = slash != NULL ? slash + 1 : part, *found = NULL;
    spn_status status = SPN_OK;
    *out = NULL;
    for (const char *at = name; (at = strstr(at, ending)) != NULL; at++) {
        const char behind = at[sizeof ending - 1];
        found = at > name && (behind == '\0' || behind == '.') ? at : found;
    }
    if (found != NULL) {
        *out = spn_duplicate(context, name);
        SPN_TRY(*out != NULL ? SPN_OK : spn_error_status(context));
        (*out)[found - name] = '\0';
    }
done:
    return status;
}

spn_status cmd_merge(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    char *made = NULL;
    spn_wish wish = {.is_verbose = session->is_verbose};
    SPN_TRY(cli_shown(session, arguments, &wish.shown));
    if (arguments->output == NULL) {
        SPN_TRY(output_of(context, arguments->words[0], &made));
        SPN_TRY(made != NULL
                    ? SPN_OK
                    : cli_misuse(session, "-o RUN.h5 is needed: '%s' does not end in .part",
                                 arguments->words[0]));
    }
    const spn_run_settings settings = {.output = made != NULL ? made : arguments->output,
                                       .is_forced = arguments->is_forced,
                                       .parts = arguments->words,
                                       .part_count = arguments->word_count};
    for (int64_t i = 0; i < arguments->word_count; i++) {
        SPN_TRY(cli_refuse_same_file(context, settings.output, arguments->words[i]));
    }
    SPN_TRY(spn_run_merge(context, &settings, &session->is_good));
    SPN_TRY(tell_results(session, arguments, settings.output, &wish));
done:
    spn_release(context, made);
    return status;
}
