/* SPDX-License-Identifier: MIT */
#include <spinodal/base/status.h>

const char *spn_status_text(spn_status status)
{
    switch (status) {
#define SPN_STATUS_CASE(name, text)                                                                \
    case name:                                                                                     \
        return text;
        SPN_STATUS_LIST(SPN_STATUS_CASE)
#undef SPN_STATUS_CASE
    }
    return "unknown status";
}
