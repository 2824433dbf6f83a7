/* SPDX-License-Identifier: MIT */
/** @file base.h  Room `base`: status, context, memory, lists, options, pool, team, farm, sums in pairs, random numbers. */
#ifndef SPINODAL_BASE_H
#define SPINODAL_BASE_H

#include <spinodal/base/context.h>
#include <spinodal/base/farm.h>
#include <spinodal/base/list.h>
#include <spinodal/base/memory.h>
#include <spinodal/base/options.h>
#include <spinodal/base/pairs.h>
#include <spinodal/base/pool.h>
#include <spinodal/base/random.h>
#include <spinodal/base/record.h>
#include <spinodal/base/status.h>
#include <spinodal/base/team.h>
#include <spinodal/base/version.h>

#endif
