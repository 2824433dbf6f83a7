/* SPDX-License-Identifier: MIT */
#include "plot/shared.h"

#include <string.h>

/* gnuplot reads these in its enhanced text: sub- and superscripts, groups, phantoms, overprints, and the sign that escapes
 * them. */
static const char markup[] = "_^{}@&~\\";

const char *spni_plain(spn_arena *arena, const char *name)
{
    char twice[512];
    size_t used = 0;
    for (; *name != '\0' && used + 2 < sizeof twice; name++) {
        if (strchr(markup, *name) != NULL) {
            twice[used++] = '\\';
        }
        twice[used++] = *name;
    }
    twice[used] = '\0';
    return spn_arena_duplicate(arena, twice);
}
