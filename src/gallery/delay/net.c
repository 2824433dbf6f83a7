/* SPDX-License-Identifier: MIT */
/* Networks and starts. */
#include "gallery/delay/delay.h"

#include <math.h>
#include <spinodal/numeric.h>
#include <string.h>

enum { DEPTH_MAX = 4 };

/* One mode, whitened inputs: there the laws are exact. A linear network sees second moments only, and those are exact:
 * few samples will do. Adam's learning rate is the unit of time of both. */
static const char *const built_in[] = {"data.samples=100",           "data.correlations=[0.9, 0]",
                                       "model.activation=linear",    "sweep.seeds=8",
                                       "solver.learning_rate=0.001", NULL};

/* The laws hold for these. */
static const char *const fixed[] = {"data.kind",        "data.inputs",
                                    "data.outputs",     "data.correlations",
                                    "data.covariance",  "data.moments",
                                    "data.standardize", "data.whiten",
                                    "data.center",      "model.hidden",
                                    "model.bias",       "model.activation",
                                    "objective.error",  NULL};

static bool is_fixed(const char *assignment)
{
    const size_t length = strcspn(assignment, "=");
    for (int64_t i = 0; fixed[i] != NULL; i++) {
        if (strlen(fixed[i]) == length && strncmp(assignment, fixed[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static spn_status make_experiment(const spni_job *job, int64_t depth, spn_experiment **out)
{
    static const char *const hidden[] = {"model.hidden=[5]", "model.hidden=[5, 5]",
                                         "model.hidden=[5, 5, 5]"};
    for (int64_t i = 0; i < job->settings->set_count; i++) {
        const char *set = job->settings->sets[i];
        if (is_fixed(set)) {
            return spn_fail(job->context, SPN_ERROR_INPUT,
                            "%.*s: cannot be set, the laws of 'delay' hold for its own network and "
                            "data",
                            (int)strcspn(set, "="), set);
        }
    }
    return spni_job_experiment(job, built_in, hidden[depth - 2], out);
}

static spn_status find_mode(spn_context *context, spni_delay_net *net)
{
    spn_status status = SPN_OK;
    const spn_dataset *data = net->study->dataset;
    double *yy = NULL;
    SPN_NEW(context, yy, data->outputs * data->outputs);
    SPN_NEW(context, net->yx, data->outputs * data->inputs);
    SPN_NEW(context, net->u, data->outputs);
    SPN_NEW(context, net->v, data->inputs);
    SPN_TRY(spn_dataset_moments(context, data, false, NULL, NULL, NULL, net->yx, yy));
    SPN_TRY(spn_theory_leading_mode(context, data->inputs, data->outputs, net->yx, net->u, net->v,
                                    &net->sigma));
    for (int64_t k = 0; k < data->outputs; k++) {
        net->target_power += yy[k * data->outputs + k];
    }
done:
    spn_release(context, yy);
    return status;
}

spn_status spni_delay_net_create(const spni_job *job, int64_t depth, spni_delay_net *net)
{
    spn_status status = SPN_OK;
    *net = (spni_delay_net){.depth = depth};
    SPN_TRY(make_experiment(job, depth, &net->experiment));
    SPN_TRY(spn_study_create(job->context, net->experiment, &net->study));
    SPN_TRY(find_mode(job->context, net));
done:
    return status;
}

void spni_delay_net_free(spn_context *context, spni_delay_net *net)
{
    spn_study_free(context, net->study);
    spn_experiment_free(context, net->experiment);
    spn_release(context, net->yx);
    spn_release(context, net->u);
    spn_release(context, net->v);
    spn_release(context, net->gains);
}

/* W_1 = u_0 e v^T, W_D = u_0 u e^T, between them u_0 e e^T, with e the first hidden unit of each layer. */
static void align(const spni_delay_net *net, double scale, double *theta)
{
    int64_t count = 0;
    const spn_network *network = net->study->network;
    const spn_layout_entry *entries = spn_network_layout(network, &count);
    memset(theta, 0, (size_t)spn_network_parameters(network) * sizeof *theta);
    for (int64_t k = 0; k < entries[0].columns; k++) {
        theta[k] = scale * net->v[k];
    }
    for (int64_t layer = 1; layer + 1 < count; layer++) {
        theta[entries[layer].offset] = scale;
    }
    const spn_layout_entry *last = &entries[count - 1];
    for (int64_t k = 0; k < last->rows; k++) {
        theta[last->offset + k * last->columns] = scale * net->u[k];
    }
}

void spni_delay_start(const spni_delay_net *net, double scale, int64_t seed, double *theta)
{
    if (seed < 0) {
        align(net, scale, theta);
        return;
    }
    /* The same numbers at every scale: a law for one scale then holds for all. */
    spn_network_initialize(net->study->network, SPN_INIT_NORMAL, scale,
                           (uint64_t)spn_experiment_model(net->experiment)->init_seed,
                           (uint64_t)seed, theta);
}

/* Depth 2: near theta = 0 the flow is linear. (W_1 v + W_2^T u) / 2 grows at the rate 2 (sigma - beta), the difference
 * decays, and what grows is an aligned mode of this length. */
static double growing_part(const spni_delay_net *net, const double *theta)
{
    const spn_dataset *data = net->study->dataset;
    const int64_t hidden = spn_network_width(net->study->network, 1);
    const double *last = theta + hidden * data->inputs;
    double square = 0;
    for (int64_t h = 0; h < hidden; h++) {
        double sum = spn_dot(data->inputs, theta + h * data->inputs, net->v);
        for (int64_t k = 0; k < data->outputs; k++) {
            sum += net->u[k] * last[k * hidden + h];
        }
        square += sum * sum / 4;
    }
    return sqrt(square);
}

spn_status spni_delay_gain(spn_context *context, const spni_delay_net *net, int64_t seed,
                           double *theta, double *gain)
{
    spn_status status = SPN_OK;
    int64_t widths[DEPTH_MAX + 1];
    double tau = 0;
    const double power = (double)(net->depth - 2);
    for (int64_t layer = 0; layer <= net->depth; layer++) {
        widths[layer] = spn_network_width(net->study->network, layer);
    }
    const spn_theory_origin origin = {net->depth, widths, net->yx, 1};
    spni_delay_start(net, 1, seed, theta);
    if (net->depth == 2) {
        *gain = growing_part(net, theta);
        goto done;
    }
    SPN_TRY(spn_theory_blow_up(context, &origin, theta, &tau));
    *gain = pow(2 * power * net->sigma * tau, -1 / power);
done:
    return status;
}
