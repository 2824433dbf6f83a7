/* SPDX-License-Identifier: MIT */
/** @file peers.h  Numbers for others to compare with. */
#ifndef SPINODAL_BENCH_PEERS_H
#define SPINODAL_BENCH_PEERS_H

#include "harness.h"

/** theta.csv, gradient.csv, hessian.csv (lower triangle, one row a line) and scalar.csv (value, R) of the
 *  error E of the network 3-width-width-2 at its initial weights. */
spn_status bench_export(spn_context *context, const char *folder, int64_t width, int64_t samples);

#endif
