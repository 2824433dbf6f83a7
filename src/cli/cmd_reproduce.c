/* SPDX-License-Identifier: MIT */
#include "cli/files.h"
#include "cli/index.h"

#include <stdio.h>
#include <string.h>

/* The settings are tried once, before anything is made. */
static spn_status check_settings(cli_session *session, const cli_arguments *arguments)
{
    spn_experiment *experiment = NULL;
    spn_status status = cli_experiment(session, arguments, &experiment);
    spn_experiment_free(session->context, experiment);
    return status;
}

static spn_status check_file(const cli_job *job, const char *name, const char *suffix)
{
    spn_status status = SPN_OK;
    char path[CLI_PATH_SIZE];
    SPN_TRY(cli_job_path(job, name, suffix, path));
    SPN_TRY(spn_results_check_target(job->session->context, path, job->arguments->is_forced));
done:
    return status;
}

/* What would be refused at the end of a long run is refused at its beginning. One that goes on finds its own
 * files and looks at each when it has made it again. */
static spn_status check_files(const cli_job *job, uint64_t chosen)
{
    static const char *const suffixes[] = {".h5",  ".csv", ".svg", ".pdf",
                                           ".png", ".gp",  ".dat", ".txt"};
    spn_status status = SPN_OK;
    SPN_TRY(cli_check_index(job->session->context, job->folder, job->arguments->is_forced));
    for (int64_t k = 0; cli_targets[k].name != NULL && !job->arguments->is_resumed; k++) {
        const cli_target *target = &cli_targets[k];
        if ((chosen >> k & 1) == 0) {
            continue;
        }
        for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
            SPN_TRY(check_file(job, target->name, suffixes[i]));
        }
        SPN_TRY(target->step != NULL ? check_file(job, target->step->name, ".h5") : SPN_OK);
    }
done:
    return status;
}

static spn_status make_target(cli_job *job, const cli_target *target)
{
    spn_status status = SPN_OK;
    SPN_TRY(target->step != NULL ? cli_job_prepare(job, target->step) : SPN_OK);
    SPN_TRY(target->make(job));
done:
    return status;
}

/* Keep why a target was not made, say it, and be ready for the next. */
static int note_failure(cli_job *job, const cli_target *target, bool is_one_of_many,
                        cli_outcome *outcome)
{
    spn_context *context = job->session->context;
    const char *text = spn_error_text(context);
    outcome->text =
        spn_duplicate(context, text[0] != '\0' ? text : spn_status_text(outcome->status));
    if (is_one_of_many) {
        spn_error_prefix(context, "%s", target->name);
    }
    const int result = cli_finish(job->session, outcome->status);
    spn_error_clear(context);
    return result;
}

/* Make all chosen targets. One that fails does not keep others from being made; an interruption does. Returns
 * the exit status of the first failure. */
static int make_chosen(cli_job *job, uint64_t chosen, cli_outcome *outcomes)
{
    int result = EXIT_DONE;
    const bool is_one_of_many = (chosen & (chosen - 1)) != 0;
    for (int64_t k = 0; cli_targets[k].name != NULL && result != EXIT_INTERRUPTED; k++) {
        if ((chosen >> k & 1) == 0) {
            continue;
        }
        outcomes[k].is_tried = true;
        outcomes[k].status = make_target(job, &cli_targets[k]);
        if (outcomes[k].status != SPN_OK) {
            const int failed = note_failure(job, &cli_targets[k], is_one_of_many, &outcomes[k]);
            result = result == EXIT_DONE || failed == EXIT_INTERRUPTED ? failed : result;
        }
    }
    return result;
}

/* In a context that no signal cancels: the page tells of an interrupted run, too. */
static spn_status write_index(cli_session *session, const cli_job *job, const cli_outcome *outcomes)
{
    spn_context *context = NULL;
    spn_status status = spn_context_create(NULL, &context);
    if (status != SPN_OK) {
        return spn_fail(session->context, status, "out of memory");
    }
    status = cli_write_index(context, job->folder, job->arguments->is_forced, outcomes);
    if (status != SPN_OK) {
        spn_error_copy(session->context, context);
    }
    spn_context_free(context);
    return status;
}

static int unknown_target(const char *name)
{
    enum { NAMES_MAX = CLI_TARGETS_MAX + 8 };
    const char *names[NAMES_MAX];
    char list[256] = "";
    size_t used = 0;
    int64_t count = 0;
    cli_target_name known;
    while (count < NAMES_MAX && cli_target_name_at(count, &known)) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", count > 0 ? ", " : "",
                                 known.name);
        used = used < sizeof list ? used : sizeof list - 1;
        names[count++] = known.name;
    }
    const char *near = spn_nearest_name(name, names, count);
    return cli_usage_error(cli_find_command("reproduce"),
                           "unknown target '%s'%s%s%s; there are: %s", name,
                           near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
                           near != NULL ? "'?" : "", list);
}

int cmd_reproduce(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    const char *name = arguments->word_count > 0 ? arguments->words[0] : "all";
    const uint64_t chosen = cli_targets_named(name);
    cli_arguments built_in = *arguments;
    cli_outcome outcomes[CLI_TARGETS_MAX] = {{false, SPN_OK, NULL}};
    cli_job job = {.session = session,
                   .arguments = &built_in,
                   .folder = arguments->output != NULL ? arguments->output : "figures",
                   .is_good = true};
    built_in.word_count = 0;
    if (chosen == 0) {
        return unknown_target(name);
    }
    SPN_TRY(check_settings(session, &built_in));
    SPN_TRY(cli_make_folder(session->context, job.folder));
    SPN_TRY(check_files(&job, chosen));
    const int result = make_chosen(&job, chosen, outcomes);
    status = write_index(session, &job, outcomes);
    for (int64_t k = 0; k < CLI_TARGETS_MAX; k++) {
        spn_release(session->context, outcomes[k].text);
    }
    SPN_TRY(status);
    if (result != EXIT_DONE) {
        return result;
    }
    spn_message(session->context, "%s/index.md lists what is there", job.folder);
done:;
    const int ended = cli_finish(session, status);
    return ended == EXIT_DONE && !job.is_good ? EXIT_CHECK_FAILED : ended;
}
