/* SPDX-License-Identifier: MIT */
/* Sections of the index: watched training. */
#include "cli/targets.h"

#include <math.h>
#include <spinodal/trajectory.h>
#include <string.h>

enum { DIGITS = 6, FEW_DIGITS = 4 };

typedef struct view {
    spn_text *page;
    spn_arena *arena;
    spn_grok_contents c;
} view;

static spn_status take_view(spn_text *page, const cli_source *source, view *v)
{
    spn_status status = SPN_OK;
    *v = (view){.page = page};
    SPN_TRY(spn_arena_create(page->context, &v->arena));
    status = spn_grok_contents_read(page->context, v->arena, source->results, &v->c);
    if (status == SPN_ERROR_INPUT) {
        spn_error_prefix(page->context, "%s", source->path);
    }
done:
    return status;
}

static const spn_run_record *run_at(const view *v, int64_t i)
{
    return (const spn_run_record *)v->c.runs.records + i;
}

static void put_start(const view *v, int64_t run)
{
    cli_put_word(v->page, v->c.names[run_at(v, run)->start]);
}

static void put_crossings(const view *v)
{
    const spn_crossing_record *rows = v->c.crossings.records;
    spn_text_add(v->page, "\nFirst epoch at which *E* is below a level.\n");
    cli_put_head(v->page, "start | level of E | epoch");
    for (int64_t i = 0; i < v->c.crossings.rows; i++) {
        put_start(v, rows[i].run);
        cli_put_real(v->page, DIGITS, rows[i].level);
        cli_put_real(v->page, DIGITS, rows[i].epoch);
        cli_end_row(v->page);
    }
}

static void put_plateaus(const view *v)
{
    const spn_plateau_record *rows = v->c.plateaus.records;
    const int64_t kind = spn_table_find(&v->c.plateaus, "kind");
    spn_text_add(v->page,
                 "\nPlateaus, the branch that each lies at, and how long it lasts: measured "
                 "in epochs beside the law of its kind.\n");
    cli_put_head(v->page,
                 "start | E | E of the branch | its modes | kind | from epoch | measured | "
                 "predicted | measured / predicted");
    for (int64_t i = 0; i < v->c.plateaus.rows; i++) {
        const spn_plateau_record *p = &rows[i];
        put_start(v, p->run);
        cli_put_real(v->page, DIGITS, p->error);
        cli_put_real(v->page, DIGITS, p->branch_error);
        if (p->branch_modes >= 0) {
            cli_put_integer(v->page, p->branch_modes);
        } else {
            cli_put_word(v->page, NULL);
        }
        cli_put_word(v->page, spn_table_word(&v->c.plateaus, i, kind));
        cli_put_real(v->page, DIGITS, p->epoch_from);
        cli_put_real(v->page, DIGITS, p->measured);
        cli_put_real(v->page, FEW_DIGITS, p->predicted);
        cli_put_real(v->page, FEW_DIGITS, p->measured / p->predicted);
        cli_end_row(v->page);
    }
}

static void put_ends(const view *v)
{
    spn_text_add(v->page,
                 "\nEnds of the runs, and the minima that Newton's method reaches from there.\n");
    cli_put_head(v->page,
                 "start | u₀ | epochs | E | phase | E of the minimum | smallest eigenvalue | "
                 "largest learning rate × λ_max");
    for (int64_t i = 0; i < v->c.runs.rows; i++) {
        const spn_run_record *r = run_at(v, i);
        put_start(v, i);
        cli_put_real(v->page, DIGITS, r->residue);
        cli_put_real(v->page, DIGITS, r->epoch);
        cli_put_real(v->page, DIGITS, r->error);
        cli_put_word(v->page, v->c.phases[i]);
        cli_put_real(v->page, DIGITS, r->final_error);
        cli_put_real(v->page, FEW_DIGITS, r->final_eigenvalue);
        cli_put_real(v->page, FEW_DIGITS, r->stability_max);
        cli_end_row(v->page);
    }
}

spn_status cli_write_figure3(spn_text *page, const cli_source *source)
{
    spn_status status = SPN_OK;
    view v;
    SPN_TRY(take_view(page, source, &v));
    put_crossings(&v);
    put_plateaus(&v);
    put_ends(&v);
    spn_text_add(page,
                 "\nGradient descent is unstable where learning rate × λ_max exceeds 2: there it "
                 "no longer follows the gradient flow, and *E* may rise for a while.\n");
    status = page->status;
done:
    spn_arena_free(v.arena);
    return status;
}

/* ---- The initial scale ----------------------------------------------------------------------- */

/* The first record of a run for which a number is at most `level`; NULL: none. */
static const spn_trajectory_record *first_below(const view *v, int64_t run, size_t offset,
                                                double level)
{
    const spn_trajectory_record *rows = v->c.points.records;
    for (int64_t i = 0; i < v->c.points.rows; i++) {
        double value = 0;
        memcpy(&value, (const char *)&rows[i] + offset, sizeof value);
        if (rows[i].run == run && value <= level) {
            return &rows[i];
        }
    }
    return NULL;
}

static void put_epoch(spn_text *page, const spn_trajectory_record *record)
{
    cli_put_real(page, DIGITS, record != NULL ? record->epoch : (double)NAN);
}

/* |theta| e^(-2 beta t) reaches 1.5 times that of the minimum. */
static void put_shrinking(const view *v, const spn_run_record *r)
{
    static const double share = 1.5;
    const double target = share * r->final_weight_norm;
    const spn_trajectory_record *start =
        first_below(v, r->run, offsetof(spn_trajectory_record, epoch), 0);
    const spn_trajectory_record *end =
        first_below(v, r->run, offsetof(spn_trajectory_record, weight_norm), target);
    double epoch = (double)NAN;
    if (start != NULL && end != NULL && end->time > 0 && start->weight_norm > target) {
        epoch = log(start->weight_norm / target) / (2 * r->beta) * (end->epoch / end->time);
    }
    cli_put_real(v->page, DIGITS, start != NULL ? start->weight_norm : (double)NAN);
    cli_put_real(v->page, DIGITS, r->final_weight_norm);
    put_epoch(v->page, end);
    cli_put_real(v->page, DIGITS, epoch);
}

spn_status cli_write_omnigrok(spn_text *page, const cli_source *source)
{
    spn_status status = SPN_OK;
    view v;
    SPN_TRY(take_view(page, source, &v));
    spn_text_add(page,
                 "\nEpochs are those of the first record for which it holds. Delay: of the test "
                 "error behind the training error. The last column is "
                 "ln(|θ| at the start / (1.5 |θ| of the minimum)) / (2 β), in epochs.\n");
    cli_put_head(page,
                 "start | level | training error below it | test error below it | delay | "
                 "\\|θ\\| at the start | \\|θ\\| of the minimum | \\|θ\\| below 1.5 of that | "
                 "predicted");
    const spn_crossing_record *crossings = v.c.crossings.records;
    for (int64_t i = 0; i < v.c.crossings.rows; i++) {
        const spn_crossing_record *c = &crossings[i];
        const spn_trajectory_record *training =
            first_below(&v, c->run, offsetof(spn_trajectory_record, error), c->level);
        const spn_trajectory_record *test =
            first_below(&v, c->run, offsetof(spn_trajectory_record, test_error), c->level);
        const bool has_both = training != NULL && test != NULL;
        put_start(&v, c->run);
        cli_put_real(page, DIGITS, c->level);
        put_epoch(page, training);
        put_epoch(page, test);
        cli_put_real(page, DIGITS, has_both ? test->epoch - training->epoch : (double)NAN);
        put_shrinking(&v, run_at(&v, c->run));
        cli_end_row(page);
    }
    put_ends(&v);
    status = page->status;
done:
    spn_arena_free(v.arena);
    return status;
}
