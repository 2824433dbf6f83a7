/* SPDX-License-Identifier: MIT */
/* Progress of long commands on the standard error: a bar with what is left and where the run is, a plain line now and then
 * where there is no terminal, or an object of JSON a line for programs. */
#include "cli/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { POINT_SIZE = 192 };

double cli_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* TERM=dumb is what editors and batch systems say that show control sequences as text. */
bool cli_is_terminal(int descriptor)
{
    const char *kind = getenv("TERM");
    return isatty(descriptor) == 1 && kind != NULL && strcmp(kind, "dumb") != 0;
}

int cli_terminal_width(int descriptor)
{
    enum { USUAL = 80 };
    struct winsize size = {.ws_col = 0};
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return USUAL;
    }
    return size.ws_col;
}

const char *cli_format_time(double seconds, char buffer[32])
{
    const long whole = lround(fmin(seconds, 1e9));
    if (whole >= 3600) {
        snprintf(buffer, 32, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
        snprintf(buffer, 32, "%ld:%02ld", whole / 60, whole % 60);
    }
    return buffer;
}

void cli_clear_bar(cli_session *session)
{
    if (session->progress.has_bar) {
        fprintf(stderr, "\r\033[K");
        session->progress.has_bar = false;
    }
}

/* Seconds that are left at the speed so far; NaN: nobody knows. The first points of a run take longer than the others: what
 * they say of the rest is not told. */
static double seconds_left(const cli_progress *progress, const spn_event *event, double time)
{
    const double done = event->done - progress->first_done, passed = time - progress->started;
    const double enough_share = 0.03, enough_seconds = 1;
    if (event->total <= 0 || done < enough_share * event->total || passed < enough_seconds) {
        return (double)NAN;
    }
    return passed / done * (event->total - event->done);
}

/* ---- Where the run is ---------------------------------------------------------------------------- */

/* Append a piece where it fits into `most` characters; does it? */
static bool append(char *line, size_t most, const char *piece)
{
    const bool is_fitting = strlen(line) + strlen(piece) <= most;
    if (is_fitting) {
        strcat(line, piece);
    }
    return is_fitting;
}

/* "beta 0.21, 2 modes, E 1.05, |theta| 1.98, R 77.3": what is known of the last point, as much as fits. */
static const char *describe_point(const cli_progress *p, char text[POINT_SIZE], size_t most)
{
    const struct {
        const char *name;
        double value;
        int digits;
    } numbers[] = {{"beta", p->beta, 6},
                   {"epoch", p->epoch, 6},
                   {"E", p->error, 5},
                   {"|theta|", p->norm, 5},
                   {"R", p->curvature, 4}};
    const size_t place_of_modes = 2;
    char piece[SPN_CELL_SIZE + 16], number[SPN_CELL_SIZE];
    text[0] = '\0';
    bool is_fitting = true;
    most = most < POINT_SIZE ? most : POINT_SIZE - 1;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && is_fitting; i++) {
        const char *comma = text[0] != '\0' ? ", " : "";
        if (i == place_of_modes && p->modes >= 0) {
            snprintf(piece, sizeof piece, "%s%lld mode%s", comma, (long long)p->modes,
                     spn_plural(p->modes));
            is_fitting = append(text, most, piece);
        }
        if (!isnan(numbers[i].value) && is_fitting) {
            snprintf(piece, sizeof piece, "%s%s %s", comma, numbers[i].name,
                     spn_show_number(numbers[i].value, numbers[i].digits, number));
            is_fitting = append(text, most, piece);
        }
    }
    return text;
}

/* A number of a record by its column; NaN where there is no such column. */
static double number_of(const spn_table *record, const char *column)
{
    const int64_t at = spn_table_find(record, column);
    return at < 0 ? (double)NAN : spn_table_real(record, 0, at);
}

static void take_point(cli_progress *p, const spn_table *record)
{
    const double modes = number_of(record, "active_modes");
    p->beta = number_of(record, "beta");
    p->epoch = number_of(record, "epoch");
    p->error = number_of(record, "error");
    p->norm =
        spn_shown_length(number_of(record, "weight_norm"), p->beta, number_of(record, "loss"));
    p->curvature = number_of(record, "scalar_curvature_error");
    p->modes = isnan(modes) ? -1 : (int64_t)modes;
    p->has_point = true;
}

/* "seed 0, down": which chain, branch or run a record is of. */
static void describe_chain(const spn_table *record, char *text, size_t size)
{
    static const char *const columns[] = {"seed", "direction", "branch", "run"};
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof columns / sizeof *columns && used < size; i++) {
        const int64_t at = spn_table_find(record, columns[i]);
        const char *word = at < 0 ? NULL : spn_table_word(record, 0, at);
        if (word != NULL) {
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", word);
        } else if (at >= 0) {
            used += (size_t)snprintf(text + used, size - used, "%s%s %lld", used > 0 ? ", " : "",
                                     columns[i], (long long)spn_table_integer(record, 0, at));
        }
    }
}

static void put_json_number(const char *name, double value, int digits)
{
    char number[SPN_CELL_SIZE];
    if (isfinite(value)) {
        fprintf(stderr, ", \"%s\": %s", name, spn_show_number(value, digits, number));
    }
}

static void put_json_point(const cli_progress *p)
{
    const int all = 17;
    if (!p->has_point) {
        return;
    }
    put_json_number("beta", p->beta, all);
    put_json_number("epoch", p->epoch, all);
    put_json_number("active_modes", p->modes >= 0 ? (double)p->modes : (double)NAN, all);
    put_json_number("error", p->error, all);
    put_json_number("weight_norm", p->norm, all);
    put_json_number("scalar_curvature_error", p->curvature, all);
}

void cli_show_item(cli_session *session, const spn_event *event)
{
    cli_progress *p = &session->progress;
    const spn_table record = {event->stream->table, event->stream->columns, 1, event->item->record};
    char chain[96], point[POINT_SIZE];
    if (strcmp(record.name, "points") != 0) {
        return;
    }
    take_point(p, &record);
    if (!session->is_verbose) {
        return;
    }
    describe_chain(&record, chain, sizeof chain);
    cli_clear_bar(session);
    if (p->form == PROGRESS_JSON) {
        fprintf(stderr, "{\"point\": \"%s\"", chain);
        put_json_point(p);
        fputs("}\n", stderr);
    } else {
        fprintf(stderr, "%s%s%s\n", chain, chain[0] != '\0' ? ": " : "",
                describe_point(p, point, POINT_SIZE));
    }
}

/* ---- How far it is ------------------------------------------------------------------------------- */

/* "412/600+", or "412" where nobody knows of how many. */
static void describe_count(const spn_event *event, char *text, size_t size)
{
    if (event->total > 0) {
        snprintf(text, size, "%.0f/%.0f%s", event->done, event->total, event->is_least ? "+" : "");
    } else {
        snprintf(text, size, "%.0f", event->done);
    }
}

static void describe_left(const spn_event *event, double left, char *text, size_t size)
{
    char time[32];
    text[0] = '\0';
    if (!isnan(left)) {
        snprintf(text, size, ", %s%s left", event->is_least ? "at least " : "",
                 cli_format_time(left, time));
    }
}

static void draw_bar(cli_session *session, const spn_event *event, double left)
{
    enum { WIDEST = 240, BAR_LEAST = 4, BAR_MOST = 30 };
    const cli_progress *p = &session->progress;
    char line[WIDEST + 1] = "", piece[256], point[POINT_SIZE];
    int width = cli_terminal_width(STDERR_FILENO) - 1;
    width = width > WIDEST ? WIDEST : width < 1 ? 1 : width;
    const int bar = width / 4 > BAR_MOST ? BAR_MOST : width / 4;
    if (event->total > 0 && bar >= BAR_LEAST) {
        const int filled = (int)(bar * fmin(event->done / event->total, 1));
        snprintf(piece, sizeof piece, "[%.*s%.*s] ", filled, "##############################",
                 bar - filled, "..............................");
        append(line, (size_t)width, piece);
    }
    describe_count(event, piece, sizeof piece);
    append(line, (size_t)width, piece);
    snprintf(piece, sizeof piece, " %s", event->text);
    append(line, (size_t)width, piece);
    describe_left(event, left, piece, sizeof piece);
    append(line, (size_t)width, piece);
    const size_t room = (size_t)width - strlen(line), gap = strlen(" | ");
    if (p->has_point && room > gap && describe_point(p, point, room - gap)[0] != '\0') {
        append(line, (size_t)width, " | ");
        append(line, (size_t)width, point);
    }
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
    session->progress.has_bar = true;
}

static void put_line(const cli_progress *p, const spn_event *event, double left)
{
    char count[256], time[64], point[POINT_SIZE];
    describe_count(event, count, sizeof count);
    describe_left(event, left, time, sizeof time);
    fprintf(stderr, "%s %s%s%s%s\n", count, event->text, time, p->has_point ? "; " : "",
            p->has_point ? describe_point(p, point, POINT_SIZE) : "");
}

static void put_json(const cli_progress *p, const spn_event *event, double left, double time)
{
    fprintf(stderr, "{\"done\": %.0f, \"of\": \"%s\"", event->done, event->text);
    if (event->total > 0) {
        fprintf(stderr, ", \"total\": %.0f, \"at_least\": %s", event->total,
                event->is_least ? "true" : "false");
    }
    put_json_number("seconds", time - p->started, 6);
    put_json_number("seconds_left", left, 6);
    put_json_point(p);
    fputs("}\n", stderr);
}

void cli_show_progress(cli_session *session, const spn_event *event)
{
    const double intervals[] = {[PROGRESS_LINES] = 10, [PROGRESS_BAR] = 0.1, [PROGRESS_JSON] = 0.5};
    cli_progress *p = &session->progress;
    const double time = cli_now();
    if (p->shown == 0) {
        p->shown = time;
        p->started = time;
    }
    if (event->total > 0 && !p->has_count) {
        p->has_count = true;
        p->started = time;
        p->first_done = event->done;
    }
    const bool is_last = event->total > 0 && event->done >= event->total && !event->is_least &&
                         p->form != PROGRESS_LINES;
    if (time - p->shown < intervals[p->form] && !is_last) {
        return;
    }
    p->shown = time;
    const double left = seconds_left(p, event, time);
    if (p->form == PROGRESS_JSON) {
        put_json(p, event, left, time);
    } else if (p->form == PROGRESS_BAR) {
        draw_bar(session, event, left);
    } else {
        put_line(p, event, left);
    }
}
