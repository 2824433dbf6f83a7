/* SPDX-License-Identifier: MIT */
/* Reading results: everything is checked, nothing in the file is trusted.
 *
 * The root's groups are tables, their one-dimensional data sets columns (numbers) or text columns, the root's
 * two-dimensional data sets of reals arrays. Other objects are left alone: later versions and other
 * programs may add them. */
#include "store/journal_file.h"
#include "store/results_reader.h"

#include <string.h>

/* Deflate cannot compress better than 1032:1 (zlib's documentation); a data set that claims more holds
 * nothing. */
#define COMPRESSION_MAX 1100

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
static spn_status has_own_storage(const spni_reader *r, const char *name, hid_t id, bool *is_own)
{
    const hid_t list = H5Dget_create_plist(id);
    const H5D_layout_t layout = list < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(list);
    const int external = list < 0 ? -1 : H5Pget_external_count(list);
    *is_own = (layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED) &&
              external == 0;
    spn_status status =
        layout == H5D_LAYOUT_ERROR || external < 0 ? spni_read_fail(r, name) : SPN_OK;
    spni_hdf5_close(list);
    return status;
}

/* What the type says: kind, whether the checksum applies, and the character set of texts. */
static spn_status take_type(const spni_reader *r, const char *name, hid_t type, dataset *d)
{
    spn_status status = SPN_OK;
    bool is_string = false;
    const H5T_class_t class = H5Tget_class(type);
    const htri_t is_real = H5Tequal(type, H5T_IEEE_F64LE);
    const htri_t is_integer = H5Tequal(type, H5T_STD_I64LE);
    if (class == H5T_NO_CLASS || is_real < 0 || is_integer < 0) {
        return spni_read_fail(r, name);
    }
    SPN_TRY(spni_is_string(r, type, &is_string));
    d->kind = class == H5T_FLOAT     ? DATASET_REAL
              : class == H5T_INTEGER ? DATASET_INTEGER
              : is_string            ? DATASET_TEXT
                                     : DATASET_OTHER;
    d->is_exact = is_real > 0 || is_integer > 0;
    if (is_string) {
        const H5T_cset_t set = H5Tget_cset(type);
        if (set == H5T_CSET_ERROR || H5Tset_cset(r->string, set) < 0) {
            status = spni_read_fail(r, name);
        }
    }
done:
    return status;
}

/* Rank and shape; one of another rank than 1 or 2, or beyond 64 bits, stays of no kind. */
static spn_status take_shape(const spni_reader *r, const char *name, dataset *d, bool *is_known)
{
    hsize_t shape[2] = {1, 1};
    *is_known = false;
    d->rank = H5Sget_simple_extent_ndims(d->space);
    if (d->rank < 0 ||
        ((d->rank == 1 || d->rank == 2) && H5Sget_simple_extent_dims(d->space, shape, NULL) < 0)) {
        return spni_read_fail(r, name);
    }
    if (d->rank >= 1 && d->rank <= 2 && shape[0] <= INT64_MAX && shape[1] <= INT64_MAX &&
        spn_size_multiply((int64_t)shape[0], (int64_t)shape[1], &d->points)) {
        d->shape[0] = (int64_t)shape[0];
        d->shape[1] = (int64_t)shape[1];
        *is_known = true;
    }
    return SPN_OK;
}

static spn_status classify(const spni_reader *r, const char *name, dataset *d)
{
    spn_status status = SPN_OK;
    bool is_own = false, is_known = false;
    hid_t type = H5Dget_type(d->id);
    d->space = H5Dget_space(d->id);
    if (type < 0 || d->space < 0) {
        status = spni_read_fail(r, name);
        goto done;
    }
    SPN_TRY(has_own_storage(r, name, d->id, &is_own));
    SPN_TRY(take_shape(r, name, d, &is_known));
    if (!is_own || !is_known) {
        goto done;
    }
    SPN_TRY(take_type(r, name, type, d));
    const hsize_t stored = H5Dget_storage_size(d->id);
    const size_t size = H5Tget_size(type);
    if (size == 0) {
        status = spni_read_fail(r, name);
    } else if ((uint64_t)d->points / COMPRESSION_MAX > stored / size) {
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

static spn_status list_links(const spni_reader *r, hid_t group, const char *name, links *out)
{
    H5G_info_t info;
    unsigned order = 0;
    hid_t list = H5Gget_create_plist(group);
    bool is_good = list >= 0 && H5Pget_link_creation_order(list, &order) >= 0 &&
                   H5Gget_info(group, &info) >= 0;
    spni_hdf5_close(list);
    if (!is_good) {
        return spni_read_fail(r, name);
    }
    if (info.nlinks > SPNI_ITEMS_MAX) {
        return spn_fail(r->context, SPN_ERROR_INPUT, "cannot read %s (%s): more than %d objects",
                        r->path, name, SPNI_ITEMS_MAX);
    }
    *out = (links){group, (order & H5P_CRT_ORDER_TRACKED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME,
                   (int64_t)info.nlinks};
    return SPN_OK;
}

/* Open link `index` if it is a real object inside this file. */
static spn_status open_link(const spni_reader *r, const links *l, int64_t index, const char **name,
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
        return spni_read_fail(r, "");
    }
    SPN_TAKE(r->context, r->arena, text, length + 1);
    *name = text;
    if (H5Lget_name_by_idx(l->group, ".", l->index, H5_ITER_INC, n, text, (size_t)length + 1,
                           H5P_DEFAULT) < 0 ||
        H5Lget_info(l->group, text, &info, H5P_DEFAULT) < 0) {
        return spni_read_fail(r, text);
    }
    if (info.type == H5L_TYPE_HARD) {
        *object = H5Oopen(l->group, text, H5P_DEFAULT);
        if (*object < 0) {
            return spni_read_fail(r, text);
        }
    }
done:
    return status;
}

/* Read numbers into `values` and compare the checksum. */
static spn_status read_numbers(const spni_reader *r, const dataset *d, const char *name,
                               void *values)
{
    bool is_there = false;
    int64_t crc = 0;
    spn_status status = SPN_OK;
    hid_t memory = d->kind == DATASET_REAL ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64;
    SPN_TRY(spni_hdf5_read_all(r->context, d->id, memory, values, r->path, name));
    SPN_TRY(spni_read_integer(r, d->id, SPNI_ATTRIBUTE_CRC, &is_there, &crc));
    if (is_there && d->is_exact && crc != spni_crc32(0, values, 8 * d->points)) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT,
                 "cannot read %s (%s): the data do not match their checksum; the file is damaged "
                 "or was changed",
                 r->path, name);
    }
done:
    return status;
}

static spn_status is_chunked(const spni_reader *r, const char *name, hid_t id, bool *is_it)
{
    const hid_t list = H5Dget_create_plist(id);
    const H5D_layout_t layout = list < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(list);
    spn_status status = layout == H5D_LAYOUT_ERROR ? spni_read_fail(r, name) : SPN_OK;
    *is_it = layout == H5D_CHUNKED;
    spni_hdf5_close(list);
    return status;
}

static spn_status read_array(spni_reader *r, const dataset *d, const char *name)
{
    spn_status status = SPN_OK;
    double *values = NULL;
    spn_array *array = &r->arrays[r->out->array_count];
    SPN_TAKE(r->context, r->arena, values, d->points);
    SPN_TRY(read_numbers(r, d, name, values));
    *array =
        (spn_array){.name = name, .rows = d->shape[0], .columns = d->shape[1], .values = values};
    SPN_TRY(is_chunked(r, name, d->id, &array->is_compressed));
    SPN_TRY(spni_read_text(r, d->id, SPNI_ATTRIBUTE_UNIT, &array->unit));
    SPN_TRY(spni_read_text(r, d->id, SPNI_ATTRIBUTE_HELP, &array->help));
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
    int64_t texts;
} table_reader;

static spn_status check_rows(const spni_reader *r, table_reader *t, const char *name, int64_t rows)
{
    if (t->rows >= 0 && t->rows != rows) {
        return spn_fail(r->context, SPN_ERROR_INPUT,
                        "cannot read %s: column %s/%s has %lld rows, the columns before it %lld",
                        r->path, t->name, name, (long long)rows, (long long)t->rows);
    }
    t->rows = rows;
    return SPN_OK;
}

static spn_status read_column(spni_reader *r, table_reader *t, const dataset *d, const char *name)
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
    SPN_TRY(spni_read_text(r, d->id, SPNI_ATTRIBUTE_UNIT, &column->unit));
    SPN_TRY(spni_read_text(r, d->id, SPNI_ATTRIBUTE_HELP, &column->help));
    SPN_TRY(spni_read_texts(r, d->id, SPNI_ATTRIBUTE_WORDS, &words, &column->words));
    column->unit = column->unit != NULL ? column->unit : "";
    column->help = column->help != NULL ? column->help : "";
    t->cells[t->count++] = cells;
done:
    return status;
}

static spn_status read_texts(spni_reader *r, table_reader *t, const dataset *d, const char *name)
{
    spn_status status = SPN_OK;
    char **raw = NULL;
    spn_text_column *texts = &r->text_columns[r->out->text_column_count];
    SPN_TRY(check_rows(r, t, name, d->shape[0]));
    SPN_NEW(r->context, raw, d->points);
    if (d->points > 0) {
        SPN_TRY(spni_hdf5_read_all(r->context, d->id, r->string, raw, r->path, name));
    }
    *texts = (spn_text_column){.group = t->name, .name = name, .rows = d->points};
    SPN_TRY(spni_take_strings(r, d->space, raw, d->points, &texts->items));
    SPN_TRY(spni_read_text(r, d->id, SPNI_ATTRIBUTE_HELP, &texts->help));
    r->out->text_column_count++;
    t->texts++;
done:
    spn_release(r->context, raw);
    return status;
}

/* Columns into records of 8-byte cells. */
static spn_status make_records(spni_reader *r, const table_reader *t)
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
static spn_status grow_texts(spni_reader *r, int64_t more)
{
    const spn_status status =
        spn_grow_in(r->context, r->arena, &r->text_columns, sizeof *r->text_columns,
                    r->out->text_column_count, more, &r->text_column_capacity);
    r->out->text_columns = r->text_columns;
    return status;
}

static spn_status read_table_item(spni_reader *r, table_reader *t, hid_t object, const char *name)
{
    spn_status status = SPN_OK;
    dataset d = {.id = object, .space = H5I_INVALID_HID};
    const H5I_type_t type = H5Iget_type(object);
    if (type != H5I_DATASET) {
        return type == H5I_BADID ? spni_read_fail(r, name) : SPN_OK;
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

/* Files say how many columns a table has since there is a check of it. */
static spn_status check_count(const spni_reader *r, hid_t group, const table_reader *t)
{
    spn_status status = SPN_OK;
    bool is_there = false;
    int64_t declared = 0;
    SPN_TRY(spni_read_integer(r, group, SPNI_ATTRIBUTE_COLUMNS, &is_there, &declared));
    if (is_there && declared != t->count + t->texts) {
        SPN_FAIL(r->context, SPN_ERROR_INPUT,
                 "cannot read %s (%s): it says that it has %lld columns, %lld were found", r->path,
                 t->name, (long long)declared, (long long)(t->count + t->texts));
    }
done:
    return status;
}

static spn_status read_table(spni_reader *r, hid_t group, const char *name)
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
    SPN_TRY(check_count(r, group, &t));
    SPN_TRY(make_records(r, &t));
done:
    return status;
}

static spn_status read_root_item(spni_reader *r, hid_t object, const char *name)
{
    spn_status status = SPN_OK;
    dataset d = {.id = object, .space = H5I_INVALID_HID};
    const H5I_type_t type = H5Iget_type(object);
    if (type == H5I_BADID) {
        status = spni_read_fail(r, name);
    } else if (type == H5I_GROUP) {
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

static spn_status read_objects(spni_reader *r)
{
    spn_status status = SPN_OK;
    hid_t root = H5Gopen2(r->file, "/", H5P_DEFAULT);
    links l;
    if (root < 0) {
        return spni_read_fail(r, "/");
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

static spn_status read_attribute(spni_reader *r, const char *name)
{
    spn_status status = SPN_OK;
    bool is_integer = false;
    spn_attribute *a = &r->attributes[r->out->attribute_count];
    *a = (spn_attribute){.name = name};
    SPN_TRY(spni_read_text(r, r->file, name, &a->text));
    SPN_TRY(spni_read_integer(r, r->file, name, &is_integer, &a->integer));
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

static spn_status read_attributes(spni_reader *r)
{
    spn_status status = SPN_OK;
    H5O_info_t info;
    if (H5Oget_info2(r->file, &info, H5O_INFO_NUM_ATTRS) < 0) {
        return spni_read_fail(r, "/");
    }
    const int64_t count =
        info.num_attrs < SPNI_ITEMS_MAX ? (int64_t)info.num_attrs : SPNI_ITEMS_MAX;
    SPN_TAKE(r->context, r->arena, r->attributes, count);
    r->out->attributes = r->attributes;
    for (int64_t i = 0; i < count; i++) {
        char *name = NULL;
        const hsize_t n = (hsize_t)i;
        ssize_t length =
            H5Aget_name_by_idx(r->file, ".", H5_INDEX_NAME, H5_ITER_INC, n, NULL, 0, H5P_DEFAULT);
        if (length < 0) {
            return spni_read_fail(r, "/");
        }
        SPN_TAKE(r->context, r->arena, name, length + 1);
        if (H5Aget_name_by_idx(r->file, ".", H5_INDEX_NAME, H5_ITER_INC, n, name,
                               (size_t)length + 1, H5P_DEFAULT) < 0) {
            return spni_read_fail(r, "/");
        }
        if (!is_reserved(name)) {
            SPN_TRY(read_attribute(r, name));
        }
    }
done:
    return status;
}

spn_status spn_results_read(spn_context *context, spn_arena *arena, const char *path,
                            spn_results *out)
{
    spn_status status = SPN_OK;
    spni_hdf5_silence silence;
    spni_reader r = {.context = context,
                     .arena = arena,
                     .path = path,
                     .file = H5I_INVALID_HID,
                     .string = H5I_INVALID_HID,
                     .out = out};
    *out = (spn_results){0};
    SPN_TRY(spni_hdf5_silence_begin(context, &silence));
    SPN_TRY(spni_open_file(&r));
    SPN_TRY(spni_check_format(&r));
    SPN_TRY(read_attributes(&r));
    SPN_TRY(read_objects(&r));
done:
    spni_hdf5_close(r.string);
    spni_hdf5_close(r.file);
    spni_hdf5_silence_end(&silence);
    if (status != SPN_OK) {
        *out = (spn_results){0};
    }
    return status;
}
