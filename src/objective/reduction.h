/* SPDX-License-Identifier: MIT */
/* What the files about reductions share. */
#ifndef SPINODAL_OBJECTIVE_REDUCTION_PRIVATE_H
#define SPINODAL_OBJECTIVE_REDUCTION_PRIVATE_H

#include <spinodal/objective/reduction.h>

struct spn_reduction {
    const spn_reduction_operations *operations;
    void *memory;
};

#endif
