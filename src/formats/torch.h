/* SPDX-License-Identifier: MIT */
/** @file torch.h  State dictionaries as torch.save() writes them: a zip archive of NAME/data.pkl, a pickle that
 *  describes the tensors, NAME/data/0, ..., their numbers, and NAME/byteorder. */
#ifndef SPNI_FORMATS_TORCH_H
#define SPNI_FORMATS_TORCH_H

#include "formats/archive.h"
#include "formats/arrays.h"

/** Is there a member NAME/data.pkl? Its index, or -1. */
int64_t spni_torch_find(zip_t *archive);

/** The arrays of an open archive of `size` bytes whose member `pickle` is NAME/data.pkl. */
spn_status spni_torch_read(spn_context *context, const char *source, zip_t *archive, int64_t size,
                           int64_t pickle, spn_arrays **out);

/** Where the numbers of storages come from. */
typedef struct spni_torch_numbers {
    /** The bytes under a key: those that were given before are given again, and stay. */
    spn_status (*find)(void *user, const char *key, const unsigned char **bytes, int64_t *size);
    void *user;
    bool is_big_endian;
    int64_t limit; /**< how many numbers all tensors may hold, since they may share storages */
} spni_torch_numbers;

/** The arrays of a pickle. */
spn_status spni_torch_arrays(spn_context *context, const char *source, const unsigned char *pickle,
                             int64_t size, const spni_torch_numbers *numbers, spn_arrays **out);

/** What to say of a file that an old version of torch.save() wrote; NULL: it is none. */
const char *spni_torch_old_form(const unsigned char *bytes, int64_t size);

#endif
