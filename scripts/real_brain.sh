#!/bin/sh
# Three real tasks on a manifest of public brain MR slices (columns label, lesion, sequence, site), five patient-level folds each.
# Usage: scripts/real_brain.sh MANIFEST [key=value ...]    Measured figures: docs/real_images.md
set -eu
manifest=$1
shift
common="experiment=encephalitis_glioma data.manifest=$manifest"

medimg train $common title="Pituitary or meningioma" 'data.classes=[meningioma,pituitary]' 'data.where={site:cheng-num}' 'data.subgroups=[plane]' "$@"
medimg train $common title="Glioma or meningioma" 'data.classes=[meningioma,glioma]' 'data.where={site:cheng-num}' 'data.subgroups=[plane]' "$@"
medimg train $common data.label=lesion title="Lesion on the FLAIR slice" 'data.classes=[0,1]' \
    'data.where={sequence:FLAIR,site:[tcga-HT,tcga-DU]}' 'data.subgroups=[site]' "$@"
medimg eval runs/latest 'data.where={sequence:FLAIR,site:[tcga-CS,tcga-FG]}'
