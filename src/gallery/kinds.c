/* SPDX-License-Identifier: MIT */
/* The registry of kinds of results: a row each. */
#include <spinodal/gallery.h>

#include <string.h>

#define TABLES(its_tables)                                                                         \
    .table_count = sizeof(its_tables) / sizeof *(its_tables), .tables = (its_tables)

static const spn_kind_table family_tables[] = {
    {"Runs of a family (table `runs`)", &spn_family_run_columns},
    {"Transitions of a family (table `transitions`)", &spn_family_transition_columns},
    {"Points of a family (table `points`)", &spn_family_point_columns},
};
static const spn_kind order_kind = {.name = "order", TABLES(family_tables), .plot = spn_plot_order};
static const spn_kind complexity_kind = {.name = "complexity", .plot = spn_plot_complexity};

static const spn_kind_table delay_tables[] = {
    {"Escape times (`reproduce delay`, table `runs`)", &spn_delay_columns},
};
static const spn_kind delay_kind = {.name = "delay", TABLES(delay_tables), .plot = spn_plot_delay};

static const spn_kind_table orders_tables[] = {
    {"Three starts (`reproduce orders`, table `races`)", &spn_orders_columns},
};
static const spn_kind orders_kind = {
    .name = "orders", TABLES(orders_tables), .plot = spn_plot_orders};

const spn_kind *const spn_kinds[] = {
    &spn_sweep_kind,  &spn_branches_kind, &spn_slice_kind, &spn_grok_kind, &order_kind,
    &complexity_kind, &delay_kind,        &orders_kind,    NULL,
};

const spn_kind *spn_kind_find(const char *name)
{
    const spn_kind *const *kind = spn_kinds;
    while (*kind != NULL && strcmp((*kind)->name, name) != 0) {
        kind++;
    }
    return *kind;
}

spn_status spn_results_tell(spn_context *context, const char *path, bool is_verbose)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    spn_text summary = {.context = context}, troubles = {.context = context};
    const spn_report report = {
        .summary = &summary, .troubles = &troubles, .is_verbose = is_verbose};
    SPN_TRY(spn_arena_create(context, &arena));
    SPN_TRY(spn_results_read(context, arena, path, &results));
    const spn_kind *kind = spn_kind_find(results.kind);
    if (kind == NULL) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s: holds results of an unknown kind '%.40s'", path,
                 results.kind);
    }
    SPN_TRY(spn_kind_report(context, kind, &results, path, &report));
    spn_text_tell(&summary, false);
    spn_text_tell(&troubles, true);
done:
    spn_text_end(&summary);
    spn_text_end(&troubles);
    spn_arena_free(arena);
    return status;
}
