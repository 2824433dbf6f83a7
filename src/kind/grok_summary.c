/* SPDX-License-Identifier: MIT */
/* How each run of training ended, when E fell below the levels, and its plateaus with their laws. */
#include "kind/run_answer.h"

#include <math.h>
#include <stdio.h>

enum { VALUE_SIZE = 32 };
/* Gradient descent is unstable where learning_rate lambda_max exceeds it. */
static const double stable_most = 2;

/* ---- The answer --------------------------------------------------------------------------------- */

/* One for each run; to be released. */
static spn_status find_answers(spn_context *context, const spn_grok_contents *c,
                               spn_training_answer **out)
{
    spn_status status = SPN_OK;
    SPN_NEW(context, *out, c->runs.rows);
    spn_training_answers(c->runs.rows, c->runs.records, c->plateaus.rows, c->plateaus.records,
                         *out);
done:
    return status;
}

static void put_headline(spn_text *text, const spn_grok_contents *c, const spn_training_answer *a)
{
    const spn_run_record *runs = c->runs.records;
    int64_t waited = 0, trapped = 0, predicted = 0, met = 0;
    double longest = 0;
    for (int64_t r = 0; r < c->runs.rows; r++) {
        waited += a[r].left > 0;
        trapped += a[r].is_trapped;
        predicted += a[r].predicted;
        met += a[r].as_predicted;
        longest = fmax(longest, a[r].waited);
    }
    spn_text_put(text, "Of %lld run%s at beta = %.6g %lld waited on plateaus",
                 (long long)c->runs.rows, spn_plural(c->runs.rows), runs[0].beta,
                 (long long)waited);
    if (waited > 0) {
        spn_text_put(text,
                     " before the error fell for the last time, up to epoch %.6g: they stay in a "
                     "phase that has learned less until what is missing has grown (grokking)",
                     longest);
    }
    spn_text_add(text, ".");
    if (trapped > 0) {
        spn_text_put(
            text,
            " %lld end%s in a minimum that has learned less than others do, which they never leave "
            "without noise.",
            (long long)trapped, trapped == 1 ? "s" : "");
    }
    if (predicted > 0) {
        spn_text_put(text,
                     " %lld of %lld plateaus that were left and have a law were left when it says.",
                     (long long)met, (long long)predicted);
    }
    spn_text_add(text, "\n");
}

static void put_plateau(spn_text *text, const spn_plateau_record *p)
{
    spn_text_put(text, " E stays near %.5g", p->error);
    if (isnan(p->epoch_to)) {
        spn_text_put(text, " to the end%s;",
                     p->kind == SPN_PLATEAU_METASTABLE ? ", in a minimum" : "");
        return;
    }
    spn_text_put(text, " for %.6g epochs", p->measured);
    if (isfinite(p->predicted)) {
        spn_text_put(text, " (the law says %.3g, %.2g to %.2g)", p->predicted, p->predicted_low,
                     p->predicted_high);
    }
    spn_text_add(text, ", then falls;");
}

static void put_run(spn_text *text, const spn_grok_contents *c, const spn_training_answer *a)
{
    const spn_run_record *run = (const spn_run_record *)c->runs.records + a->run;
    const spn_plateau_record *plateaus = c->plateaus.records;
    spn_text_put(text, "Run %lld, from \"%s\":", (long long)a->run, c->names[run->start]);
    for (int64_t i = 0; i < c->plateaus.rows; i++) {
        if (plateaus[i].run == a->run && (isfinite(plateaus[i].epoch_to) || a->is_trapped)) {
            put_plateau(text, &plateaus[i]);
        }
    }
    if (a->left == 0 && !a->is_trapped) {
        spn_text_add(text, " no plateau was left;");
    }
    if (a->diverged) {
        spn_text_add(text, " it diverged.\n");
    } else {
        spn_text_put(text, " after %.6g epochs E = %.5g, and the minimum behind it is \"%s\".\n",
                     a->epochs, a->error, c->phases[a->run]);
    }
}

static void put_answer(spn_text *text, const spn_grok_contents *c)
{
    spn_training_answer *answers = NULL;
    spn_status status = text->status;
    SPN_TRY(status);
    if (c->runs.rows == 0) {
        goto done;
    }
    SPN_TRY(find_answers(text->context, c, &answers));
    put_headline(text, c, answers);
    for (int64_t r = 0; r < c->runs.rows; r++) {
        put_run(text, c, &answers[r]);
    }
    spn_text_add(text, "For your choice of beta: these runs are at one and say nothing of others, "
                       "which spinodal sweep follows. ");
    spni_put_decay(text, &c->facts, ((const spn_run_record *)c->runs.records)[0].beta);
    spn_text_add(text, "\n");
    status = text->status;
done:
    spn_release(text->context, answers);
    text->status = status;
}

static void write_answer(spn_json *json, const spn_grok_contents *c)
{
    spn_training_answer *answers = NULL;
    spn_status status = json->status;
    SPN_TRY(status);
    SPN_TRY(find_answers(json->context, c, &answers));
    const spn_table table = {"answer", &spn_training_answer_columns, c->runs.rows, answers};
    spn_json_rows(json, "answer", &table, NULL, NULL);
    status = json->status;
done:
    spn_release(json->context, answers);
    json->status = status;
}

void spn_grok_json(spn_json *json, const char *path, const void *contents, const spn_wish *wish)
{
    const spn_grok_contents *c = contents;
    (void)wish;
    spn_json_begin_object(json, NULL);
    spn_json_text(json, "results", path);
    spn_json_rows(json, "starts", &c->starts, "name", c->names);
    spn_json_rows(json, "runs", &c->runs, "phase", c->phases);
    spn_json_rows(json, "crossings", &c->crossings, NULL, NULL);
    spn_json_rows(json, "plateaus", &c->plateaus, NULL, NULL);
    spn_json_rows(json, "points", &c->points, NULL, NULL);
    write_answer(json, c);
    spn_json_end_object(json);
}

/* ---- Runs -------------------------------------------------------------------------------------- */

static void write_end(const spn_row *row, char *cell)
{
    const spn_run_record *run = row->record;
    const int64_t stop = run->stop;
    snprintf(cell, SPN_CELL_SIZE, "%s",
             stop == SPN_STOP_MAX_ITERATIONS ? "all epochs" : spn_stop_text((spn_stop)stop));
}

static void write_phase(const spn_row *row, char *cell)
{
    snprintf(cell, SPN_CELL_SIZE, "%s",
             ((const spn_grok_contents *)row->state)->phases[row->index]);
}

/* "1.6: 45, 1.2: never": the epochs at which levels of E were passed. */
static void write_levels(const spn_row *row, char *cell)
{
    const spn_grok_contents *c = row->state;
    const spn_crossing_record *crossings = c->crossings.records;
    size_t used = 0;
    for (int64_t i = 0; i < c->crossings.rows && used < SPN_CELL_SIZE; i++) {
        char epoch[VALUE_SIZE] = "never";
        if (crossings[i].run != ((const spn_run_record *)row->record)->run) {
            continue;
        }
        if (!isnan(crossings[i].epoch)) {
            snprintf(epoch, sizeof epoch, "%.6g", crossings[i].epoch);
        }
        used += (size_t)snprintf(cell + used, SPN_CELL_SIZE - used, "%s%.6g: %s",
                                 used > 0 ? ", " : "", crossings[i].level, epoch);
    }
}

/* Phase and what is behind it are those of the minimum at the end, not of the last state. */
static void put_runs(spn_text *text, const spn_grok_contents *c)
{
    const spn_view_column columns[] = {
        SPN_SHOW("run", "run", 0),
        SPN_SHOW_NAME("start", "start", "?"),
        SPN_SHOW("u_0", "residue", 0),
        SPN_SHOW_BY("ended", write_end),
        SPN_SHOW("epoch", "epoch", 8),
        SPN_SHOW_BY("phase", write_phase),
        SPN_SHOW("minimum's E", "final_error", 0),
        SPN_SHOW("lambda_min", "final_eigenvalue", 0),
        SPN_SHOW_BY(c->crossings.rows > 0 ? "epoch below a level of E" : "", write_levels)};
    spn_view view = SPN_VIEW(&c->runs, columns);
    view.state = c;
    view.names = c->names;
    view.name_count = c->starts.rows;
    spn_view_terminal(text, &view, "");
}

/* ---- Plateaus ---------------------------------------------------------------------------------- */

/* With its range: of the two digits that it is worth. */
static void write_prediction(const spn_row *row, char *cell)
{
    const spn_plateau_record *p = row->record;
    if (isnan(p->predicted)) {
        snprintf(cell, SPN_CELL_SIZE, "%s",
                 p->kind == SPN_PLATEAU_METASTABLE ? "never left" : "no law");
    } else {
        snprintf(cell, SPN_CELL_SIZE, "%.3g (%.2g to %.2g)", p->predicted, p->predicted_low,
                 p->predicted_high);
    }
}

static void put_plateaus(spn_text *text, const spn_grok_contents *c)
{
    static const spn_view_column columns[] = {SPN_SHOW("run", "run", 0),
                                              SPN_SHOW("plateau E", "error", 0),
                                              SPN_SHOW("branch E", "branch_error", 0),
                                              SPN_SHOW_OR("modes", "branch_modes", 0, "-"),
                                              SPN_SHOW("kind", "kind", 0),
                                              SPN_SHOW("from epoch", "epoch_from", 0),
                                              SPN_SHOW_OR("measured", "measured", 0, "stays"),
                                              SPN_SHOW_BY("predicted (epochs)", write_prediction)};
    const spn_view view = SPN_VIEW(&c->plateaus, columns);
    spn_view_terminal(text, &view, "");
}

void spn_grok_summary(spn_text *text, const char *path, const void *contents, const spn_wish *wish)
{
    const spn_grok_contents *c = contents;
    const spn_run_record *runs = c->runs.records;
    (void)wish;
    spn_text_put(text, "%s: %lld run%s at beta = %.10g\n", path, (long long)c->runs.rows,
                 spn_plural(c->runs.rows), c->runs.rows > 0 ? runs[0].beta : (double)NAN);
    put_answer(text, c);
    put_runs(text, c);
    put_plateaus(text, c);
}

void spn_grok_troubles(spn_text *text, const void *contents)
{
    const spn_grok_contents *c = contents;
    const spn_run_record *runs = c->runs.records;
    for (int64_t i = 0; i < c->runs.rows; i++) {
        const spn_run_record *r = &runs[i];
        if (r->stop == SPN_STOP_DIVERGED) {
            spn_text_put(text,
                         "run %lld diverged at epoch %.10g: the last finite state was kept (E = "
                         "%.6g); a smaller solver.learning_rate may help\n",
                         (long long)r->run, r->epoch, r->state.error);
        } else if (r->final.stationary == 0) {
            spn_text_put(text,
                         "run %lld: not stationary after %lld steps of Newton's method from its "
                         "last state; more grok.epochs bring it closer\n",
                         (long long)r->run, (long long)r->final_steps);
        } else if (r->final_negative_eigenvalues > 0) {
            spn_text_put(text,
                         "run %lld: Newton's method found a saddle from its last state (negative "
                         "eigenvalues: %lld)\n",
                         (long long)r->run, (long long)r->final_negative_eigenvalues);
        }
        if (c->is_descent && r->stability_max > stable_most) {
            spn_text_put(text,
                         "run %lld: learning rate times lambda_max reached %.4g; gradient descent "
                         "is unstable above %g\n",
                         (long long)r->run, r->stability_max, stable_most);
        }
    }
}
