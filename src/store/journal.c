/* SPDX-License-Identifier: MIT */
/* Writing a journal: create, open for resuming, append, close, remove. */
#include "store/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define SYNC_SECONDS 1.0

struct spn_journal {
    int fd;
    char *path;
    int64_t size;    /* of the valid part: where the next record goes */
    int64_t records; /* in it */
    double synced;   /* time of the last fdatasync */
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static spn_status fail_write(spn_context *context, const char *path, int error)
{
    return spn_fail(context, SPN_ERROR_IO, "cannot write %s: %s", path, strerror(error));
}

bool spn_journal_exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

bool spn_journal_is_written(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    const bool is_locked = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return is_locked;
}

/* Does the locked descriptor still belong to the path? Its last writer may have removed the file between
 * our open() and flock(), and anybody may put another one there while we write. */
static bool is_current(int fd, const char *path)
{
    struct stat opened;
    struct stat named;
    return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

/* A journal is a regular file under its own name: what a link leads to is not ours to write. */
static spn_status open_plain(spn_context *context, const char *path, int flags, int *out)
{
    struct stat info;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0666);
    if (fd < 0 && errno == ELOOP) {
        return spn_fail(context, SPN_ERROR_IO,
                        "%s is a symbolic link: a journal is written beside its results only; "
                        "remove the link, or choose another output",
                        path);
    }
    if (fd < 0) {
        return spn_fail(context, SPN_ERROR_IO, "cannot open %s: %s", path, strerror(errno));
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        return spn_fail(context, SPN_ERROR_IO, "%s is not a regular file", path);
    }
    *out = fd;
    return SPN_OK;
}

static spn_status open_locked(spn_context *context, const char *path, int flags, int *out)
{
    /* Who asks whether a journal is written (spn_journal_is_written()) holds a lock for an instant. */
    const int patient = 10;
    const struct timespec instant = {.tv_nsec = 5000000};
    for (int attempt = 0; attempt < 100; attempt++) {
        int fd = -1;
        spn_status status = open_plain(context, path, flags, &fd);
        if (status != SPN_OK) {
            return status;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            int error = errno;
            close(fd);
            if (error == EWOULDBLOCK && attempt < patient) {
                nanosleep(&instant, NULL);
                continue;
            }
            if (error == EWOULDBLOCK) {
                return spn_fail(context, SPN_ERROR_IO,
                                "%s is being written by another process: wait for it, or choose "
                                "another output",
                                path);
            }
            return spn_fail(context, SPN_ERROR_IO, "cannot lock %s: %s", path, strerror(error));
        }
        if (is_current(fd, path)) {
            *out = fd;
            return SPN_OK;
        }
        close(fd);
    }
    return spn_fail(context, SPN_ERROR_IO, "cannot lock %s: it keeps changing", path);
}

/* Write all parts at `offset` (parts are consumed). Returns 0 or errno. */
static int write_all(int fd, struct iovec *parts, int count, int64_t offset)
{
    while (count > 0) {
        ssize_t n = pwritev(fd, parts, count, (off_t)offset);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? errno : ENOSPC;
        }
        offset += n;
        while (count > 0 && (size_t)n >= parts->iov_len) {
            n -= (ssize_t)parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (char *)parts->iov_base + n;
            parts->iov_len -= (size_t)n;
        }
    }
    return 0;
}

/* pwritev() reads only, but its struct wants a pointer to non-const. */
static struct iovec make_part(const void *data, int64_t size)
{
    union {
        const void *in;
        void *out;
    } pointer = {.in = data};
    return (struct iovec){.iov_base = pointer.out, .iov_len = (size_t)size};
}

static spn_status write_header(spn_context *context, spn_journal *journal,
                               const char *configuration)
{
    spni_journal_header header = spni_journal_make_header(configuration);
    struct iovec parts[2] = {make_part(&header, sizeof header),
                             make_part(configuration, (int64_t)header.configuration_size)};
    int error = ftruncate(journal->fd, 0) != 0 ? errno : write_all(journal->fd, parts, 2, 0);
    if (error != 0) {
        return fail_write(context, journal->path, error);
    }
    journal->size = (int64_t)sizeof header + (int64_t)header.configuration_size;
    return SPN_OK;
}

static void release(spn_context *context, spn_journal *journal)
{
    if (journal != NULL) {
        if (journal->fd >= 0) {
            close(journal->fd);
        }
        spn_release(context, journal->path);
        spn_release(context, journal);
    }
}

static spn_status make(spn_context *context, const char *path, spn_journal **out)
{
    spn_status status = SPN_OK;
    spn_journal *journal = NULL;
    SPN_NEW(context, journal, 1);
    journal->fd = -1;
    journal->synced = seconds();
    journal->path = spn_duplicate(context, path);
    if (journal->path == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    *out = journal;
    journal = NULL;
done:
    release(context, journal);
    return status;
}

/* Whether an existing journal is being written right now is what the user must know first. With `force` it is
 * removed, not emptied: another name may lead to it. */
static spn_status make_room(spn_context *context, const char *path, bool force)
{
    spn_status status = SPN_OK;
    int old = -1;
    if (!spn_journal_exists(path)) {
        return SPN_OK;
    }
    SPN_TRY(open_locked(context, path, 0, &old));
    if (!force) {
        SPN_FAIL(context, SPN_ERROR_IO,
                 "%s exists: an earlier run was not finished; go on with --resume, or start anew "
                 "with --force",
                 path);
    }
    if (unlink(path) != 0) {
        status = spn_fail(context, SPN_ERROR_IO, "cannot remove %s: %s", path, strerror(errno));
    }
done:
    if (old >= 0) {
        close(old);
    }
    return status;
}

spn_status spn_journal_create(spn_context *context, const char *path, const char *configuration,
                              bool force, spn_journal **out)
{
    spn_status status = SPN_OK;
    spn_journal *journal = NULL;
    *out = NULL;
    SPN_TRY(make(context, path, &journal));
    SPN_TRY(make_room(context, path, force));
    SPN_TRY(open_locked(context, path, O_CREAT | O_EXCL, &journal->fd));
    SPN_TRY(write_header(context, journal, configuration));
    *out = journal;
    journal = NULL;
done:
    if (journal != NULL && journal->fd >= 0 && is_current(journal->fd, path)) {
        unlink(path);
    }
    release(context, journal);
    return status;
}

spn_status spn_journal_open(spn_context *context, const char *path, const char *configuration,
                            spn_journal_reader *reader, void *reader_state, spn_journal_info *info,
                            spn_journal **out)
{
    spn_status status = SPN_OK;
    spn_journal *journal = NULL;
    spn_journal_info found = {0};
    *out = NULL;
    SPN_TRY(make(context, path, &journal));
    SPN_TRY(open_locked(context, path, 0, &journal->fd));
    SPN_TRY(spni_journal_check_header(context, journal->fd, path, configuration, &journal->size));
    if (journal->size == 0) {
        SPN_TRY(write_header(context, journal, configuration));
        found.bytes = journal->size;
    } else {
        SPN_TRY(spni_journal_read_records(context, journal->fd, path, journal->size, reader,
                                          reader_state, &found));
        journal->size = found.bytes;
        journal->records = found.records;
        if (found.cut_bytes > 0 && ftruncate(journal->fd, (off_t)found.bytes) != 0) {
            SPN_TRY(fail_write(context, path, errno));
        }
    }
    *out = journal;
    journal = NULL;
done:
    if (info != NULL) {
        *info = found;
    }
    release(context, journal);
    return status;
}

spn_status spn_journal_scan(spn_context *context, const char *path, spn_journal_reader *reader,
                            void *reader_state, spn_journal_info *info, char **configuration)
{
    spn_status status = SPN_OK;
    spn_journal_info found = {0};
    char *stored = NULL;
    int64_t position = 0;
    if (configuration != NULL) {
        *configuration = NULL;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot open %s: %s", path, strerror(errno));
    }
    SPN_TRY(spni_journal_read_header(context, fd, path, &stored, &position));
    SPN_TRY(spni_journal_read_records(context, fd, path, position, reader, reader_state, &found));
    if (configuration != NULL) {
        *configuration = stored;
        stored = NULL;
    }
done:
    if (fd >= 0) {
        close(fd);
    }
    if (info != NULL) {
        *info = found;
    }
    spn_release(context, stored);
    return status;
}

spn_status spn_journal_append(spn_context *context, spn_journal *journal, int64_t type,
                              const spn_bytes *parts, int64_t count)
{
    struct iovec pieces[SPN_JOURNAL_PARTS_MAX + 1];
    if (type < 0 || type > INT32_MAX || count < 0 || count > SPN_JOURNAL_PARTS_MAX) {
        return spn_fail(context, SPN_ERROR_ARGUMENT,
                        "journal record of type %lld with %lld parts: at most %d parts, type from "
                        "0 to 2^31 - 1",
                        (long long)type, (long long)count, SPN_JOURNAL_PARTS_MAX);
    }
    spni_journal_record record = {.type = (uint32_t)type, .index = (uint64_t)journal->records};
    for (int64_t i = 0; i < count; i++) {
        if (parts[i].size < 0) {
            return spn_fail(context, SPN_ERROR_ARGUMENT, "journal record: negative size");
        }
        if (parts[i].size > 0) {
            record.payload_crc = spni_crc32(record.payload_crc, parts[i].data, parts[i].size);
        }
        record.size += (uint64_t)parts[i].size;
        pieces[i + 1] = make_part(parts[i].data, parts[i].size);
    }
    record.header_crc = spni_journal_record_crc(&record);
    pieces[0] = make_part(&record, sizeof record);
    int error = write_all(journal->fd, pieces, (int)count + 1, journal->size);
    if (error != 0) {
        spn_status status = fail_write(context, journal->path, error);
        /* Where even this fails the torn tail is recognised and cut when the run is resumed. */
        if (ftruncate(journal->fd, (off_t)journal->size) != 0) {
            spn_error_prefix(context, "torn record left");
        }
        return status;
    }
    journal->size += (int64_t)sizeof record + (int64_t)record.size;
    journal->records++;
    double now = seconds();
    if (now - journal->synced >= SYNC_SECONDS) {
        journal->synced = now;
        if (fdatasync(journal->fd) != 0) {
            return fail_write(context, journal->path, errno);
        }
    }
    return SPN_OK;
}

spn_status spn_journal_close(spn_context *context, spn_journal *journal)
{
    spn_status status = SPN_OK;
    if (journal == NULL) {
        return SPN_OK;
    }
    int fd = journal->fd;
    journal->fd = -1;
    int error = fdatasync(fd) != 0 ? errno : 0;
    if (close(fd) != 0 && error == 0) {
        error = errno;
    }
    if (error != 0) {
        status = fail_write(context, journal->path, error);
    }
    release(context, journal);
    return status;
}

spn_status spn_journal_remove(spn_context *context, spn_journal *journal)
{
    spn_status status = SPN_OK;
    if (journal == NULL) {
        return SPN_OK;
    }
    if (spn_journal_exists(journal->path) && !is_current(journal->fd, journal->path)) {
        spn_warning(context, "%s was replaced by another file during the run, which is left alone",
                    journal->path);
    } else if (unlink(journal->path) != 0) {
        status =
            spn_fail(context, SPN_ERROR_IO, "cannot remove %s: %s", journal->path, strerror(errno));
    }
    release(context, journal);
    return status;
}
