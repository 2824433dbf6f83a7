/* SPDX-License-Identifier: MIT */
/* A first experiment for a table. */
#include "cli/cli.h"

#include <spinodal/formats.h>
#include <spinodal/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

/* "tables/energy.csv" gives "energy.yaml" in the current folder. */
static void default_output(const char *table, char *path, size_t size)
{
    const char *slash = strrchr(table, '/');
    const char *name = slash != NULL ? slash + 1 : table;
    const char *dot = strrchr(name, '.');
    const int length = dot != NULL && dot != name ? (int)(dot - name) : (int)strlen(name);
    snprintf(path, size, "%.*s.yaml", length, name);
}

/* The table as the experiment names it: from the experiment's folder, where that is another one. */
static const char *path_of_table(const char *table, const char *output, char *buffer)
{
    const bool is_elsewhere = strchr(output, '/') != NULL && table[0] != '/';
    return is_elsewhere && realpath(table, buffer) != NULL ? buffer : table;
}

spn_status cmd_init(cli_session *session, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_context *context = session->context;
    spn_output *output = NULL;
    spn_text quoted = {.context = context};
    char made[PATH_SIZE], buffer[PATH_SIZE], *text = NULL;
    const char *path = arguments->output, *table = arguments->words[0];
    if (path == NULL) {
        default_output(table, made, sizeof made);
        path = made;
    }
    SPN_TRY(cli_refuse_same_file(context, path, table));
    SPN_TRY(spn_output_open(context, path, arguments->is_forced, &output));
    SPN_TRY(spn_experiment_draft(context, path_of_table(table, path, buffer), arguments->set_count,
                                 arguments->sets, &text));
    SPN_TRY(spn_output_write(context, output, text, (int64_t)strlen(text)));
    SPN_TRY(spn_output_commit(context, &output));
    if (strcmp(path, "-") != 0) {
        spn_text_shell_word(&quoted, path);
        SPN_TRY(quoted.status);
        spn_message(context, "%s is written; next: spinodal theory %s, then spinodal sweep %s",
                    path, quoted.buffer.text, quoted.buffer.text);
    }
done:
    spn_text_end(&quoted);
    spn_output_abandon(context, output);
    spn_release(context, text);
    return status;
}
