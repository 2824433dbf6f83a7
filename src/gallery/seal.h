/* SPDX-License-Identifier: MIT */
/** @file seal.h  Pages that the program keeps up to date; private to room `gallery`. */
#ifndef SPINODAL_SRC_GALLERY_SEAL_H
#define SPINODAL_SRC_GALLERY_SEAL_H

#include <spinodal/store.h>

/** Close a page by a line with the checksum of what stands before it. */
spn_status spni_seal(spn_context *context, spn_text_buffer *text);

/** Is the file such a page, as the program wrote it? One that is missing or was changed by hand is not. */
spn_status spni_has_seal(spn_context *context, const char *path, bool *has_seal);

#endif
