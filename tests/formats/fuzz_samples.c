/* SPDX-License-Identifier: MIT */
/* Any bytes as an NPZ file of two arrays, or as a file of named arrays in any format, of which samples are made: samples
 * without holes or one clear error. */
#include <math.h>
#include <spinodal/formats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What the first byte chooses. */
enum { RAW = 1, CLASSES = 2, KNOWN = 4, BINARY = 8 };

static void demand(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void put(FILE *file, int bytes, uint64_t value)
{
    for (; bytes > 0; bytes--, value >>= 8) {
        demand(putc((int)(value & 0xff), file) != EOF);
    }
}

/* A member that is stored as it is, with its checksum: mutations of the bytes of an archive would end there. The same
 * fields stand before the member and, with `offset` where that is, in the directory at the end. */
static void put_member(FILE *file, const char *name, const uint8_t *bytes, size_t size,
                       int64_t offset)
{
    const bool is_entry = offset >= 0;
    put(file, 4, is_entry ? 0x02014b50 : 0x04034b50);
    put(file, is_entry ? 2 : 0, 20);
    put(file, 2, 20);
    put(file, 4, 0);
    put(file, 4, 0x00210000); /* 1980-01-01 */
    put(file, 4, crc32_z(0, bytes, size));
    put(file, 4, size);
    put(file, 4, size);
    put(file, 2, strlen(name));
    put(file, 2, 0);
    put(file, is_entry ? 10 : 0, 0);
    put(file, is_entry ? 4 : 0, (uint64_t)offset);
    demand(fputs(name, file) >= 0);
    demand(is_entry || fwrite(bytes, 1, size, file) == size);
}

/* The members x.npy and y.npy. */
static void put_archive(FILE *file, const uint8_t *bytes, size_t size, size_t split)
{
    put_member(file, "x.npy", bytes, split, -1);
    const long second = ftell(file);
    put_member(file, "y.npy", bytes + split, size - split, -1);
    const long directory = ftell(file);
    put_member(file, "x.npy", bytes, split, 0);
    put_member(file, "y.npy", bytes + split, size - split, second);
    const long end = ftell(file);
    put(file, 4, 0x06054b50);
    put(file, 4, 0);
    put(file, 2, 2);
    put(file, 2, 2);
    put(file, 4, (uint64_t)(end - directory));
    put(file, 4, (uint64_t)directory);
    put(file, 2, 0);
}

static void check_targets(spn_context *context, spn_samples *samples, const spn_classes *classes,
                          bool is_binary)
{
    const spn_status status = spn_samples_classes(context, samples, classes, is_binary);
    demand(status == SPN_OK || (is_binary && classes->count != 2));
    for (int64_t n = 0; status == SPN_OK && n < samples->samples; n++) {
        double sum = 0;
        for (int64_t k = 0; k < samples->outputs; k++) {
            sum += samples->rows[n * (samples->inputs + samples->outputs) + samples->inputs + k];
        }
        demand(sum == 1 || (is_binary && sum == 0));
    }
}

static void check(spn_context *context, const char *path, int choices)
{
    static const char *const names[] = {"0", "1", "a", "b"};
    const spn_classes known = {sizeof names / sizeof *names, names};
    const bool has_classes = (choices & CLASSES) != 0, is_known = (choices & KNOWN) != 0;
    const spn_npz_choice choice = {.inputs = "x",
                                   .targets = "y",
                                   .classes = has_classes ? "y" : NULL,
                                   .known = is_known ? &known : NULL};
    spn_samples *samples = NULL;
    spn_classes *classes = NULL;
    const spn_status status = spn_npz_samples(context, path, &choice, &samples, &classes);
    demand(status == SPN_OK || status == SPN_ERROR_INPUT);
    demand((status == SPN_OK) == (spn_error_text(context)[0] == '\0'));
    demand((status == SPN_OK) == (samples != NULL));
    demand((classes != NULL) == (status == SPN_OK && has_classes && !is_known));
    if (samples != NULL) {
        const int64_t cells = samples->samples * (samples->inputs + samples->outputs);
        demand(samples->samples > 0 && samples->inputs > 0 && samples->outputs > 0);
        for (int64_t i = 0; i < cells; i++) {
            demand(isfinite(samples->rows[i]));
        }
        if (has_classes) {
            check_targets(context, samples, is_known ? &known : classes, (choices & BINARY) != 0);
        }
    }
    spn_samples_free(context, samples);
    spn_classes_free(context, classes);
}

/* Behind the first byte: a file, or the size of the first array (2 bytes) and the two as NPY. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 3) {
        return 0;
    }
    char path[64];
    spn_context *context = NULL;
    FILE *file = tmpfile();
    demand(file != NULL && spn_context_create(NULL, &context) == SPN_OK);
    if ((bytes[0] & RAW) != 0) {
        demand(fwrite(bytes + 1, 1, size - 1, file) == size - 1);
    } else {
        const size_t split = (size_t)bytes[1] + ((size_t)bytes[2] << 8);
        put_archive(file, bytes + 3, size - 3, split < size - 3 ? split : size - 3);
    }
    demand(fflush(file) == 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
    check(context, path, bytes[0]);
    spn_context_free(context);
    fclose(file);
    return 0;
}
