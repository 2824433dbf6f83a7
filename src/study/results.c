/* SPDX-License-Identifier: MIT */
/* What a sweep leaves behind: docs/format.md specifies the file. */
#include "study/results.h"

#include "study/experiment.h"

#include <stdio.h>
#include <string.h>

/* One row of /layout: where an array of the network stands in theta. */
typedef struct layout_record {
    int64_t layer, is_bias, offset, rows, columns;
} layout_record;

#define INTEGER(type, member, help)                                                                \
    {                                                                                              \
#member, SPN_COLUMN_INTEGER, offsetof(type, member), "", help, NULL                        \
    }
static const spn_column layout_items[] = {
    INTEGER(layout_record, layer, "layer, from 0"),
    INTEGER(layout_record, is_bias, "1: a bias vector"),
    INTEGER(layout_record, offset, "index of the first entry in theta"),
    INTEGER(layout_record, rows, "rows (outputs of the layer)"),
    INTEGER(layout_record, columns, "columns (inputs of the layer; 1 for a bias); row-major"),
};
static const spn_columns layout_columns = {layout_items, sizeof layout_items / sizeof *layout_items,
                                           sizeof(layout_record)};
#undef INTEGER

enum { MAX_TABLES = 3, MAX_ARRAYS = 2, MAX_ATTRIBUTES = 10 };

typedef struct book {
    spn_arena *arena;
    spn_table tables[MAX_TABLES];
    spn_array arrays[MAX_ARRAYS];
    spn_attribute attributes[MAX_ATTRIBUTES];
    spn_text_column texts[1];
    spn_results results;
} book;

static spn_status add_layout(spn_context *context, const spn_study *study, book *b)
{
    spn_status status = SPN_OK;
    int64_t count = 0;
    const spn_layout_entry *entries = spn_network_layout(study->network, &count);
    layout_record *records = NULL;
    const char **names = NULL;
    SPN_TAKE(context, b->arena, records, count);
    SPN_TAKE(context, b->arena, names, count);
    for (int64_t i = 0; i < count; i++) {
        records[i] = (layout_record){entries[i].layer, entries[i].is_bias, entries[i].offset,
                                     entries[i].rows, entries[i].columns};
        names[i] = entries[i].name;
    }
    b->tables[b->results.table_count++] = (spn_table){"layout", &layout_columns, count, records};
    b->texts[b->results.text_column_count++] =
        (spn_text_column){"layout", "name", count, names, "name of the array in weight files"};
done:
    return status;
}

/* Linear theory for the data's modes at the network's depth: thin lines in the figures. */
static spn_status add_theory(spn_context *context, const spn_study *study, book *b)
{
    spn_status status = SPN_OK;
    int64_t count = 0;
    spn_theory_mode *modes = NULL;
    SPN_TAKE(context, b->arena, modes, SPN_MODES_MAX);
    SPN_TRY(spn_study_theory(context, study, &count, modes));
    b->tables[b->results.table_count++] =
        (spn_table){"theory", &spn_theory_mode_columns, count, modes};
done:
    return status;
}

static void add_arrays(const spn_study *study, const spni_rows *rows, book *b)
{
    b->arrays[b->results.array_count++] =
        (spn_array){.name = "modes",
                    .rows = rows->count,
                    .columns = rows->mode_count,
                    .values = rows->modes,
                    .unit = "",
                    .help = "strength of each mode of the data in the network's output, strongest "
                            "mode of the data first (T11); one row per row of /points"};
    if (spn_experiment_sweep(study->experiment)->parameters) {
        b->arrays[b->results.array_count++] =
            (spn_array){.name = "theta",
                        .rows = rows->count,
                        .columns = rows->parameters,
                        .values = rows->theta,
                        .unit = "weight",
                        .help = "all weights and biases in the order of /layout; one row per row "
                                "of /points",
                        .is_compressed = true};
    }
}

static spn_status add_attributes(spn_context *context, const spn_study *study, book *b)
{
    spn_status status = SPN_OK;
    enum { MACHINE_SIZE = 256 };
    char *dump = NULL, *machine = NULL;
    char checksum[16], weights[16];
    SPN_TAKE(context, b->arena, machine, MACHINE_SIZE);
    SPN_TRY(spn_experiment_dump(context, study->experiment, &dump));
    const char *configuration = spn_arena_duplicate(b->arena, dump);
    snprintf(checksum, sizeof checksum, "%08x", (unsigned)study->data_checksum);
    snprintf(weights, sizeof weights, "%08x", (unsigned)study->weights_checksum);
    const char *kept_checksum = spn_arena_duplicate(b->arena, checksum);
    const char *kept_weights = spn_arena_duplicate(b->arena, weights);
    if (configuration == NULL || kept_checksum == NULL || kept_weights == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    const spn_attribute attributes[] = {
        {"configuration", configuration, 0},
        {"program_version", SPN_VERSION, 0},
        {"compiler", spn_describe_compiler(), 0},
        {"machine", spn_describe_machine(machine, MACHINE_SIZE), 0},
        {"seed", NULL, spn_experiment_model(study->experiment)->init_seed},
        {"data_checksum", kept_checksum, 0},
        {"weights_checksum", kept_weights, 0},
        {"kernels", spn_kernels_name(spn_context_kernels(context)), 0},
        {"samples", NULL, study->dataset->samples},
        {"parameters", NULL, study->loss.dimension},
    };
    _Static_assert(sizeof attributes / sizeof *attributes <= MAX_ATTRIBUTES, "room for all");
    memcpy(b->attributes, attributes, sizeof attributes);
    b->results.attribute_count = sizeof attributes / sizeof *attributes;
done:
    spn_release(context, dump);
    return status;
}

/* Down-chains come last; with the protocol `down` the up-chains before them were only the way there. */
static spni_rows shown_rows(const spn_study *study, const spni_rows *rows)
{
    spni_rows shown = *rows;
    if (spn_experiment_sweep(study->experiment)->direction == SPN_PROTOCOL_DOWN) {
        while (shown.count > 0 && shown.records[0].direction != SPN_DIRECTION_DOWN) {
            shown.records++;
            shown.chains++;
            shown.modes += shown.mode_count;
            shown.theta += shown.parameters;
            shown.count--;
        }
    }
    return shown;
}

spn_status spni_results_write(spn_context *context, const spn_study *study, const spni_rows *rows,
                              const char *path, bool is_forced)
{
    spn_status status = SPN_OK;
    book b = {.results = {.kind = "sweep"}};
    const spni_rows shown = shown_rows(study, rows);
    SPN_TRY(spn_arena_create(context, &b.arena));
    b.tables[b.results.table_count++] =
        (spn_table){"points", &spn_sweep_columns, shown.count, shown.records};
    add_arrays(study, &shown, &b);
    SPN_TRY(add_layout(context, study, &b));
    SPN_TRY(add_theory(context, study, &b));
    SPN_TRY(add_attributes(context, study, &b));
    b.results.tables = b.tables;
    b.results.arrays = b.arrays;
    b.results.attributes = b.attributes;
    b.results.text_columns = b.texts;
    SPN_TRY(spn_results_write(context, path, is_forced, &b.results));
done:
    spn_arena_free(b.arena);
    return status;
}
