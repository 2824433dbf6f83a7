/* SPDX-License-Identifier: MIT */
/** @file comm.h  Ranks of MPI as a farm (spinodal/base/farm.h): the beginning and the end of a program that many processes
 *  run. Links to MPI, as only the program `spinodal-mpi` does. */
#ifndef SPINODAL_SRC_COMM_COMM_H
#define SPINODAL_SRC_COMM_COMM_H

#include <spinodal/base.h>

/** Begin MPI, as the first thing in main(), and make the farm of all ranks. What ranks above 0 say is held back: it is what
 *  rank 0 says. Needs an MPI that allows calls from one thread at a time (MPI_THREAD_SERIALIZED); without, a line and exit status 4.
 *  `patience` seconds without a sign of life of a rank end the program, with a line. */
void comm_begin(int *count, char ***words, double patience, spn_farm *farm);

/** The end of MPI, as the last thing in main(), with the rank's exit status; returns the one to exit with. Where all
 *  ranks come the worst status is that of all, and if it is not rank 0's the rank says what it had to say. A rank that
 *  failed while others are at work waits a moment for them, then ends all. */
int comm_end(spn_farm *farm, int exit_status);

#endif
