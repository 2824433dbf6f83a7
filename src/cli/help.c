/* SPDX-License-Identifier: MIT */
/* Help is printed from the same tables that parse: short first, keys of an experiment by section on request. */
#include "cli/cli.h"

#include <spinodal/gallery.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_WIDTH = 79 };

/* The next word of a text: where it starts; its length in *length, 0 at the end. */
static const char *next_word(const char *text, int *length)
{
    text += strspn(text, " \n");
    *length = (int)strcspn(text, " \n");
    return text;
}

/* Words of `text` from column `at` on, lines that follow from column `indent`; ends with a line break. */
static void print_wrapped(const char *text, int at, int indent)
{
    int length = 0;
    bool is_first = true;
    for (text = next_word(text, &length); length > 0; text = next_word(text + length, &length)) {
        if (!is_first && at + 1 + length > PAGE_WIDTH) {
            printf("\n%*s", indent, "");
            at = indent;
        } else if (!is_first) {
            putchar(' ');
            at++;
        }
        printf("%.*s", length, text);
        at += length;
        is_first = false;
    }
    putchar('\n');
}

/* A word, and beside it or below what it means. */
static void print_entry(const char *word, int width, const char *meaning)
{
    const int indent = 2 + width + 2;
    int at = printf("  %-*s  ", width, word);
    if (at > indent) {
        at = printf("\n%*s", indent, "") - 1;
    }
    print_wrapped(meaning, at, indent);
}

void cli_print_overview(void)
{
    printf("spinodal: phase transitions of L2-regularised neural networks\n\n"
           "usage: spinodal COMMAND [ARGUMENTS]\n\ncommands:\n");
    for (const cli_command *command = cli_commands; command->name != NULL; command++) {
        print_entry(command->name, 11, command->summary);
    }
    printf("\n'spinodal COMMAND --help' explains a command, 'spinodal help SECTION' the keys of a "
           "section\n"
           "of an experiment; 'spinodal --version' prints the version.\n");
}

void cli_flag_word(const cli_flag *flag, char *word, size_t size)
{
    char letter[8] = "";
    if (flag->letter != 0) {
        snprintf(letter, sizeof letter, "-%c, ", flag->letter);
    }
    snprintf(word, size, "%s--%s%s%s", letter, flag->name, flag->value != NULL ? " " : "",
             flag->value != NULL ? flag->value : "");
}

static void print_flags(const cli_command *command)
{
    printf("\noptions:\n");
    for (const cli_flag *flag = cli_flags; flag->name != NULL; flag++) {
        char word[64];
        if (!cli_takes_flag(command, flag)) {
            continue;
        }
        cli_flag_word(flag, word, sizeof word);
        print_entry(word, 21, flag->help);
    }
}

void cli_option_accepts(const spn_option *option, char *text, size_t size)
{
    char accepts[200];
    spn_option_accepts(option, accepts, sizeof accepts);
    snprintf(text, size, "%s%s%s%s%s%s", accepts, option->unit[0] != '\0' ? " [" : "", option->unit,
             option->unit[0] != '\0' ? "]" : "", option->initial != NULL ? "; default " : "",
             option->initial != NULL ? option->initial : "");
}

static void print_key(const spn_option *option)
{
    char accepts[400];
    cli_option_accepts(option, accepts, sizeof accepts);
    print_entry(option->key, 18, option->help);
    printf("%*s", 24, "");
    print_wrapped(accepts, 24, 24);
}

/* Is the word part of the key, as it stands in a file or behind --set? NULL: of any. */
static bool has_word(const spn_option_table *table, const spn_option *option, const char *word)
{
    char key[160];
    snprintf(key, sizeof key, "%s.%s", table->section, option->key);
    return word == NULL || strstr(key, word) != NULL;
}

static int64_t count_keys(const spn_option_table *table, const char *word)
{
    int64_t count = 0;
    for (int64_t i = 0; i < table->count; i++) {
        count += has_word(table, &table->options[i], word);
    }
    return count;
}

/* Keys of a section: all, or those that the word is part of. */
static void print_section(const spn_option_table *table, const char *word)
{
    printf("%s: %s\n", table->section, table->help);
    for (int64_t i = 0; i < table->count; i++) {
        if (has_word(table, &table->options[i], word)) {
            print_key(&table->options[i]);
        }
    }
}

const spn_option_table *cli_find_section(const char *name)
{
    int64_t count = 0;
    const spn_option_table *const *tables = spn_experiment_tables(&count);
    for (int64_t t = 0; t < count; t++) {
        if (strcmp(tables[t]->section, name) == 0) {
            return tables[t];
        }
    }
    return NULL;
}

bool cli_has_keys(const char *word)
{
    int64_t count = 0, found = 0;
    const spn_option_table *const *tables = spn_experiment_tables(&count);
    for (int64_t t = 0; t < count && word[0] != '\0'; t++) {
        found += count_keys(tables[t], word);
    }
    return found > 0;
}

bool cli_print_keys(const char *topic)
{
    int64_t count = 0;
    const spn_option_table *const *tables = spn_experiment_tables(&count);
    const spn_option_table *only = cli_find_section(topic);
    const bool is_all = strcmp(topic, CLI_ALL_KEYS) == 0;
    const char *word = is_all || only != NULL ? NULL : topic;
    if (word != NULL && !cli_has_keys(word)) {
        return false;
    }
    printf("keys of an experiment%s%s%s (in the file, or by --set SECTION.KEY=VALUE)\n",
           word != NULL ? " with '" : "", word != NULL ? word : "", word != NULL ? "'" : "");
    for (int64_t t = 0; t < count; t++) {
        if ((only == NULL || tables[t] == only) && count_keys(tables[t], word) > 0) {
            putchar('\n');
            print_section(tables[t], word);
        }
    }
    return true;
}

static void print_sections(const cli_command *command)
{
    int64_t count = 0;
    const spn_option_table *const *tables = spn_experiment_tables(&count);
    printf("\nsections of an experiment ('spinodal %s --help SECTION' lists the keys of one, "
           "'--help %s' all):\n",
           command->name, CLI_ALL_KEYS);
    for (int64_t t = 0; t < count; t++) {
        print_entry(tables[t]->section, 18, tables[t]->help);
    }
}

static void print_targets(void)
{
    spn_gallery_name target;
    printf("\ntargets:\n");
    for (int64_t i = 0; spn_gallery_name_at(i, &target); i++) {
        print_entry(target.name, 11, target.help);
    }
}

void cli_print_help(const cli_command *command)
{
    printf("usage: spinodal %s %s\n\n", command->name, command->usage);
    print_wrapped(command->details, 0, 0);
    if (command->run == cmd_reproduce) {
        print_targets();
    }
    print_flags(command);
    if (command->has_experiment) {
        print_sections(command);
    }
}

/* ---- Usage errors -------------------------------------------------------------------------------- */

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
