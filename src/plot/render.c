/* SPDX-License-Identifier: MIT */
/* From a figure's description to its files. Every name is claimed before anything is written. */
#include "plot/plot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SCRIPT, TEXT_DATA, TEXT_CAPTION, TEXT_COUNT };
static const char *const text_suffix[TEXT_COUNT] = {".gp", ".dat", ".txt"};

typedef struct job {
    const spn_figure *figure;
    const char *directory;
    char *text_paths[TEXT_COUNT];
    char *figure_paths[SPNI_FORMAT_COUNT];
    spn_output *texts[TEXT_COUNT];
    spn_output *figures[SPNI_FORMAT_COUNT];
    char *files[SPNI_FORMAT_COUNT]; /* absolute temporary names, from realpath() */
} job;

static spn_status join(spn_context *context, const char *directory, const char *name,
                       const char *suffix, char **out)
{
    spn_status status = SPN_OK;
    const size_t length = strlen(directory);
    const size_t size = length + strlen(name) + strlen(suffix) + 2;
    char *path = NULL;
    SPN_NEW(context, path, (int64_t)size);
    const char *slash = length > 0 && directory[length - 1] == '/' ? "" : "/";
    snprintf(path, size, "%s%s%s%s", directory, slash, name, suffix);
    *out = path;
done:
    return status;
}

static spn_status claim(spn_context *context, job *j, bool force)
{
    spn_status status = SPN_OK;
    for (int i = 0; i < TEXT_COUNT; i++) {
        if (i == TEXT_CAPTION && j->figure->caption == NULL) {
            continue;
        }
        SPN_TRY(join(context, j->directory, j->figure->name, text_suffix[i], &j->text_paths[i]));
        SPN_TRY(spn_output_open(context, j->text_paths[i], force, &j->texts[i]));
    }
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        SPN_TRY(join(context, j->directory, j->figure->name, spni_format_suffix[i],
                     &j->figure_paths[i]));
        SPN_TRY(spn_output_reserve(context, j->figure_paths[i], force, &j->figures[i]));
        j->files[i] = realpath(spn_output_temporary(j->figures[i]), NULL);
        if (j->files[i] == NULL) {
            SPN_FAIL(context, errno == ENOMEM ? SPN_ERROR_MEMORY : SPN_ERROR_IO,
                     "cannot write %s: %s", j->figure_paths[i], strerror(errno));
        }
    }
done:
    return status;
}

static spn_status write_texts(spn_context *context, job *j)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_write_script(context, j->figure, j->texts[TEXT_SCRIPT]));
    SPN_TRY(spni_write_data(context, j->figure, j->texts[TEXT_DATA]));
    if (j->figure->caption != NULL) {
        SPN_TRY(spn_output_print(context, j->texts[TEXT_CAPTION], "%s", j->figure->caption));
    }
    for (int i = 0; i < TEXT_COUNT; i++) {
        if (j->texts[i] != NULL) {
            SPN_TRY(spn_output_commit(context, &j->texts[i]));
        }
    }
done:
    return status;
}

static spn_status draw(spn_context *context, job *j, const char *program)
{
    spn_status status = SPN_OK;
    const char *files[SPNI_FORMAT_COUNT];
    const char *script = strrchr(j->text_paths[TEXT_SCRIPT], '/') + 1;
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        files[i] = j->files[i];
    }
    SPN_TRY(spni_gnuplot_run(context, program, j->directory, script, files));
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        SPN_TRY(spni_figure_file_finish(context, files[i], j->figure_paths[i], i));
    }
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        SPN_TRY(spn_output_commit(context, &j->figures[i]));
    }
done:
    return status;
}

spn_status spn_plot_render(spn_context *context, const spn_figure *figure, const char *directory,
                           const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    job j = {.figure = figure, .directory = directory[0] != '\0' ? directory : "."};
    const bool force = settings != NULL && settings->force;
    const bool has_program = settings != NULL && settings->gnuplot != NULL;
    SPN_TRY(spni_figure_check(context, figure));
    SPN_TRY(claim(context, &j, force));
    SPN_TRY(write_texts(context, &j));
    SPN_TRY(draw(context, &j, has_program ? settings->gnuplot : "gnuplot"));
done:
    for (int i = 0; i < TEXT_COUNT; i++) {
        spn_output_abandon(context, j.texts[i]);
        spn_release(context, j.text_paths[i]);
    }
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        spn_output_abandon(context, j.figures[i]);
        spn_release(context, j.figure_paths[i]);
        free(j.files[i]);
    }
    return status;
}
