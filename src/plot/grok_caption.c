/* SPDX-License-Identifier: MIT */
/* What the figure of watched training shows, and all numbers of it. */
#include "plot/grok.h"

#include <math.h>

const char *spni_plateau_name(int64_t kind)
{
    static const char *const names[] = {"metastable minimum", "ghost of a fold", "saddle",
                                        "degenerate point", "slow"};
    return kind >= 0 && kind <= SPN_PLATEAU_SLOW ? names[kind] : "?";
}

static const char *law_of(int64_t kind)
{
    static const char *const laws[] = {"it never leaves", "pi / sqrt(distance to the fold)",
                                       "ln(1 / delta) / |lambda|",
                                       "growth beyond linear order (T16, T22)", "no law"};
    return kind >= 0 && kind <= SPN_PLATEAU_SLOW ? laws[kind] : "?";
}

static void put_legend(spn_text *text, const spni_grok_view *v)
{
    spn_text_put(
        text,
        "Training at beta = %.10g from different starts against the epoch, a curve a run%s.\n",
        v->runs[0].beta,
        v->c.runs.rows > v->c.starts.rows ? " (runs of one start have its colour)" : "");
    for (int64_t i = 0; i < v->panel_count; i++) {
        spn_text_put(text, "%s(%c) %s%s", i > 0 ? ", " : "", (char)('a' + i), v->panels[i],
                     i + 1 == v->panel_count ? ". " : "");
    }
    spn_text_add(text, "Epoch 0 stands at the left edge.\n");
    if (v->has_test) {
        spn_text_add(text, "Solid: training samples; dashed: samples kept for testing.\n");
    }
    if (v->has_levels) {
        spn_text_add(text,
                     "Dotted in the panel of E: that of the stationary state (or of the fold) that "
                     "holds a plateau, "
                     "over its epochs; the filled marker says which kind it\nis, and stands "
                     "where the path is slowest. Open circles: where the law of its kind says "
                     "that the plateau ends.\n");
    }
    if (v->has_modes) {
        spn_text_add(text, "Mode strengths: solid the strongest mode of the data, dashed the next, "
                           "dotted the third.\n");
    }
    if (v->has_bound) {
        spn_text_add(text, "Gradient descent is unstable above learning rate times lambda_max = 2 "
                           "(dotted).\n");
    }
}

/* "method gd" for keys of which the experiment says something. */
static void put_parameters(const spn_results *results, spn_text *text)
{
    static const struct {
        const char *key, *name;
    } parameters[] = {
        {"grok.method", "method"},
        {"solver.learning_rate", "learning rate"},
        {"grok.beta", "beta"},
        {"grok.residue", "u_0"},
        {"grok.seeds", "seeds"},
        {"model.hidden", "hidden layers"},
        {"model.activation", "activation"},
        {"model.bias", "biases"},
        {"model.init.scale", "initial scale"},
        {"model.init.seed", "initial seed"},
        {"objective.error", "error"},
        {"data.kind", "data"},
        {"data.samples", "samples"},
        {"data.seed", "data seed"},
    };
    bool is_first = true;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        char value[96];
        if (spn_results_setting(results, parameters[i].key, value, sizeof value) != NULL) {
            spn_text_put(text, "%s%s %s", is_first ? "\nParameters: " : ", ", parameters[i].name,
                         value);
            is_first = false;
        }
    }
    spn_text_add(text, is_first ? "" : ".\n");
}

static void put_run(spn_text *text, const spni_grok_view *v, const spn_run_record *run)
{
    spn_text_put(text, "\nRun %lld from %.100s", (long long)run->run, v->c.names[run->start]);
    if (isfinite(run->residue)) {
        spn_text_put(text, ", u_0 = %.6g", run->residue);
    }
    if (run->stop == SPN_STOP_DIVERGED) {
        spn_text_put(text, ": diverged at epoch %.10g", run->epoch);
    } else {
        spn_text_put(text,
                     ": ends in the phase %s, E %.10g, |theta| %.6g, smallest eigenvalue %.4g",
                     v->c.phases[run->run], run->final.error,
                     spn_shown_length(run->final.weight_norm, run->final.beta, run->final.loss),
                     run->final_eigenvalue);
    }
    for (int64_t i = 0; i < v->c.crossings.rows; i++) {
        const spn_crossing_record *c = &v->crossings[i];
        if (c->run == run->run && isnan(c->epoch)) {
            spn_text_put(text, "; never below E = %.6g", c->level);
        } else if (c->run == run->run) {
            spn_text_put(text, "; below E = %.6g at epoch %.10g", c->level, c->epoch);
        }
    }
    spn_text_add(text, "\n");
}

static void put_plateau(spn_text *text, const spn_plateau_record *p)
{
    spn_text_put(text, "  plateau at E %.6g from epoch %.6g: %s", p->error, p->epoch_from,
                 spni_plateau_name(p->kind));
    if (isfinite(p->branch_error)) {
        spn_text_put(text, ", its E %.6g at beta = %.6g, %lld active modes", p->branch_error,
                     p->branch_beta, (long long)p->branch_modes);
    }
    if (isfinite(p->measured)) {
        spn_text_put(text, "; lasts %.6g epochs", p->measured);
    } else {
        spn_text_add(text, "; not left");
    }
    if (isfinite(p->predicted)) {
        spn_text_put(text, ", predicted %.3g, %.2g to %.2g", p->predicted, p->predicted_low,
                     p->predicted_high);
    }
    spn_text_put(text, " (%s)\n", law_of(p->kind));
}

void spni_grok_caption(const spn_results *results, const spni_grok_view *v, spn_text *text)
{
    put_legend(text, v);
    put_parameters(results, text);
    for (int64_t r = 0; r < v->c.runs.rows; r++) {
        put_run(text, v, &v->runs[r]);
        for (int64_t i = 0; i < v->c.plateaus.rows; i++) {
            if (v->plateaus[i].run == r) {
                put_plateau(text, &v->plateaus[i]);
            }
        }
    }
    spn_text_add(text, "\n");
    spn_text_parameters(text, results);
}
