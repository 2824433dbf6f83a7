/* SPDX-License-Identifier: MIT */
/** @file prediction.h  What `spinodal theory` says of an experiment beyond its modes. */
#ifndef SPINODAL_SRC_CLI_PREDICTION_H
#define SPINODAL_SRC_CLI_PREDICTION_H

#include "cli/cli.h"

void cli_put_prediction(spn_text *text, const spn_prediction *prediction);
/** Keys "surrogate", "surrogate_note", "onset", "onset_note" of the object that is open. */
void cli_write_prediction(spn_json *json, const spn_prediction *prediction);

#endif
