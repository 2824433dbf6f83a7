/* SPDX-License-Identifier: MIT */
/** @file prediction.h  What `spinodal theory` says of an experiment beyond its modes. */
#ifndef SPINODAL_SRC_CLI_PREDICTION_H
#define SPINODAL_SRC_CLI_PREDICTION_H

#include "cli/cli.h"

/** Significant digits of what `theory` prints. */
enum { CLI_THEORY_DIGITS = 6 };

/** `norm`: how sqrt(n) is written, NULL: |theta|. */
spn_status cli_print_prediction(spn_context *context, const spn_prediction *prediction,
                                const char *norm);
/** Keys "surrogate", "surrogate_note", "onset", "onset_note" of the object that is open. */
void cli_write_prediction(spn_json *json, const spn_prediction *prediction);

#endif
