/* SPDX-License-Identifier: MIT */
#include "gallery/orders/orders.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <spinodal/optimize.h>

enum { DRAWS_MAX = 64 };

static const spn_column items[] = {
    SPN_WORD_COLUMN(spni_orders_line, method, spn_path_words, ""),
    SPN_REAL_COLUMN(spni_orders_line, beta, "", ""),
    SPN_REAL_COLUMN(spni_orders_line, residue, "", ""),
    SPN_REAL_COLUMN(spni_orders_line, random, "", ""),
    SPN_REAL_COLUMN(spni_orders_line, middle, "", ""),
    SPN_REAL_COLUMN(spni_orders_line, trivial, "", ""),
    SPN_REAL_COLUMN(spni_orders_line, strong, "", ""),
    SPN_INTEGER_COLUMN(spni_orders_line, races, ""),
    SPN_INTEGER_COLUMN(spni_orders_line, middle_first, ""),
    SPN_INTEGER_COLUMN(spni_orders_line, trivial_first, ""),
    SPN_INTEGER_COLUMN(spni_orders_line, equal, ""),
    SPN_INTEGER_COLUMN(spni_orders_line, neither, ""),
    SPN_INTEGER_COLUMN(spni_orders_line, random_first, ""),
};
static const spn_columns line_columns = SPN_COLUMNS_OF(items, spni_orders_line);

static bool is_same(const spni_orders_race *a, const spni_orders_race *b, bool has_beta)
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

spni_orders_line spni_orders_sum(int64_t count, const spni_orders_race *races,
                                 const spni_orders_race *like, bool has_beta)
{
    double random[DRAWS_MAX], middle[DRAWS_MAX], trivial[DRAWS_MAX], strong[DRAWS_MAX];
    spni_orders_line out = {.method = like->method, .beta = like->beta, .residue = like->residue};
    int64_t draws = 0;
    for (int64_t i = 0; i < count; i++) {
        const spni_orders_race *r = &races[i];
        if (!is_same(r, like, has_beta)) {
            continue;
        }
        out.races++;
        out.middle_first += r->lead > 0;
        out.trivial_first += r->lead < 0;
        out.equal += r->lead == 0;
        out.neither += isnan(r->lead);
        out.random_first += r->first == SPNI_ORDERS_RANDOM;
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
static spn_status collect(spn_context *context, const spn_table *races, double beta,
                          spni_orders_line **out, int64_t *count)
{
    spn_status status = SPN_OK;
    const spni_orders_race *rows = races->records;
    const bool has_beta = !isnan(beta);
    *count = 0;
    SPN_NEW(context, *out, races->rows);
    for (int64_t i = 0; i < races->rows; i++) {
        bool is_new = !has_beta || rows[i].beta == beta;
        for (int64_t k = 0; k < i && is_new; k++) {
            is_new = !is_same(&rows[k], &rows[i], has_beta);
        }
        if (is_new) {
            (*out)[(*count)++] = spni_orders_sum(races->rows, rows, &rows[i], has_beta);
        }
    }
done:
    return status;
}

static double nearest_beta(const spn_table *races, double beta)
{
    const spni_orders_race *rows = races->records;
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
    spni_orders_line *lines = NULL;
    int64_t count = 0;
    if (text->status == SPN_OK) {
        text->status = collect(text->context, races, beta, &lines, &count);
    }
    const spn_table table = {"lines", &line_columns, count, lines};
    view.table = &table;
    spni_put_view(text, &view, is_page);
    spn_release(text->context, lines);
}

static void put_counts(spn_text *text, const spn_table *races, bool is_page)
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

static void put_epochs(spn_text *page, const spn_table *races, double beta)
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

static spn_status take(spn_context *context, const spni_section_source *source, spn_table *races)
{
    return spni_source_take(context, source, "races", &spni_orders_columns, races);
}

spn_status spni_orders_tell(spn_text *text, const spni_section_source *source)
{
    spn_status status = SPN_OK;
    spn_table races;
    SPN_TRY(take(text->context, source, &races));
    put_counts(text, &races, false);
    status = text->status;
done:
    return status;
}

spn_status spni_orders_section(spn_text *page, const spni_section_source *source)
{
    spn_status status = SPN_OK;
    spn_table races;
    SPN_TRY(take(page->context, source, &races));
    spn_text_add(
        page,
        "\nFirst epoch at which E is below the level of the full phase, median of the "
        "draws; of the trivial start also the first with one mode. There is no closed "
        "form for this network; an independent computation of gradient descent at β = 0.0001 "
        "with another draw found 1,054 (middle) and 1,087 (trivial; one mode 497) at u₀ = "
        "0.005, 599 and 644 (247) at 0.01. Draws differ. Here at one β; every race is a row of "
        "`orders.csv`:\n");
    put_epochs(page, &races, 1e-4);
    spn_text_add(page, "\nAll β and draws together, which of the two phases arrives first:\n");
    put_counts(page, &races, true);
    status = page->status;
done:
    return status;
}
