/* SPDX-License-Identifier: MIT */
#include "store/hdf5_file.h"

#include <stdio.h>
#include <string.h>

void spni_hdf5_silence_begin(spni_hdf5_silence *silence)
{
    silence->function = NULL;
    silence->data = NULL;
    H5Eget_auto2(H5E_DEFAULT, &silence->function, &silence->data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void spni_hdf5_silence_end(const spni_hdf5_silence *silence)
{
    H5Eset_auto2(H5E_DEFAULT, silence->function, silence->data);
}

/* The innermost entry of the stack is the cause. Its file driver's texts hold the system's message among much
 * else: "..., errno = 28, error message = 'No space left on device', ...". */
static herr_t find_cause(unsigned n, const H5E_error2_t *entry, void *data)
{
    static const char marker[] = "error message = '";
    char *reason = data;
    if (n > 0 || entry->desc == NULL) {
        return 0;
    }
    const char *start = strstr(entry->desc, marker);
    const char *end = NULL;
    if (start != NULL) {
        start += sizeof marker - 1;
        end = strchr(start, '\'');
    }
    if (end != NULL) {
        snprintf(reason, 200, "%.*s", (int)(end - start), start);
    } else {
        snprintf(reason, 200, "%s", entry->desc);
    }
    return 0;
}

spn_status spni_hdf5_fail(spn_context *context, spn_status code, const char *what, const char *path,
                          const char *part)
{
    char reason[200] = "";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, find_cause, reason);
    H5Eclear2(H5E_DEFAULT);
    const bool has_part = part[0] != '\0';
    return spn_fail(context, code, "%s %s%s%s%s%s%s", what, path, has_part ? " (" : "", part,
                    has_part ? ")" : "", reason[0] != '\0' ? ": " : "", reason);
}

void spni_hdf5_close(hid_t id)
{
    if (id >= 0) {
        H5Idec_ref(id);
    }
}

hid_t spni_hdf5_string_type(void)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 &&
        (H5Tset_size(type, H5T_VARIABLE) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0)) {
        H5Tclose(type);
        return H5I_INVALID_HID;
    }
    return type;
}
