/* SPDX-License-Identifier: MIT */
/* Escape times: their kind of results, and the target. */
#include "gallery/delay/delay.h"

#include <math.h>

/* A random start's threshold is a leading order: near it nothing is said. */
static const double near_threshold = 0.1;

enum { METHOD, SEED, OUTCOME, BETA, OWN_THRESHOLD, DIFFERENCE, COLUMNS };
static const char *const names[COLUMNS] = {"method", "seed",          "outcome",
                                           "beta",   "own_threshold", "passage_difference"};

/* Does a run of the flow agree with its law? True for other methods. */
static bool agrees(const spn_table *runs, int64_t row, const int64_t columns[COLUMNS])
{
    const double share = spn_table_real(runs, row, columns[BETA]) /
                         spn_table_real(runs, row, columns[OWN_THRESHOLD]);
    const double difference = spn_table_real(runs, row, columns[DIFFERENCE]);
    const bool is_aligned = spn_table_integer(runs, row, columns[SEED]) < 0;
    const bool has_left = spn_table_integer(runs, row, columns[OUTCOME]) == SPNI_DELAY_LEFT;
    if (spn_table_integer(runs, row, columns[METHOD]) != SPN_PATH_FLOW ||
        (!is_aligned && fabs(share - 1) < near_threshold)) {
        return true;
    }
    return has_left == (share < 1) &&
           (!is_aligned || !has_left || fabs(difference) <= SPNI_DELAY_TOLERANCE);
}

static bool passes(const spn_results *results)
{
    const spn_table *runs = spn_results_table(results, "runs");
    int64_t columns[COLUMNS];
    bool is_good = spn_find_columns(runs, COLUMNS, names, columns);
    for (int64_t row = 0; is_good && row < runs->rows; row++) {
        is_good = agrees(runs, row, columns);
    }
    return is_good;
}

static const spn_kind_table kind_tables[] = {
    {"Escape times (`reproduce delay`, table `runs`)", &spni_delay_columns},
};
const spn_kind spni_delay_kind = {
    .name = "delay",
    SPN_KIND_TABLES(kind_tables),
    .passes = passes,
    .fault = "an escape does not agree with its law",
    .plot = spni_delay_plot,
};

static spn_status make(spni_job *job)
{
    return spni_delay_make(job, NULL);
}

static const spni_csv tables[] = {{"runs", ".csv"}, {NULL, NULL}};

const spni_target spni_target_delay = {
    .name = "delay",
    .help = "escape from the trivial phase: time against scale and beta, measured and predicted",
    .title = "Delay: escape from the trivial phase",
    .text =
        "Linear networks with two, three and four weight matrices start near the trivial phase, "
        "aligned with the mode of the data or at random. How long gradient flow stays there "
        "follows "
        "from the scale of the start and from *β*: the exact passage time of one mode, T16 to "
        "leading "
        "order, and T22 for each random start as its own prediction. Beyond a threshold it never "
        "leaves. Adam needs about as many steps at any scale; beyond the threshold it leaves only "
        "where its steps carry it over.",
    .make = make,
    .tables = tables,
    .tell = spni_delay_tell,
    .write = spni_delay_section,
};
