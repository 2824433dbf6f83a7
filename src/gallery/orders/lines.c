/* SPDX-License-Identifier: MIT */
#include "gallery/orders/lines.h"

#include <math.h>
#include <spinodal/numeric.h>

enum { DRAWS_MAX = 64 };

/* Races that differ in their draw only, or (of counts) in draw and beta. 8-byte fields only. */
typedef struct line {
    int64_t method;
    double beta, residue;
    double random, middle, trivial, strong; /* medians, infinite where it never arrives */
    int64_t races, middle_first, trivial_first, equal, neither;
    int64_t random_first; /* random weights before both */
} line;

static const char *const methods[] = {"flow", "gd", "momentum", "adam", "sgd", NULL};
static const spn_column items[] = {
    SPN_WORD_COLUMN(line, method, methods, ""), SPN_REAL_COLUMN(line, beta, "", ""),
    SPN_REAL_COLUMN(line, residue, "", ""),     SPN_REAL_COLUMN(line, random, "", ""),
    SPN_REAL_COLUMN(line, middle, "", ""),      SPN_REAL_COLUMN(line, trivial, "", ""),
    SPN_REAL_COLUMN(line, strong, "", ""),      SPN_INTEGER_COLUMN(line, races, ""),
    SPN_INTEGER_COLUMN(line, middle_first, ""), SPN_INTEGER_COLUMN(line, trivial_first, ""),
    SPN_INTEGER_COLUMN(line, equal, ""),        SPN_INTEGER_COLUMN(line, neither, ""),
    SPN_INTEGER_COLUMN(line, random_first, ""),
};
static const spn_columns line_columns = SPN_COLUMNS_OF(items, line);

static bool is_same(const spn_orders_race *a, const spn_orders_race *b, bool has_beta)
{
    return a->method == b->method && a->residue == b->residue && (!has_beta || a->beta == b->beta);
}

/* The middle draw; one that never arrives comes last. */
static double median(int64_t count, double *epochs)
{
    for (int64_t i = 0; i < count; i++) {
        epochs[i] = isnan(epochs[i]) ? HUGE_VAL : epochs[i];
    }
    return count > 0 ? spn_median(count, epochs) : (double)NAN;
}

/* The line of the races that are like `first`. */
static line add_up(const spn_table *races, const spn_orders_race *first, bool has_beta)
{
    const spn_orders_race *rows = races->records;
    double random[DRAWS_MAX], middle[DRAWS_MAX], trivial[DRAWS_MAX], strong[DRAWS_MAX];
    line out = {.method = first->method, .beta = first->beta, .residue = first->residue};
    int64_t draws = 0;
    for (int64_t i = 0; i < races->rows; i++) {
        const spn_orders_race *r = &rows[i];
        if (!is_same(r, first, has_beta)) {
            continue;
        }
        out.races++;
        out.middle_first += r->lead > 0;
        out.trivial_first += r->lead < 0;
        out.equal += r->lead == 0;
        out.neither += isnan(r->lead);
        out.random_first += r->first == SPN_ORDERS_RANDOM;
        if (draws < DRAWS_MAX) {
            random[draws] = r->epoch_random;
            middle[draws] = r->epoch_middle;
            trivial[draws] = r->epoch_trivial;
            strong[draws++] = r->epoch_strong;
        }
    }
    out.random = median(draws, random);
    out.middle = median(draws, middle);
    out.trivial = median(draws, trivial);
    out.strong = median(draws, strong);
    return out;
}

/* A line for each kind of race, in the order in which they are met; `beta` NaN: over all. To be released. */
static spn_status collect(spn_context *context, const spn_table *races, double beta, line **out,
                          int64_t *count)
{
    spn_status status = SPN_OK;
    const spn_orders_race *rows = races->records;
    const bool has_beta = !isnan(beta);
    *count = 0;
    SPN_NEW(context, *out, races->rows);
    for (int64_t i = 0; i < races->rows; i++) {
        bool is_new = !has_beta || rows[i].beta == beta;
        for (int64_t k = 0; k < i && is_new; k++) {
            is_new = !is_same(&rows[k], &rows[i], has_beta);
        }
        if (is_new) {
            (*out)[(*count)++] = add_up(races, &rows[i], has_beta);
        }
    }
done:
    return status;
}

static double nearest_beta(const spn_table *races, double beta)
{
    const spn_orders_race *rows = races->records;
    double found = (double)NAN;
    for (int64_t i = 0; i < races->rows; i++) {
        if (!(fabs(rows[i].beta - beta) >= fabs(found - beta))) {
            found = rows[i].beta;
        }
    }
    return found;
}

static void show(spn_text *text, const spn_table *races, double beta, bool is_page, spn_view view)
{
    line *lines = NULL;
    int64_t count = 0;
    if (text->status == SPN_OK) {
        text->status = collect(text->context, races, beta, &lines, &count);
    }
    const spn_table table = {"lines", &line_columns, count, lines};
    view.table = &table;
    if (text->status == SPN_OK && is_page) {
        spn_view_markdown(text, &view);
    } else if (text->status == SPN_OK) {
        spn_view_terminal(text, &view, "");
    }
    spn_release(text->context, lines);
}

void spni_orders_put_counts(spn_text *text, const spn_table *races, bool is_page)
{
    static const spn_view_column columns[] = {SPN_SHOW("trained by", "method", 0),
                                              SPN_SHOW("u_0", "residue", 6),
                                              SPN_SHOW("races", "races", 0),
                                              SPN_SHOW("middle first", "middle_first", 0),
                                              SPN_SHOW("trivial first", "trivial_first", 0),
                                              SPN_SHOW("at once", "equal", 0),
                                              SPN_SHOW("neither", "neither", 0),
                                              SPN_SHOW("random before both", "random_first", 0)};
    show(text, races, (double)NAN, is_page, SPN_VIEW(NULL, columns));
}

void spni_orders_put_epochs(spn_text *page, const spn_table *races, double beta)
{
    static const spn_view_column columns[] = {
        SPN_SHOW("trained by", "method", 0),
        SPN_SHOW("beta", "beta", 6),
        SPN_SHOW("u_0", "residue", 6),
        SPN_SHOW_OR("random", "random", 6, "never"),
        SPN_SHOW_OR("middle", "middle", 6, "never"),
        SPN_SHOW_OR("trivial", "trivial", 6, "never"),
        SPN_SHOW_OR("of these one mode", "strong", 6, "never"),
        SPN_SHOW("draws", "races", 0),
        SPN_SHOW("middle first", "middle_first", 0),
        SPN_SHOW("trivial first", "trivial_first", 0)};
    show(page, races, nearest_beta(races, beta), true, SPN_VIEW(NULL, columns));
}
