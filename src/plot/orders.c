/* SPDX-License-Identifier: MIT */
#include "plot/shared.h"
spn_status spn_plot_orders(spn_context *context, const spn_results *results, const char *directory,
                           const spn_plot_settings *settings)
{
    (void)context;
    (void)results;
    (void)directory;
    (void)settings;
    return SPN_OK;
}
