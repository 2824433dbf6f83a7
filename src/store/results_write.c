/* SPDX-License-Identifier: MIT */
/* Results as the bytes of an HDF5 file.
 *
 * The file is made in memory by HDF5's core driver, and our own code writes the bytes: HDF5 1.10 reports a full
 * disk late or not at all, and keeps trying to flush a file that failed until the process ends.
 * No object carries a time, and the bounds of the format version are fixed: equal results give
 * equal bytes. */
#include "store/hdf5_file.h"
#include "store/journal_file.h"

#include <spinodal/base/farm.h>
#include <string.h>

#define CORE_INCREMENT ((size_t)1 << 20)
#define CHUNK_BYTES ((int64_t)128 << 10)
#define PIECE_BYTES ((hsize_t)16 << 20)
#define DEFLATE_LEVEL 4
#define COMPACT_ATTRIBUTES_MAX 64

typedef struct writer {
    spn_context *context;
    const char *path;
    hid_t file;
    hid_t string; /* type of texts */
    void *column; /* the longest column, gathered */
} writer;

static spn_status fail(const writer *w, const char *part)
{
    return spni_hdf5_fail(w->context, SPN_ERROR_IO, "cannot make", w->path, part);
}

/* Attribute of `type` with `count` items, or a single one where count < 0. */
static spn_status put_attribute(const writer *w, hid_t object, const char *name, hid_t type,
                                hid_t memory_type, int64_t count, const void *data)
{
    spn_status status = SPN_OK;
    hsize_t size = count > 0 ? (hsize_t)count : 1;
    hid_t attribute = H5I_INVALID_HID;
    hid_t space = count < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &size, NULL);
    if (space >= 0) {
        attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    }
    if (attribute < 0 || H5Awrite(attribute, memory_type, data) < 0) {
        status = fail(w, name);
    }
    spni_hdf5_close(attribute);
    spni_hdf5_close(space);
    return status;
}

static spn_status put_text(const writer *w, hid_t object, const char *name, const char *text)
{
    const char *value = text != NULL ? text : "";
    return put_attribute(w, object, name, w->string, w->string, -1, &value);
}

static spn_status put_integer(const writer *w, hid_t object, const char *name, int64_t value)
{
    return put_attribute(w, object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, -1, &value);
}

/* Creation properties of a group or data set: links (groups) in the order of creation, no times. */
static hid_t make_properties(hid_t class, bool is_group)
{
    hid_t list = H5Pcreate(class);
    const unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    if (list >= 0 &&
        (H5Pset_obj_track_times(list, false) < 0 ||
         H5Pset_attr_phase_change(list, COMPACT_ATTRIBUTES_MAX, COMPACT_ATTRIBUTES_MAX / 2) < 0 ||
         (is_group && H5Pset_link_creation_order(list, order) < 0))) {
        H5Pclose(list);
        return H5I_INVALID_HID;
    }
    return list;
}

/* Rows of a chunk: about CHUNK_BYTES, whole rows where a row is not longer. */
static void choose_chunk(const hsize_t shape[2], hsize_t chunk[2])
{
    const hsize_t items = (hsize_t)CHUNK_BYTES / 8;
    chunk[1] = shape[1] < items ? shape[1] : items;
    chunk[0] = items / chunk[1];
    if (chunk[0] > shape[0]) {
        chunk[0] = shape[0];
    }
}

static bool set_storage(hid_t list, const hsize_t *shape, bool is_compressed)
{
    hsize_t chunk[2];
    if (!is_compressed || shape[0] == 0 || shape[1] == 0) {
        return true;
    }
    choose_chunk(shape, chunk);
    return H5Pset_chunk(list, 2, chunk) >= 0 && H5Pset_shuffle(list) >= 0 &&
           H5Pset_deflate(list, DEFLATE_LEVEL) >= 0;
}

typedef struct dataset {
    const char *name;
    int rank;
    hsize_t shape[2];
    hid_t type, memory_type;
    const void *data;
    bool is_compressed;
    const char *unit, *help; /* unit NULL: none (texts) */
    const char *const *words;
} dataset;

static spn_status put_descriptions(const writer *w, hid_t object, const dataset *d)
{
    spn_status status = SPN_OK;
    SPN_TRY(put_text(w, object, SPNI_ATTRIBUTE_HELP, d->help));
    if (d->unit != NULL) {
        int64_t bytes = 8 * (int64_t)(d->shape[0] * (d->rank == 2 ? d->shape[1] : 1));
        SPN_TRY(put_text(w, object, SPNI_ATTRIBUTE_UNIT, d->unit));
        SPN_TRY(put_integer(w, object, SPNI_ATTRIBUTE_CRC,
                            bytes > 0 ? spni_crc32(0, d->data, bytes) : 0));
    }
    if (d->words != NULL && d->words[0] != NULL) {
        int64_t count = 0;
        while (d->words[count] != NULL) {
            count++;
        }
        SPN_TRY(
            put_attribute(w, object, SPNI_ATTRIBUTE_WORDS, w->string, w->string, count, d->words));
    }
done:
    return status;
}

/* Rows [first, first + count) of what lies in memory as one. */
static bool write_rows(hid_t object, hid_t space, const dataset *d, hsize_t first, hsize_t count)
{
    const hsize_t width = d->shape[1], start[] = {first, 0}, size[] = {count, width};
    const hid_t memory = H5Screate_simple(2, size, NULL);
    const char *rows = (const char *)d->data + 8 * first * width;
    const bool is_written =
        memory >= 0 && H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, size, NULL) >= 0 &&
        H5Dwrite(object, d->memory_type, memory, space, H5P_DEFAULT, rows) >= 0;
    spni_hdf5_close(memory);
    return is_written;
}

/* Arrays piece by piece, whole rows of chunks, with a sign of life at each. */
static bool write_data(const writer *w, hid_t object, hid_t space, const dataset *d)
{
    hsize_t chunk[2], next = 0;
    spn_farm_beat(w->context);
    if (d->rank < 2 || d->shape[0] == 0 || d->shape[1] == 0) {
        return H5Dwrite(object, d->memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, d->data) >= 0;
    }
    choose_chunk(d->shape, chunk);
    for (hsize_t row = 0; row < d->shape[0]; row = next) {
        const hsize_t rows = PIECE_BYTES / 8 / d->shape[1] / chunk[0] * chunk[0];
        next = row + (rows > chunk[0] ? rows : chunk[0]);
        next = next < d->shape[0] ? next : d->shape[0];
        spn_farm_beat(w->context);
        if (!write_rows(object, space, d, row, next - row)) {
            return false;
        }
    }
    return true;
}

static spn_status put_dataset(const writer *w, hid_t parent, const dataset *d)
{
    spn_status status = SPN_OK;
    hid_t object = H5I_INVALID_HID;
    hid_t list = make_properties(H5P_DATASET_CREATE, false);
    hid_t space = H5Screate_simple(d->rank, d->shape, NULL);
    if (list >= 0 && space >= 0 && set_storage(list, d->shape, d->is_compressed)) {
        object = H5Dcreate2(parent, d->name, d->type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    }
    if (object < 0 || !write_data(w, object, space, d)) {
        status = fail(w, d->name);
        goto done;
    }
    SPN_TRY(put_descriptions(w, object, d));
done:
    spni_hdf5_close(object);
    spni_hdf5_close(space);
    spni_hdf5_close(list);
    return status;
}

static spn_status put_column(const writer *w, hid_t group, const spn_table *table,
                             const spn_column *column)
{
    for (int64_t row = 0; row < table->rows; row++) {
        const char *source = (const char *)table->records +
                             (size_t)row * table->columns->record_size + column->offset;
        memcpy((char *)w->column + 8 * row, source, 8);
    }
    const bool is_real = column->type == SPN_COLUMN_REAL;
    return put_dataset(w, group,
                       &(dataset){.name = column->name,
                                  .rank = 1,
                                  .shape = {(hsize_t)table->rows},
                                  .type = is_real ? H5T_IEEE_F64LE : H5T_STD_I64LE,
                                  .memory_type = is_real ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64,
                                  .data = w->column,
                                  .unit = column->unit != NULL ? column->unit : "",
                                  .help = column->help,
                                  .words = column->words});
}

static spn_status put_table(const writer *w, const spn_results *results, const spn_table *table)
{
    spn_status status = SPN_OK;
    hid_t group = H5I_INVALID_HID;
    hid_t list = make_properties(H5P_GROUP_CREATE, true);
    if (list >= 0) {
        group = H5Gcreate2(w->file, table->name, H5P_DEFAULT, list, H5P_DEFAULT);
    }
    if (group < 0) {
        status = fail(w, table->name);
        goto done;
    }
    int64_t count = table->columns->count;
    for (int64_t i = 0; i < table->columns->count; i++) {
        SPN_TRY(put_column(w, group, table, &table->columns->items[i]));
    }
    for (int64_t i = 0; i < results->text_column_count; i++) {
        const spn_text_column *texts = &results->text_columns[i];
        if (strcmp(texts->group, table->name) == 0) {
            SPN_TRY(put_dataset(w, group,
                                &(dataset){.name = texts->name,
                                           .rank = 1,
                                           .shape = {(hsize_t)texts->rows},
                                           .type = w->string,
                                           .memory_type = w->string,
                                           .data = texts->items,
                                           .help = texts->help}));
            count++;
        }
    }
    SPN_TRY(put_integer(w, group, SPNI_ATTRIBUTE_COLUMNS, count));
done:
    spni_hdf5_close(group);
    spni_hdf5_close(list);
    return status;
}

static spn_status put_array(const writer *w, const spn_array *array)
{
    const double nothing = 0;
    return put_dataset(
        w, w->file,
        &(dataset){.name = array->name,
                   .rank = 2,
                   .shape = {(hsize_t)array->rows, (hsize_t)array->columns},
                   .type = H5T_IEEE_F64LE,
                   .memory_type = H5T_NATIVE_DOUBLE,
                   .data = array->rows > 0 && array->columns > 0 ? array->values : &nothing,
                   .is_compressed = array->is_compressed,
                   .unit = array->unit != NULL ? array->unit : "",
                   .help = array->help});
}

static spn_status put_everything(const writer *w, const spn_results *results)
{
    spn_status status = SPN_OK;
    SPN_TRY(put_text(w, w->file, SPNI_ATTRIBUTE_FORMAT, SPNI_FORMAT_NAME));
    SPN_TRY(put_integer(w, w->file, SPNI_ATTRIBUTE_VERSION, SPN_RESULTS_VERSION));
    SPN_TRY(put_text(w, w->file, SPNI_ATTRIBUTE_KIND, results->kind));
    for (int64_t i = 0; i < results->attribute_count; i++) {
        const spn_attribute *a = &results->attributes[i];
        SPN_TRY(a->text != NULL ? put_text(w, w->file, a->name, a->text)
                                : put_integer(w, w->file, a->name, a->integer));
    }
    for (int64_t i = 0; i < results->table_count; i++) {
        SPN_TRY(put_table(w, results, &results->tables[i]));
    }
    for (int64_t i = 0; i < results->array_count; i++) {
        SPN_TRY(put_array(w, &results->arrays[i]));
    }
done:
    return status;
}

/* The lower bound gives superblock version 0: H5Fget_file_image() of HDF5 1.10 clears a byte of newer
 * superblocks and leaves their checksum as it was, so that nobody can open the image. */
static hid_t create_file(const char *path)
{
    hid_t file = H5I_INVALID_HID;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t creation = make_properties(H5P_FILE_CREATE, true);
    if (access >= 0 && creation >= 0 && H5Pset_fapl_core(access, CORE_INCREMENT, false) >= 0 &&
        H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18) >= 0 &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0) {
        file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    }
    spni_hdf5_close(creation);
    spni_hdf5_close(access);
    return file;
}

static spn_status copy_image(writer *w, void **image, int64_t *size)
{
    spn_status status = SPN_OK;
    char *bytes = NULL;
    spni_results_trailer trailer;
    ssize_t length =
        H5Fflush(w->file, H5F_SCOPE_GLOBAL) < 0 ? -1 : H5Fget_file_image(w->file, NULL, 0);
    if (length < 0) {
        return fail(w, "");
    }
    SPN_NEW(w->context, bytes, length + (ssize_t)sizeof trailer);
    if (H5Fget_file_image(w->file, bytes, (size_t)length) != length) {
        status = fail(w, "");
        goto done;
    }
    trailer = spni_results_make_trailer((uint64_t)length, spni_crc32(0, bytes, length));
    memcpy(bytes + length, &trailer, sizeof trailer);
    *image = bytes;
    *size = length + (int64_t)sizeof trailer;
    bytes = NULL;
done:
    spn_release(w->context, bytes);
    return status;
}

spn_status spni_results_image(spn_context *context, const char *path, const spn_results *results,
                              void **image, int64_t *size)
{
    spn_status status = SPN_OK;
    spni_hdf5_silence silence;
    writer w = {context, path, H5I_INVALID_HID, H5I_INVALID_HID, NULL};
    int64_t rows = 1;
    *image = NULL;
    for (int64_t i = 0; i < results->table_count; i++) {
        rows = results->tables[i].rows > rows ? results->tables[i].rows : rows;
    }
    SPN_TRY(spni_hdf5_silence_begin(context, &silence));
    w.column = spn_allocate(context, rows, 8);
    if (w.column == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    w.string = spni_hdf5_string_type();
    w.file = create_file(path);
    if (w.string < 0 || w.file < 0) {
        status = fail(&w, "");
        goto done;
    }
    SPN_TRY(put_everything(&w, results));
    SPN_TRY(copy_image(&w, image, size));
done:
    spni_hdf5_close(w.string);
    spni_hdf5_close(w.file);
    spni_hdf5_silence_end(&silence);
    spn_release(context, w.column);
    return status;
}
