/* SPDX-License-Identifier: MIT */
/** @file family.h  Targets that are families of experiments; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_FAMILY_FAMILY_H
#define SPINODAL_SRC_GALLERY_FAMILY_FAMILY_H

#include "gallery/gallery.h"

/** Run a family, tell what came out, write its tables and draw it. */
spn_status spni_family_make(spni_job *job, spn_family_kind kind);
/** Its section: its transitions, before them (has_starts) its runs. */
spn_status spni_family_section(spn_text *page, const spni_source *source, bool has_starts);

#endif
