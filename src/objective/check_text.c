/* SPDX-License-Identifier: MIT */
#include <spinodal/objective.h>

const char *spn_check_verdict_text(int64_t verdict)
{
    static const char *const texts[] = {"passed", "failed", "cannot tell"};
    return verdict >= 0 && verdict <= SPN_CHECK_CANNOT_TELL ? texts[verdict] : NULL;
}
