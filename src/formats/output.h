/* SPDX-License-Identifier: MIT */
/** @file output.h  The system calls of an output, replaceable so that tests can make each one fail. */
#ifndef SPNI_FORMATS_OUTPUT_H
#define SPNI_FORMATS_OUTPUT_H

#include <spinodal/formats/output.h>
#include <sys/types.h>

/** Return values and errno as the system calls of the same names. */
typedef struct spni_output_calls {
    ssize_t (*write)(int file, const void *bytes, size_t count);
    int (*fsync)(int file);
    int (*close)(int file);
    int (*rename)(const char *from, const char *to);
    int (*link)(const char *from, const char *to);
} spni_output_calls;

/** Use these calls from now on (the struct must outlive the output). */
void spni_output_replace_calls(spn_output *output, const spni_output_calls *calls);

#endif
