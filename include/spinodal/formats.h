/* SPDX-License-Identifier: MIT */
/** @file formats.h  Room `formats`: reading and writing files of other people's formats.
 *
 *  Paths appear in every error. Numbers are read and written independently of the locale. */
#ifndef SPINODAL_FORMATS_H
#define SPINODAL_FORMATS_H

#include <spinodal/base.h>
#include <spinodal/formats/arrays.h>
#include <spinodal/formats/classes.h>
#include <spinodal/formats/csv.h>
#include <spinodal/formats/idx.h>
#include <spinodal/formats/output.h>

#endif
