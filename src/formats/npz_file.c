/* SPDX-License-Identifier: MIT */
#include "formats/npz_file.h"

#include "formats/archive.h"
#include "formats/arrays.h"
#include "formats/input.h"
#include "formats/torch.h"
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Numbers that are looked at together. */
enum { PIECE = 8192 };

/* An array that stays in its archive. */
typedef struct member {
    int64_t index; /* in the archive */
    uint64_t size; /* bytes */
    uint32_t crc;
    spni_npy_head head;
    int64_t not_finite;
} member;

struct spni_npz_file {
    zip_t *archive;
    char *path;
    int file;              /* -1: none is open */
    spni_file_facts facts; /* of it when it was opened */
    spni_array_list *list;
    member *members; /* of its arrays */
    spn_arrays **held;
    int64_t held_count;
};

void spni_npz_close(spn_context *context, spni_npz_file *file)
{
    if (file == NULL) {
        return;
    }
    for (int64_t i = 0; i < file->held_count; i++) {
        spn_arrays_free(context, file->held[i]);
    }
    spn_release(context, file->held);
    spni_array_list_free(context, file->list);
    spni_archive_close(file->archive);
    if (file->file >= 0) {
        close(file->file);
    }
    spn_release(context, file->members);
    spn_release(context, file->path);
    spn_release(context, file);
}

/* What was read is what the file held when it was opened, and whatever a file that has become another seems to be, it is that. */
static spn_status check(spn_context *context, const spni_npz_file *file, spn_status status)
{
    if (status != SPN_OK && status != SPN_ERROR_INPUT) {
        return status;
    }
    const spn_status other = spni_file_check(context, file->path, file->file, &file->facts);
    return other != SPN_OK ? other : status;
}

const spn_arrays *spni_npz_arrays(const spni_npz_file *file)
{
    return &file->list->arrays;
}

/* ---- All members, once ------------------------------------------------------------------------- */

/* A member that is read from its beginning. */
typedef struct pass {
    const char *where;
    zip_file_t *file;
    int64_t size, used;
} pass;

static spn_status next(spn_context *context, pass *p, unsigned char *to, int64_t count,
                       int64_t *got)
{
    const spn_status status = spni_archive_next(context, p->where, p->file, to, count, got);
    p->used += *got;
    return status;
}

/* To the end, where its checksum is compared. */
static spn_status read_end(spn_context *context, pass *p)
{
    spn_status status = SPN_OK;
    unsigned char unread[4096];
    const int64_t room = sizeof unread;
    for (int64_t got = 1; got > 0 && p->used <= p->size;) {
        const int64_t left = p->size - p->used;
        SPN_TRY(next(context, p, unread, left == 0 ? 1 : left < room ? left : room, &got));
    }
    if (p->used != p->size) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s holds another number of bytes than it declares",
                 p->where);
    }
done:
    return status;
}

/* What is wrong with the archive is said before what is wrong with what it holds. */
static spn_status blame(spn_context *context, pass *p, spn_status status)
{
    spn_error fault;
    if (status != SPN_ERROR_INPUT) {
        return status;
    }
    spn_error_get(context, &fault);
    const spn_status other = read_end(context, p);
    if (other != SPN_OK) {
        return other;
    }
    spn_error_set(context, &fault);
    return status;
}

static spn_status read_head(spn_context *context, pass *p, spni_npy_head *head)
{
    enum { FIRST = 12 };
    spn_status status = SPN_OK;
    unsigned char first[FIRST] = {0}, *all = NULL;
    int64_t got = 0, more = 0;
    SPN_TRY(next(context, p, first, p->size < FIRST ? p->size : FIRST, &got));
    const int64_t size = spni_npy_head_size(first, got);
    const bool is_whole = memcmp(first, "\x93NUMPY", 6) == 0 && size >= got && size <= p->size;
    if (is_whole) {
        SPN_NEW(context, all, size);
        memcpy(all, first, (size_t)got);
        SPN_TRY(next(context, p, all + got, size - got, &more));
    }
    SPN_TRY(blame(context, p,
                  spni_npy_read_head(context, p->where, is_whole ? all : first,
                                     is_whole && more < size - got ? got + more : p->size, head)));
done:
    spn_release(context, all);
    return status;
}

/* Numbers that are no doubles, and those that are not finite: the first of each, or -1. */
static spn_status scan_numbers(spn_context *context, pass *p, member *m, int64_t *bad)
{
    spn_status status = SPN_OK;
    const int64_t size = m->head.item_size;
    unsigned char *bytes = NULL;
    double *values = NULL;
    SPN_NEW(context, bytes, PIECE * size);
    SPN_NEW(context, values, PIECE);
    *bad = m->not_finite = -1;
    for (int64_t done = 0, got = PIECE * size; done < m->head.count && got == PIECE * size;
         done += PIECE) {
        const int64_t left = m->head.count - done, count = left < PIECE ? left : PIECE;
        SPN_TRY(next(context, p, bytes, count * size, &got));
        const int64_t there = got / size;
        const int64_t at = *bad >= 0 ? -1
                                     : spni_numbers_decode(m->head.number, m->head.is_big_endian,
                                                           bytes, there, values);
        *bad = at >= 0 ? done + at : *bad;
        for (int64_t i = 0; *bad < 0 && m->not_finite < 0 && i < there; i++) {
            m->not_finite = isfinite(values[i]) ? -1 : done + i;
        }
    }
    SPN_TRY(read_end(context, p));
done:
    spn_release(context, bytes);
    spn_release(context, values);
    return status;
}

/* An array of numbers: what it is, and that it is whole. */
static spn_status add_numbers(spn_context *context, spni_npz_file *file, pass *p, const char *name,
                              member *m)
{
    spn_status status = SPN_OK;
    int64_t bad = -1;
    char why[160];
    SPN_TRY(scan_numbers(context, p, m, &bad));
    spni_npy_fault(&m->head, bad, why);
    if (why[0] != '\0') {
        SPN_TRY(spni_array_list_add_other(context, file->list, name, 0, NULL, why, NULL));
    } else {
        SPN_TRY(spni_array_list_add(context, file->list, name, m->head.rank, m->head.shape, NULL));
        file->members[file->list->arrays.count - 1] = *m;
    }
done:
    return status;
}

/* Words, and what cannot be used, are kept as ever. */
static spn_status add_others(spn_context *context, const spni_npz_file *file, const char *where,
                             int64_t index, const char *name, spni_array_list *list)
{
    spn_status status = SPN_OK;
    uint64_t left = (uint64_t)file->facts.size;
    unsigned char *bytes = NULL;
    int64_t size = 0;
    SPN_TRY(spni_archive_read(context, where, file->archive, index, &left, &bytes, &size));
    SPN_TRY(spni_npy_add(context, where, bytes, size, name, list));
done:
    spn_release(context, bytes);
    return status;
}

static spn_status add_member(spn_context *context, spni_npz_file *file, int64_t index,
                             uint64_t *left)
{
    spn_status status = SPN_OK;
    zip_stat_t facts;
    bool is_array = false;
    char where[512], name[SPN_ARRAY_NAME_MAX + 1] = "";
    pass p = {.where = where};
    member m = {.index = index};
    SPN_TRY(spni_npz_name(context, file->path, zip_get_name(file->archive, (zip_uint64_t)index, 0),
                          where, name, &is_array));
    if (!is_array) {
        SPN_TRY(spni_array_list_add_other(context, file->list, name, 0, NULL,
                                          "is no array: its name does not end in .npy", NULL));
        goto done;
    }
    SPN_TRY(spni_archive_look(context, where, file->archive, index, left, &facts));
    m.size = facts.size;
    m.crc = facts.crc;
    p.size = (int64_t)facts.size;
    SPN_TRY(spni_archive_begin(context, where, file->archive, index, &p.file));
    SPN_TRY(read_head(context, &p, &m.head));
    SPN_TRY(m.head.kind == SPNI_NPY_NUMBER
                ? add_numbers(context, file, &p, name, &m)
                : add_others(context, file, where, index, name, file->list));
done:
    if (p.file != NULL) {
        zip_fclose(p.file);
    }
    return status;
}

static spn_status read_members(spn_context *context, spni_npz_file *file)
{
    spn_status status = SPN_OK;
    uint64_t left = (uint64_t)file->facts.size;
    const int64_t count = zip_get_num_entries(file->archive, 0);
    if (count <= 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT, "%s holds no arrays", file->path);
    }
    SPN_TRY(spni_array_list_create(context, count, &file->list));
    SPN_NEW(context, file->members, count);
    SPN_NEW(context, file->held, count);
    for (int64_t i = 0; i < count; i++) {
        SPN_TRY(add_member(context, file, i, &left));
    }
    SPN_TRY(spni_arrays_require(context, file->path, &file->list->arrays));
done:
    return status;
}

/* Does it begin as zip archives do? */
static bool is_archive(const spni_npz_file *file)
{
    char start[2] = "";
    return file->facts.size >= 4 && pread(file->file, start, 2, 0) == 2 &&
           memcmp(start, "PK", 2) == 0;
}

/* *yes: an archive of arrays. */
static spn_status open_file(spn_context *context, spni_npz_file *file, bool *yes)
{
    spn_status status = SPN_OK;
    SPN_TRY(spni_file_open(context, file->path, &file->file, &file->facts));
    if (!is_archive(file)) {
        return SPN_OK;
    }
    status = spni_archive_open_file(context, file->path, file->file, &file->archive);
    *yes = status == SPN_OK && spni_torch_find(file->archive) < 0;
    status = check(context, file, *yes ? read_members(context, file) : status);
done:
    return status;
}

spn_status spni_npz_open(spn_context *context, const char *path, spni_npz_file **out)
{
    spn_status status = SPN_OK;
    spni_npz_file *file = NULL;
    struct stat facts;
    bool yes = false;
    *out = NULL;
    if (stat(path, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        return SPN_OK; /* a pipe is opened once */
    }
    SPN_NEW(context, file, 1);
    file->file = -1;
    file->path = spn_duplicate(context, path);
    SPN_TRY(file->path == NULL ? spn_error_status(context) : SPN_OK);
    SPN_TRY(open_file(context, file, &yes));
    if (yes) {
        *out = file;
        file = NULL;
    }
done:
    spni_npz_close(context, file);
    return status;
}

/* ---- One of them ------------------------------------------------------------------------------- */

static const member *member_of(const spni_npz_file *file, const spn_named_array *array)
{
    return &file->members[array - file->list->arrays.items];
}

int64_t spni_npz_not_finite(const spni_npz_file *file, const spn_named_array *array)
{
    return member_of(file, array)->not_finite;
}

bool spni_npz_has_rows(const spni_npz_file *file, const spn_named_array *array)
{
    return !member_of(file, array)->head.is_fortran || array->rank < 2;
}

spn_status spni_npz_hold(spn_context *context, spni_npz_file *file, const spn_named_array *array)
{
    spn_status status = SPN_OK;
    spni_array_list *list = NULL;
    char where[512], name[SPN_ARRAY_NAME_MAX + 1] = "";
    bool is_array = false;
    const int64_t index = member_of(file, array)->index;
    if (array->values != NULL) {
        return SPN_OK;
    }
    SPN_TRY(spni_npz_name(context, file->path, zip_get_name(file->archive, (zip_uint64_t)index, 0),
                          where, name, &is_array));
    SPN_TRY(spni_array_list_create(context, 1, &list));
    SPN_TRY(check(context, file, add_others(context, file, where, index, name, list)));
    if (list->arrays.count != 1 || list->arrays.items[0].count != array->count) {
        status = spni_file_fail_changed(context, file->path);
        goto done;
    }
    file->list->items[array - file->list->arrays.items].values = list->arrays.items[0].values;
    file->held[file->held_count++] = &list->arrays;
    list = NULL;
done:
    spni_array_list_free(context, list);
    return status;
}

/* ---- Its rows ---------------------------------------------------------------------------------- */

typedef struct array_rows {
    spni_npz_file *file;
    member member;
    int64_t columns, next; /* the row at which the stream is */
    zip_file_t *stream;    /* NULL: at none */
    unsigned char *row;
} array_rows;

static void free_rows(spn_context *context, void *state)
{
    array_rows *from = state;
    if (from->stream != NULL) {
        zip_fclose(from->stream);
    }
    spni_npz_close(context, from->file);
    spn_release(context, from->row);
    spn_release(context, from);
}

/* Bytes to be passed over, or, within a row, to be kept. */
static spn_status read_bytes(spn_context *context, array_rows *from, int64_t count)
{
    spn_status status = SPN_OK;
    const int64_t room = from->columns * from->member.head.item_size;
    int64_t got = 1;
    for (; count > 0 && got > 0; count -= got) {
        SPN_TRY(spni_archive_next(context, from->file->path, from->stream, from->row,
                                  count < room ? count : room, &got));
    }
    if (count > 0) {
        status = spni_file_fail_shorter(context, from->file->path);
    }
done:
    return status;
}

static spn_status go_to(spn_context *context, array_rows *from, int64_t row)
{
    spn_status status = SPN_OK;
    if (from->stream == NULL || row < from->next) {
        if (from->stream != NULL) {
            zip_fclose(from->stream);
            from->stream = NULL;
        }
        SPN_TRY(spni_archive_begin(context, from->file->path, from->file->archive,
                                   from->member.index, &from->stream));
        SPN_TRY(read_bytes(context, from, from->member.head.size));
        from->next = 0;
    }
    const int64_t size = from->columns * from->member.head.item_size;
    SPN_TRY(read_bytes(context, from, (row - from->next) * size));
    from->next = row;
done:
    return status;
}

static spn_status read_rows(spn_context *context, void *state, const spn_sample_part *part,
                            double *to)
{
    spn_status status = SPN_OK;
    array_rows *from = state;
    const spni_npy_head *head = &from->member.head;
    for (int64_t n = 0; n < part->count; n++) {
        double *values = to + n * part->columns;
        SPN_TRY(go_to(context, from, part->picked[n]));
        SPN_TRY(read_bytes(context, from, from->columns * head->item_size));
        from->next++;
        int64_t bad =
            spni_numbers_decode(head->number, head->is_big_endian,
                                from->row + part->column * head->item_size, part->columns, values);
        for (int64_t i = 0; bad < 0 && i < part->columns; i++) {
            bad = isfinite(values[i]) ? bad : i;
        }
        SPN_TRY(bad < 0 ? SPN_OK : spni_file_fail_changed(context, from->file->path));
    }
done:
    return check(context, from->file, status);
}

spn_status spni_npz_rows(spn_context *context, spni_npz_file *file, const spn_named_array *array,
                         spn_sample_file **out)
{
    spn_status status = SPN_OK;
    array_rows *from = NULL;
    const member *its = member_of(file, array);
    const int64_t columns = array->rank == 1 ? 1 : array->shape[1];
    SPN_NEW(context, from, 1);
    from->member = *its;
    from->columns = columns;
    from->file = file;
    file = NULL;
    SPN_NEW(context, from->row, columns * its->head.item_size);
    const spn_sample_file of = {
        .state = from, .read = read_rows, .free = free_rows, .key = its->crc};
    from = NULL;
    SPN_TRY(spni_sample_file_create(context, &of, out));
done:
    if (from != NULL) {
        free_rows(context, from);
    }
    spni_npz_close(context, file);
    return status;
}
