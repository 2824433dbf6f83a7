/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over stored inputs, so that what a fuzzer once found stays tested in every
 * build: replay FOLDER... */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    int failed = 1;
    uint8_t *data = NULL;
    struct stat info;
    if (fstat(fileno(file), &info) != 0) {
        perror(path);
        goto done;
    }
    /* Exactly the size of the input: the address sanitizer then sees a read of one byte too many. */
    size_t size = (size_t)info.st_size;
    data = malloc(size > 0 ? size : 1);
    if (data == NULL || fread(data, 1, size, file) != size) {
        fprintf(stderr, "%s: cannot be read\n", path);
        goto done;
    }
    LLVMFuzzerTestOneInput(data, size);
    failed = 0;
done:
    free(data);
    fclose(file);
    return failed;
}

static int replay_folder(const char *folder, int *replayed)
{
    DIR *stream = opendir(folder);
    if (stream == NULL) {
        perror(folder);
        return 1;
    }
    int failed = 0;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        failed |= replay_file(path);
        *replayed += 1;
    }
    closedir(stream);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    int replayed = 0;
    for (int i = 1; i < argc; i++) {
        failed |= replay_folder(argv[i], &replayed);
    }
    printf("%d inputs replayed\n", replayed);
    return failed || replayed == 0;
}
