/* SPDX-License-Identifier: MIT */
/** @file farm.h  What pool and context ask of a farm; private to room `base`. */
#ifndef SPINODAL_SRC_BASE_FARM_H
#define SPINODAL_SRC_BASE_FARM_H

#include <spinodal/base/farm.h>

/** All that was done, here and elsewhere, where `done` was done here: for one bar of progress of all ranks. */
double spni_farm_progress(spn_context *context, double done);

/** The farm, also where this rank works alone. */
spn_farm *spni_context_any_farm(const spn_context *context);

#endif
