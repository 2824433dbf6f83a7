#!/bin/sh
#SBATCH --job-name=spinodal
#SBATCH --nodes=1
#SBATCH --ntasks=32
#SBATCH --cpus-per-task=1
#SBATCH --time=04:00:00
#SBATCH --signal=USR1@120
# Ranks on one node; for several say --nodes=4 --ntasks-per-node=32 instead, in a folder that all nodes see.
#   sbatch ranks.sh experiment.yaml run.h5
set -eu
srun spinodal-mpi sweep "$1" -o "$2" --resume
