/* SPDX-License-Identifier: MIT */
#include "gallery/family/family.h"

static spn_status make(spni_job *job)
{
    return spni_family_make(job, SPN_FAMILY_COMPLEXITY);
}

static spn_status write_section(spn_text *page, const spni_source *source)
{
    return spni_family_section(page, source, true);
}

const spni_target spni_target_complexity = {
    .name = "complexity",
    .help = "data of 1 to 6 modes: as many transitions; random starts that get stuck",
    .title = "Complexity of the data: number of transitions, and random starts that get stuck",
    .text = "Data with one to six modes. A network has as many transitions as the data have modes, "
            "each "
            "where theory puts it for a linear network (T13). From random weights at one small *β* "
            "some "
            "starts end in a phase with fewer modes than the best start: they are stuck.",
    .make = make,
    .write = write_section,
};
