/* SPDX-License-Identifier: MIT */
/* What the files of room `objective` share. */
#ifndef SPINODAL_OBJECTIVE_OBJECTIVE_PRIVATE_H
#define SPINODAL_OBJECTIVE_OBJECTIVE_PRIVATE_H

#include <spinodal/objective.h>

/* Is the operation there? Tables of an older, shorter layout lack the later ones. */
#define SPNI_HAS_OPERATION(operations, member)                                                     \
    ((operations)->size >= offsetof(spn_objective_operations, member) + sizeof(void (*)(void)) &&  \
     (operations)->member != NULL)

#endif
