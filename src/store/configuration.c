/* SPDX-License-Identifier: MIT */
/* Values out of the effective experiment that results keep. spn_experiment_dump() writes sections at the left
 * edge, their keys two blanks further, and keys of a group four. */
#include <spinodal/network.h>
#include <spinodal/store.h>

#include <stdio.h>
#include <string.h>

/* Is the line "KEY:" or "KEY: value" of this depth? Its value, or NULL. */
static const char *match(const char *line, size_t depth, const char *key, size_t length)
{
    if (strspn(line, " ") != depth || strncmp(line + depth, key, length) != 0 ||
        line[depth + length] != ':') {
        return NULL;
    }
    const char *value = line + depth + length + 1;
    return value + (*value == ' ');
}

const char *spn_results_setting(const spn_results *results, const char *key, char *buffer,
                                size_t size)
{
    const char *configuration = spn_results_text(results, "configuration");
    const char *line = configuration != NULL ? configuration : "";
    size_t level = 0; /* parts of the key that are found, each in the one before */
    while (*line != '\0') {
        const size_t part = strcspn(key, ".");
        const char *value = match(line, 2 * level, key, part);
        if (value != NULL && key[part] == '\0') {
            snprintf(buffer, size, "%.*s", (int)strcspn(value, "\n"), value);
            return buffer;
        }
        if (value != NULL) {
            key += part + 1;
            level++;
        } else if (strspn(line, " ") < 2 * level) {
            return NULL; /* behind the section */
        }
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return NULL;
}

int64_t spn_results_regulariser(const spn_results *results)
{
    char word[32];
    const char *said = spn_results_setting(results, "objective.regularise", word, sizeof word);
    int64_t kind = said != NULL ? spn_regularise_find(said) : -1;
    return kind >= 0 ? kind : SPN_REGULARISE_ALL;
}
