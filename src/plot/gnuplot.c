/* SPDX-License-Identifier: MIT */
/* Running gnuplot: no shell, its own working directory, its output caught for the message. */
#include "plot/plot.h"

#include <spinodal/text.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX 600
#define LOOK_MILLISECONDS 50 /* between looks at the clock and at the cancel flag */

/* gnuplot while it runs. */
typedef struct process {
    spn_context *context;
    pid_t child;
    int output;      /* what it says, to read from */
    double deadline; /* of the monotonic clock */
    bool is_late, is_cancelled;
    char text[OUTPUT_MAX]; /* the first bytes of what it said */
    size_t used;
} process;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* In the child, between fork and exec: async-signal-safe calls only. An error number goes to `report`. The child
 * leads a process group, so that whatever it starts ends with it. */
static void become_gnuplot(const char *directory, char *const arguments[], int output, int report)
{
    int null = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0 && chdir(directory) == 0) {
        execvp(arguments[0], arguments);
    }
    int error = errno;
    ssize_t written = write(report, &error, sizeof error);
    _exit(written == (ssize_t)sizeof error ? 127 : 126);
}

/* May it go on? */
static bool has_time(process *p)
{
    p->is_cancelled = spn_poll(p->context) != SPN_OK;
    p->is_late = now() > p->deadline;
    return !p->is_cancelled && !p->is_late;
}

/* Read what there is, keep the first bytes. False at the end. */
static bool take_output(process *p)
{
    char rest[512];
    const bool is_full = p->used + 1 >= sizeof p->text;
    ssize_t n = read(p->output, is_full ? rest : p->text + p->used,
                     is_full ? sizeof rest : sizeof p->text - 1 - p->used);
    if (n > 0 && !is_full) {
        p->used += (size_t)n;
    }
    return n > 0 || (n < 0 && errno == EINTR);
}

/* Until it closes its output. */
static void drain(process *p)
{
    bool is_open = true;
    while (is_open && has_time(p)) {
        struct pollfd ready = {.fd = p->output, .events = POLLIN};
        const int found = poll(&ready, 1, LOOK_MILLISECONDS);
        if (found > 0) {
            is_open = take_output(p);
        } else if (found < 0 && errno != EINTR) {
            is_open = false;
        }
    }
    p->text[p->used] = '\0';
    for (size_t i = 0; i < p->used; i++) {
        if (p->text[i] == '\n' || p->text[i] == '\t') {
            p->text[i] = ' ';
        }
    }
}

/* Exit status, 128 + signal, or -1. A child that has no time left is ended. */
static int wait_for(process *p)
{
    static const struct timespec pause = {0, 2000000};
    int state = 0;
    pid_t ended = 0;
    while (ended == 0 && has_time(p)) {
        ended = waitpid(p->child, &state, WNOHANG);
        if (ended == 0) {
            nanosleep(&pause, NULL);
        }
    }
    if (ended == 0) {
        kill(-p->child, SIGKILL);
        kill(p->child, SIGKILL);
        do {
            ended = waitpid(p->child, &state, 0);
        } while (ended < 0 && errno == EINTR);
    }
    if (ended < 0) {
        return -1;
    }
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

/* Both ends of a pipe, closed in gnuplot. 0 or -1. */
static int make_pipe(int ends[2])
{
    return pipe(ends) == 0 && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
                   fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0
               ? 0
               : -1;
}

static spn_status explain(const process *p, int code, double seconds)
{
    if (p->is_cancelled) {
        return SPN_ERROR_INTERRUPTED;
    }
    if (p->is_late) {
        return spn_fail(p->context, SPN_ERROR_IO,
                        "gnuplot did not end within %g seconds and was stopped%s%s", seconds,
                        p->used > 0 ? "; it said: " : "", p->text);
    }
    return spn_fail(p->context, SPN_ERROR_IO, "gnuplot failed (exit status %d)%s%s", code,
                    p->used > 0 ? ": " : "", p->text);
}

static spn_status run(spn_context *context, const char *directory, char *const arguments[],
                      double seconds, bool *is_missing)
{
    spn_status status = SPN_OK;
    process p = {.context = context, .deadline = now() + seconds};
    int output[2] = {-1, -1};
    int report[2] = {-1, -1};
    int error = 0;
    if (make_pipe(output) != 0 || make_pipe(report) != 0 || (p.child = fork()) < 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot run gnuplot: %s", strerror(errno));
    }
    if (p.child == 0) {
        become_gnuplot(directory, arguments, output[1], report[1]);
    }
    close(output[1]);
    close(report[1]);
    output[1] = -1;
    report[1] = -1;
    p.output = output[0];
    drain(&p);
    const int code = wait_for(&p);
    ssize_t reported = read(report[0], &error, sizeof error);
    if (reported == (ssize_t)sizeof error) {
        *is_missing = error == ENOENT;
        if (!*is_missing) {
            SPN_FAIL(context, SPN_ERROR_IO, "cannot run %s: %s", arguments[0], strerror(error));
        }
        goto done;
    }
    if (code != 0 || p.is_late || p.is_cancelled) {
        status = explain(&p, code, seconds);
    }
done:
    for (int i = 0; i < 2; i++) {
        if (output[i] >= 0) {
            close(output[i]);
        }
        if (report[i] >= 0) {
            close(report[i]);
        }
    }
    return status;
}

/* NAME_file='...'; with doubled single quotes. */
static void put_assignment(spn_text *text, const char *name, const char *file)
{
    spn_text_put(text, "%s_file='", name);
    for (; *file != '\0'; file++) {
        spn_text_character(text, *file);
        if (*file == '\'') {
            spn_text_character(text, '\'');
        }
    }
    spn_text_add(text, "';");
}

spn_status spni_gnuplot_run(spn_context *context, const char *program, const char *directory,
                            const spni_drawing *drawing, bool *is_missing)
{
    spn_status status = SPN_OK;
    spn_text assignments = {.context = context};
    char *name = spn_duplicate(context, program);
    char *script = spn_duplicate(context, drawing->script);
    char option_default[] = "-d", option_evaluate[] = "-e";
    *is_missing = false;
    SPN_TRY(name != NULL && script != NULL ? SPN_OK : spn_error_status(context));
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        put_assignment(&assignments, spni_format_suffix[i] + 1, drawing->figures[i]);
    }
    put_assignment(&assignments, "data", drawing->data);
    SPN_TRY(assignments.status);
    char *const arguments[] = {
        name, option_default, option_evaluate, assignments.buffer.text, script, NULL};
    SPN_TRY(run(context, directory, arguments, drawing->seconds, is_missing));
done:
    spn_release(context, name);
    spn_release(context, script);
    spn_text_end(&assignments);
    return status;
}
