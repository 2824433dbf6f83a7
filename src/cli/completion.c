/* SPDX-License-Identifier: MIT */
/* Completions for shells, from the tables that parse: `spinodal help bash`, `spinodal help zsh`. */
#include "cli/cli.h"

#include <spinodal/gallery.h>
#include <stdio.h>
#include <string.h>

/* What the files that a command takes end with; NULL: anything. */
static const char *ending_of(const cli_command *command)
{
    return strncmp(command->usage, "EXPERIMENT", 10) == 0 ? "yaml"
           : strncmp(command->usage, "RUN.h5", 6) == 0    ? "h5"
           : strncmp(command->usage, "DATA.csv", 8) == 0  ? "csv"
                                                          : NULL;
}

static void put_flags(const cli_command *command)
{
    for (const cli_flag *flag = cli_flags; flag->name != NULL; flag++) {
        if (cli_takes_flag(command, flag)) {
            printf(" --%s", flag->name);
            if (flag->letter != 0) {
                printf(" -%c", flag->letter);
            }
        }
    }
}

static void put_targets(void)
{
    spn_gallery_name target;
    for (int64_t i = 0; spn_gallery_name_at(i, &target); i++) {
        printf(" %s", target.name);
    }
}

static void put_commands(void)
{
    for (const cli_command *command = cli_commands; command->name != NULL; command++) {
        printf(" %s", command->name);
    }
}

static void put_sections(void)
{
    int64_t count = 0;
    const spn_option_table *const *tables = spn_experiment_tables(&count);
    for (int64_t t = 0; t < count; t++) {
        printf(" %s", tables[t]->section);
    }
    printf(" %s", CLI_ALL_KEYS);
}

/* "data.kind= data.samples= ...", and where `has_words` instead cases of words: data.kind) choices='gaussian ...';; */
static void put_keys(bool has_words)
{
    int64_t count = 0;
    const spn_option_table *const *tables = spn_experiment_tables(&count);
    for (int64_t t = 0; t < count; t++) {
        for (int64_t i = 0; i < tables[t]->count; i++) {
            const spn_option *option = &tables[t]->options[i];
            if (!has_words) {
                printf(" %s.%s=", tables[t]->section, option->key);
            } else if (option->type == SPN_OPTION_BOOLEAN) {
                printf("    %s.%s) choices='true false' ;;\n", tables[t]->section, option->key);
            } else if (option->type == SPN_OPTION_CHOICE) {
                printf("    %s.%s) choices='", tables[t]->section, option->key);
                for (const char *const *word = option->choices; *word != NULL; word++) {
                    printf("%s%s", word == option->choices ? "" : " ", *word);
                }
                printf("' ;;\n");
            }
        }
    }
}

/* --kind) choices='all accuracy symmetry' ;; */
static void put_flag_words(void)
{
    for (const cli_flag *flag = cli_flags; flag->name != NULL; flag++) {
        const char *const *words = cli_flag_words(flag->name);
        if (words == NULL) {
            continue;
        }
        printf("    --%s) choices='", flag->name);
        for (int64_t i = 0; words[i] != NULL; i++) {
            printf("%s%s", i > 0 ? " " : "", words[i]);
        }
        printf("' ;;\n");
    }
}

/* What each shell asks by the same functions: the flags of a command, its files, the words of a key. */
static void put_tables(void)
{
    printf("_spinodal_flags() {\n    case $1 in\n");
    for (const cli_command *command = cli_commands; command->name != NULL; command++) {
        printf("    %s) choices='", command->name);
        put_flags(command);
        printf("' ;;\n");
    }
    printf("    *) choices='--help --version' ;;\n    esac\n}\n\n"
           "_spinodal_ending() {\n    case $1 in\n");
    for (const cli_command *command = cli_commands; command->name != NULL; command++) {
        if (ending_of(command) != NULL) {
            printf("    %s) ending=%s ;;\n", command->name, ending_of(command));
        }
    }
    printf("    *) ending= ;;\n    esac\n}\n\n"
           "_spinodal_values() {\n    case $1 in\n");
    put_keys(true);
    put_flag_words();
    printf("    *) choices= ;;\n    esac\n}\n\n_spinodal_commands='");
    put_commands();
    printf(" help'\n_spinodal_targets='");
    put_targets();
    printf("'\n_spinodal_sections='");
    put_sections();
    printf("'\n_spinodal_keys='");
    put_keys(false);
    printf("'\n\n");
}

void cli_print_bash_completion(void)
{
    printf("# bash completion for spinodal; made by `spinodal help bash`.\n\n");
    put_tables();
    fputs("# Bash takes KEY=VALUE apart at the sign.\n"
          "_spinodal() {\n"
          "    local cur=${COMP_WORDS[COMP_CWORD]} prev= key= choices= ending= "
          "command=${COMP_WORDS[1]}\n"
          "    [ \"$COMP_CWORD\" -gt 0 ] && prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        COMPREPLY=($(compgen -W \"$_spinodal_commands --help --version\" -- \"$cur\"))\n"
          "        return\n"
          "    fi\n"
          "    if [ \"$cur\" = = ]; then\n"
          "        key=$prev cur=\n"
          "    elif [ \"$prev\" = = ]; then\n"
          "        key=${COMP_WORDS[COMP_CWORD - 2]}\n"
          "    fi\n"
          "    if [ \"$key\" = --set ]; then\n"
          "        COMPREPLY=($(compgen -W \"$_spinodal_keys\" -- \"$cur\"))\n"
          "        compopt -o nospace 2>/dev/null\n"
          "        return\n"
          "    fi\n"
          "    if [ -n \"$key\" ]; then\n"
          "        _spinodal_values \"$key\"\n"
          "        if [ -n \"$choices\" ]; then\n"
          "            COMPREPLY=($(compgen -W \"$choices\" -- \"$cur\"))\n"
          "        else\n"
          "            COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "        fi\n"
          "        return\n"
          "    fi\n"
          "    case $prev in\n"
          "    --set)\n"
          "        COMPREPLY=($(compgen -W \"$_spinodal_keys\" -- \"$cur\"))\n"
          "        compopt -o nospace 2>/dev/null\n"
          "        return ;;\n"
          "    --help | help)\n"
          "        choices=$_spinodal_sections\n"
          "        [ \"$command\" = help ] && choices=\"$choices $_spinodal_commands\"\n"
          "        COMPREPLY=($(compgen -W \"$choices\" -- \"$cur\"))\n"
          "        return ;;\n"
          "    esac\n"
          "    _spinodal_values \"$prev\"\n"
          "    if [ -n \"$choices\" ]; then\n"
          "        COMPREPLY=($(compgen -W \"$choices\" -- \"$cur\"))\n"
          "        return\n"
          "    fi\n"
          "    if [[ $cur == -* ]]; then\n"
          "        _spinodal_flags \"$command\"\n"
          "        COMPREPLY=($(compgen -W \"$choices\" -- \"$cur\"))\n"
          "        return\n"
          "    fi\n"
          "    compopt -o filenames 2>/dev/null\n"
          "    _spinodal_ending \"$command\"\n"
          "    if [ \"$command\" = reproduce ] && [ \"$prev\" != -o ] && [ \"$prev\" != --output "
          "]; then\n"
          "        COMPREPLY=($(compgen -W \"$_spinodal_targets\" -- \"$cur\"))\n"
          "    elif [ -n \"$ending\" ] && [[ $prev != -* ]]; then\n"
          "        COMPREPLY=($(compgen -f -X \"!*.$ending\" -- \"$cur\") $(compgen -d -- "
          "\"$cur\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -f -- \"$cur\"))\n"
          "    fi\n"
          "}\n\ncomplete -F _spinodal spinodal\n",
          stdout);
}

void cli_print_zsh_completion(void)
{
    printf("#compdef spinodal\n# zsh completion for spinodal; made by `spinodal help zsh`.\n\n");
    put_tables();
    fputs("_spinodal() {\n"
          "    local cur=${words[CURRENT]} prev=${words[CURRENT-1]} command=${words[2]} choices= "
          "ending=\n"
          "    if (( CURRENT == 2 )); then\n"
          "        compadd -- ${=_spinodal_commands} --help --version\n"
          "    elif [[ $prev == --set && $cur == *=* ]]; then\n"
          "        _spinodal_values ${cur%%=*}\n"
          "        compset -P '*='\n"
          "        if [[ -n $choices ]]; then compadd -- ${=choices}; else _files; fi\n"
          "    elif [[ $prev == --set ]]; then\n"
          "        compadd -S '' -- ${=_spinodal_keys}\n"
          "    elif [[ $prev == --help ]]; then\n"
          "        compadd -- ${=_spinodal_sections}\n"
          "    elif [[ $command == help ]]; then\n"
          "        compadd -- ${=_spinodal_sections} ${=_spinodal_commands}\n"
          "    elif _spinodal_values $prev; [[ -n $choices ]]; then\n"
          "        compadd -- ${=choices}\n"
          "    elif [[ $cur == --set=*=* ]]; then\n"
          "        _spinodal_values ${${cur#--set=}%%=*}\n"
          "        compset -P '*=*='\n"
          "        if [[ -n $choices ]]; then compadd -- ${=choices}; else _files; fi\n"
          "    elif [[ $cur == --set=* ]]; then\n"
          "        compset -P '*='\n"
          "        compadd -S '' -- ${=_spinodal_keys}\n"
          "    elif [[ $cur == --*=* ]]; then\n"
          "        _spinodal_values ${cur%%=*}\n"
          "        compset -P '*='\n"
          "        if [[ -n $choices ]]; then compadd -- ${=choices}; else _files; fi\n"
          "    elif [[ $cur == -* ]]; then\n"
          "        _spinodal_flags $command\n"
          "        compadd -- ${=choices}\n"
          "    elif [[ $command == reproduce && $prev != -o && $prev != --output ]]; then\n"
          "        compadd -- ${=_spinodal_targets}\n"
          "    else\n"
          "        _spinodal_ending $command\n"
          "        if [[ -n $ending && $prev != -* ]]; then _files -g \"*.$ending\"; else _files; "
          "fi\n"
          "    fi\n"
          "}\n\n_spinodal \"$@\"\n",
          stdout);
}
