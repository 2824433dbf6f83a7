/* SPDX-License-Identifier: MIT */
/* What two ranks of an MPI pay for talking: a message there and back, many bytes, the counter of jobs, a sum. And a loop of pure
 * arithmetic, whose jobs ranks share: `spin JOBS`. Started by mpirun. */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 9, MOST_BYTES = 1 << 22, SPINS = 400000000 };

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Least and median of the rounds, in microseconds a call: others on the machine can only add. */
static void print(const char *what, int bytes, double seconds[ROUNDS], double scale)
{
    qsort(seconds, ROUNDS, sizeof *seconds, compare);
    printf("\"%s\",%d,%.4g,%.4g\n", what, bytes, 1e6 * scale * seconds[0],
           1e6 * scale * seconds[ROUNDS / 2]);
}

static void time_messages(int rank, char *buffer, int bytes, int calls)
{
    double seconds[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        MPI_Barrier(MPI_COMM_WORLD);
        const double begun = MPI_Wtime();
        for (int i = 0; i < calls; i++) {
            if (rank == 0) {
                MPI_Send(buffer, bytes, MPI_BYTE, 1, 0, MPI_COMM_WORLD);
            }
            if (rank < 2) {
                MPI_Recv(buffer, bytes, MPI_BYTE, 1 - rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            }
            if (rank == 1) {
                MPI_Send(buffer, bytes, MPI_BYTE, 0, 0, MPI_COMM_WORLD);
            }
        }
        seconds[round] = (MPI_Wtime() - begun) / calls;
    }
    if (rank == 0) {
        print("message, one way", bytes, seconds, 0.5);
    }
}

/* The last rank asks the first one's counter, which lies in wait. */
static void time_counter(int rank, int size, int calls)
{
    double seconds[ROUNDS];
    int64_t *counter = NULL, one = 1, before = 0;
    MPI_Win window;
    MPI_Win_allocate(rank == 0 ? sizeof *counter : 0, sizeof *counter, MPI_INFO_NULL,
                     MPI_COMM_WORLD, &counter, &window);
    if (rank == 0) {
        *counter = 0;
    }
    MPI_Win_lock_all(MPI_MODE_NOCHECK, window);
    for (int round = 0; round < ROUNDS; round++) {
        MPI_Barrier(MPI_COMM_WORLD);
        const double begun = MPI_Wtime();
        for (int i = 0; i < calls && rank == size - 1; i++) {
            MPI_Fetch_and_op(&one, &before, MPI_INT64_T, 0, 0, MPI_SUM, window);
            MPI_Win_flush(0, window);
        }
        seconds[round] = (MPI_Wtime() - begun) / calls;
        MPI_Bcast(&seconds[round], 1, MPI_DOUBLE, size - 1, MPI_COMM_WORLD);
    }
    MPI_Win_unlock_all(window);
    MPI_Win_free(&window);
    if (rank == 0) {
        print("counter", (int)sizeof *counter, seconds, 1);
    }
}

static void time_sums(int rank, double *numbers, int count, int calls)
{
    double seconds[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        MPI_Barrier(MPI_COMM_WORLD);
        const double begun = MPI_Wtime();
        for (int i = 0; i < calls; i++) {
            MPI_Allreduce(MPI_IN_PLACE, numbers, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
        }
        seconds[round] = (MPI_Wtime() - begun) / calls;
    }
    if (rank == 0) {
        print("sum of all ranks", count * (int)sizeof *numbers, seconds, 1);
    }
}

/* The pure loop: this rank's share of so many jobs; the time until all have done theirs. */
static void spin(int rank, int size, int jobs)
{
    double a = 1, b = 2, c = 3, d = 4;
    MPI_Barrier(MPI_COMM_WORLD);
    const double begun = MPI_Wtime();
    for (int job = rank; job < jobs; job += size) {
        for (int64_t i = 0; i < SPINS; i++) {
            a = a * 0.999999 + 1e-6;
            b = b * 0.999999 + 1e-6;
            c = c * 0.999999 + 1e-6;
            d = d * 0.999999 + 1e-6;
        }
    }
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) {
        printf("%.6f %.0f\n", MPI_Wtime() - begun, 0 * (a + b + c + d));
    }
}

static void talk(int rank, int size)
{
    double *numbers = calloc(MOST_BYTES / sizeof *numbers, sizeof *numbers);
    if (numbers == NULL || size < 2) {
        fprintf(stderr, "ranks: two ranks or more, and memory, are needed\n");
        MPI_Abort(MPI_COMM_WORLD, 1);
        return;
    }
    if (rank == 0) {
        printf("what,bytes,least,median\n");
    }
    for (int bytes = 8; bytes <= MOST_BYTES; bytes *= 8) {
        time_messages(rank, (char *)numbers, bytes, bytes < 65536 ? 1000 : 50);
    }
    time_messages(rank, (char *)numbers, MOST_BYTES, 20);
    time_counter(rank, size, 1000);
    for (int bytes = 8; bytes <= MOST_BYTES; bytes *= 8) {
        time_sums(rank, numbers, bytes / (int)sizeof *numbers, bytes < 65536 ? 1000 : 50);
    }
    free(numbers);
}

int main(int count, char **words)
{
    int rank = 0, size = 1;
    MPI_Init(&count, &words);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (count == 3 && strcmp(words[1], "spin") == 0) {
        spin(rank, size, atoi(words[2]));
    } else {
        talk(rank, size);
    }
    MPI_Finalize();
    return 0;
}
