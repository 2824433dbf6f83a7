/* SPDX-License-Identifier: MIT */
#include <spinodal/formats/output.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

bool spn_is_same_file(const char *path, const char *other)
{
    struct stat one, two;
    return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev &&
           one.st_ino == two.st_ino;
}

spn_status spn_make_folder(spn_context *context, const char *path)
{
    char part[4096];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part) {
        return spn_fail(context, SPN_ERROR_IO, "%s: not a usable folder name",
                        length == 0 ? "\"\"" : "path");
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (part[i] != '/' && part[i] != '\0') {
            continue;
        }
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST) {
            return spn_fail(context, SPN_ERROR_IO, "cannot make the folder %s: %s", part,
                            strerror(errno));
        }
        part[i] = path[i];
    }
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode)) {
        return spn_fail(context, SPN_ERROR_IO, "%s exists and is not a folder", path);
    }
    return SPN_OK;
}
