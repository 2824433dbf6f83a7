/* SPDX-License-Identifier: MIT */
/* Predictions before training: transitions of the linear network on the data's own covariance (T20), and the
 * onset of learning with its order (T14, T21). Everything is computed for E summed over outputs; the mean over
 * them divides E, beta and the coefficients by K. */
#include "study/own_objective.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <string.h>

/* Means of targets count as zero up to the rounding of a sum, and so does a cross-covariance, both against what the sizes of
 * inputs and targets allow. */
static const double mean_tolerance = 1e-12, rank_floor = 1e-10;

typedef struct forecast {
    spn_context *context;
    const spn_study *study;
    spn_dataset data; /* the study's, or its samples in coordinates of the span of their inputs */
    double *x;        /* those coordinates */
    int64_t depth, inputs, outputs;
    spn_activation activation;
    bool has_bias, is_smooth; /* is_smooth: no kink at 0 */
    bool is_free;             /* biases are in E alone (T24) */
    bool is_other; /* beta penalises neither all parameters alike nor the weights alone */
    double taylor[4];
    double divisor;       /* K for mse_mean, otherwise 1 */
    double *xx, *yx, *yy; /* covariances with biases, raw moments without */
    double *raw_yx, *mean_y, *u, *v, *y_vv, *uv_x; /* for the onset */
    double mean_size;                              /* |mean of y| */
    bool is_centred;                               /* ... is 0 */
} forecast;

static double trace_of(int64_t n, const double *a)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += a[i * n + i];
    }
    return sum;
}

/* No prediction depends on the basis of the inputs; fewer samples than inputs span no more dimensions than they are,
 * and moments of N coordinates stand for those of I inputs. */
static spn_status take_data(forecast *f)
{
    spn_status status = SPN_OK;
    spn_dataset *data = &f->data;
    const int64_t inputs = data->inputs;
    if (data->samples < inputs) {
        SPN_NEW(f->context, f->x, inputs * data->stride);
        memcpy(f->x, data->x, (size_t)(inputs * data->stride) * sizeof *f->x);
        SPN_TRY(spn_span_coordinates(f->context, inputs, data->samples, f->x, data->stride));
        data->x = f->x;
        data->inputs = f->inputs = data->samples;
        data->input_names = NULL;
    }
done:
    return status;
}

static spn_status take_moments(forecast *f)
{
    spn_status status = SPN_OK;
    spn_context *context = f->context;
    int64_t square = 0;
    if (!spn_size_multiply(f->inputs, f->inputs, &square)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld inputs are too many", (long long)f->inputs);
    }
    SPN_NEW(context, f->xx, square);
    SPN_NEW(context, f->yx, f->outputs * f->inputs);
    SPN_NEW(context, f->yy, f->outputs * f->outputs);
    SPN_NEW(context, f->raw_yx, f->outputs * f->inputs);
    SPN_NEW(context, f->mean_y, f->outputs);
    SPN_NEW(context, f->u, f->outputs);
    SPN_NEW(context, f->v, f->inputs);
    SPN_NEW(context, f->y_vv, f->outputs);
    SPN_NEW(context, f->uv_x, f->inputs);
    SPN_TRY(spn_dataset_moments(context, &f->data, false, NULL, f->mean_y, NULL, f->raw_yx, f->yy));
    f->mean_size = spn_norm(f->outputs, f->mean_y);
    f->is_centred = f->mean_size <= mean_tolerance * sqrt(trace_of(f->outputs, f->yy));
    SPN_TRY(spn_dataset_moments(context, &f->data, f->has_bias, NULL, NULL, f->xx, f->yx, f->yy));
done:
    return status;
}

static void forecast_free(forecast *f)
{
    double *const arrays[] = {f->x,      f->xx, f->yx, f->yy,   f->raw_yx,
                              f->mean_y, f->u,  f->v,  f->y_vv, f->uv_x};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        spn_release(f->context, arrays[i]);
    }
}

static int64_t smallest_width(const spn_network *network)
{
    int64_t width = spn_network_width(network, 1);
    for (int64_t l = 2; l < spn_network_depth(network); l++) {
        int64_t next = spn_network_width(network, l);
        width = next < width ? next : width;
    }
    return width;
}

/* What is penalised is read off the coefficients: biases may be free, or like everything else. */
static void read_penalties(forecast *f)
{
    const double *penalties = f->study->regularised.regulariser.weights;
    int64_t count = 0;
    const spn_layout_entry *entries = spn_network_layout(f->study->network, &count);
    bool has_free = false, has_held = false;
    for (int64_t i = 0; penalties != NULL && i < count; i++) {
        for (int64_t k = 0; k < entries[i].rows * entries[i].columns; k++) {
            const double c = penalties[entries[i].offset + k];
            has_free = has_free || (entries[i].is_bias && c == 0);
            has_held = has_held || (entries[i].is_bias && c == 1);
            f->is_other = f->is_other || !(c == 1 || (entries[i].is_bias && c == 0));
        }
    }
    f->is_free = has_free;
    f->is_other = f->is_other || (has_free && has_held);
}

static const char other_penalty[] = "closed forms are those of the ridge on all parameters, or on "
                                    "the weights alone";

/* Why there is no linear theory; NULL where there is. */
static const char *sweep_obstacle(const forecast *f)
{
    if (f->is_other) {
        return other_penalty;
    }
    if (f->depth == 1) {
        return "without a hidden layer there is no transition (T12)";
    }
    if (spn_experiment_error(f->study->experiment)->error == SPN_ERROR_CROSS_ENTROPY) {
        return "cross_entropy has no linear theory";
    }
    if (!f->is_smooth || f->taylor[0] != 0) {
        return "this activation has no linear regime at the origin";
    }
    return NULL;
}

static void scale_sweep(const forecast *f, spn_theory_sweep *sweep)
{
    double gain = pow(f->taylor[1], (double)(f->depth - 1) / (double)f->depth);
    double beta = gain * gain / f->divisor;
    sweep->reached_beta *= beta;
    for (int64_t i = 0; i < sweep->count; i++) {
        spn_theory_transition *t = &sweep->transitions[i];
        t->maxwell_beta *= beta;
        t->spinodal_beta *= beta;
        t->error_before /= f->divisor;
        t->error_after /= f->divisor;
        t->norm_before /= gain;
        t->norm_after /= gain;
    }
}

static spn_status predict_sweep(forecast *f, spn_prediction *out)
{
    const spn_theory_moments moments = {f->inputs, f->outputs, f->xx, f->yx,
                                        trace_of(f->outputs, f->yy)};
    out->sweep_note = sweep_obstacle(f);
    if (out->sweep_note != NULL) {
        return SPN_OK;
    }
    spn_status status = spn_theory_up_sweep(f->context, &moments, f->depth,
                                            smallest_width(f->study->network), &out->sweep);
    if (status == SPN_ERROR_UNSUPPORTED) {
        spn_error_clear(f->context);
        out->sweep_note = "the data have more modes than this prediction takes";
        return SPN_OK;
    }
    if (status == SPN_OK) {
        scale_sweep(f, &out->sweep);
        out->has_sweep = true;
        out->sweep_note = !spn_activation_is_linear(f->activation)
                              ? "of the linear network with this activation's slope at 0: where "
                                "activations saturate, transitions move"
                          : f->has_bias && !f->is_free && !f->is_centred
                              ? "as if data were centred: the ridge on the output's bias moves them"
                              : "exact";
    }
    return status;
}

static spn_status normal_form(forecast *f, spn_prediction *out)
{
    spn_status status = SPN_OK;
    double sigma = 0;
    spn_theory_onset_moments moments = {.inputs = f->inputs,
                                        .outputs = f->outputs,
                                        .yx = f->raw_yx,
                                        .y_vv = f->y_vv,
                                        .uv_x = f->uv_x};
    const spn_theory_activation activation = {f->taylor[1], f->taylor[2], f->taylor[3]};
    spn_theory_onset *onset = &out->onset;
    SPN_TRY(
        spn_theory_leading_mode(f->context, f->inputs, f->outputs, f->raw_yx, f->u, f->v, &sigma));
    if (sigma <= rank_floor * sqrt(trace_of(f->inputs, f->xx) * trace_of(f->outputs, f->yy))) {
        out->onset_note = "inputs and targets are not correlated: no linear mode is there to be "
                          "learned";
        goto done;
    }
    SPN_TRY(spn_dataset_projected_moments(f->context, &f->data, f->u, f->v, &moments.mean,
                                          &moments.variance, &moments.cubed, f->y_vv, f->uv_x));
    SPN_TRY(spn_theory_onset_at(f->context, &moments, &activation,
                                spn_network_width(f->study->network, 1), f->has_bias, onset));
    onset->beta /= f->divisor;
    onset->cubic /= f->divisor;
    onset->quartic /= f->divisor;
    onset->maxwell_beta /= f->divisor;
    onset->spinodal_beta /= f->divisor;
    out->has_onset = true;
    out->onset_note = onset->order == 0 ? "the expansion to fourth order does not decide"
                                        : "near the trivial state: nothing is said of states far "
                                          "from it";
done:
    return status;
}

/* Three weight matrices and more: T14. */
static void deep_onset(const forecast *f, spn_prediction *out)
{
    const double none = (double)NAN;
    double slope = f->is_smooth ? f->taylor[1] : 1; /* relu */
    if (f->has_bias && !f->is_free && fabs(slope) * f->mean_size >= 1) {
        out->onset_note = "the targets' means are so large that the output's bias makes the "
                          "trivial state unstable at small beta: center the targets (T14)";
        return;
    }
    bool has_end = out->has_sweep && out->sweep.is_complete && out->sweep.count > 0;
    const spn_theory_transition *last =
        has_end ? &out->sweep.transitions[out->sweep.count - 1] : NULL;
    out->has_onset = true;
    out->onset = (spn_theory_onset){.order = 1,
                                    .beta = none,
                                    .cubic = none,
                                    .quartic = none,
                                    .maxwell_beta = has_end ? last->maxwell_beta : none,
                                    .spinodal_beta = has_end ? last->spinodal_beta : none};
    out->onset_note = has_end
                          ? "the trivial state is a local minimum at every beta > 0 (T14); where "
                            "the learned state ends is linear theory"
                          : "the trivial state is a local minimum at every beta > 0 (T14)";
}

static spn_status predict_onset(forecast *f, spn_prediction *out)
{
    if (f->is_other) {
        out->onset_note = other_penalty;
    } else if (f->depth == 1) {
        out->onset_note = "without a hidden layer the strength is sigma / (1 + beta) at every beta "
                          "(T12)";
    } else if (spn_experiment_error(f->study->experiment)->error == SPN_ERROR_CROSS_ENTROPY) {
        out->onset_note = "cross_entropy has no closed form here";
    } else if (f->is_free && f->depth == 2) {
        out->onset_note = "the biases are free: nothing holds those of hidden units at the trivial "
                          "state, and there is no expansion in the weights alone";
    } else if (!f->is_free && f->is_smooth && f->taylor[0] != 0) {
        out->onset_note = "phi(0) is not 0: where targets have means the origin is not stationary; "
                          "the onset is then rounded or stays of first order; nothing is predicted";
    } else if (f->depth > 2) {
        deep_onset(f, out);
    } else if (!f->is_smooth) {
        out->onset_note = "this activation has a kink at 0: there is no expansion";
    } else if (f->has_bias && !f->is_centred) {
        out->onset_note = "with biases the targets must have mean 0: center them";
    } else {
        return normal_form(f, out);
    }
    return SPN_OK;
}

spn_status spn_study_predict(spn_context *context, const spn_study *study, spn_prediction *out)
{
    spn_status status = SPN_OK;
    int kind = spn_experiment_error(study->experiment)->error;
    if (study->network == NULL) {
        return spni_need_network(context, study, "theory");
    }
    forecast f = {.context = context,
                  .study = study,
                  .data = *study->dataset,
                  .depth = spn_network_depth(study->network),
                  .inputs = study->dataset->inputs,
                  .outputs = study->dataset->outputs,
                  .activation = spn_network_activation(study->network),
                  .has_bias = spn_network_has_bias(study->network)};
    *out = (spn_prediction){0};
    read_penalties(&f);
    f.divisor = kind == SPN_ERROR_MSE_MEAN ? (double)f.outputs : 1;
    f.is_smooth = spn_activation_taylor(f.activation, f.taylor);
    SPN_TRY(take_data(&f));
    SPN_TRY(take_moments(&f));
    SPN_TRY(predict_sweep(&f, out));
    SPN_TRY(predict_onset(&f, out));
done:
    forecast_free(&f);
    return status;
}
