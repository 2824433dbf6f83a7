/* SPDX-License-Identifier: MIT */
#include "cli/files.h"

#include <sys/stat.h>

spn_status cli_refuse_same_file(spn_context *context, const char *output, const char *input)
{
    struct stat written, read;
    if (stat(output, &written) == 0 && stat(input, &read) == 0 && written.st_dev == read.st_dev &&
        written.st_ino == read.st_ino) {
        return spn_fail(context, SPN_ERROR_IO, "%s is the file that is read; choose another output",
                        output);
    }
    return SPN_OK;
}
