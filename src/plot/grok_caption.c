/* SPDX-License-Identifier: MIT */
/* What the figure of watched training shows, and all numbers of it. */
#include "plot/grok.h"

#include <math.h>
#include <stdio.h>

static spn_status put_legend(spn_context *context, spn_text_buffer *text, const spni_grok_view *v)
{
    spn_status status = SPN_OK;
    SPN_TRY(
        spni_put(context, text,
                 "Training at beta = %.10g from different starts: the error E against the epoch, a "
                 "curve a run%s.\nEpoch 0 stands at the left edge. ",
                 v->runs[0].beta,
                 v->run_count > v->start_count ? " (runs of one start have its "
                                                 "colour)"
                                               : ""));
    SPN_TRY(spni_put_text(context, text,
                          "Solid: training samples; dashed: samples kept for testing, where there "
                          "are any.\nDotted: E of "
                          "the stationary state (or of the fold) that holds a plateau, over its "
                          "epochs; the filled marker "
                          "says which kind it\nis, and stands where the path is slowest. Open "
                          "circles: where the law of its "
                          "kind says that the plateau ends.\nMode strengths: solid the strongest "
                          "mode of the data, dashed the "
                          "next, dotted the third. eta lambda_max: learning rate times "
                          "the\nlargest eigenvalue of the Hessian "
                          "of L; gradient descent is unstable above 2 (dotted). lambda_min: its "
                          "smallest eigenvalue.\n"));
done:
    return status;
}

/* "method gd" for keys of which the experiment says something. */
static spn_status put_parameters(spn_context *context, const spn_results *results,
                                 spn_text_buffer *text)
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
    spn_status status = SPN_OK;
    bool is_first = true;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++) {
        char value[96];
        if (spn_results_setting(results, parameters[i].key, value, sizeof value) != NULL) {
            SPN_TRY(spni_put(context, text, "%s%s %s", is_first ? "\nParameters: " : ", ",
                             parameters[i].name, value));
            is_first = false;
        }
    }
    SPN_TRY(is_first ? SPN_OK : spni_put_text(context, text, ".\n"));
done:
    return status;
}

static spn_status put_run(spn_context *context, spn_text_buffer *text, const spni_grok_view *v,
                          const spn_run_record *run)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_put(context, text, "\nRun %lld from %.100s", (long long)run->run,
                     v->names[run->start]));
    SPN_TRY(isfinite(run->residue) ? spni_put(context, text, ", u_0 = %.6g", run->residue)
                                   : SPN_OK);
    SPN_TRY(
        run->stop == SPN_STOP_DIVERGED
            ? spni_put(context, text, ": diverged at epoch %.10g", run->epoch)
            : spni_put(context, text,
                       ": ends in the phase %s, E %.10g, |theta| %.6g, smallest eigenvalue %.4g",
                       v->phases[run->run], run->final_error, run->final_weight_norm,
                       run->final_eigenvalue));
    for (int64_t i = 0; i < v->crossing_count; i++) {
        const spn_crossing_record *c = &v->crossings[i];
        if (c->run == run->run) {
            SPN_TRY(isnan(c->epoch) ? spni_put(context, text, "; never below E = %.6g", c->level)
                                    : spni_put(context, text, "; below E = %.6g at epoch %.10g",
                                               c->level, c->epoch));
        }
    }
    SPN_TRY(spni_put_text(context, text, "\n"));
done:
    return status;
}

static spn_status put_plateau(spn_context *context, spn_text_buffer *text,
                              const spn_plateau_record *p)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_put(context, text, "  plateau at E %.6g from epoch %.6g: %s", p->error,
                     p->epoch_from, spni_plateau_name(p->kind)));
    SPN_TRY(isfinite(p->branch_error)
                ? spni_put(context, text, ", its E %.6g at beta = %.6g, %lld active modes",
                           p->branch_error, p->branch_beta, (long long)p->branch_modes)
                : SPN_OK);
    SPN_TRY(isfinite(p->measured) ? spni_put(context, text, "; lasts %.6g epochs", p->measured)
                                  : spni_put_text(context, text, "; not left"));
    SPN_TRY(isfinite(p->predicted)
                ? spni_put(context, text, ", predicted %.3g, %.2g to %.2g (%s)", p->predicted,
                           p->predicted_low, p->predicted_high, spni_plateau_law(p->kind))
                : spni_put(context, text, " (%s)", spni_plateau_law(p->kind)));
    SPN_TRY(spni_put_text(context, text, "\n"));
done:
    return status;
}

spn_status spni_grok_caption(spn_context *context, const spn_results *results,
                             const spni_grok_view *v, spn_text_buffer *text)
{
    spn_status status = SPN_OK;
    SPN_TRY(put_legend(context, text, v));
    SPN_TRY(put_parameters(context, results, text));
    for (int64_t r = 0; r < v->run_count; r++) {
        SPN_TRY(put_run(context, text, v, &v->runs[r]));
        for (int64_t i = 0; i < v->plateau_count; i++) {
            SPN_TRY(v->plateaus[i].run == r ? put_plateau(context, text, &v->plateaus[i]) : SPN_OK);
        }
    }
    SPN_TRY(spni_put_text(context, text, "\n"));
    SPN_TRY(spni_put_parameters(context, text, results));
done:
    return status;
}
