/* SPDX-License-Identifier: MIT */
/* Data: 1 to 6 modes with sigma evenly spaced from 0.9 to 0.3, as many inputs and outputs; three weight matrices, hidden
 * widths 6; branches, and 64 random starts at one small beta. */
#include "gallery/complexity/complexity.h"

#include <stdio.h>

enum { MEMBERS = 6, LIST_SIZE = 256 };

const spn_kind spni_complexity_kind = {.name = "complexity", /* its tables are those of `order` */
                                       .passes = spni_family_passes,
                                       .fault = SPNI_FAMILY_FAULT,
                                       .plot = spni_complexity_plot};

/* Of a linear network few samples will do (it sees exact second moments only). Random starts are cheap then, and the phase
 * with most modes is easily missed. */
static const char *const linear[] = {"data.samples=100", "branches.starts=8", NULL};

static const char *const all[] = {"model.hidden=[6, 6]",       "branches.beta.from=0.03",
                                  "branches.beta.to=0.5",      "branches.index=0",
                                  "branches.starts=2",         "branches.levels=1",
                                  "branches.parameters=false", NULL};
/* Smaller weights than those from which all phases are found: some starts get stuck. */
static const char *const starts[] = {"model.init.scale=0.5",   "sweep.direction=quench",
                                     "sweep.beta=[0.04]",      "sweep.seeds=64",
                                     "sweep.parameters=false", NULL};
static const char *const varied[] = {"data.inputs",     "data.outputs",     "data.correlations",
                                     "data.covariance", "model.activation", NULL};

/* Singular values evenly spaced from 0.9 down to 0.3; a single one is 0.9. */
static spn_status vary_modes(spn_context *context, spn_experiment *experiment, int64_t index)
{
    const double strongest = 0.9, range = 0.6;
    spn_status status = SPN_OK;
    const int64_t modes = index + 1;
    char text[LIST_SIZE];
    snprintf(text, sizeof text, "data.inputs=%lld", (long long)modes);
    SPN_TRY(spn_experiment_set(context, experiment, text));
    snprintf(text, sizeof text, "data.outputs=%lld", (long long)modes);
    SPN_TRY(spn_experiment_set(context, experiment, text));
    int used = snprintf(text, sizeof text, "data.correlations=[");
    for (int64_t i = 0; i < modes; i++) {
        const double step = modes > 1 ? range / (double)(modes - 1) : 0;
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%.12g", i > 0 ? ", " : "",
                         strongest - step * (double)i);
    }
    snprintf(text + used, sizeof text - (size_t)used, "]");
    SPN_TRY(spn_experiment_set(context, experiment, text));
done:
    return status;
}

static const spni_family_plan plan = {.kind = &spni_complexity_kind,
                                      .members = MEMBERS,
                                      .all = all,
                                      .linear = linear,
                                      .varied = varied,
                                      .starts = starts,
                                      .vary = vary_modes};

static spn_status make(spni_job *job)
{
    return spni_family_make(job, &plan);
}

static spn_status share(spni_job *job)
{
    return spni_family_share(job, &plan);
}

static spn_status write_section(spn_text *page, const spni_section_source *source)
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
    .share = share,
    .tables = spni_family_tables,
    .tell = spni_family_tell,
    .write = write_section,
};
