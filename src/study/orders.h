/* SPDX-License-Identifier: MIT */
/** @file orders.h  Three starts that race to the full phase; private to room `study`. */
#ifndef SPINODAL_SRC_STUDY_ORDERS_H
#define SPINODAL_SRC_STUDY_ORDERS_H

#include <spinodal/kind.h>
#include <spinodal/study.h>

/** What all runs share. */
typedef struct spni_orders_field {
    spn_experiment *experiment;
    spn_study *study;
    double *middle; /**< the phase with one mode */
} spni_orders_field;

/** Make the network, and train it to the phase with one mode. */
spn_status spni_orders_field_create(spn_context *context, const spn_orders_settings *settings,
                                    spni_orders_field *field);
void spni_orders_field_free(spn_context *context, spni_orders_field *field);

/** Learning rate and the rest of a method. */
spn_solver_settings spni_orders_method(const spni_orders_field *field, int64_t method,
                                       int64_t draw);

/** One start. */
typedef struct spni_orders_run {
    int64_t method, start; /**< spn_path_method, spn_orders_start */
    double beta, residue;
    int64_t draw, steps;
    double epoch, epoch_strong; /**< result: first below the levels; NaN: never */
} spni_orders_run;

/** Train, until E is below the level of the full phase. */
spn_status spni_orders_train(spn_context *context, const spni_orders_field *field,
                             spni_orders_run *run);

#endif
