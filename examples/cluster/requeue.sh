#!/bin/sh
#SBATCH --job-name=spinodal
#SBATCH --ntasks=32
#SBATCH --time=04:00:00
#SBATCH --signal=USR1@120
#SBATCH --requeue
# Two minutes before the time is up the ranks finish their step and leave with status 130; the job goes back into the
# queue and goes on where it was.
#   sbatch requeue.sh experiment.yaml run.h5
set -u
status=0
srun spinodal-mpi sweep "$1" -o "$2" --resume || status=$?
if [ "$status" -eq 130 ]; then
    exec scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
