/* SPDX-License-Identifier: MIT */
#include "formats/output.h"
#include "formats/input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spinodal/base/farm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE 65536
/* Bytes that are written at once. */
#define PIECE_SIZE ((size_t)1 << 22)
#define TEMPORARY_ATTEMPTS 10000

struct spn_output {
    const spni_output_calls *calls;
    char *path;      /**< as the user wrote it, for messages */
    char *target;    /**< what is replaced: `path` with its links resolved; NULL when direct */
    char *temporary; /**< NULL when direct */
    int file; /**< of a temporary file it holds the lock that tells it from one left by a killed run */
    bool is_forced;
    bool is_protected; /**< a file at the target is replaced by equal bytes only */
    bool has_failed;
    size_t used;
    char *buffer; /**< BUFFER_SIZE bytes */
};

static const spni_output_calls system_calls = {write, fsync, close, rename, link};

void spni_output_replace_calls(spn_output *output, const spni_output_calls *calls)
{
    output->calls = calls;
}

const char *spn_output_temporary(const spn_output *output)
{
    return output->temporary;
}

static spn_status fail_with_errno(spn_context *context, spn_output *output, const char *what)
{
    int reason = errno;
    output->has_failed = true;
    const char *name = strcmp(output->path, "-") == 0 ? "the standard output" : output->path;
    return spn_fail(context, SPN_ERROR_IO, "cannot %s %s: %s", what, name, strerror(reason));
}

static void free_output(spn_context *context, spn_output *output)
{
    spn_release(context, output->path);
    spn_release(context, output->target);
    spn_release(context, output->temporary);
    spn_release(context, output->buffer);
    spn_release(context, output);
}

/** Does the name still lead to the file that is open? */
static bool is_same_file(int file, const char *name)
{
    struct stat opened, named;
    return fstat(file, &opened) == 0 && lstat(name, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

/** Only our own file is removed: nobody knows what another one of that name is worth. */
static void remove_temporary(spn_output *output)
{
    if (is_same_file(output->file, output->temporary)) {
        unlink(output->temporary);
    }
}

void spn_output_abandon(spn_context *context, spn_output *output)
{
    if (output == NULL) {
        return;
    }
    if (output->temporary != NULL && output->file >= 0) {
        remove_temporary(output);
    }
    if (output->file >= 0) {
        close(output->file);
    }
    free_output(context, output);
}

/** ".spinodal-PROCESS-NUMBER.tmp" */
static bool is_temporary_name(const char *name)
{
    static const char start[] = ".spinodal-", digits[] = "0123456789";
    if (strncmp(name, start, sizeof start - 1) != 0) {
        return false;
    }
    name += sizeof start - 1;
    const size_t process = strspn(name, digits);
    const size_t number = name[process] == '-' ? strspn(name + process + 1, digits) : 0;
    return process > 0 && number > 0 && strcmp(name + process + 1 + number, ".tmp") == 0;
}

/** A process that lives holds a lock on its temporary file; one without was left by a killed one. */
static void remove_if_left(int directory, const char *name)
{
    struct stat opened, named;
    int file = openat(directory, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) {
        return;
    }
    if (fstat(file, &opened) == 0 && S_ISREG(opened.st_mode) && opened.st_uid == geteuid() &&
        opened.st_nlink == 1 && flock(file, LOCK_EX | LOCK_NB) == 0 &&
        fstatat(directory, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        opened.st_dev == named.st_dev && opened.st_ino == named.st_ino) {
        unlinkat(directory, name, 0);
    }
    close(file);
}

static void remove_leftovers(const char *directory)
{
    DIR *list = opendir(directory);
    if (list == NULL) {
        return;
    }
    for (const struct dirent *entry = NULL; (entry = readdir(list)) != NULL;) {
        if (is_temporary_name(entry->d_name)) {
            remove_if_left(dirfd(list), entry->d_name);
        }
    }
    closedir(list);
}

/** Open a new file and lock it. -1: errno says why; EEXIST also where another process took it for one left
 *  by a killed run before it was locked. Without locks (some file systems) nobody removes anything. */
static int open_locked(const char *name)
{
    int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0) {
        return -1;
    }
    const bool is_taken = flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (is_taken || !is_same_file(file, name)) {
        close(file);
        errno = EEXIST;
        return -1;
    }
    return file;
}

/** Create a new empty file beside the target: a short name, so that a target whose name is as long as
 *  the file system allows can be written. */
static spn_status create_temporary(spn_context *context, spn_output *output, mode_t mode)
{
    spn_status status = SPN_OK;
    const char *slash = strrchr(output->target, '/');
    int directory = slash != NULL ? (int)(slash + 1 - output->target) : 0;
    int64_t size = (int64_t)directory + 64;
    char *name = NULL;
    SPN_NEW(context, name, size);
    snprintf(name, (size_t)size, "%.*s", directory, output->target);
    remove_leftovers(directory > 0 ? name : ".");
    for (int attempt = 0; attempt < TEMPORARY_ATTEMPTS && output->file < 0; attempt++) {
        snprintf(name, (size_t)size, "%.*s.spinodal-%ld-%d.tmp", directory, output->target,
                 (long)getpid(), attempt);
        output->file = open_locked(name);
        if (output->file < 0 && errno != EEXIST) {
            break;
        }
    }
    if (output->file < 0) {
        status = fail_with_errno(context, output, "create");
        goto done;
    }
    output->temporary = name;
    name = NULL;
    if (mode != 0 && fchmod(output->file, mode) != 0) {
        status = fail_with_errno(context, output, "set the permissions of");
    }
done:
    spn_release(context, name);
    return status;
}

/** The path with symbolic links resolved, so that the rename replaces the file and not the link. */
static spn_status resolve_target(spn_context *context, spn_output *output, bool exists)
{
    spn_status status = SPN_OK;
    char *resolved = NULL;
    if (exists) {
        resolved = realpath(output->path, NULL);
        if (resolved == NULL) {
            status = fail_with_errno(context, output, "resolve");
            goto done;
        }
    }
    output->target = spn_duplicate(context, resolved != NULL ? resolved : output->path);
    if (output->target == NULL) {
        status = spn_error_status(context);
    }
done:
    free(resolved);
    return status;
}

static spn_status open_direct(spn_context *context, spn_output *output)
{
    if (strcmp(output->path, "-") == 0) {
        output->file = dup(STDOUT_FILENO);
    } else {
        output->file = open(output->path, O_WRONLY | O_CLOEXEC);
    }
    return output->file >= 0 ? SPN_OK : fail_with_errno(context, output, "open");
}

static spn_status open_beside(spn_context *context, spn_output *output, const struct stat *existing)
{
    spn_status status = SPN_OK;
    mode_t mode = 0;
    if (existing != NULL) {
        if (!output->is_forced) {
            SPN_FAIL(context, SPN_ERROR_IO, "%s exists; use --force to overwrite", output->path);
        }
        mode = existing->st_mode & 0777;
    } else {
        struct stat link_status;
        if (lstat(output->path, &link_status) == 0) {
            SPN_FAIL(context, SPN_ERROR_IO, "%s is a symbolic link to a file that does not exist",
                     output->path);
        }
    }
    SPN_TRY(resolve_target(context, output, existing != NULL));
    SPN_TRY(create_temporary(context, output, mode));
done:
    return status;
}

static spn_status start_output(spn_context *context, const char *path, bool is_forced,
                               bool is_reserved, spn_output **out)
{
    spn_status status = SPN_OK;
    spn_output *output = NULL;
    struct stat existing;
    *out = NULL;
    if (path == NULL || path[0] == '\0') {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "output: the path is empty");
    }
    SPN_NEW(context, output, 1);
    output->calls = &system_calls;
    output->file = -1;
    output->is_forced = is_forced;
    output->path = spn_duplicate(context, path);
    if (output->path == NULL) {
        status = spn_error_status(context);
        goto done;
    }
    SPN_NEW(context, output->buffer, BUFFER_SIZE);
    bool is_standard = strcmp(path, "-") == 0;
    bool exists = !is_standard && stat(path, &existing) == 0;
    if (!is_standard && !exists && errno != ENOENT) {
        status = fail_with_errno(context, output, "create");
        goto done;
    }
    if (exists && S_ISDIR(existing.st_mode)) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot write %s: it is a directory", path);
    }
    bool is_direct = is_standard || (exists && !S_ISREG(existing.st_mode));
    if (is_direct && is_reserved) {
        SPN_FAIL(context, SPN_ERROR_IO, "cannot write %s: a regular file is needed here", path);
    }
    SPN_TRY(is_direct ? open_direct(context, output)
                      : open_beside(context, output, exists ? &existing : NULL));
    *out = output;
    output = NULL;
done:
    spn_output_abandon(context, output);
    return status;
}

spn_status spn_output_open(spn_context *context, const char *path, bool is_forced, spn_output **out)
{
    return start_output(context, path, is_forced, false, out);
}

spn_status spn_output_reserve(spn_context *context, const char *path, bool is_forced,
                              spn_output **out)
{
    return start_output(context, path, is_forced, true, out);
}

void spn_output_protect(spn_output *output)
{
    output->is_protected = true;
}

static spn_status write_all(spn_context *context, spn_output *output, const char *bytes,
                            size_t count)
{
    while (count > 0) {
        spn_farm_beat(context); /* others wait until what they have found is written */
        const size_t piece = count < PIECE_SIZE ? count : PIECE_SIZE;
        ssize_t written = output->calls->write(output->file, bytes, piece);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            errno = written == 0 ? ENOSPC : errno;
            return fail_with_errno(context, output, "write");
        }
        bytes += written;
        count -= (size_t)written;
    }
    return SPN_OK;
}

static spn_status flush(spn_context *context, spn_output *output)
{
    size_t count = output->used;
    output->used = 0;
    return write_all(context, output, output->buffer, count);
}

static spn_status check_usable(spn_context *context, const spn_output *output)
{
    if (output->has_failed) {
        return spn_fail(context, SPN_ERROR_IO, "%s was not written: an earlier write failed",
                        output->path);
    }
    return SPN_OK;
}

spn_status spn_output_write(spn_context *context, spn_output *output, const void *bytes,
                            int64_t count)
{
    spn_status status = SPN_OK;
    SPN_TRY(check_usable(context, output));
    if (count < 0) {
        SPN_FAIL(context, SPN_ERROR_ARGUMENT, "output: a negative number of bytes");
    }
    if ((size_t)count > BUFFER_SIZE - output->used) {
        SPN_TRY(flush(context, output));
    }
    if ((size_t)count > BUFFER_SIZE) {
        SPN_TRY(write_all(context, output, bytes, (size_t)count));
    } else if (count > 0) {
        memcpy(output->buffer + output->used, bytes, (size_t)count);
        output->used += (size_t)count;
    }
done:
    return status;
}

static spn_status print_long(spn_context *context, spn_output *output, const char *format,
                             va_list arguments, int length) SPN_PRINTF_LIKE(3, 0);

static spn_status print_long(spn_context *context, spn_output *output, const char *format,
                             va_list arguments, int length)
{
    spn_status status = SPN_OK;
    char *text = NULL;
    SPN_NEW(context, text, (int64_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    SPN_TRY(spn_output_write(context, output, text, length));
done:
    output->has_failed = output->has_failed || status != SPN_OK;
    spn_release(context, text);
    return status;
}

spn_status spn_output_print(spn_context *context, spn_output *output, const char *format, ...)
{
    spn_status status = check_usable(context, output);
    if (status != SPN_OK) {
        return status;
    }
    va_list arguments;
    va_start(arguments, format);
    size_t space = BUFFER_SIZE - output->used;
    int length = vsnprintf(output->buffer + output->used, space, format, arguments);
    va_end(arguments);
    if (length < 0) {
        output->has_failed = true;
        return spn_fail(context, SPN_ERROR_IO, "cannot format the text for %s", output->path);
    }
    if ((size_t)length < space) {
        output->used += (size_t)length;
        return SPN_OK;
    }
    va_start(arguments, format);
    status = print_long(context, output, format, arguments, length);
    va_end(arguments);
    return status;
}

spn_status spn_output_flush(spn_context *context, spn_output *output)
{
    spn_status status = SPN_OK;
    SPN_TRY(check_usable(context, output));
    SPN_TRY(flush(context, output));
done:
    return status;
}

/** SPN_ERROR_IO unless the target has the very bytes of the temporary file. */
static spn_status demand_equal(spn_context *context, const spn_output *output)
{
    spn_status status = SPN_OK;
    char *found = NULL, *made = NULL;
    int64_t found_size = 0, made_size = 0;
    SPN_TRY(spni_file_read(context, output->target, &found, &found_size));
    SPN_TRY(spni_file_read(context, output->temporary, &made, &made_size));
    if (found_size != made_size || memcmp(found, made, (size_t)made_size) != 0) {
        SPN_FAIL(context, SPN_ERROR_IO,
                 "%s exists and is not what this run makes; use --force to overwrite",
                 output->path);
    }
done:
    spn_release(context, found);
    spn_release(context, made);
    return status;
}

/** Unforced: link() refuses to replace a file that has appeared since; file systems without hard links
 *  get a rename after another look. */
static spn_status publish(spn_context *context, spn_output *output)
{
    if (output->is_protected && access(output->target, F_OK) == 0) {
        spn_status status = demand_equal(context, output);
        if (status == SPN_OK) {
            remove_temporary(output);
        }
        return status;
    }
    if (!output->is_forced || output->is_protected) {
        if (output->calls->link(output->temporary, output->target) == 0) {
            unlink(output->temporary);
            return SPN_OK;
        }
        if (errno == EEXIST || access(output->target, F_OK) == 0) {
            return spn_fail(context, SPN_ERROR_IO,
                            "%s has appeared in the meantime; use --force to overwrite",
                            output->path);
        }
    }
    if (output->calls->rename(output->temporary, output->target) != 0) {
        return fail_with_errno(context, output, "create");
    }
    return SPN_OK;
}

/** The new name survives a crash only once its directory is synced. Not every file system can do that,
 *  and the file itself is whole either way, so that a failure is not an error. */
static void sync_directory(const spn_output *output)
{
    char *slash = strrchr(output->target, '/');
    if (slash != NULL) {
        slash[1] = '\0';
    }
    int directory = open(slash != NULL ? output->target : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        output->calls->fsync(directory);
        close(directory);
    }
}

/** Some file systems tell of a failed write only when a descriptor is closed. The lock stays with `file`. */
static spn_status close_twin(spn_context *context, spn_output *output)
{
    int twin = dup(output->file);
    return twin >= 0 && output->calls->close(twin) == 0 ? SPN_OK
                                                        : fail_with_errno(context, output, "write");
}

/** The name that was written under must still be ours: the file that is published is the one that was written. */
static spn_status make_durable(spn_context *context, spn_output *output)
{
    if (output->calls->fsync(output->file) != 0) {
        return fail_with_errno(context, output, "write");
    }
    if (!is_same_file(output->file, output->temporary)) {
        return spn_fail(context, SPN_ERROR_IO,
                        "cannot write %s: its temporary file %s was replaced by another one",
                        output->path, output->temporary);
    }
    return SPN_OK;
}

spn_status spn_output_commit(spn_context *context, spn_output **out)
{
    spn_status status = SPN_OK;
    spn_output *output = *out;
    *out = NULL;
    SPN_TRY(spn_output_flush(context, output));
    SPN_TRY(close_twin(context, output));
    if (output->temporary != NULL) {
        SPN_TRY(make_durable(context, output));
        SPN_TRY(publish(context, output));
        sync_directory(output);
        spn_release(context, output->temporary);
        output->temporary = NULL;
    }
done:
    spn_output_abandon(context, output);
    return status;
}
