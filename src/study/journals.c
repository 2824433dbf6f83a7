/* SPDX-License-Identifier: MIT */
#include "study/journals.h"

#include "study/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

spn_status spn_run_journal(spn_context *context, const char *output, char **path)
{
    spn_status status = SPN_OK;
    const int64_t number = spn_farm_rank(context) + spn_farm_is_share(context);
    const size_t size = strlen(output) + sizeof SPN_JOURNAL_ENDING + 24;
    SPN_NEW(context, *path, (int64_t)size);
    snprintf(*path, size, number > 0 ? "%s%s.%lld" : "%s%s", output, SPN_JOURNAL_ENDING,
             (long long)number);
done:
    return status;
}

/* ---- Read as one ------------------------------------------------------------------------------- */

/* A record, and where it belongs among all. */
typedef struct entry {
    int64_t job, type;
    int64_t place;          /* of a point among those of its job; INT64_MAX: it is none */
    int64_t begins;         /* the place of the first point of its job in its journal */
    int64_t journal, index; /* in the order of reading */
    int64_t offset, size;   /* of the payload, in blocks and bytes */
    bool is_whole;          /* its journal holds all there is of its job */
} entry;

/* Payloads begin at whole blocks, aligned as those of a journal are. */
enum { BLOCK = 64 };

typedef struct collector {
    const spni_recorder *recorder;
    int64_t journal;
    int64_t first; /* entry of the journal that is read */
    spn_list entries, blocks;
} collector;

/* Points of a job are numbered in the order in which they were made: by the first key of their stream. */
static int64_t place_of(const spni_recorder *recorder, const spn_item *item)
{
    const spn_stream *stream = &recorder->streams->items[item->stream];
    int64_t place = 0;
    if (stream->key_count > 0) {
        memcpy(&place, (const char *)item->record + stream->keys[0], sizeof place);
    }
    return place;
}

static spn_status collect(spn_context *context, void *state, int64_t type, const void *payload,
                          int64_t size)
{
    collector *all = state;
    spn_status status = SPN_OK;
    spn_item item = {.job = -1, .stream = -1}; /* the experiment comes before all jobs */
    SPN_TRY(type == SPNI_RECORD_EXPERIMENT
                ? spni_parts_check_note(context, payload, size)
                : spni_recorder_read(context, all->recorder, type, payload, size, &item));
    const int64_t place = item.stream == 0 ? place_of(all->recorder, &item) : INT64_MAX;
    const entry added = {.job = item.job,
                         .type = type,
                         .place = place,
                         .begins = place,
                         .journal = all->journal,
                         .index = all->entries.count,
                         .offset = all->blocks.count,
                         .size = size};
    SPN_TRY(spn_list_append(context, &all->entries, &added));
    const int64_t whole = size / BLOCK, rest = size % BLOCK;
    SPN_TRY(spn_list_extend(context, &all->blocks, payload, whole));
    char last[BLOCK] = {0};
    memcpy(last, (const char *)payload + whole * BLOCK, (size_t)rest);
    SPN_TRY(rest > 0 ? spn_list_append(context, &all->blocks, last) : SPN_OK);
done:
    return status;
}

static int compare_by_job(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->job != y->job) {
        return x->job < y->job ? -1 : 1;
    }
    return (x->index > y->index) - (x->index < y->index);
}

static int compare_in_job(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    const int64_t left[] = {x->job, x->begins, x->index}, right[] = {y->job, y->begins, y->index};
    for (int i = 0; i < 3; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

/* What a journal holds of a job stays together, at the place of its first point. Entries are sorted by job and
 * index. */
static void place_segments(entry *entries, int64_t count)
{
    for (int64_t first = 0, next = 0; first < count; first = next) {
        int64_t begins = INT64_MAX;
        for (next = first; next < count && entries[next].job == entries[first].job &&
                           entries[next].journal == entries[first].journal;
             next++) {
            begins = entries[next].begins < begins ? entries[next].begins : begins;
        }
        const bool is_whole = (first == 0 || entries[first - 1].job != entries[first].job) &&
                              (next == count || entries[next].job != entries[first].job);
        for (int64_t i = first; i < next; i++) {
            entries[i].begins = begins;
            entries[i].is_whole = is_whole;
        }
    }
}

static const char *payload_of(const collector *all, const entry *of)
{
    return all->blocks.items + of->offset * BLOCK;
}

/* A merge that was killed leaves what it had copied in two journals. */
static bool is_copy(const collector *all, const entry *entries, int64_t number)
{
    const entry *it = &entries[number];
    for (int64_t i = number - 1; !it->is_whole && i >= 0 && entries[i].job == it->job; i--) {
        if (entries[i].journal != it->journal && entries[i].type == it->type &&
            entries[i].size == it->size &&
            memcmp(payload_of(all, &entries[i]), payload_of(all, it), (size_t)it->size) == 0) {
            return true;
        }
    }
    return false;
}

static int compare_points(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    const int64_t left[] = {x->job, x->place, x->journal}, right[] = {y->job, y->place, y->journal};
    for (int i = 0; i < 3; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Of two parts with the same point one is too many: a copy, or the same share run twice. */
static spn_status refuse_twice(spn_context *context, const collector *all,
                               const spn_journals *journals)
{
    entry *entries = (void *)all->entries.items;
    const int64_t count = all->entries.count;
    if (count > 0) {
        qsort(entries, (size_t)count, sizeof *entries, compare_points);
    }
    for (int64_t i = 1; i < count; i++) {
        const entry *a = &entries[i - 1], *b = &entries[i];
        if (a->job == b->job && a->place == b->place && a->place != INT64_MAX &&
            a->journal != b->journal) {
            return spn_fail(
                context, SPN_ERROR_INPUT,
                "%s and %s both have point %lld of job %lld: they are the same part, or "
                "a share was run twice; leave one out",
                journals->paths[a->journal], journals->paths[b->journal], (long long)a->place,
                (long long)a->job);
        }
    }
    return SPN_OK;
}

static spn_status hand_out(spn_context *context, const collector *all, spn_journal_reader *reader,
                           void *reader_state)
{
    spn_status status = SPN_OK;
    const int64_t count = all->entries.count;
    entry *entries = (void *)all->entries.items;
    if (count == 0) {
        return SPN_OK;
    }
    qsort(entries, (size_t)count, sizeof *entries, compare_by_job);
    place_segments(entries, count);
    qsort(entries, (size_t)count, sizeof *entries, compare_in_job);
    for (int64_t i = 0; i < count; i++) {
        if (!is_copy(all, entries, i)) {
            SPN_TRY(reader(context, reader_state, entries[i].type, payload_of(all, &entries[i]),
                           entries[i].size));
        }
    }
done:
    return status;
}

static spn_status scan(spn_context *context, const char *path, bool is_part,
                       const char *configuration, collector *all)
{
    spn_status status = SPN_OK;
    char *stored = NULL;
    struct stat info;
    if (!is_part && stat(path, &info) == 0 &&
        info.st_size == 0) { /* another share is about to begin it */
        return SPN_OK;
    }
    SPN_TRY(spn_journal_scan(context, path, collect, all, NULL, &stored));
    if (strcmp(stored, configuration) != 0) {
        SPN_FAIL(context, SPN_ERROR_INPUT,
                 "%s belongs to another experiment, or to another version of the program or its "
                 "kernels: remove it, or start anew with --force",
                 path);
    }
done:
    spn_release(context, stored);
    return status;
}

spn_status spni_journals_read(spn_context *context, const spni_recorder *recorder,
                              const char *configuration, const spn_journals *journals,
                              spn_journal_reader *reader, void *reader_state)
{
    spn_status status = SPN_OK;
    collector all = {
        .recorder = recorder, .entries = {.size = sizeof(entry)}, .blocks = {.size = BLOCK}};
    for (all.journal = 0; all.journal < journals->count; all.journal++) {
        SPN_TRY(
            scan(context, journals->paths[all.journal], journals->are_parts, configuration, &all));
    }
    SPN_TRY(journals->are_parts ? refuse_twice(context, &all, journals) : SPN_OK);
    SPN_TRY(hand_out(context, &all, reader, reader_state));
done:
    spn_list_free(context, &all.entries);
    spn_list_free(context, &all.blocks);
    return status;
}

/* ---- Made one ---------------------------------------------------------------------------------- */

static spn_status append(spn_context *context, void *state, int64_t type, const void *payload,
                         int64_t size)
{
    const spn_bytes part = {payload, size};
    return spn_journal_append(context, state, type, &part, 1);
}

/* Everything is in the new journal, under the name of the first: the others are not needed any more. */
static spn_status replace(spn_context *context, const char *made, const char *path,
                          const spn_journals *journals)
{
    spn_status status = SPN_OK;
    if (rename(made, path) != 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot rename %s to %s: %s", made, path, strerror(errno));
    }
    for (int64_t i = 0; i < journals->count; i++) {
        if (strcmp(journals->paths[i], path) != 0 && unlink(journals->paths[i]) != 0) {
            SPN_FAIL(context, SPN_ERROR_IO, "cannot remove %s: %s", journals->paths[i],
                     strerror(errno));
        }
    }
done:
    return status;
}

/* Nobody writes them: each can be opened for writing. Torn tails are cut. */
static spn_status check_idle(spn_context *context, const char *configuration,
                             const spn_journals *journals)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < journals->count; i++) {
        spn_journal *opened = NULL;
        SPN_TRY(spn_journal_open(context, journals->paths[i], configuration, NULL, NULL, NULL,
                                 &opened));
        SPN_TRY(spn_journal_close(context, opened));
    }
done:
    return status;
}

static spn_status remove_journal(spn_context *context, spn_journal **journal)
{
    spn_journal *removed = *journal;
    *journal = NULL;
    return spn_journal_remove(context, removed);
}

spn_status spni_journals_merge(spn_context *context, const spni_recorder *recorder,
                               const char *configuration, const spn_journals *journals,
                               const char *path)
{
    spn_status status = SPN_OK;
    spn_journal *journal = NULL;
    char *made = NULL;
    const size_t size = strlen(path) + sizeof ".merged";
    SPN_NEW(context, made, (int64_t)size);
    snprintf(made, size, "%s.merged", path);
    SPN_TRY(check_idle(context, configuration, journals));
    if (spn_journal_exists(made)) { /* of a merge that was killed, or it is not ours to replace */
        SPN_TRY(spn_journal_open(context, made, configuration, NULL, NULL, NULL, &journal));
        SPN_TRY(remove_journal(context, &journal));
    }
    SPN_TRY(spn_journal_create(context, made, configuration, false, &journal));
    SPN_TRY(spni_journals_read(context, recorder, configuration, journals, append, journal));
    spn_journal *whole = journal;
    journal = NULL;
    SPN_TRY(spn_journal_close(context, whole));
    SPN_TRY(replace(context, made, path, journals));
done:
    if (journal != NULL) {
        spn_error cause;
        spn_error_get(context, &cause);
        remove_journal(context, &journal);
        spn_error_set(context, &cause);
    }
    spn_release(context, made);
    return status;
}
