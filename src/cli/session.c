/* SPDX-License-Identifier: MIT */
/* What commands share: signals, the context, the end with its exit status, the experiment. */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The signal handler can reach nothing else. */
static atomic_int cancel_flag;

static atomic_int first_signal;

static atomic_llong first_milliseconds;

/* A long piece of work looks at the flag between its parts. Some have none, or wait for what never comes:
 * after this many seconds the program ends without them. Finished points are safe in the journal. */
enum { PATIENCE_SECONDS = 20 };

/* One request often arrives twice: timeout(1) and batch systems signal the process and then its group, and
 * a second signal ends the program on the spot, with its temporaries left behind. Only one that follows
 * the first after this time is a second request. */
enum { SAME_REQUEST_MILLISECONDS = 1000 };

static long long milliseconds_now(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_signal(int number)
{
    const int earlier_errno = errno;
    if (atomic_exchange(&cancel_flag, 1) == 0) {
        atomic_store(&first_milliseconds, milliseconds_now());
        atomic_store(&first_signal, number);
        alarm(PATIENCE_SECONDS);
    } else if (milliseconds_now() - atomic_load(&first_milliseconds) >= SAME_REQUEST_MILLISECONDS) {
        signal(number, SIG_DFL);
        raise(number);
    }
    errno = earlier_errno;
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

int cli_session_begin(cli_session *session, const cli_command *command,
                      const cli_arguments *arguments, spn_farm *farm)
{
    *session = (cli_session){.command = command,
                             .is_good = true,
                             .is_quiet = arguments->is_quiet,
                             .is_verbose = arguments->is_verbose,
                             .progress = {.form = PROGRESS_LINES}};
    if (arguments->progress != NULL) {
        session->progress.form = PROGRESS_JSON;
    } else if (cli_is_terminal(STDERR_FILENO)) {
        session->progress.form = PROGRESS_BAR;
    }
    if (!cli_try_memory(arguments->threads)) {
        _exit(EXIT_NUMERIC);
    }
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
    catch_signal(SIGHUP);
    catch_signal(SIGUSR1);
    signal(SIGALRM, on_alarm);
    spn_context_settings settings = {
        .on_event = cli_show_event, .event_state = session, .cancel = &cancel_flag};
    if (spn_context_create(&settings, &session->context) != SPN_OK) {
        cli_put_line("spinodal: ", "out of memory");
        return EXIT_NUMERIC;
    }
    spn_context_set_farm(session->context, farm);
    return EXIT_DONE;
}

void cli_session_end(cli_session *session)
{
    cli_clear_bar(session);
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
    cli_clear_bar(session);
    if (session->is_misused) {
        return EXIT_USAGE;
    }
    if (status == SPN_OK) {
        const int result = cli_finish_output();
        return result == EXIT_DONE && !session->is_good ? EXIT_CHECK_FAILED : result;
    }
    const char *text = spn_error_text(session->context);
    if (status == SPN_ERROR_IO && is_only_unread(text)) {
        return EXIT_DONE;
    }
    cli_say(session, "error", text[0] != '\0' ? text : spn_status_text(status));
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
    SPN_TRY(
        spn_experiment_override(context, experiment, arguments->set_count, arguments->sets, true));
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

spn_status cli_default_output(spn_context *context, const char *input, const char *ending,
                              char **out)
{
    spn_status status = SPN_OK;
    const char *slash = strrchr(input, '/');
    const char *name = slash != NULL ? slash + 1 : input;
    const char *dot = strrchr(name, '.');
    int length = dot != NULL && dot != name ? (int)(dot - name) : (int)strlen(name);
    size_t size = (size_t)length + strlen(ending) + 1;
    SPN_NEW(context, *out, (int64_t)size);
    snprintf(*out, size, "%.*s%s", length, name, ending);
done:
    return status;
}

spn_status cli_check_page(cli_session *session, const char *output)
{
    static const char *const suffixes[] = {".html", ".htm", ".xhtml"};
    const char *slash = strrchr(output, '/');
    const char *name = slash != NULL ? slash + 1 : output, *dot = strrchr(name, '.');
    bool is_page = dot == NULL || dot == name;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes && !is_page; i++) {
        is_page = strcmp(dot, suffixes[i]) == 0;
    }
    return is_page ? SPN_OK
                   : cli_misuse(session, "-o %s: a page is HTML: -o %.*s.html", output,
                                (int)(dot - output), output);
}

spn_status cli_refuse_same_file(spn_context *context, const char *output, const char *input)
{
    if (spn_is_same_file(output, input)) {
        return spn_fail(context, SPN_ERROR_IO, "%s is the file that is read; choose another output",
                        output);
    }
    return SPN_OK;
}

void cli_drop_repeated(cli_session *session, cli_arguments *arguments)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < arguments->word_count; i++) {
        int64_t first = 0;
        while (first < kept && !spn_is_same_file(arguments->words[first], arguments->words[i])) {
            first++;
        }
        if (first == kept) {
            arguments->words[kept++] = arguments->words[i];
        } else {
            spn_warning(session->context, "%s is the same file as %s: it counts once",
                        arguments->words[i], arguments->words[first]);
        }
    }
    arguments->word_count = kept;
}
