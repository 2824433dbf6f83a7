/* SPDX-License-Identifier: MIT */
/* Section `solver` of an experiment. */
#include "optimize/optimize.h"

#define OPTION(member) offsetof(spn_solver_settings, member)

static const spn_option solver_options[] = {
    {"method", SPN_OPTION_CHOICE, OPTION(method), "newton", SPN_ANY, spn_method_words, "",
     "how L is minimised; sgd, sgd_momentum and sgd_adam go by mini-batches, the others by all "
     "samples; adam has the ridge in "
     "its gradient (AdamW is not there yet)"},
    {"tolerance", SPN_OPTION_REAL, OPTION(tolerance), "1e-9", SPN_POSITIVE, NULL, "",
     "newton: estimated relative distance to the stationary point; newton_cg: |grad L| / (2 beta "
     "|theta|); others: |grad L| / max(1, |L| / max(1, |theta|)), in natural scales"},
    {"max_iterations", SPN_OPTION_INTEGER, OPTION(max_iterations), "10000", SPN_NONNEGATIVE, NULL,
     "", "most steps (of mini-batches: epochs) of one run"},
    {"learning_rate", SPN_OPTION_REAL, OPTION(learning_rate), "0.01", SPN_POSITIVE, NULL, "",
     "gd, momentum, adam and mini-batches: factor of the step"},
    {"momentum", SPN_OPTION_REAL, OPTION(momentum), "0.9", SPN_SHARE, NULL, "",
     "momentum, sgd_momentum: share of the last step that is kept"},
    {"beta1", SPN_OPTION_REAL, OPTION(beta1), "0.9", SPN_SHARE, NULL, "",
     "adam, sgd_adam: decay of the mean of the gradient"},
    {"beta2", SPN_OPTION_REAL, OPTION(beta2), "0.999", SPN_SHARE, NULL, "",
     "adam, sgd_adam: decay of the mean of its square"},
    {"epsilon", SPN_OPTION_REAL, OPTION(epsilon), "1e-8", SPN_POSITIVE, NULL, "",
     "adam, sgd_adam: added to the root of the mean square"},
    {"batch", SPN_OPTION_INTEGER, OPTION(batch), "32", SPN_COUNT, NULL, "samples",
     "sgd, sgd_momentum, sgd_adam: size of a mini-batch"},
    {"history", SPN_OPTION_INTEGER, OPTION(history), "20", SPN_COUNT, NULL, "",
     "lbfgs, newton_cg: pairs of steps and gradient changes that are kept"},
    {"trust_radius", SPN_OPTION_REAL, OPTION(trust_radius), "0.1", SPN_POSITIVE, NULL, "",
     "newton: length of the longest first step, in natural scales of theta"},
    {"trust_radius_max", SPN_OPTION_REAL, OPTION(trust_radius_max), "1", SPN_POSITIVE, NULL, "",
     "newton, newton_cg: length of the longest step, likewise"},
    {"seed", SPN_OPTION_INTEGER, OPTION(seed), "1", SPN_NONNEGATIVE, NULL, "",
     "mini-batches: seed of the order of samples"},
    {"patience", SPN_OPTION_INTEGER, OPTION(patience), NULL, SPN_COUNT_OR_ZERO, NULL, "epochs",
     "mini-batches: a run ends where the mean loss of so many epochs in a row was no improvement, "
     "and all samples are evaluated at "
     "its end only; 0 or unset: no such rule, all samples after each epoch, and a test of "
     "convergence"},
    {"least_improvement", SPN_OPTION_REAL, OPTION(least_improvement), NULL, SPN_SHARE, NULL, "",
     "patience: share of the best mean loss by which a better one must be lower; unset: any"},
};
#undef OPTION

const spn_option_table spn_solver_options = {
    .section = "solver",
    .help = "How each point is minimised",
    .options = solver_options,
    .count = (int64_t)(sizeof solver_options / sizeof solver_options[0]),
    .settings_size = sizeof(spn_solver_settings),
};

spn_status spni_check_steps(spn_context *context, const spn_solver_settings *settings)
{
    static const char *const keys[] = {"learning_rate", "momentum", "beta1", "beta2",
                                       "epsilon",       "batch",    "seed",  NULL};
    return spn_settings_check_keys(context, &spn_solver_options, settings, keys);
}

spn_status spn_solver_check(spn_context *context, const spn_solver_settings *settings)
{
    spn_status status = SPN_OK;
    SPN_TRY(spn_settings_check(context, &spn_solver_options, settings));
    if (!(settings->trust_radius_max >= settings->trust_radius)) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "solver.trust_radius",
                     "must be at most solver.trust_radius_max, %g, not %g",
                     settings->trust_radius_max, settings->trust_radius);
    }
    if (settings->patience > 0 && !spn_method_is_stochastic((spn_method)settings->method)) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "solver.patience",
                     "has a meaning with mini-batches only: solver.method sgd, sgd_momentum or "
                     "sgd_adam, not %s",
                     spn_method_words[settings->method]);
    }
    if (settings->least_improvement > 0 && settings->patience == 0) {
        SPN_FAIL_KEY(context, SPN_ERROR_INPUT, "solver.least_improvement",
                     "has a meaning only with solver.patience, the epochs that are waited for it");
    }
done:
    return status;
}
