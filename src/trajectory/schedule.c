/* SPDX-License-Identifier: MIT */
/* The epochs at which runs are recorded. */
#include <math.h>
#include <spinodal/trajectory.h>

/* Beyond 2^53 a whole number and the next are the same double: an epoch more would be none. */
static const double EPOCHS_MOST = 9007199254740992.0;

/* More records per decade than there are pixels in a figure; with them a schedule has at most 160,000 entries. */
enum { RECORDS_MOST = 10000 };

static spn_status check_length(spn_context *context, const spn_grok_settings *settings)
{
    double epochs = settings->epochs;
    if (!spn_path_is_continuous(settings->method) && epochs != floor(epochs)) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "grok.epochs",
                            "steps are whole, but it is %g; only the flow ends between", epochs);
    }
    if (epochs > EPOCHS_MOST) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "grok.epochs",
                            "must be at most 2^53 (9.007e15), is %g", epochs);
    }
    if (settings->at.count == 0 && settings->records > RECORDS_MOST) {
        return spn_fail_key(context, SPN_ERROR_INPUT, "grok.records",
                            "must be from 1 to %d, is %lld", (int)RECORDS_MOST,
                            (long long)settings->records);
    }
    return SPN_OK;
}

static spn_status check_listed(spn_context *context, const spn_reals *at)
{
    for (int64_t i = 0; i < at->count; i++) {
        if (i > 0 && !(at->items[i] > at->items[i - 1])) {
            return spn_fail_key(context, SPN_ERROR_INPUT, "grok.at",
                                "epochs must be >= 0, finite and ascending, but item %lld is %g",
                                (long long)i + 1, at->items[i]);
        }
    }
    return SPN_OK;
}

/* Candidate i behind epoch 0: from the list, or 10^(i / records). Steps are whole. */
static double candidate(const spn_grok_settings *settings, int64_t i)
{
    double epoch = settings->at.count > 0 ? settings->at.items[i]
                                          : pow(10, (double)i / (double)settings->records);
    return spn_path_is_continuous(settings->method) ? epoch : round(epoch);
}

spn_status spn_trajectory_schedule(spn_context *context, const spn_grok_settings *settings,
                                   int64_t *count, double **epochs)
{
    static const char *const keys[] = {"method", "epochs", "records", "at", NULL};
    spn_status status = SPN_OK;
    double *out = NULL;
    int64_t rows = 1, candidates = settings->at.count;
    *epochs = NULL;
    *count = 0;
    SPN_TRY(spn_settings_check_keys(context, &spn_grok_options, settings, keys));
    SPN_TRY(check_length(context, settings));
    SPN_TRY(check_listed(context, &settings->at));
    if (candidates == 0 && settings->epochs > 1) {
        candidates = (int64_t)ceil(log10(settings->epochs) * (double)settings->records) + 1;
    }
    SPN_NEW(context, out, candidates + 2);
    for (int64_t i = 0; i < candidates; i++) {
        double epoch = candidate(settings, i);
        if (epoch > out[rows - 1] && epoch < settings->epochs) {
            out[rows++] = epoch;
        }
    }
    out[rows++] = settings->epochs;
    *count = rows;
    *epochs = out;
    out = NULL;
done:
    spn_release(context, out);
    return status;
}
