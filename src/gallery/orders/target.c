/* SPDX-License-Identifier: MIT */
/* Who is first: the kind of results, and the target. */
#include "gallery/orders/orders.h"

static const spn_kind_table kind_tables[] = {
    {"Three starts (`reproduce orders`, table `races`)", &spni_orders_columns},
};
const spn_kind spni_orders_kind = {
    .name = "orders", SPN_KIND_TABLES(kind_tables), .plot = spni_orders_plot};

static spn_status make(spni_job *job)
{
    return spni_orders_make(job, NULL);
}

static const spni_csv tables[] = {{"races", ".csv"}, {NULL, NULL}};

const spni_target spni_target_orders = {
    .name = "orders",
    .help = "three starts race to the full phase: who is first, by method, beta and residue",
    .title = "Orders: which start learns both modes first",
    .text =
        "A network is trained at one *β* from random weights, from the middle phase (one mode) and "
        "from the trivial phase; the last two carry a residue, *u*₀ times a normal deviate on "
        "every "
        "weight, the same for both. The order of the three depends on the method, on *β*, on *u*₀ "
        "and "
        "on the random numbers.",
    .make = make,
    .tables = tables,
    .tell = spni_orders_tell,
    .write = spni_orders_section,
};
