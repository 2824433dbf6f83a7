/* SPDX-License-Identifier: MIT */
/* docs/reference.md, printed from the tables that parse and write: `spinodal help reference`. */
#include "cli/cli.h"

#include <spinodal/gallery.h>

#include <spinodal/geometry.h>
#include <spinodal/theory.h>
#include <spinodal/transition.h>
#include <stdio.h>
#include <string.h>

/* A bar would end the cell of a Markdown table. */
static void print_cell(const char *text)
{
    for (; *text != '\0'; text++) {
        printf(*text == '|' ? "\\%c" : "%c", *text);
    }
}

static void print_targets(void)
{
    spn_gallery_name target;
    printf("| target | makes |\n|---|---|\n");
    for (int64_t i = 0; spn_gallery_name_at(i, &target); i++) {
        printf("| `%s` | ", target.name);
        print_cell(target.help);
        printf(" |\n");
    }
    printf("\n");
}

static void print_commands(void)
{
    printf("## Commands\n\n");
    for (const cli_command *command = cli_commands; command->name != NULL; command++) {
        printf("### spinodal %s\n\n`spinodal %s %s`\n\n%s\n\n", command->name, command->name,
               command->usage, command->details);
        if (command->run == cmd_reproduce) {
            print_targets();
        }
        printf("| option | meaning |\n|---|---|\n");
        for (const cli_flag *flag = cli_flags; flag->name != NULL; flag++) {
            if (!cli_takes_flag(command, flag)) {
                continue;
            }
            char letter[8] = "";
            if (flag->letter != 0) {
                snprintf(letter, sizeof letter, "-%c, ", flag->letter);
            }
            printf("| `%s--%s%s%s` | ", letter, flag->name, flag->value != NULL ? " " : "",
                   flag->value != NULL ? flag->value : "");
            print_cell(flag->help);
            printf(" |\n");
        }
        printf("\n");
    }
}

static void print_keys(void)
{
    int64_t count = 0;
    const spn_option_table *const *tables = spn_experiment_tables(&count);
    printf(
        "## Keys of an experiment\n\nA key `a.b` may be written `a: {b: ...}`. Keys left out have "
        "their defaults; together\nthe defaults are the built-in experiment of `spinodal "
        "reproduce fig2`.\n");
    for (int64_t t = 0; t < count; t++) {
        printf("\n### %s\n\n%s.\n\n| key | accepts | default | meaning |\n|---|---|---|---|\n",
               tables[t]->section, tables[t]->help);
        for (int64_t i = 0; i < tables[t]->count; i++) {
            const spn_option *option = &tables[t]->options[i];
            char accepts[200];
            spn_option_accepts(option, accepts, sizeof accepts);
            printf("| `%s.%s` | %s%s%s%s | %s%s%s | ", tables[t]->section, option->key, accepts,
                   option->unit[0] != '\0' ? " (" : "", option->unit,
                   option->unit[0] != '\0' ? ")" : "", option->initial != NULL ? "`" : "",
                   option->initial != NULL ? option->initial : "none",
                   option->initial != NULL ? "`" : "");
            print_cell(option->help);
            printf(" |\n");
        }
    }
}

static void print_columns(const char *title, const spn_columns *columns)
{
    printf("\n### %s\n\n| name | unit | meaning |\n|---|---|---|\n", title);
    for (int64_t i = 0; i < columns->count; i++) {
        const spn_column *column = &columns->items[i];
        printf("| `%s` | %s | ", column->name, column->unit);
        print_cell(column->help);
        for (int64_t w = 0; column->words != NULL && column->words[w] != NULL; w++) {
            printf("%s`%s`", w == 0 ? ": " : ", ", column->words[w]);
        }
        printf(" |\n");
    }
}

void cli_print_reference(void)
{
    printf("# Reference\n\nCommands, keys of an experiment, and columns of results. This page is "
           "printed by\n`spinodal help reference` from the tables that the program itself uses. "
           "Numbers T1, T2, ...\nare the equations of [theory.md](theory.md).\n\n");
    print_commands();
    print_keys();
    printf("\n## Columns\n");
    for (const spn_kind *const *kind = spn_kinds; *kind != NULL; kind++) {
        for (int64_t i = 0; i < (*kind)->table_count; i++) {
            print_columns((*kind)->tables[i].title, (*kind)->tables[i].columns);
        }
    }
    print_columns("Geometry at one point (`spinodal geometry --json`)", &spn_geometry_columns);
    print_columns("Linear theory (table `theory`, `spinodal theory --json`)",
                  &spn_theory_mode_columns);
    print_columns("Upward sweep of the linear network (`spinodal theory --json`: "
                  "`surrogate.transitions`)",
                  &spn_theory_transition_columns);
    print_columns("Onset of learning (`spinodal theory --json`: `onset`)",
                  &spn_theory_onset_columns);
    print_columns("Phases of the answer (`spinodal transitions --json`: `answers`; `phases`)",
                  &spn_answer_phase_columns);
    print_columns("Transitions, each once (the same: `entries`)", &spn_answer_entry_columns);
    print_columns("Runs of training (`spinodal grok --json`: `answer`)",
                  &spn_training_answer_columns);
    print_columns("Change points beside transitions (the same: `claim`)", &spn_claim_columns);
    print_columns("Transitions (`spinodal transitions --json`: `transitions`, `crossings`)",
                  &spn_transition_columns);
    print_columns("Hysteresis (the same: `hysteresis`)", &spn_hysteresis_columns);
    print_columns("Over seeds and files (the same: `groups`)", &spn_transition_group_columns);
    print_columns("Stuck random starts (the same: `stuck`)", &spn_stuck_columns);
    print_columns("Change points (`spinodal transitions --noisy --json`: `change_points`)",
                  &spn_change_point_columns);
}
