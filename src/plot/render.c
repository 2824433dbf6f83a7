/* SPDX-License-Identifier: MIT */
/* From a figure's description to its files. Every name is claimed before anything is written, and every file
 * is complete under its temporary name before the first is renamed. */
#include "plot/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The figures last: they are formats of the same order. */
enum { SCRIPT, DATA, CAPTION, FIGURES, FILE_COUNT = FIGURES + SPNI_FORMAT_COUNT };

/* Of a figure's name with its part. */
enum { NAME_SIZE = 256 };

typedef struct job {
    const spn_figure *figure;
    const char *directory;
    bool force, is_repeated;
    char *paths[FILE_COUNT];         /* NULL: not wanted */
    spn_output *outputs[FILE_COUNT]; /* NULL: not wanted, or renamed */
    char *files[FILE_COUNT];         /* absolute temporary names, from realpath() */
} job;

static const char *suffix(int file)
{
    static const char *const texts[FIGURES] = {".gp", ".dat", ".txt"};
    return file < FIGURES ? texts[file] : spni_format_suffix[file - FIGURES];
}

static spn_status join(spn_context *context, const char *directory, const char *name,
                       const char *ending, char **out)
{
    spn_status status = SPN_OK;
    const size_t length = strlen(directory);
    const size_t size = length + strlen(name) + strlen(ending) + 2;
    char *path = NULL;
    SPN_NEW(context, path, (int64_t)size);
    const char *slash = length > 0 && directory[length - 1] == '/' ? "" : "/";
    snprintf(path, size, "%s%s%s%s", directory, slash, name, ending);
    *out = path;
done:
    return status;
}

static spn_status claim(spn_context *context, job *j)
{
    spn_status status = SPN_OK;
    for (int i = 0; i < FILE_COUNT; i++) {
        if (i == CAPTION && j->figure->caption == NULL) {
            continue;
        }
        SPN_TRY(join(context, j->directory, j->figure->name, suffix(i), &j->paths[i]));
        SPN_TRY(
            spn_output_reserve(context, j->paths[i], j->force || j->is_repeated, &j->outputs[i]));
        if (j->is_repeated && !j->force) {
            spn_output_protect(j->outputs[i]);
        }
        j->files[i] = realpath(spn_output_temporary(j->outputs[i]), NULL);
        if (j->files[i] == NULL) {
            SPN_FAIL(context, errno == ENOMEM ? SPN_ERROR_MEMORY : SPN_ERROR_IO,
                     "cannot write %s: %s", j->paths[i], strerror(errno));
        }
    }
done:
    return status;
}

static void put_script(spn_text *text, const spn_figure *figure)
{
    (figure->map != NULL ? spni_put_map_script : spni_put_panel_script)(text, figure);
}

static void put_data(spn_text *text, const spn_figure *figure)
{
    (figure->map != NULL ? spni_put_map_data : spni_put_panel_data)(text, figure);
}

static void put_caption(spn_text *text, const spn_figure *figure)
{
    spn_text_add(text, figure->caption);
}

/* A text under its temporary name, where gnuplot reads it before it is renamed. */
static spn_status write_text(spn_context *context, const job *j, int file)
{
    static void (*const writers[FIGURES])(spn_text *, const spn_figure *) = {put_script, put_data,
                                                                             put_caption};
    spn_status status = SPN_OK;
    spn_text text = {.context = context};
    writers[file](&text, j->figure);
    SPN_TRY(text.status);
    SPN_TRY(spn_output_write(context, j->outputs[file], text.buffer.text, text.buffer.size));
    SPN_TRY(spn_output_flush(context, j->outputs[file]));
done:
    spn_text_end(&text);
    return status;
}

/* Give the first `count` files their names. After a failure those that were not there before are
 * removed, so that the same call can be repeated; a repeated one finds them as it makes them. */
static spn_status publish(spn_context *context, job *j, int count)
{
    spn_status status = SPN_OK;
    int named = 0;
    for (; named < count; named++) {
        if (j->outputs[named] != NULL) {
            SPN_TRY(spn_output_commit(context, &j->outputs[named]));
        }
    }
done:
    for (int i = 0; i < named && status != SPN_OK && !j->force && !j->is_repeated; i++) {
        if (j->paths[i] != NULL) {
            unlink(j->paths[i]);
        }
    }
    return status;
}

/* A repeated figure with a date in it is never the same again: one that is there stays, whoever made it. */
static spn_status finish_figure(spn_context *context, job *j, int format)
{
    spn_status status = SPN_OK;
    const int k = FIGURES + format;
    bool is_dated = false;
    SPN_TRY(spni_figure_file_finish(context, j->files[k], j->paths[k], format, &is_dated));
    if (is_dated && j->is_repeated && !j->force &&
        spni_figure_file_is_complete(context, j->paths[k], format)) {
        spn_output_abandon(context, j->outputs[k]);
        j->outputs[k] = NULL;
    }
done:
    return status;
}

static spn_status draw(spn_context *context, job *j, const char *program, double seconds)
{
    spn_status status = SPN_OK;
    spni_drawing drawing = {.script = j->files[SCRIPT], .data = j->files[DATA], .seconds = seconds};
    bool is_missing = false;
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        drawing.figures[i] = j->files[FIGURES + i];
    }
    SPN_TRY(spni_gnuplot_run(context, program, j->directory, &drawing, &is_missing));
    if (is_missing) {
        SPN_TRY(publish(context, j, FIGURES));
        SPN_FAIL(context, SPN_ERROR_IO,
                 "%s: not installed; the figure's script and data are written: install gnuplot, "
                 "then run \"gnuplot %s.gp\" in %s or draw again with --force",
                 program, j->figure->name, j->directory);
    }
    for (int i = 0; i < SPNI_FORMAT_COUNT; i++) {
        SPN_TRY(finish_figure(context, j, i));
    }
    SPN_TRY(publish(context, j, FILE_COUNT));
done:
    return status;
}

/* What is asked for, or the figure's own; with its part. */
static spn_status name_files(spn_context *context, const spn_plot_settings *settings,
                             spn_figure *figure, char name[NAME_SIZE])
{
    if (settings != NULL && settings->name != NULL) {
        figure->name = settings->name;
    }
    if (figure->part != NULL) {
        const int length = snprintf(name, NAME_SIZE, "%s-%s", figure->name, figure->part);
        if (length >= NAME_SIZE) {
            return spn_fail(context, SPN_ERROR_ARGUMENT, "figure %.60s: its name is too long",
                            figure->name);
        }
        figure->name = name;
    }
    return SPN_OK;
}

spn_status spn_plot_render(spn_context *context, const spn_figure *figure, const char *directory,
                           const spn_plot_settings *settings)
{
    spn_status status = SPN_OK;
    spn_figure named = *figure;
    job j = {.figure = &named,
             .directory = directory[0] != '\0' ? directory : ".",
             .force = settings != NULL && settings->force,
             .is_repeated = settings != NULL && settings->is_repeated};
    const bool has_limit = settings != NULL && settings->gnuplot_seconds > 0;
    const bool has_program = settings != NULL && settings->gnuplot != NULL;
    char name[NAME_SIZE];
    SPN_TRY(name_files(context, settings, &named, name));
    SPN_TRY(spni_figure_check(context, &named));
    SPN_TRY(claim(context, &j));
    for (int i = 0; i < FIGURES; i++) {
        if (j.outputs[i] != NULL) {
            SPN_TRY(write_text(context, &j, i));
        }
    }
    SPN_TRY(draw(context, &j, has_program ? settings->gnuplot : "gnuplot",
                 has_limit ? settings->gnuplot_seconds : SPN_GNUPLOT_SECONDS));
    spn_message(context, "%s/%s.svg, %s.pdf and %s.png are drawn", j.directory, named.name,
                named.name, named.name);
done:
    for (int i = 0; i < FILE_COUNT; i++) {
        spn_output_abandon(context, j.outputs[i]);
        spn_release(context, j.paths[i]);
        free(j.files[i]);
    }
    return status;
}
