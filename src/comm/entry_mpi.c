/* SPDX-License-Identifier: MIT */
/* The program `spinodal-mpi`: one rank of many, started by mpirun or srun. */
#include "cli/cli.h"
#include "comm/comm.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Seconds without a sign of life of a rank, unless this variable has another number. */
#define PATIENCE "SPINODAL_MPI_PATIENCE"
static const double PATIENCE_SECONDS = 300;

/* False: the variable holds no number of seconds. */
static bool read_patience(double *seconds)
{
    const char *text = getenv(PATIENCE);
    char *end = NULL;
    *seconds = PATIENCE_SECONDS;
    if (text == NULL || *text == '\0') {
        return true;
    }
    const double said = strtod(text, &end);
    const bool is_number = *end == '\0' && isfinite(said) && said > 0;
    *seconds = is_number ? said : *seconds;
    return is_number;
}

int main(int count, char **words)
{
    spn_farm farm;
    double patience = 0;
    const bool is_known = read_patience(&patience);
    comm_begin(&count, &words, patience, &farm);
    if (!is_known && farm.rank == 0) {
        fprintf(stderr, "spinodal-mpi: " PATIENCE " is '%.40s': expected seconds above 0\n",
                getenv(PATIENCE));
    }
    return comm_end(&farm, is_known ? cli_main(count, words, &farm) : 2);
}
