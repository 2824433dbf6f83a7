#!/bin/sh
#SBATCH --job-name=spinodal
#SBATCH --array=1-32
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --time=04:00:00
#SBATCH --signal=USR1@120
# A share of the chains for each job of an array, without MPI. A sweep in both directions takes the array twice; the last
# command puts the shares together:
#   first=$(sbatch --parsable array.sh experiment.yaml run.h5)
#   second=$(sbatch --parsable --dependency=afterok:$first array.sh experiment.yaml run.h5)
#   sbatch --dependency=afterok:$second --wrap "spinodal sweep experiment.yaml -o run.h5 --resume"
set -eu
exec spinodal sweep "$1" -o "$2" --threads 1 --resume \
    --chain "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
