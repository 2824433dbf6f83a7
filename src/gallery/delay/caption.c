/* SPDX-License-Identifier: MIT */
/* What the figures of escape times show, and the numbers beside their predictions. */
#include "gallery/delay/delay.h"

#include <math.h>
#include <spinodal/optimize.h>

static void put_figure(int64_t axis, spn_text *text)
{
    spn_text_add(
        text,
        axis == SPNI_DELAY_SCALE
            ? "Escape from the trivial phase against the scale u_0 of the initial weights, at one "
              "small beta for each depth D.\nTop: epochs; bottom: time of the flow over the exact "
              "one of the aligned start. "
            : "Escape from the trivial phase against beta over its threshold (D = 2: sigma; D >= "
              "3: sigma u_0^(D-2), T16), at\none u_0. Top: epochs; bottom: time of the flow over "
              "that of the aligned start without a ridge. ");
    spn_text_add(
        text,
        "Linear networks of D weight matrices on\ndata with one mode of strength sigma and "
        "whitened inputs. Escaped: E is below that of an end-to-end strength of\nsigma/2 (D = 2: "
        "half the final one). An epoch of the flow is a time of one learning rate, one of Adam is "
        "a step.\nAligned start: one weight u_0 per layer, on the mode; random starts: every "
        "weight normal with standard deviation\nu_0, the same numbers at every u_0.\n\n");
    spn_text_add(
        text,
        "No curve is a fit. Black: exact passage time of one balanced mode. Green, dashed: T16, "
        "its leading order in u_0\n(D = 2: exact). Light blue: for each random start the exact "
        "passage time of the aligned start that is infinite at\nthe same tau_* (T22; D = 2: of "
        "the length of the part that grows). Dotted: threshold of the aligned start; a flow\nthat "
        "starts beyond its own never leaves (triangles at the upper edge): it was followed into "
        "the ball |theta|^2 / D <\n(beta/sigma)^(2/(D-2)), which no flow leaves.\n");
    spn_text_add(
        text,
        "Adam needs nearly the same number of steps at every scale. Beyond the threshold the "
        "ridge is stronger than the\ngrowth, and Adam shrinks the weights, too; it leaves all the "
        "same where its steps (of one learning rate) carry it\nbeyond the scale of the threshold, "
        "(beta/sigma)^(1/(D-2)), and the gradient on the way is above its epsilon.\nOtherwise it "
        "stays, like the flow.\n");
}

static void put_depth(const spni_delay_view *v, int64_t axis, int64_t depth, spn_text *text)
{
    static const int64_t methods[] = {SPN_PATH_FLOW, SPN_PATH_ADAM};
    spni_delay_line of[2][2]; /* by method, and whether it is the aligned start */
    for (int m = 0; m < 2; m++) {
        for (int is_aligned = 0; is_aligned < 2; is_aligned++) {
            const spni_delay_part part = {axis, depth, methods[m], is_aligned};
            of[m][is_aligned] = spni_delay_sum(v->count, v->runs, &part, HUGE_VAL);
        }
    }
    const spni_delay_line *random = &of[0][0], *aligned = &of[0][1];
    const spni_delay_line *adams = &of[1][0], *adam = &of[1][1];
    spn_text_put(text,
                 "  D = %lld, aligned: %lld left, %lld never; largest |time / exact - 1| %.1e, "
                 "|time / T16 - 1| %.1e\n",
                 (long long)depth, (long long)aligned->left, (long long)aligned->stays,
                 aligned->passage, aligned->t16);
    spn_text_put(text, "         random: %lld left, %lld never; largest |time / own law - 1| %.1e",
                 (long long)random->left, (long long)random->stays, random->passage);
    if (depth > 2) {
        spn_text_put(text, ", |time / T22 - 1| %.1e", random->t22);
    }
    spn_text_put(text, "; %.2f to %.2f of the aligned time\n", random->share_low,
                 random->share_high);
    spn_text_put(text, "         Adam, aligned: %lld left after %g to %g steps, %lld not;",
                 (long long)adam->left, adam->epoch_low, adam->epoch_high, (long long)adam->stays);
    spn_text_put(text, " random: %lld left after %g to %g, %lld not\n", (long long)adams->left,
                 adams->epoch_low, adams->epoch_high, (long long)adams->stays);
}

void spni_delay_caption(const spni_delay_view *v, const spn_results *results, int64_t axis,
                        spn_text *text)
{
    put_figure(axis, text);
    spn_text_add(text, "\nMeasured:\n");
    for (int64_t i = 0; i < v->depth_count; i++) {
        put_depth(v, axis, v->depths[i], text);
    }
    spn_text_add(text, "\nmodel.hidden differs from panel to panel (D - 1 hidden layers of 5 "
                       "units); sweep.seeds is the number of\nrandom starts, "
                       "solver.learning_rate that of Adam and the unit of time.\n");
    spn_text_parameters(text, results);
}
