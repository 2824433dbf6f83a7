/* SPDX-License-Identifier: MIT */
/* Data sets that come with the program. They are looked for from where the program and the library are, so that an
 * installed tree may be moved; the folder of the installation is the last resort. */
#define _GNU_SOURCE 1 /* dladdr() */
#include <dlfcn.h>
#include <spinodal/study.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, FLOORS = 3 };
#define FOLDER "share/spinodal/data"

static bool take(const char *folder, const char *name, char *buffer, size_t size)
{
    const int length = snprintf(buffer, size, "%s/%s", folder, name);
    return length > 0 && (size_t)length < size && access(buffer, R_OK) == 0;
}

/* From the file's own folder up: bin, lib and lib/ARCHITECTURE lie beside share; in a folder of a build it lies beside
 * the program. */
static bool find_near(const char *file, const char *name, char *buffer, size_t size)
{
    char place[PATH_SIZE], folder[PATH_SIZE + sizeof "/" FOLDER];
    if (realpath(file, place) == NULL) {
        return false;
    }
    for (int floor = 0; floor < FLOORS; floor++) {
        char *slash = strrchr(place, '/');
        if (slash == NULL) {
            return false;
        }
        *slash = '\0';
        snprintf(folder, sizeof folder, "%s/" FOLDER, place);
        if (take(folder, name, buffer, size)) {
            return true;
        }
    }
    return false;
}

bool spn_shipped_data(const char *name, char *buffer, int64_t size)
{
    /* A program that is linked statically is known to the loader by the word it was called by, which need be no path. */
    static const char here;
    Dl_info library = {0};
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL || size <= 0) {
        return false;
    }
    return find_near("/proc/self/exe", name, buffer, (size_t)size) ||
           (dladdr(&here, &library) != 0 && library.dli_fname != NULL &&
            library.dli_fname[0] == '/' &&
            find_near(library.dli_fname, name, buffer, (size_t)size)) ||
           take(SPN_SHIPPED_DATA, name, buffer, (size_t)size);
}
