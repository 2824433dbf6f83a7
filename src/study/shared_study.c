/* SPDX-License-Identifier: MIT */
/* A study on ranks that must go the same way, and one whose samples they share. */
#include "study/experiment.h"
#include "study/run.h"

#include <spinodal/numeric.h>

/* What ranks have read. */
typedef struct readings {
    uint32_t data, weights;
} readings;

spn_status spni_run_compare_ranks(spn_context *context, const spn_study *study)
{
    spn_status status = SPN_OK;
    const readings own = {study->data_checksum, study->weights_checksum};
    readings first = own;
    SPN_TRY(spn_farm_agree(context, SPN_OK, &first, sizeof first));
    if (own.data != first.data || own.weights != first.weights) {
        status = spn_fail(
            context, SPN_ERROR_INPUT,
            "rank %lld has read other data or weights than rank 0: give all nodes the same "
            "files",
            (long long)spn_farm_rank(context));
    }
    SPN_TRY(spn_farm_agree(context, status, NULL, 0));
    SPN_TRY(spn_farm_compare_bits(context));
done:
    return status;
}

static spn_status check(spn_context *context, const spn_study *study)
{
    const spn_solver_settings *solver = spn_experiment_solver(study->experiment);
    if (study->network == NULL) {
        return spn_fail(context, SPN_ERROR_UNSUPPORTED, "there are no samples to be shared");
    }
    if (spn_method_is_stochastic((spn_method)solver->method) &&
        solver->batch < study->loss.samples) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "solver.batch",
                            "ranks that share samples have no mini-batches; let ranks share the "
                            "chains (without --shard-samples)");
    }
    if (spn_experiment_geometry(study->experiment)->layers) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "geometry.layers",
                            "layers and classes are measured by one process that has all samples; "
                            "leave it out where ranks share them");
    }
    return SPN_OK;
}

spn_status spn_study_shard(spn_context *context, spn_study *study)
{
    spn_status status = SPN_OK;
    spn_dataset *held = NULL;
    SPN_TRY(spni_experiment_place(context, study->experiment, check(context, study)));
    SPN_TRY(spni_run_compare_ranks(context, study));
    spn_dataset_leave_inputs(context, study->dataset);
    SPN_TRY(spn_network_error_shard(context, study->error, spn_context_farm(context), &held));
    spn_dataset_free(context, study->dataset);
    study->dataset = held;
done:
    return status;
}
