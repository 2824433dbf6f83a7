/* SPDX-License-Identifier: MIT */
/* Depth: 1, 2, 3, 4 weight matrices, hidden widths 5, on the data of the built-in experiment. */
#include "gallery/order/order.h"

static const spn_kind_table tables[] = {
    {"Runs of a family (table `runs`)", &spni_family_run_columns},
    {"Transitions of a family (table `transitions`)", &spni_family_transition_columns},
    {"Points of a family (table `points`)", &spni_family_point_columns},
};
const spn_kind spni_order_kind = {
    .name = "order",
    SPN_KIND_TABLES(tables),
    .passes = spni_family_passes,
    .fault = SPNI_FAMILY_FAULT,
    .plot = spni_order_plot,
};

/* A linear network sees second moments only, and those are exact: few samples will do. */
static const char *const linear[] = {"data.samples=100", NULL};

static const char *const all[] = {"sweep.beta.from=0.02",
                                  "sweep.beta.to=1",
                                  "branches.index=0",
                                  "branches.starts=2",
                                  "branches.levels=2",
                                  "branches.parameters=false",
                                  NULL};
static const char *const varied[] = {"model.hidden", "model.activation", NULL};

static spn_status vary_depth(spn_context *context, spn_experiment *experiment, int64_t index)
{
    static const char *const hidden[] = {"model.hidden=[]", "model.hidden=[5]",
                                         "model.hidden=[5, 5]", "model.hidden=[5, 5, 5]"};
    return spn_experiment_set(context, experiment, hidden[index]);
}

static const spni_family_plan plan = {.kind = &spni_order_kind,
                                      .members = 4,
                                      .all = all,
                                      .linear = linear,
                                      .varied = varied,
                                      .vary = vary_depth};

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
    .share = share,
    .tables = spni_family_tables,
    .tell = spni_family_tell,
    .write = write_section,
};
