/* SPDX-License-Identifier: MIT */
/* Running gnuplot: no shell, its own working directory, its output caught for the message. */
#include "plot/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX 600

/* In the child, between fork and exec: async-signal-safe calls only. An error number goes to `report`. */
static void become_gnuplot(const char *directory, char *const arguments[], int output, int report)
{
    int null = open("/dev/null", O_RDWR);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0 && chdir(directory) == 0) {
        execvp(arguments[0], arguments);
    }
    int error = errno;
    ssize_t written = write(report, &error, sizeof error);
    _exit(written == (ssize_t)sizeof error ? 127 : 126);
}

/* Read to the end; keep the first bytes. */
static void drain(int fd, char *text, size_t size)
{
    char rest[512];
    size_t used = 0;
    for (;;) {
        bool is_full = used + 1 >= size;
        ssize_t n = read(fd, is_full ? rest : text + used, is_full ? sizeof rest : size - 1 - used);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        used += is_full ? 0 : (size_t)n;
    }
    text[used] = '\0';
    for (size_t i = 0; i < used; i++) {
        if (text[i] == '\n' || text[i] == '\t') {
            text[i] = ' ';
        }
    }
}

static int wait_for(pid_t child)
{
    int state = 0;
    while (waitpid(child, &state, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

static spn_status run(spn_context *context, const char *directory, char *const arguments[],
                      bool *is_missing)
{
    spn_status status = SPN_OK;
    char text[OUTPUT_MAX] = "";
    int output[2] = {-1, -1};
    int report[2] = {-1, -1};
    int error = 0;
    if (pipe(output) != 0 || pipe(report) != 0 || fcntl(output[0], F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(report[0], F_SETFD, FD_CLOEXEC) != 0 || fcntl(report[1], F_SETFD, FD_CLOEXEC) != 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot run gnuplot: %s", strerror(errno));
    }
    pid_t child = fork();
    if (child < 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot run gnuplot: %s", strerror(errno));
    }
    if (child == 0) {
        become_gnuplot(directory, arguments, output[1], report[1]);
    }
    close(output[1]);
    close(report[1]);
    output[1] = -1;
    report[1] = -1;
    drain(output[0], text, sizeof text);
    ssize_t reported = read(report[0], &error, sizeof error);
    int code = wait_for(child);
    if (reported == (ssize_t)sizeof error) {
        *is_missing = error == ENOENT;
        if (!*is_missing) {
            SPN_FAIL(context, SPN_ERROR_IO, "cannot run %s: %s", arguments[0], strerror(error));
        }
        goto done;
    }
    if (code != 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "gnuplot failed (exit status %d)%s%s", code,
                 text[0] != '\0' ? ": " : "", text);
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

/* svg_file='...';pdf_file='...';png_file='...';data_file='...' with doubled single quotes. */
static char *put_assignment(char *end, const char *name, const char *file)
{
    end = stpcpy(end, name);
    end = stpcpy(end, "_file='");
    for (const char *c = file; *c != '\0'; c++) {
        *end++ = *c;
        if (*c == '\'') {
            *end++ = '\'';
        }
    }
    return stpcpy(end, "';");
}

static spn_status make_assignments(spn_context *context, const spni_drawing *drawing, char **out)
{
    spn_status status = SPN_OK;
    int64_t size = 64 + 2 * (int64_t)strlen(drawing->data);
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        size += 2 * (int64_t)strlen(drawing->figures[i]);
    }
    char *text = NULL;
    SPN_NEW(context, text, size);
    char *end = text;
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        end = put_assignment(end, spni_format_suffix[i] + 1, drawing->figures[i]);
    }
    put_assignment(end, "data", drawing->data);
    *out = text;
done:
    return status;
}

spn_status spni_gnuplot_run(spn_context *context, const char *program, const char *directory,
                            const spni_drawing *drawing, bool *is_missing)
{
    spn_status status = SPN_OK;
    char *arguments[6] = {NULL};
    char *assignments = NULL;
    char option_default[] = "-d";
    char option_evaluate[] = "-e";
    char *name = NULL;
    char *script = NULL;
    *is_missing = false;
    SPN_TRY(make_assignments(context, drawing, &assignments));
    name = spn_duplicate(context, program);
    script = spn_duplicate(context, drawing->script);
    if (name == NULL || script == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    arguments[0] = name;
    arguments[1] = option_default;
    arguments[2] = option_evaluate;
    arguments[3] = assignments;
    arguments[4] = script;
    SPN_TRY(run(context, directory, arguments, is_missing));
done:
    spn_release(context, name);
    spn_release(context, script);
    spn_release(context, assignments);
    return status;
}
