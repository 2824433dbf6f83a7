/* SPDX-License-Identifier: MIT */
/* The program `spinodal-mpi`: one rank of many, started by mpirun or srun. */
#include "cli/cli.h"
#include "comm/comm.h"

#include <stdlib.h>

/* Seconds without a sign of life of a rank; SPINODAL_MPI_PATIENCE has another number. */
static double patience(void)
{
    const char *text = getenv("SPINODAL_MPI_PATIENCE");
    const double seconds = text != NULL ? strtod(text, NULL) : 0;
    return seconds > 0 ? seconds : 300;
}

int main(int count, char **words)
{
    spn_farm farm;
    comm_begin(&count, &words, patience(), &farm);
    return comm_end(&farm, cli_main(count, words, &farm));
}
