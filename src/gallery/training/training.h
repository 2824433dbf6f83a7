/* SPDX-License-Identifier: MIT */
/** @file training.h  Targets of watched training; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_TRAINING_TRAINING_H
#define SPINODAL_SRC_GALLERY_TRAINING_TRAINING_H

#include "gallery/gallery.h"

/** Their tables as CSV. */
extern const spni_csv spni_training_tables[];

/** Training as a section of the index sees it. */
typedef struct spni_training {
    spn_text *page;
    spn_grok_contents c;
} spni_training;
spn_status spni_training_read(spn_text *page, const spni_section_source *source,
                              spni_training *out);
const spn_run_record *spni_training_run(const spni_training *t, int64_t run);
/** The start of a run, as a cell. */
void spni_training_put_start(const spni_training *t, int64_t run);
/** The table of how runs end. */
void spni_training_put_ends(const spni_training *t);

spni_section spni_fig3_section, spni_omnigrok_section;

#endif
