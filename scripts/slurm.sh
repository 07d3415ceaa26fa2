#!/bin/bash
# One medimg run on all accelerators of one or many nodes.
# Usage: sbatch --nodes=2 --gpus-per-node=4 --ntasks-per-node=4 scripts/slurm.sh experiment=thyroid_spect profile=paper
# SLURM sends SIGTERM before the time is up: the run saves, leaves with 143, and goes on when submitted again with resume=RUN.
#SBATCH --job-name=medimg
#SBATCH --signal=TERM@120
#SBATCH --open-mode=append
set -eu
export MEDIMG_RUN="${MEDIMG_RUN:-runs/slurm/$SLURM_JOB_ID}" # the folder that all processes share
exec srun --kill-on-bad-exit=1 medimg train trainer=slurm trainer.nodes="$SLURM_NNODES" trainer.devices="$SLURM_NTASKS_PER_NODE" "$@"
