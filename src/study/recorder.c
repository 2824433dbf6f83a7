/* SPDX-License-Identifier: MIT */
#include "study/recorder.h"

#include <spinodal/base/farm.h>
#include <stdlib.h>
#include <string.h>

static const int64_t real = sizeof(double);

/* Of an item that is kept: where it belongs, and which attached rows are its own. */
typedef struct place {
    int64_t job, ordinal, first_row, row_count;
} place;

/* Head of a journal record. */
typedef struct payload_head {
    int64_t job, ordinal, row_count, mode_count, theta_size, state_size;
} payload_head;

static int64_t record_size(const spn_stream *stream)
{
    return (int64_t)stream->columns->record_size;
}

static int64_t row_size(const spn_stream *stream)
{
    return stream->attached.table != NULL ? (int64_t)stream->attached.columns->record_size : 0;
}

spn_status spni_recorder_begin(spn_context *context, const spn_study *study,
                               const spn_streams *streams, unsigned without,
                               spni_recorder *recorder)
{
    spn_status status = SPN_OK;
    *recorder = (spni_recorder){.study = study,
                                .parameters = study != NULL ? study->loss.dimension : -1,
                                .streams = streams};
    SPN_NEW(context, recorder->shelves, streams->count);
    for (int64_t s = 0; s < streams->count; s++) {
        const spn_stream *stream = &streams->items[s];
        spni_shelf *shelf = &recorder->shelves[s];
        *shelf = (spni_shelf){.stream = stream,
                              .keeps_theta = (without >> s & 1U) == 0,
                              .places = {.size = sizeof(place)},
                              .records = {.size = record_size(stream)},
                              .rows = {.size = row_size(stream)}};
        for (int64_t k = 0; k < stream->theta_count; k++) {
            shelf->thetas[k].size = recorder->parameters * real;
        }
    }
done:
    return status;
}

void spni_recorder_end(spn_context *context, spni_recorder *recorder)
{
    for (int64_t s = 0; recorder->shelves != NULL && s < recorder->streams->count; s++) {
        spni_shelf *shelf = &recorder->shelves[s];
        spn_list_free(context, &shelf->places);
        spn_list_free(context, &shelf->records);
        spn_list_free(context, &shelf->modes);
        spn_list_free(context, &shelf->rows);
        for (int64_t k = 0; k < SPN_THETAS_MAX; k++) {
            spn_list_free(context, &shelf->thetas[k]);
        }
    }
    spn_release(context, recorder->shelves);
    *recorder = (spni_recorder){.study = NULL};
}

/* ---- The journal ------------------------------------------------------------------------------ */

spn_status spni_recorder_write(spn_context *context, const spni_recorder *recorder,
                               spn_journal *journal, const spn_item *item)
{
    const spn_stream *stream = &recorder->streams->items[item->stream];
    const payload_head head = {item->job,        item->ordinal,    item->row_count,
                               item->mode_count, item->theta_size, item->state_size};
    const spn_bytes parts[] = {
        {&head, sizeof head},
        {item->record, record_size(stream)},
        {item->rows, item->row_count * row_size(stream)},
        {item->modes, item->mode_count * real},
        {item->theta, item->theta_size * real},
        {item->state, item->state_size * real},
    };
    return spn_journal_append(context, journal, item->stream + 1, parts,
                              sizeof parts / sizeof *parts);
}

static bool is_within(int64_t count, int64_t most)
{
    return count >= 0 && count <= most;
}

/* Is this how many weights an item of the stream has? */
static bool is_theta_whole(const spni_recorder *recorder, const spn_stream *stream,
                           int64_t theta_size)
{
    if (recorder->parameters < 0) {
        return stream->theta_count > 0 ? theta_size % stream->theta_count == 0 : theta_size == 0;
    }
    return theta_size == stream->theta_count * recorder->parameters;
}

/* What this network's items may have. */
static bool are_sizes_known(const spni_recorder *recorder, const spn_stream *stream,
                            const payload_head *head, int64_t size)
{
    return head->job >= 0 && head->ordinal >= 0 &&
           is_within(head->row_count, stream->attached.most) &&
           is_within(head->mode_count, stream->has_modes ? SPN_MODES_MAX : 0) &&
           is_within(head->theta_size, size / real) &&
           is_theta_whole(recorder, stream, head->theta_size) &&
           is_within(head->state_size, stream->has_state ? size / real : 0);
}

spn_status spni_recorder_read(spn_context *context, const spni_recorder *recorder, int64_t type,
                              const void *payload, int64_t size, spn_item *item)
{
    const int64_t fixed = sizeof(payload_head);
    const bool is_known = type >= 1 && type <= recorder->streams->count;
    const spn_stream *stream = is_known ? &recorder->streams->items[type - 1] : NULL;
    if (stream == NULL || size < fixed + record_size(stream)) {
        return spn_fail(context, SPN_ERROR_INPUT,
                        "the journal holds a record that is not of this kind of run");
    }
    payload_head head;
    memcpy(&head, payload, sizeof head);
    const bool is_ours = are_sizes_known(recorder, stream, &head, size);
    const char *const record = (const char *)payload + fixed;
    const char *const rows = record + record_size(stream);
    const int64_t row_bytes = is_ours ? head.row_count * row_size(stream) : 0;
    if (!is_ours || size != fixed + record_size(stream) + row_bytes +
                                (head.mode_count + head.theta_size + head.state_size) * real) {
        return spn_fail(context, SPN_ERROR_INPUT, "the journal holds an item of another network");
    }
    const double *const numbers = (const void *)(rows + row_bytes);
    *item = (spn_item){.stream = type - 1,
                       .job = head.job,
                       .ordinal = head.ordinal,
                       .record = record,
                       .row_count = head.row_count,
                       .rows = rows,
                       .mode_count = head.mode_count,
                       .modes = numbers,
                       .theta_size = head.theta_size,
                       .theta = numbers + head.mode_count,
                       .state_size = head.state_size,
                       .state = numbers + head.mode_count + head.theta_size};
    return SPN_OK;
}

/* ---- Memory ----------------------------------------------------------------------------------- */

spn_status spni_recorder_keep(spn_context *context, spni_recorder *recorder, const spn_item *item)
{
    spn_status status = SPN_OK;
    spni_shelf *shelf = &recorder->shelves[item->stream];
    const spn_stream *stream = shelf->stream;
    const int64_t parameters = recorder->parameters;
    const place at = {item->job, item->ordinal, shelf->rows.count, item->row_count};
    shelf->modes.size = shelf->has_modes ? shelf->modes.size : item->mode_count * real;
    shelf->has_modes = true;
    if (item->mode_count * real != shelf->modes.size ||
        !is_theta_whole(recorder, stream, item->theta_size)) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "items of different networks in one run");
    }
    SPN_TRY(spn_list_append(context, &shelf->places, &at));
    SPN_TRY(spn_list_append(context, &shelf->records, item->record));
    SPN_TRY(spn_list_extend(context, &shelf->rows, item->rows, item->row_count));
    SPN_TRY(stream->has_modes ? spn_list_append(context, &shelf->modes, item->modes) : SPN_OK);
    for (int64_t k = 0; shelf->keeps_theta && k < stream->theta_count; k++) {
        SPN_TRY(spn_list_append(context, &shelf->thetas[k], item->theta + k * parameters));
    }
done:
    return status;
}

/* ---- Order ------------------------------------------------------------------------------------ */

/* The job, the keys of the stream, the ordinal; then the item's number in the order of arrival. */
enum { SORTED_BY = SPN_KEYS_MAX + 2 };
typedef struct sort_key {
    int64_t by[SORTED_BY], number;
} sort_key;

static int compare_places(const sort_key *a, const sort_key *b)
{
    for (int i = 0; i < SORTED_BY; i++) {
        if (a->by[i] != b->by[i]) {
            return a->by[i] < b->by[i] ? -1 : 1;
        }
    }
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    const sort_key *left = a, *right = b;
    const int order = compare_places(left, right);
    return order != 0 ? order : (left->number > right->number) - (left->number < right->number);
}

static sort_key key_of(const spni_shelf *shelf, int64_t number)
{
    const spn_stream *stream = shelf->stream;
    const place *at = (const place *)(const void *)shelf->places.items + number;
    const char *record = shelf->records.items + number * shelf->records.size;
    sort_key key = {.by = {at->job}, .number = number};
    for (int64_t k = 0; k < stream->key_count; k++) {
        memcpy(&key.by[1 + k], record + stream->keys[k], sizeof key.by[0]);
    }
    key.by[SORTED_BY - 1] = at->ordinal;
    return key;
}

/* Attached rows in the order of their records, whose places they get. */
static spn_status follow_with_rows(spn_context *context, spni_shelf *shelf)
{
    spn_status status = SPN_OK;
    int64_t *order = NULL, count = 0;
    place *places = (void *)shelf->places.items;
    SPN_NEW(context, order, shelf->rows.count);
    for (int64_t i = 0; i < shelf->places.count; i++) {
        const int64_t first = places[i].first_row;
        places[i].first_row = count;
        for (int64_t row = 0; row < places[i].row_count; row++) {
            order[count++] = first + row;
        }
    }
    SPN_TRY(spn_list_pick(context, &shelf->rows, order, count));
    for (int64_t i = 0; i < shelf->places.count; i++) {
        for (int64_t row = 0; row < places[i].row_count; row++) {
            char *at = shelf->rows.items + (places[i].first_row + row) * shelf->rows.size;
            memcpy(at + shelf->stream->attached.row, &i, sizeof i);
        }
    }
done:
    spn_release(context, order);
    return status;
}

static spn_status pick(spn_context *context, spni_shelf *shelf, const int64_t *order, int64_t count)
{
    spn_status status = SPN_OK;
    const spn_stream *stream = shelf->stream;
    SPN_TRY(spn_list_pick(context, &shelf->places, order, count));
    SPN_TRY(spn_list_pick(context, &shelf->records, order, count));
    SPN_TRY(stream->has_modes ? spn_list_pick(context, &shelf->modes, order, count) : SPN_OK);
    for (int64_t k = 0; shelf->keeps_theta && k < stream->theta_count; k++) {
        SPN_TRY(spn_list_pick(context, &shelf->thetas[k], order, count));
    }
    SPN_TRY(stream->attached.table != NULL ? follow_with_rows(context, shelf) : SPN_OK);
done:
    return status;
}

static spn_status sort_shelf(spn_context *context, spni_shelf *shelf)
{
    spn_status status = SPN_OK;
    sort_key *keys = NULL;
    int64_t *order = NULL, kept = 0;
    const int64_t count = shelf->records.count;
    spn_farm_beat(context);
    SPN_NEW(context, keys, count);
    SPN_NEW(context, order, count);
    for (int64_t i = 0; i < count; i++) {
        keys[i] = key_of(shelf, i);
    }
    qsort(keys, (size_t)count, sizeof *keys, compare_keys);
    for (int64_t i = 0; i < count; i++) {
        if (i == 0 || !shelf->stream->is_resent || compare_places(&keys[i - 1], &keys[i]) != 0) {
            order[kept++] = keys[i].number;
        }
    }
    SPN_TRY(pick(context, shelf, order, kept));
done:
    spn_release(context, keys);
    spn_release(context, order);
    return status;
}

spn_status spni_recorder_sort(spn_context *context, spni_recorder *recorder)
{
    spn_status status = SPN_OK;
    for (int64_t s = 0; s < recorder->streams->count; s++) {
        SPN_TRY(sort_shelf(context, &recorder->shelves[s]));
    }
done:
    return status;
}

spn_status spni_recorder_filter(spn_context *context, spni_recorder *recorder, int64_t stream,
                                bool (*is_wanted)(const void *record))
{
    spn_status status = SPN_OK;
    spni_shelf *shelf = &recorder->shelves[stream];
    int64_t *order = NULL, kept = 0;
    SPN_NEW(context, order, shelf->records.count);
    for (int64_t i = 0; i < shelf->records.count; i++) {
        if (is_wanted(shelf->records.items + i * shelf->records.size)) {
            order[kept++] = i;
        }
    }
    SPN_TRY(pick(context, shelf, order, kept));
done:
    spn_release(context, order);
    return status;
}

/* ---- The book --------------------------------------------------------------------------------- */

void *spni_recorder_records(const spni_recorder *recorder, int64_t stream, int64_t *count)
{
    *count = recorder->shelves[stream].records.count;
    return recorder->shelves[stream].records.items;
}

void spni_recorder_table(const spni_recorder *recorder, int64_t stream, spn_book *book)
{
    spni_recorder_table_as(recorder, stream, recorder->shelves[stream].stream->columns, book);
}

void spni_recorder_table_as(const spni_recorder *recorder, int64_t stream,
                            const spn_columns *columns, spn_book *book)
{
    const spni_shelf *shelf = &recorder->shelves[stream];
    const spn_attached *attached = &shelf->stream->attached;
    spn_book_table(book, (spn_table){shelf->stream->table, columns, shelf->records.count,
                                     shelf->records.items});
    if (attached->table != NULL) {
        spn_book_table(book, (spn_table){attached->table, attached->columns, shelf->rows.count,
                                         shelf->rows.items});
    }
}

void spni_recorder_arrays(const spni_recorder *recorder, int64_t stream, spn_book *book)
{
    const spni_shelf *shelf = &recorder->shelves[stream];
    if (shelf->stream->has_modes) {
        spn_book_array(book, (spn_array){.name = "modes",
                                         .rows = shelf->modes.count,
                                         .columns = shelf->modes.size / real,
                                         .values = (const void *)shelf->modes.items,
                                         .unit = "",
                                         .help = spni_modes_help(recorder->study)});
    }
    for (int64_t k = 0; shelf->keeps_theta && k < shelf->stream->theta_count; k++) {
        const spn_list *theta = &shelf->thetas[k];
        spni_book_weights(book, shelf->stream->thetas[k], theta->count, recorder->parameters,
                          (const void *)theta->items);
    }
}
