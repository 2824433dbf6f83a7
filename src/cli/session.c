/* SPDX-License-Identifier: MIT */
/* Talk goes to stderr: on a terminal a bar with the time left, otherwise a plain line now and then. */
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The signal handler can reach nothing else. */
static atomic_int cancel_flag;

static atomic_int first_signal;

/* A long piece of work looks at the flag between its parts. Some have none, or wait for what never comes:
 * after this many seconds the program ends without them. Finished points are safe in the journal. */
enum { PATIENCE_SECONDS = 20 };

static void on_signal(int number)
{
    if (atomic_exchange(&cancel_flag, 1) != 0) {
        signal(number, SIG_DFL);
        raise(number);
    }
    atomic_store(&first_signal, number);
    alarm(PATIENCE_SECONDS);
}

static void on_alarm(int number)
{
    (void)number;
    const int first = atomic_load(&first_signal);
    signal(first, SIG_DFL);
    raise(first);
}

/* What whoever started us chose to ignore (nohup, a shell's background job) stays ignored. */
static void catch_signal(int number)
{
    struct sigaction before, action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        sigaction(number, &action, NULL);
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void clear_bar(cli_session *session)
{
    if (session->has_bar) {
        fprintf(stderr, "\r\033[K");
        session->has_bar = false;
    }
}

static void format_time(double seconds, char *buffer, size_t size)
{
    long whole = lround(seconds);
    if (whole >= 3600) {
        snprintf(buffer, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
        snprintf(buffer, size, "%ld:%02ld", whole / 60, whole % 60);
    }
}

static void draw_bar(const spn_event *event, const char *left)
{
    enum { WIDTH = 30 };
    char bar[WIDTH + 1];
    int filled = event->total > 0 ? (int)(WIDTH * event->done / event->total) : 0;
    memset(bar, '.', WIDTH);
    memset(bar, '#', (size_t)filled);
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %.0f/%.0f %s, %s left\033[K", bar, event->done, event->total,
            event->text, left);
    fflush(stderr);
}

/* Work whose amount nobody knows beforehand: its total is 0. */
static void show_count(cli_session *session, const spn_event *event)
{
    if (session->is_terminal) {
        fprintf(stderr, "\r%.0f %s\033[K", event->done, event->text);
        fflush(stderr);
        session->has_bar = true;
    } else {
        fprintf(stderr, "%.0f %s\n", event->done, event->text);
    }
}

static void show_progress(cli_session *session, const spn_event *event)
{
    const double bar_interval = 0.1, line_interval = 10;
    double time = now();
    const bool is_counted = event->total > 0;
    if (session->last_shown == 0) {
        session->last_shown = time;
    }
    if (is_counted && !session->has_progress) {
        session->has_progress = true;
        session->started = time;
        session->first_done = event->done;
    }
    double interval = session->is_terminal ? bar_interval : line_interval;
    bool is_last = is_counted && event->done >= event->total && session->is_terminal;
    if (time - session->last_shown < interval && !is_last) {
        return;
    }
    session->last_shown = time;
    if (!is_counted) {
        show_count(session, event);
        return;
    }
    char left[32] = "?";
    double done = event->done - session->first_done;
    if (done > 0) {
        format_time((time - session->started) / done * (event->total - event->done), left,
                    sizeof left);
    }
    if (session->is_terminal) {
        draw_bar(event, left);
        session->has_bar = true;
    } else {
        fprintf(stderr, "%.0f/%.0f %s, %s left\n", event->done, event->total, event->text, left);
    }
}

static void on_event(void *state, const spn_event *event)
{
    cli_session *session = state;
    if (session->is_quiet) {
        return;
    }
    if (event->kind == SPN_EVENT_PROGRESS) {
        show_progress(session, event);
        return;
    }
    clear_bar(session);
    cli_put_line(event->kind == SPN_EVENT_WARNING ? "warning: " : "", event->text);
}

int cli_session_begin(cli_session *session, const cli_arguments *arguments)
{
    *session = (cli_session){.is_quiet = arguments->is_quiet,
                             .is_verbose = arguments->is_verbose,
                             .is_terminal = isatty(STDERR_FILENO) == 1};
    if (!cli_try_memory(arguments->threads)) {
        _exit(EXIT_NUMERIC);
    }
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
    catch_signal(SIGHUP);
    signal(SIGALRM, on_alarm);
    spn_context_settings settings = {
        .on_event = on_event, .event_state = session, .cancel = &cancel_flag};
    if (spn_context_create(&settings, &session->context) != SPN_OK) {
        fprintf(stderr, "spinodal: out of memory\n");
        return EXIT_NUMERIC;
    }
    return EXIT_DONE;
}

void cli_session_end(cli_session *session)
{
    clear_bar(session);
    spn_context_free(session->context);
}

static int exit_status(spn_status status)
{
    switch (status) {
    case SPN_OK:
        return EXIT_DONE;
    case SPN_ERROR_ARGUMENT:
    case SPN_ERROR_INPUT:
    case SPN_ERROR_UNSUPPORTED:
        return EXIT_INPUT;
    case SPN_ERROR_MEMORY:
    case SPN_ERROR_NUMERIC:
        return EXIT_NUMERIC;
    case SPN_ERROR_IO:
        return EXIT_IO;
    case SPN_ERROR_INTERRUPTED:
        return EXIT_INTERRUPTED;
    }
    return EXIT_NUMERIC;
}

/* A reader that went away ends the output, not the work: no failure. */
static bool is_only_unread(const char *text)
{
    return strstr(text, strerror(EPIPE)) != NULL && cli_is_reader_gone();
}

int cli_finish(cli_session *session, spn_status status)
{
    clear_bar(session);
    if (status == SPN_OK) {
        return cli_finish_output();
    }
    const char *text = spn_error_text(session->context);
    if (status == SPN_ERROR_IO && is_only_unread(text)) {
        return EXIT_DONE;
    }
    cli_put_line("spinodal: ", text[0] != '\0' ? text : spn_status_text(status));
    return exit_status(status);
}

spn_status cli_experiment(cli_session *session, const cli_arguments *arguments,
                          spn_experiment **out)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_experiment *experiment = NULL;
    *out = NULL;
    if (arguments->word_count > 0) {
        SPN_TRY(spn_experiment_read(context, arguments->words[0], &experiment));
    } else {
        SPN_TRY(spn_experiment_create(context, &experiment));
    }
    if (arguments->seed >= 0) {
        char assignment[64];
        snprintf(assignment, sizeof assignment, "model.init.seed=%lld", (long long)arguments->seed);
        SPN_TRY(spn_experiment_set(context, experiment, assignment));
    }
    for (int64_t i = 0; i < arguments->set_count; i++) {
        SPN_TRY(spn_experiment_set(context, experiment, arguments->sets[i]));
    }
    *out = experiment;
    experiment = NULL;
done:
    spn_experiment_free(context, experiment);
    return status;
}

spn_status cli_weights(cli_session *session, const cli_arguments *arguments, const spn_study *study,
                       double *theta)
{
    if (arguments->weights != NULL) {
        return spn_study_read_weights(session->context, study, arguments->weights, theta);
    }
    return spn_study_initial(session->context, study, 0, theta);
}
