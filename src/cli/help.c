/* SPDX-License-Identifier: MIT */
/* Help is printed from the same tables that parse. */
#include "cli/cli.h"

#include <spinodal/gallery.h>

#include <stdarg.h>
#include <stdio.h>

void cli_print_overview(void)
{
    printf("spinodal: phase transitions of L2-regularised neural networks\n\n"
           "usage: spinodal COMMAND [ARGUMENTS]\n\ncommands:\n");
    for (const cli_command *command = cli_commands; command->name != NULL; command++) {
        printf("  %-10s  %s\n", command->name, command->summary);
    }
    printf("\n'spinodal COMMAND --help' explains a command; 'spinodal --version' prints the "
           "version.\n");
}

static void print_flags(const cli_command *command)
{
    printf("\noptions:\n");
    for (const cli_flag *flag = cli_flags; flag->name != NULL; flag++) {
        if (!cli_takes_flag(command, flag)) {
            continue;
        }
        char left[64], letter[8] = "    ";
        if (flag->letter != 0) {
            snprintf(letter, sizeof letter, "-%c, ", flag->letter);
        }
        snprintf(left, sizeof left, "%s--%s%s%s", letter, flag->name,
                 flag->value != NULL ? " " : "", flag->value != NULL ? flag->value : "");
        printf("  %-30s  %s\n", left, flag->help);
    }
}

static void print_option(const spn_option *option)
{
    char accepts[200];
    spn_option_accepts(option, accepts, sizeof accepts);
    printf("  %-16s  %s\n", option->key, option->help);
    printf("  %-16s    %s%s%s%s%s%s\n", "", accepts, option->unit[0] != '\0' ? " [" : "",
           option->unit, option->unit[0] != '\0' ? "]" : "",
           option->initial != NULL ? "; default " : "",
           option->initial != NULL ? option->initial : "");
}

static void print_keys(void)
{
    int64_t count = 0;
    const spn_option_table *const *tables = spn_experiment_tables(&count);
    printf("\nkeys of an experiment (in the file, or by --set SECTION.KEY=VALUE):\n");
    for (int64_t t = 0; t < count; t++) {
        printf("\n%s: %s\n", tables[t]->section, tables[t]->help);
        for (int64_t i = 0; i < tables[t]->count; i++) {
            print_option(&tables[t]->options[i]);
        }
    }
}

static void print_targets(void)
{
    spn_gallery_name target;
    printf("\ntargets:\n");
    for (int64_t i = 0; spn_gallery_name_at(i, &target); i++) {
        printf("  %-10s  %s\n", target.name, target.help);
    }
}

void cli_print_help(const cli_command *command)
{
    printf("usage: spinodal %s %s\n\n%s\n", command->name, command->usage, command->details);
    if (command->run == cmd_reproduce) {
        print_targets();
    }
    print_flags(command);
    if (command->has_experiment) {
        print_keys();
    }
}

enum { USAGE_ERROR_SIZE = 512 };

static void put_usage_error(const cli_command *command, const char *text)
{
    char line[USAGE_ERROR_SIZE + 128];
    const char *name = command != NULL ? command->name : "", *space = command != NULL ? " " : "";
    snprintf(line, sizeof line, "spinodal%s%s: %s (see: spinodal%s%s --help)", space, name, text,
             space, name);
    cli_put_line("", line);
}

int cli_usage_error(const cli_command *command, const char *format, ...)
{
    char text[USAGE_ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put_usage_error(command, text);
    return EXIT_USAGE;
}

spn_status cli_misuse(cli_session *session, const char *format, ...)
{
    char text[USAGE_ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put_usage_error(session->command, text);
    session->is_misused = true;
    return SPN_ERROR_ARGUMENT;
}
