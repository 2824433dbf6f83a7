/* SPDX-License-Identifier: MIT */
/* Studies of an objective of the caller's own: no data, no network, no theory, but the same runs. */
#include "study/own_objective.h"

#include "study/experiment.h"

#include <string.h>
#include <zlib.h>

static uint32_t checksum(int64_t count, const double *values)
{
    return (uint32_t)crc32_z(crc32(0, NULL, 0), (const unsigned char *)values,
                             (size_t)count * sizeof *values);
}

/* What tells the objective from others: L and its gradient at the first start. */
static spn_status recognise(spn_context *context, spn_study *study)
{
    spn_status status = SPN_OK;
    spn_point *point = NULL;
    SPN_TRY(spn_point_create(context, &study->loss, &point));
    SPN_TRY(spn_point_set(context, point, study->initial_weights, 0, NULL,
                          SPN_WANT_VALUE | SPN_WANT_GRADIENT));
    study->data_checksum =
        checksum(1, &point->value) ^ checksum(study->loss.dimension, point->gradient);
done:
    spn_point_free(context, point);
    return status;
}

spn_status spn_study_of_objective(spn_context *context, const spn_experiment *experiment,
                                  const spn_objective *loss, const char *name, int64_t count,
                                  const double *starts, spn_study **out)
{
    spn_status status = SPN_OK;
    spn_study *study = NULL;
    int64_t size = 0;
    *out = NULL;
    SPN_NEW(context, study, 1);
    if (count < 1 || !spn_size_multiply(count, loss->dimension, &size)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "%lld starts of %lld parameters", (long long)count,
                 (long long)loss->dimension);
    }
    study->experiment = experiment;
    study->loss = *loss;
    study->name = name;
    study->start_count = count;
    SPN_TRY(spni_experiment_place(context, experiment,
                                  spn_solver_check(context, spn_experiment_solver(experiment))));
    SPN_NEW(context, study->initial_weights, size);
    memcpy(study->initial_weights, starts, (size_t)size * sizeof *starts);
    study->weights_checksum = checksum(size, starts);
    SPN_TRY(recognise(context, study));
    *out = study;
    study = NULL;
done:
    spn_study_free(context, study);
    return status;
}

spn_status spni_need_network(spn_context *context, const spn_study *study, const char *what)
{
    return study->network != NULL ? SPN_OK
                                  : spn_fail(context, SPN_ERROR_UNSUPPORTED,
                                             "%s: is of networks; of other objectives there are "
                                             "sweeps, branches and spectra",
                                             what);
}
