/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <spinodal/base/farm.h>
#include <spinodal/gallery.h>
#include <stdio.h>
#include <string.h>

static bool is_known(const char *name)
{
    spn_gallery_name known;
    bool is_found = false;
    for (int64_t i = 0; !is_found && spn_gallery_name_at(i, &known); i++) {
        is_found = strcmp(known.name, name) == 0;
    }
    return is_found;
}

/* Once, not for each experiment of a target. */
static spn_status tell_overridden(spn_context *context, const cli_arguments *arguments)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    SPN_TRY(spn_experiment_create(context, &experiment));
    SPN_TRY(
        spn_experiment_override(context, experiment, arguments->set_count, arguments->sets, false));
done:
    spn_experiment_free(context, experiment);
    return status;
}

spn_status cmd_reproduce(cli_session *session, const cli_arguments *arguments)
{
    const char *name = arguments->word_count > 0 ? arguments->words[0] : "all";
    const bool has_ranks = spn_context_farm(session->context) != NULL;
    const spn_gallery_settings settings = {
        .folder = arguments->output != NULL ? arguments->output : "figures",
        .threads = has_ranks && arguments->threads == 0 ? 1 : arguments->threads,
        .is_forced = arguments->is_forced,
        .is_resumed = arguments->is_resumed,
        .set_count = arguments->set_count,
        .sets = arguments->sets};
    spn_status status = tell_overridden(session->context, arguments);
    if (status == SPN_OK) {
        status = spn_gallery_make(session->context, name, &settings, &session->is_good);
    }
    if (status == SPN_ERROR_ARGUMENT && !is_known(name)) {
        return cli_misuse(session, "%s", spn_error_text(session->context));
    }
    if (status == SPN_ERROR_IO && cli_is_disk_full(session->context)) {
        return spn_fail(session->context, SPN_ERROR_IO,
                        "%s; what is complete stays in %s: make room and go on with --resume",
                        spn_error_text(session->context), settings.folder);
    }
    return status;
}
