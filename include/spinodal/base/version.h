/* SPDX-License-Identifier: MIT */
/** @file version.h  The version of headers and program; CMake reads it from here. */
#ifndef SPINODAL_BASE_VERSION_H
#define SPINODAL_BASE_VERSION_H

#define SPN_VERSION "0.1.0"

#endif
