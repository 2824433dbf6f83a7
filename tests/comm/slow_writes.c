/* SPDX-License-Identifier: MIT */
/* A disk that takes its time (LD_PRELOAD): of what is longer than a piece a piece is written, after a while. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 65536 };

ssize_t write(int file, const void *bytes, size_t count)
{
    const struct timespec pause = {0, 400 * 1000 * 1000};
    if (count > PIECE) {
        nanosleep(&pause, NULL);
        count = PIECE;
    }
    return (ssize_t)syscall(SYS_write, file, bytes, count);
}
