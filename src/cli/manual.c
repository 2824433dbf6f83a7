/* SPDX-License-Identifier: MIT */
/* Pages for man(1), from the tables that parse: `spinodal help man [COMMAND]`. They are made when the program is built. */
#include "cli/cli.h"

#include <spinodal/base/version.h>
#include <spinodal/gallery.h>
#include <stdio.h>
#include <string.h>

/* Text as roff takes it: a hyphen is a minus that can be copied, no line begins with a request. */
static void put(const char *text)
{
    bool is_start = true;
    for (; *text != '\0'; text++) {
        if (is_start && (*text == '.' || *text == '\'')) {
            fputs("\\&", stdout);
        }
        if (*text == '-') {
            fputs("\\-", stdout);
        } else if (*text == '\\') {
            fputs("\\e", stdout);
        } else {
            putchar(*text);
        }
        is_start = *text == '\n';
    }
}

/* Words with single blanks: what the source breaks into lines flows. */
static void put_flowing(const char *text)
{
    bool is_gap = false;
    char word[2] = "";
    for (; *text != '\0'; text++) {
        if (*text == ' ' || *text == '\n') {
            is_gap = true;
            continue;
        }
        if (is_gap) {
            putchar(' ');
        }
        word[0] = *text;
        put(word);
        is_gap = false;
    }
    putchar('\n');
}

static void put_heading(const char *title)
{
    printf(".SH %s\n", title);
}

/* A tagged paragraph. */
static void put_entry(const char *tag, const char *text)
{
    fputs(".TP\n.B ", stdout);
    put(tag);
    putchar('\n');
    put_flowing(text);
}

static void put_flags(const cli_command *command)
{
    put_heading("OPTIONS");
    for (const cli_flag *flag = cli_flags; flag->name != NULL; flag++) {
        char word[64];
        if (command == NULL || cli_takes_flag(command, flag)) {
            cli_flag_word(flag, word, sizeof word);
            put_entry(word, flag->help);
        }
    }
}

static void put_targets(void)
{
    spn_gallery_name target;
    put_heading("TARGETS");
    for (int64_t i = 0; spn_gallery_name_at(i, &target); i++) {
        put_entry(target.name, target.help);
    }
}

static void put_keys(void)
{
    int64_t count = 0;
    const spn_option_table *const *tables = spn_experiment_tables(&count);
    put_heading("KEYS OF AN EXPERIMENT");
    printf("A key a.b may be written a: {b: ...}; keys left out have their defaults.\n");
    for (int64_t t = 0; t < count; t++) {
        printf(".SS %s\n", tables[t]->section);
        put_flowing(tables[t]->help);
        for (int64_t i = 0; i < tables[t]->count; i++) {
            const spn_option *option = &tables[t]->options[i];
            char key[128], accepts[400];
            snprintf(key, sizeof key, "%s.%s", tables[t]->section, option->key);
            cli_option_accepts(option, accepts, sizeof accepts);
            put_entry(key, option->help);
            fputs(".br\n", stdout);
            put_flowing(accepts);
        }
    }
}

static void put_statuses(void)
{
    static const char *const statuses[][2] = {
        {"0", "done"},
        {"1", "done, but something that the command judges did not hold"},
        {"2", "wrong usage"},
        {"3", "bad input"},
        {"4", "numerical failure, or out of memory"},
        {"5", "input or output failed"},
        {"130", "interrupted; --resume goes on where a command has it"}};
    put_heading("EXIT STATUS");
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        put_entry(statuses[i][0], statuses[i][1]);
    }
}

/* .TH and the name; `command` NULL: the program's own page. */
static void put_title(const cli_command *command)
{
    char name[64] = "spinodal";
    if (command != NULL) {
        snprintf(name, sizeof name, "spinodal-%s", command->name);
    }
    fputs(".TH ", stdout);
    for (const char *at = name; *at != '\0'; at++) {
        fputs(*at == '-' ? "\\-" : (char[]){*at >= 'a' ? (char)(*at - 'a' + 'A') : *at, '\0'},
              stdout);
    }
    printf(" 1 \"\" \"spinodal %s\" \"User commands\"\n", SPN_VERSION);
    put_heading("NAME");
    put(name);
    fputs(" \\- ", stdout);
    put_flowing(command != NULL ? command->summary
                                : "phase transitions of L2-regularised neural networks");
}

void cli_print_manual(const cli_command *command)
{
    put_title(command);
    put_heading("SYNOPSIS");
    fputs(".B spinodal", stdout);
    if (command != NULL) {
        printf(" %s", command->name);
    }
    putchar('\n');
    put_flowing(command != NULL ? command->usage : "COMMAND [ARGUMENTS]");
    put_heading("DESCRIPTION");
    put_flowing(command != NULL ? command->details
                                : "Follows a trained network through the strength beta of its L2 "
                                  "penalty, measures the geometry of the error and of the loss "
                                  "surface at every point, finds and classifies phase transitions. "
                                  "Each command has a page of its own.");
    if (command == NULL) {
        put_heading("COMMANDS");
        for (const cli_command *each = cli_commands; each->name != NULL; each++) {
            char page[64];
            snprintf(page, sizeof page, "spinodal-%s(1)", each->name);
            put_entry(page, each->summary);
        }
        put_keys();
    } else {
        if (command->run == cmd_reproduce) {
            put_targets();
        }
        put_flags(command);
    }
    put_statuses();
    put_heading("SEE ALSO");
    fputs(".BR spinodal (1)", stdout);
    if (command != NULL && command->has_experiment) {
        fputs(", which lists the keys of an experiment", stdout);
    }
    putchar('\n');
}
