/* SPDX-License-Identifier: MIT */
#include "gallery/family/family.h"

static spn_status make(spni_job *job)
{
    return spni_family_make(job, SPN_FAMILY_ORDER);
}

static spn_status write_section(spn_text *page, const spni_source *source)
{
    return spni_family_section(page, source, false);
}

const spni_target spni_target_order = {
    .name = "order",
    .help = "depth and the order of transitions: 1 to 4 weight matrices, linear and tanh",
    .title = "Depth and the order of transitions",
    .text =
        "Networks with one to four weight matrices on the same data. Of the linear networks the "
        "theory is exact: without a hidden layer there is no transition, with one the transitions "
        "are "
        "of second order, with more of first order (T12, T13). Where tanh "
        "saturates, transitions move.",
    .make = make,
    .write = write_section,
};
