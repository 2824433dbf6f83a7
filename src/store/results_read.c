/* SPDX-License-Identifier: MIT */
/* Reading results: everything is checked, nothing in the file is trusted.
 *
 * The root's groups are tables, their one-dimensional data sets columns (numbers) or text columns, the root's
 * two-dimensional data sets of reals arrays. Other objects are left alone: later versions and other
 * programs may add them. */
#include "store/hdf5_file.h"
#include "store/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Deflate cannot compress better than 1032:1 (zlib's documentation); a data set that claims more holds
 * nothing. */
#define COMPRESSION_MAX 1100
#define COLUMNS_MAX 4096

typedef struct reader {
    spn_context *context;
    spn_arena *arena;
    const char *path;
    hid_t file;
    hid_t string;
    spn_table *tables;
    spn_array *arrays;
    spn_text_column *text_columns;
    spn_attribute *attributes;
    spn_results *out;
} reader;

static spn_status fail(const reader *r, const char *part)
{
    return spni_hdf5_fail(r->context, SPN_ERROR_INPUT, "cannot read", r->path, part);
}

static spn_status duplicate(const reader *r, const char *text, const char **out)
{
    *out = spn_arena_duplicate(r->arena, text);
    return *out != NULL ? SPN_OK : spn_error_status(r->context);
}

/* Strings from an attribute or data set that has been read into `raw`, copied and given back to HDF5. */
static spn_status take_strings(const reader *r, hid_t space, char **raw, int64_t count,
                               const char *const **out)
{
    spn_status status = SPN_OK;
    const char **items = NULL;
    SPN_TAKE(r->context, r->arena, items, count + 1);
    for (int64_t i = 0; i < count; i++) {
        SPN_TRY(duplicate(r, raw[i] != NULL ? raw[i] : "", &items[i]));
    }
    *out = items;
done:
    H5Dvlen_reclaim(r->string, space, H5P_DEFAULT, raw);
    return status;
}

static bool is_string(hid_t type)
{
    return type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0;
}

/* Texts of an attribute: *count is 0 where there is none of that name and kind. */
static spn_status get_texts(const reader *r, hid_t object, const char *name, int64_t *count,
                            const char *const **out)
{
    spn_status status = SPN_OK;
    char **raw = NULL;
    hid_t attribute = H5I_INVALID_HID;
    hid_t type = H5I_INVALID_HID;
    hid_t space = H5I_INVALID_HID;
    *count = 0;
    if (H5Aexists(object, name) <= 0) {
        return SPN_OK;
    }
    attribute = H5Aopen(object, name, H5P_DEFAULT);
    type = attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);
    space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
    int64_t points = space < 0 ? 0 : (int64_t)H5Sget_simple_extent_npoints(space);
    if (!is_string(type) || points <= 0 || points > COLUMNS_MAX) {
        goto done;
    }
    SPN_NEW(r->context, raw, points);
    if (H5Tset_cset(r->string, H5Tget_cset(type)) < 0 || H5Aread(attribute, r->string, raw) < 0) {
        status = fail(r, name);
        goto done;
    }
    SPN_TRY(take_strings(r, space, raw, points, out));
    *count = points;
done:
    spn_release(r->context, raw);
    spni_hdf5_close(space);
    spni_hdf5_close(type);
    spni_hdf5_close(attribute);
    return status;
}

static spn_status get_text(const reader *r, hid_t object, const char *name, const char **text)
{
    const char *const *items = NULL;
    int64_t count = 0;
    spn_status status = get_texts(r, object, name, &count, &items);
    *text = count == 1 ? items[0] : NULL;
    return status;
}

static spn_status get_integer(const reader *r, hid_t object, const char *name, bool *is_there,
                              int64_t *value)
{
    spn_status status = SPN_OK;
    *is_there = false;
    if (H5Aexists(object, name) <= 0) {
        return SPN_OK;
    }
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    hid_t type = attribute < 0 ? H5I_INVALID_HID : H5Aget_type(attribute);
    hid_t space = attribute < 0 ? H5I_INVALID_HID : H5Aget_space(attribute);
    if (type >= 0 && space >= 0 && H5Tget_class(type) == H5T_INTEGER &&
        H5Sget_simple_extent_npoints(space) == 1) {
        *is_there = true;
        status = H5Aread(attribute, H5T_NATIVE_INT64, value) < 0 ? fail(r, name) : SPN_OK;
    }
    spni_hdf5_close(space);
    spni_hdf5_close(type);
    spni_hdf5_close(attribute);
    return status;
}

/* A data set: what it is and how large. Kind 0: none that we know. */
typedef enum dataset_kind {
    DATASET_OTHER,
    DATASET_REAL,
    DATASET_INTEGER,
    DATASET_TEXT
} dataset_kind;
typedef struct dataset {
    hid_t id, space;
    dataset_kind kind;
    int rank;
    int64_t shape[2], points;
    bool is_exact; /* stored as the 8-byte numbers that we write: the checksum applies */
} dataset;

/* Only data inside this very file count: no external files, no virtual data sets. */
static bool has_own_storage(hid_t id)
{
    hid_t list = H5Dget_create_plist(id);
    bool is_own = false;
    if (list >= 0) {
        H5D_layout_t layout = H5Pget_layout(list);
        is_own = (layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED) &&
                 H5Pget_external_count(list) == 0;
        H5Pclose(list);
    }
    return is_own;
}

static spn_status classify(const reader *r, const char *name, dataset *d)
{
    hsize_t shape[2] = {1, 1};
    spn_status status = SPN_OK;
    hid_t type = H5Dget_type(d->id);
    d->space = H5Dget_space(d->id);
    d->rank = d->space < 0 ? -1 : H5Sget_simple_extent_ndims(d->space);
    if (type < 0 || d->rank < 1 || d->rank > 2 || !has_own_storage(d->id) ||
        H5Sget_simple_extent_dims(d->space, shape, NULL) < 0) {
        goto done;
    }
    if (shape[0] > INT64_MAX || shape[1] > INT64_MAX ||
        !spn_size_multiply((int64_t)shape[0], (int64_t)shape[1], &d->points)) {
        goto done;
    }
    d->shape[0] = (int64_t)shape[0];
    d->shape[1] = (int64_t)shape[1];
    const H5T_class_t class = H5Tget_class(type);
    d->kind = class == H5T_FLOAT     ? DATASET_REAL
              : class == H5T_INTEGER ? DATASET_INTEGER
              : is_string(type)      ? DATASET_TEXT
                                     : DATASET_OTHER;
    d->is_exact = H5Tequal(type, H5T_IEEE_F64LE) > 0 || H5Tequal(type, H5T_STD_I64LE) > 0;
    if (d->kind == DATASET_TEXT && H5Tset_cset(r->string, H5Tget_cset(type)) < 0) {
        status = fail(r, name);
        goto done;
    }
    const hsize_t stored = H5Dget_storage_size(d->id);
    const size_t size = H5Tget_size(type);
    if (size == 0 || (uint64_t)d->points / COMPRESSION_MAX > stored / size) {
        status = spn_fail(r->context, SPN_ERROR_INPUT,
                          "cannot read %s (%s): it claims %lld numbers and holds %llu bytes",
                          r->path, name, (long long)d->points, (unsigned long long)stored);
    }
done:
    spni_hdf5_close(type);
    return status;
}

/* The links of a group, in the order of their creation where the file knows it. */
typedef struct links {
    hid_t group;
    H5_index_t index;
    int64_t count;
} links;

static spn_status list_links(const reader *r, hid_t group, const char *name, links *out)
{
    H5G_info_t info;
    unsigned order = 0;
    hid_t list = H5Gget_create_plist(group);
    bool is_good = list >= 0 && H5Pget_link_creation_order(list, &order) >= 0 &&
                   H5Gget_info(group, &info) >= 0;
    spni_hdf5_close(list);
    if (!is_good) {
        return fail(r, name);
    }
    if (info.nlinks > COLUMNS_MAX) {
        return spn_fail(r->context, SPN_ERROR_INPUT, "cannot read %s (%s): more than %d objects",
                        r->path, name, COLUMNS_MAX);
    }
    *out = (links){group, (order & H5P_CRT_ORDER_TRACKED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME,
                   (int64_t)info.nlinks};
    return SPN_OK;
}

/* Open link `index` if it is a real object inside this file. */
static spn_status open_link(const reader *r, const links *l, int64_t index, const char **name,
                            hid_t *object)
{
    spn_status status = SPN_OK;
    char *text = NULL;
    H5L_info_t info;
    const hsize_t n = (hsize_t)index;
    *object = H5I_INVALID_HID;
    ssize_t length =
        H5Lget_name_by_idx(l->group, ".", l->index, H5_ITER_INC, n, NULL, 0, H5P_DEFAULT);
    if (length < 0) {
        return fail(r, "");
    }
    SPN_TAKE(r->context, r->arena, text, length + 1);
    *name = text;
    if (H5Lget_name_by_idx(l->group, ".", l->index, H5_ITER_INC, n, text, (size_t)length + 1,
                           H5P_DEFAULT) < 0 ||
        H5Lget_info(l->group, text, &info, H5P_DEFAULT) < 0) {
        return fail(r, text);
    }
    if (info.type == H5L_TYPE_HARD) {
        *object = H5Oopen(l->group, text, H5P_DEFAULT);
        if (*object < 0) {
            return fail(r, text);
        }
    }
done:
    return status;
}

/* Read numbers into `values` and compare the checksum. */
static spn_status read_numbers(const reader *r, const dataset *d, const char *name, void *values)
{
    bool is_there = false;
    int64_t crc = 0;
    spn_status status = SPN_OK;
    hid_t memory = d->kind == DATASET_REAL ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64;
    if (H5Dread(d->id, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
        return fail(r, name);
    }
    SPN_TRY(get_integer(r, d->id, SPNI_ATTRIBUTE_CRC, &is_there, &crc));
    if (is_there && d->is_exact && crc != spni_crc32(0, values, 8 * d->points)) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT,
                 "cannot read %s (%s): the data do not match their checksum; the file is damaged "
                 "or was changed",
                 r->path, name);
    }
done:
    return status;
}

static spn_status read_array(reader *r, const dataset *d, const char *name)
{
    spn_status status = SPN_OK;
    double *values = NULL;
    spn_array *array = &r->arrays[r->out->array_count];
    SPN_TAKE(r->context, r->arena, values, d->points);
    SPN_TRY(read_numbers(r, d, name, values));
    *array =
        (spn_array){.name = name, .rows = d->shape[0], .columns = d->shape[1], .values = values};
    hid_t list = H5Dget_create_plist(d->id);
    array->is_compressed = list >= 0 && H5Pget_layout(list) == H5D_CHUNKED;
    spni_hdf5_close(list);
    SPN_TRY(get_text(r, d->id, SPNI_ATTRIBUTE_UNIT, &array->unit));
    SPN_TRY(get_text(r, d->id, SPNI_ATTRIBUTE_HELP, &array->help));
    r->out->array_count++;
done:
    return status;
}

/* A table while its columns are collected: each is an array of 8-byte cells. */
typedef struct table_reader {
    const char *name;
    int64_t rows; /* -1: no column yet */
    spn_column *columns;
    const void **cells;
    int64_t count;
} table_reader;

static spn_status check_rows(const reader *r, table_reader *t, const char *name, int64_t rows)
{
    if (t->rows >= 0 && t->rows != rows) {
        return spn_fail(r->context, SPN_ERROR_INPUT,
                        "cannot read %s: column %s/%s has %lld rows, the columns before it %lld",
                        r->path, t->name, name, (long long)rows, (long long)t->rows);
    }
    t->rows = rows;
    return SPN_OK;
}

static spn_status read_column(reader *r, table_reader *t, const dataset *d, const char *name)
{
    spn_status status = SPN_OK;
    int64_t *cells = NULL;
    int64_t words = 0;
    spn_column *column = &t->columns[t->count];
    SPN_TRY(check_rows(r, t, name, d->shape[0]));
    SPN_TAKE(r->context, r->arena, cells, d->points);
    SPN_TRY(read_numbers(r, d, name, cells));
    *column = (spn_column){.name = name,
                           .type = d->kind == DATASET_REAL ? SPN_COLUMN_REAL : SPN_COLUMN_INTEGER};
    SPN_TRY(get_text(r, d->id, SPNI_ATTRIBUTE_UNIT, &column->unit));
    SPN_TRY(get_text(r, d->id, SPNI_ATTRIBUTE_HELP, &column->help));
    SPN_TRY(get_texts(r, d->id, SPNI_ATTRIBUTE_WORDS, &words, &column->words));
    column->unit = column->unit != NULL ? column->unit : "";
    column->help = column->help != NULL ? column->help : "";
    t->cells[t->count++] = cells;
done:
    return status;
}

static spn_status read_texts(reader *r, table_reader *t, const dataset *d, const char *name)
{
    spn_status status = SPN_OK;
    char **raw = NULL;
    spn_text_column *texts = &r->text_columns[r->out->text_column_count];
    SPN_TRY(check_rows(r, t, name, d->shape[0]));
    SPN_NEW(r->context, raw, d->points);
    if (d->points > 0 && H5Dread(d->id, r->string, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw) < 0) {
        status = fail(r, name);
        goto done;
    }
    *texts = (spn_text_column){.group = t->name, .name = name, .rows = d->points};
    SPN_TRY(take_strings(r, d->space, raw, d->points, &texts->items));
    SPN_TRY(get_text(r, d->id, SPNI_ATTRIBUTE_HELP, &texts->help));
    r->out->text_column_count++;
done:
    spn_release(r->context, raw);
    return status;
}

/* Columns into records of 8-byte cells. */
static spn_status make_records(reader *r, const table_reader *t)
{
    spn_status status = SPN_OK;
    char *records = NULL;
    spn_columns *columns = NULL;
    int64_t size = 0;
    const int64_t rows = t->rows > 0 ? t->rows : 0;
    if (!spn_size_multiply(rows, 8 * t->count, &size)) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT, "cannot read %s (%s): too large", r->path, t->name);
    }
    SPN_TAKE(r->context, r->arena, columns, 1);
    SPN_TAKE(r->context, r->arena, records, size);
    for (int64_t i = 0; i < t->count; i++) {
        t->columns[i].offset = (size_t)(8 * i);
        for (int64_t row = 0; row < rows; row++) {
            memcpy(records + 8 * (row * t->count + i), (const char *)t->cells[i] + 8 * row, 8);
        }
    }
    *columns = (spn_columns){t->columns, t->count, (size_t)(8 * t->count)};
    r->tables[r->out->table_count++] = (spn_table){t->name, columns, rows, records};
done:
    return status;
}

/* Room for `more` text columns behind those found so far. */
static spn_status grow_texts(reader *r, int64_t more)
{
    spn_status status = SPN_OK;
    spn_text_column *grown = NULL;
    const int64_t count = r->out->text_column_count;
    SPN_TAKE(r->context, r->arena, grown, count + more);
    if (count > 0) {
        memcpy(grown, r->text_columns, (size_t)count * sizeof *grown);
    }
    r->text_columns = grown;
    r->out->text_columns = grown;
done:
    return status;
}

static spn_status read_table_item(reader *r, table_reader *t, hid_t object, const char *name)
{
    spn_status status = SPN_OK;
    dataset d = {.id = object, .space = H5I_INVALID_HID};
    if (H5Iget_type(object) != H5I_DATASET) {
        return SPN_OK;
    }
    SPN_TRY(classify(r, name, &d));
    if (d.rank == 1 && d.kind == DATASET_TEXT) {
        SPN_TRY(read_texts(r, t, &d, name));
    } else if (d.rank == 1 && d.kind != DATASET_OTHER) {
        SPN_TRY(read_column(r, t, &d, name));
    }
done:
    spni_hdf5_close(d.space);
    return status;
}

static spn_status read_table(reader *r, hid_t group, const char *name)
{
    spn_status status = SPN_OK;
    table_reader t = {.name = name, .rows = -1};
    links l;
    SPN_TRY(list_links(r, group, name, &l));
    SPN_TAKE(r->context, r->arena, t.columns, l.count);
    SPN_TAKE(r->context, r->arena, t.cells, l.count);
    SPN_TRY(grow_texts(r, l.count));
    for (int64_t i = 0; i < l.count; i++) {
        const char *item = NULL;
        hid_t object = H5I_INVALID_HID;
        SPN_TRY(open_link(r, &l, i, &item, &object));
        if (object >= 0) {
            status = read_table_item(r, &t, object, item);
            spni_hdf5_close(object);
            SPN_TRY(status);
        }
    }
    SPN_TRY(make_records(r, &t));
done:
    return status;
}

static spn_status read_root_item(reader *r, hid_t object, const char *name)
{
    spn_status status = SPN_OK;
    dataset d = {.id = object, .space = H5I_INVALID_HID};
    const H5I_type_t type = H5Iget_type(object);
    if (type == H5I_GROUP) {
        SPN_TRY(read_table(r, object, name));
    } else if (type == H5I_DATASET) {
        SPN_TRY(classify(r, name, &d));
        if (d.rank == 2 && d.kind == DATASET_REAL) {
            SPN_TRY(read_array(r, &d, name));
        }
    }
done:
    spni_hdf5_close(d.space);
    return status;
}

static spn_status read_objects(reader *r)
{
    spn_status status = SPN_OK;
    hid_t root = H5Gopen2(r->file, "/", H5P_DEFAULT);
    links l;
    if (root < 0) {
        return fail(r, "/");
    }
    SPN_TRY(list_links(r, root, "/", &l));
    SPN_TAKE(r->context, r->arena, r->tables, l.count);
    SPN_TAKE(r->context, r->arena, r->arrays, l.count);
    r->out->tables = r->tables;
    r->out->arrays = r->arrays;
    for (int64_t i = 0; i < l.count; i++) {
        const char *name = NULL;
        hid_t object = H5I_INVALID_HID;
        SPN_TRY(open_link(r, &l, i, &name, &object));
        if (object >= 0) {
            status = read_root_item(r, object, name);
            spni_hdf5_close(object);
            SPN_TRY(status);
        }
    }
done:
    spni_hdf5_close(root);
    return status;
}

static spn_status read_attribute(reader *r, const char *name)
{
    spn_status status = SPN_OK;
    bool is_integer = false;
    spn_attribute *a = &r->attributes[r->out->attribute_count];
    *a = (spn_attribute){.name = name};
    SPN_TRY(get_text(r, r->file, name, &a->text));
    SPN_TRY(get_integer(r, r->file, name, &is_integer, &a->integer));
    if (a->text != NULL || is_integer) {
        r->out->attribute_count++;
    }
done:
    return status;
}

static bool is_reserved(const char *name)
{
    return strcmp(name, SPNI_ATTRIBUTE_FORMAT) == 0 || strcmp(name, SPNI_ATTRIBUTE_VERSION) == 0 ||
           strcmp(name, SPNI_ATTRIBUTE_KIND) == 0;
}

static spn_status read_attributes(reader *r)
{
    spn_status status = SPN_OK;
    H5O_info_t info;
    if (H5Oget_info2(r->file, &info, H5O_INFO_NUM_ATTRS) < 0) {
        return fail(r, "/");
    }
    const int64_t count = info.num_attrs < COLUMNS_MAX ? (int64_t)info.num_attrs : COLUMNS_MAX;
    SPN_TAKE(r->context, r->arena, r->attributes, count);
    r->out->attributes = r->attributes;
    for (int64_t i = 0; i < count; i++) {
        char *name = NULL;
        const hsize_t n = (hsize_t)i;
        ssize_t length =
            H5Aget_name_by_idx(r->file, ".", H5_INDEX_NAME, H5_ITER_INC, n, NULL, 0, H5P_DEFAULT);
        if (length < 0) {
            return fail(r, "/");
        }
        SPN_TAKE(r->context, r->arena, name, length + 1);
        if (H5Aget_name_by_idx(r->file, ".", H5_INDEX_NAME, H5_ITER_INC, n, name,
                               (size_t)length + 1, H5P_DEFAULT) < 0) {
            return fail(r, "/");
        }
        if (!is_reserved(name)) {
            SPN_TRY(read_attribute(r, name));
        }
    }
done:
    return status;
}

/* Is it ours, and of a version that we know? */
static spn_status check_format(const reader *r)
{
    spn_status status = SPN_OK;
    const char *format = NULL;
    bool has_version = false;
    int64_t version = 0;
    SPN_TRY(get_text(r, r->file, SPNI_ATTRIBUTE_FORMAT, &format));
    SPN_TRY(get_integer(r, r->file, SPNI_ATTRIBUTE_VERSION, &has_version, &version));
    SPN_TRY(get_text(r, r->file, SPNI_ATTRIBUTE_KIND, &r->out->kind));
    if (format == NULL || strcmp(format, SPNI_FORMAT_NAME) != 0) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT,
                 "%s is an HDF5 file, but not one of spinodal (it has no attribute format = "
                 "\"spinodal\")",
                 r->path);
    }
    if (!has_version || version < 1 || r->out->kind == NULL) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT,
                 "cannot read %s: the attribute format_version or kind is missing or wrong",
                 r->path);
    }
    if (version > SPN_RESULTS_VERSION) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT,
                 "%s has format version %lld, this program reads up to %d: use a newer spinodal",
                 r->path, (long long)version, SPN_RESULTS_VERSION);
    }
done:
    return status;
}

static spn_status open_file(reader *r)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1A, '\n'};
    unsigned char start[8] = {0};
    spn_status status = SPN_OK;
    int64_t got = 0;
    hid_t access = H5I_INVALID_HID;
    int fd = open(r->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return spn_fail(r->context, SPN_ERROR_IO, "cannot open %s: %s", r->path, strerror(errno));
    }
    status = spni_read_at(r->context, fd, r->path, 0, start, sizeof start, &got);
    if (status == SPN_OK) {
        status = spni_results_check_trailer(r->context, fd, r->path);
    }
    close(fd);
    SPN_TRY(status);
    if (memcmp(start, signature, sizeof signature) != 0) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT, "%s is not an HDF5 file", r->path);
    }
    r->string = spni_hdf5_string_type();
    access = H5Pcreate(H5P_FILE_ACCESS);
    /* A finished file is never written again: no lock is needed, and some file systems have none. */
    if (access >= 0 && H5Pset_file_locking(access, false, true) >= 0 &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0) {
        r->file = H5Fopen(r->path, H5F_ACC_RDONLY, access);
    }
    if (r->file < 0 || r->string < 0) {
        status = spni_hdf5_fail(r->context, SPN_ERROR_INPUT, "damaged or truncated results file",
                                r->path, "");
    }
done:
    spni_hdf5_close(access);
    return status;
}

spn_status spn_results_read(spn_context *context, spn_arena *arena, const char *path,
                            spn_results *out)
{
    spn_status status = SPN_OK;
    spni_hdf5_silence silence;
    reader r = {.context = context,
                .arena = arena,
                .path = path,
                .file = H5I_INVALID_HID,
                .string = H5I_INVALID_HID,
                .out = out};
    *out = (spn_results){0};
    spni_hdf5_silence_begin(&silence);
    SPN_TRY(open_file(&r));
    SPN_TRY(check_format(&r));
    SPN_TRY(read_attributes(&r));
    SPN_TRY(read_objects(&r));
done:
    spni_hdf5_close(r.string);
    spni_hdf5_close(r.file);
    H5Eclear2(H5E_DEFAULT);
    spni_hdf5_silence_end(&silence);
    if (status != SPN_OK) {
        *out = (spn_results){0};
    }
    return status;
}
