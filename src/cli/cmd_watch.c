/* SPDX-License-Identifier: MIT */
/* A run watched while it goes on, from its journal: numbers and small curves in the terminal, or the page of a report. */
#include "cli/sparkline.h"

#include <math.h>
#include <spinodal/page.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WIDEST = 200, USUAL = 80, PATH_SIZE = 4200 };

/* What is watched, and what stands on the terminal. */
typedef struct watch {
    cli_session *session;
    const char *results; /* RUN.h5 */
    const char *page;    /* NULL: the terminal */
    int width;           /* of the curves; no line is wider where it can be broken */
    int lines;           /* of the last dashboard */
    double started;
    int64_t first_points; /* when watching began; -1: not yet */
    bool is_terminal;
} watch;

/* ---- A snapshot ---------------------------------------------------------------------------------- */

static int64_t rows_of(const spn_results *results, const char *table)
{
    const spn_table *found = spn_results_table(results, table);
    return found != NULL ? found->rows : 0;
}

/* Rows of the chain, branch or run with the row that came last: those around it with equal keys. */
typedef struct stretch {
    const spn_table *points;
    int64_t from, to; /* inclusive */
    int64_t x;        /* column */
} stretch;

static bool is_same_curve(const spn_curves *curves, const spn_table *points, int64_t a, int64_t b)
{
    for (const char *const *key = curves->keys; *key != NULL; key++) {
        const int64_t column = spn_table_find(points, *key);
        if (column >= 0 &&
            spn_table_integer(points, a, column) != spn_table_integer(points, b, column)) {
            return false;
        }
    }
    return true;
}

static stretch find_stretch(const spn_kind *kind, const spn_table *points)
{
    stretch found = {.points = points, .x = spn_table_find(points, kind->curves->x)};
    found.from = found.to = points->rows - 1;
    while (found.from > 0 && is_same_curve(kind->curves, points, found.from - 1, found.to)) {
        found.from--;
    }
    return found;
}

/* "seed 0, down", "branch 3". */
static void put_place(spn_text *text, const spn_kind *kind, const spn_table *points, int64_t row)
{
    const char *comma = "";
    for (const char *const *key = kind->curves->keys; *key != NULL; key++) {
        const int64_t column = spn_table_find(points, *key);
        const char *word = column < 0 ? NULL : spn_table_word(points, row, column);
        const int64_t value = column < 0 ? -1 : spn_table_integer(points, row, column);
        if (word != NULL) {
            spn_text_put(text, "%s%s", comma, word);
        } else if (value >= 0 && strcmp(*key, "leg") != 0 && strcmp(*key, "phase") != 0) {
            spn_text_put(text, "%s%s %lld", comma, *key, (long long)value);
        } else {
            continue;
        }
        comma = ", ";
    }
}

/* A length of weights that have vanished is the rounding of 0. */
static double shown(const spn_table *points, int64_t row, const char *column, double value)
{
    const int64_t beta = spn_table_find(points, "beta"), loss = spn_table_find(points, "loss");
    return strcmp(column, "weight_norm") != 0 || beta < 0 || loss < 0
               ? value
               : spn_shown_length(value, spn_table_real(points, row, beta),
                                  spn_table_real(points, row, loss));
}

/* A line: the name, the curve, and from where to where it goes. */
static void put_curve(spn_text *text, const stretch *s, const char *name, const char *column,
                      int width)
{
    enum { NAME = 8, LEAST = 4, RANGE_SIZE = 2 * SPN_CELL_SIZE + 8 };
    const int64_t y = spn_table_find(s->points, column);
    char low[SPN_CELL_SIZE], high[SPN_CELL_SIZE], range[RANGE_SIZE];
    double least = (double)INFINITY, most = -(double)INFINITY;
    for (int64_t row = s->from; y >= 0 && row <= s->to; row++) {
        const double value = shown(s->points, row, column, spn_table_real(s->points, row, y));
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    if (!(least <= most)) {
        return;
    }
    const int taken = NAME + snprintf(range, sizeof range, " %s .. %s",
                                      spn_show_number(spn_beside(least, most), 4, low),
                                      spn_show_number(spn_beside(most, least), 4, high));
    spn_text_put(text, "%-*s", NAME, name);
    if (width >= taken + LEAST) {
        cli_put_sparkline(text, s->points, s->from, s->to, s->x, y, width - taken);
    }
    spn_text_put(text, "%s\n", range);
}

/* "sweep, 412 points, 3 jumps, 3 journals (2 being written), 5.2 a second, watched 1:20". */
static void put_counts(spn_text *text, watch *w, const spn_kind *kind, const spn_results *results,
                       const spn_run_state *state)
{
    const int64_t points = rows_of(results, "points"), jumps = rows_of(results, "jumps");
    const double passed = cli_now() - w->started;
    char time[32], rate[SPN_CELL_SIZE];
    if (w->first_points < 0) {
        w->first_points = points;
    }
    spn_text_put(text, "%s, %lld point%s", kind->name, (long long)points, spn_plural(points));
    if (jumps > 0) {
        spn_text_put(text, ", %lld jump%s", (long long)jumps, spn_plural(jumps));
    }
    if (rows_of(results, "specials") > 0) {
        spn_text_put(text, ", %lld special", (long long)rows_of(results, "specials"));
    }
    if (state->journals > 1) {
        spn_text_put(text, ", %lld journals (%lld being written)", (long long)state->journals,
                     (long long)state->written);
    }
    if (passed > 2) {
        const double speed = (double)(points - w->first_points) / passed;
        spn_text_put(text, ", %s a second, watched %s", spn_show_number(speed, 3, rate),
                     cli_format_time(passed, time));
    }
    spn_text_add(text, "\n");
}

static void put_dashboard(spn_text *text, watch *w, const spn_kind *kind,
                          const spn_results *results, const spn_run_state *state)
{
    static const char *const names[][2] = {{"E", "error"},
                                           {"|theta|", "weight_norm"},
                                           {"R", "scalar_curvature_error"},
                                           {"lambda", "eigenvalue_min"}};
    const spn_table *points = spn_results_table(results, "points");
    char number[SPN_CELL_SIZE];
    put_counts(text, w, kind, results, state);
    if (points == NULL || points->rows == 0) {
        spn_text_add(text, "no point yet\n");
        return;
    }
    const stretch s = find_stretch(kind, points);
    put_place(text, kind, points, s.to);
    spn_text_put(text, ", %s %s", kind->curves->x,
                 spn_show_number(spn_table_real(points, s.to, s.x), 6, number));
    const int64_t modes = spn_table_find(points, "active_modes");
    if (modes >= 0) {
        const int64_t count = spn_table_integer(points, s.to, modes);
        spn_text_put(text, ", %lld mode%s", (long long)count, spn_plural(count));
    }
    spn_text_add(text, "\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put_curve(text, &s, names[i][0], names[i][1], w->width);
    }
}

/* ---- The terminal -------------------------------------------------------------------------------- */

/* Bytes of a line that take at most `columns` columns, up to the last comma where it is longer; *is_cut: there was none,
 * and a terminal would break it anywhere. */
static size_t fitting(const char *line, size_t length, int columns, bool *is_cut)
{
    size_t end = 0, comma = 0;
    for (; end < length; end++) {
        columns -= ((unsigned char)line[end] & 0xc0) != 0x80;
        if (columns < 0) {
            break;
        }
        if (line[end] == ',' && line[end + 1] == ' ') {
            comma = end + 1;
        }
    }
    *is_cut = end < length && comma == 0;
    return end < length && comma > 0 ? comma : end;
}

/* The dashboard in the place of the one before. Long lines go on in the next; only a terminal, which would break what
 * has no comma and lose count, has that cut. */
static spn_status show(watch *w, spn_text *text)
{
    spn_text shown = {.context = text->context};
    int lines = 0;
    for (const char *at = text->buffer.text; at != NULL && *at != '\0'; lines++) {
        const size_t length = strcspn(at, "\n");
        bool is_cut = false;
        size_t fits = fitting(at, length, w->width, &is_cut);
        spn_text_put(&shown, "%.*s", (int)(is_cut && !w->is_terminal ? length : fits), at);
        spn_text_add(&shown, w->is_terminal ? "\033[K\n" : "\n");
        at += is_cut ? length : fits;
        at += *at == '\n' || *at == ' ';
    }
    if (w->is_terminal && w->lines > 0) {
        fprintf(stdout, "\033[%dA", w->lines);
    }
    if (shown.status == SPN_OK && shown.buffer.text != NULL) {
        fputs(shown.buffer.text, stdout);
    }
    if (w->is_terminal && lines < w->lines) {
        fputs("\033[J", stdout);
    }
    fflush(stdout);
    w->lines = lines;
    return spn_text_end(&shown);
}

/* Of a terminal, however dumb, its own; elsewhere what the environment asks for. */
static int wanted_width(void)
{
    const char *asked = getenv("COLUMNS");
    int64_t width = 0;
    if (isatty(STDOUT_FILENO)) {
        width = cli_terminal_width(STDOUT_FILENO);
    } else if (asked == NULL || !spn_parse_integer(asked, &width) || width <= 0) {
        width = USUAL;
    }
    return (int)(width < WIDEST ? width : WIDEST);
}

/* A kind without what only the whole run knows: its check, its words, its transitions. */
static spn_kind unfinished(const spn_kind *kind)
{
    return (spn_kind){.name = kind->name,
                      .table_count = kind->table_count,
                      .tables = kind->tables,
                      .curves = kind->curves};
}

/* What stands above the charts while the run is not over: its answer comes at the end. */
static void put_headline(spn_text *text, const spn_results *results, bool is_running)
{
    const int64_t points = rows_of(results, "points"), jumps = rows_of(results, "jumps");
    spn_text_put(text, "This run %s: %lld point%s", is_running ? "goes on" : "was not finished",
                 (long long)points, spn_plural(points));
    if (jumps > 0) {
        spn_text_put(text, ", %lld jump%s", (long long)jumps, spn_plural(jumps));
    }
    spn_text_put(text,
                 " so far.\nPhases and transitions, with their order, are told when it has "
                 "ended; %s.\n",
                 is_running ? "this page is read again by itself"
                            : "the command that began it finishes it with --resume");
}

static spn_status write_page(watch *w, const spn_kind *kind, const spn_results *results,
                             const char *headline, bool is_running)
{
    const spn_page_source source = {w->results, results, kind};
    const spn_page_settings settings = {
        .is_forced = true, .headline = headline, .refresh = is_running ? 10 : 0};
    return spn_page_write(w->session->context, w->page, 1, &source, &settings);
}

static spn_status look(watch *w)
{
    spn_status status = SPN_OK;
    spn_context *context = w->session->context;
    spn_arena *arena = NULL;
    const spn_kind *kind = NULL;
    spn_results results;
    spn_run_state state;
    spn_text text = {.context = context}, headline = {.context = context};
    w->width = wanted_width();
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_run_look(context, w->results, &state));
    SPN_TRY(spn_run_peek(context, arena, w->results, &kind, &results));
    put_dashboard(&text, w, kind, &results, &state);
    SPN_TRY(text.status);
    if (w->is_terminal || w->page == NULL) {
        SPN_TRY(show(w, &text));
    }
    if (w->page != NULL && rows_of(&results, "points") > 0) {
        const spn_kind partial = unfinished(kind);
        put_headline(&headline, &results, state.written > 0);
        SPN_TRY(headline.status);
        SPN_TRY(write_page(w, &partial, &results, headline.buffer.text, state.written > 0));
    }
done:
    spn_text_end(&headline);
    spn_text_end(&text);
    spn_arena_free(arena);
    return status;
}

/* The results are there: what they say, and the last page. */
static spn_status finish(watch *w)
{
    spn_status status = SPN_OK;
    spn_context *context = w->session->context;
    spn_arena *arena = NULL;
    spn_results results;
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, w->results, &results));
    const spn_kind *kind = spn_kind_find(results.kind);
    if (kind == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s: holds results of '%.40s', which this version does not know", w->results,
                 results.kind);
    }
    printf("%s is complete\n", w->results);
    if (w->page != NULL) {
        SPN_TRY(write_page(w, kind, &results, NULL, false));
    }
done:
    spn_arena_free(arena);
    return status;
}

/* ---- The loop ------------------------------------------------------------------------------------ */

/* False: the caller wants to end. */
static bool wait_seconds(spn_context *context, double seconds)
{
    const double end = cli_now() + seconds;
    while (cli_now() < end) {
        const struct timespec step = {.tv_nsec = 100000000};
        nanosleep(&step, NULL);
        if (spn_poll(context) != SPN_OK) {
            return false;
        }
    }
    return true;
}

static spn_status follow(watch *w)
{
    spn_status status = SPN_OK;
    spn_context *context = w->session->context;
    spn_run_state state;
    const double least = 1, share = 10; /* at most a tenth of the time is spent on reading */
    for (;;) {
        const double before = cli_now();
        const spn_status looked = look(w);
        spn_error cause;
        spn_error_get(context, &cause);
        SPN_TRY(spn_run_look(context, w->results, &state));
        if (state.journals == 0) { /* a run that ends while we look takes its journals away */
            return finish(w);
        }
        if (looked != SPN_OK) {
            spn_error_set(context, &cause);
            return looked;
        }
        if (state.written == 0) {
            printf("the run does not go on at present; --resume continues it\n");
            break;
        }
        if ((!w->is_terminal && w->page == NULL) ||
            !wait_seconds(context, fmax(least, share * (cli_now() - before)))) {
            break;
        }
    }
done:
    return status;
}

/* Who names a journal of a run, RUN.h5.part or RUN.h5.part.2, means that run. */
static void name_results(const char *word, char results[PATH_SIZE])
{
    static const char ending[] = ".part";
    const char *end = word + strlen(word);
    const char *number = end;
    while (number > word && number[-1] >= '0' && number[-1] <= '9') {
        number--;
    }
    end = number < end && number > word && number[-1] == '.' ? number - 1 : end;
    const size_t length = (size_t)(end - word), size = sizeof ending - 1;
    const bool is_journal = length > size && strncmp(end - size, ending, size) == 0;
    snprintf(results, PATH_SIZE, "%.*s", (int)(is_journal ? length - size : strlen(word)), word);
}

/* A page is not written over the run, nor over anything else unless it is said. */
static spn_status check_page(const watch *w, const cli_arguments *arguments)
{
    const size_t length = strlen(w->results);
    if (arguments->wants_report != (w->page != NULL)) {
        return cli_misuse(w->session, "--report needs -o PAGE.html, and -o is for --report");
    }
    if (w->page == NULL) {
        return SPN_OK;
    }
    const bool is_run = strncmp(w->page, w->results, length) == 0 &&
                        (w->page[length] == '\0' || strncmp(w->page + length, ".part", 5) == 0);
    if (is_run) {
        return cli_misuse(w->session, "the page cannot go where the results are");
    }
    const spn_status status = cli_check_page(w->session, w->page);
    if (status != SPN_OK) {
        return status;
    }
    if (!arguments->is_forced && access(w->page, F_OK) == 0) {
        return spn_fail(w->session->context, SPN_ERROR_IO, "%s exists; use --force to overwrite",
                        w->page);
    }
    return SPN_OK;
}

spn_status cmd_watch(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    char results[PATH_SIZE];
    spn_run_state state;
    watch w = {.session = session,
               .results = results,
               .page = arguments->output,
               .started = cli_now(),
               .first_points = -1,
               .is_terminal = cli_is_terminal(STDOUT_FILENO)};
    if (strlen(arguments->words[0]) >= sizeof results) {
        return cli_misuse(session, "the name is too long");
    }
    name_results(arguments->words[0], results);
    SPN_TRY(check_page(&w, arguments));
    SPN_TRY(spn_run_look(session->context, results, &state));
    if (state.journals > 0) {
        return follow(&w);
    }
    if (access(results, R_OK) == 0) {
        return finish(&w);
    }
    status = spn_fail(session->context, SPN_ERROR_IO,
                      "no run writes %s: there is neither %s.part nor results", results, results);
done:
    return status;
}
