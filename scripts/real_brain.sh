#!/bin/sh
# The real tasks of docs/real_images.md on a manifest of public brain MR slices (columns label, lesion, sequence, site), one after another.
# Usage: scripts/real_brain.sh MANIFEST OUT [key=value ...]
# Runs and what each command printed (OUT/NAME.txt) lie in OUT. What is done is skipped; stopped, the same command goes on.
set -eu
manifest=$1 out=$2
shift 2
here=$(dirname "$0")
mkdir -p "$out"

once() { # NAME COMMAND...: its text is complete once it has ended well; exit code 3 says that inputs were refused
    name=$1
    shift
    echo "== $name"
    if [ ! -f "$out/$name.txt" ]; then
        MEDIMG_RUN="$out/$name" "$@" >"$out/$name.part" || [ $? -eq 3 ] || { cat "$out/$name.part"; exit 1; }
        mv "$out/$name.part" "$out/$name.txt"
    fi
    cat "$out/$name.txt"
}

common="experiment=encephalitis_glioma data.manifest=$manifest"
number='_(\d+)_(?:flair|t1ce)'
lesion() { # NAME SETTINGS...: the main task; three seeds
    name=$1
    shift
    once "$name" python -m medimg train $common data.label=lesion 'data.classes=[0,1]' \
        'data.where={sequence:FLAIR,site:[tcga-HT,tcga-DU]}' 'data.subgroups=[site]' 'seeds=[1,2,3]' "$@"
}
external() { # RUN: judged on the sites that nothing was chosen on
    once "$1.external" python -m medimg eval "$out/$1" "runs=$out/external" 'data.where={sequence:FLAIR,site:[tcga-CS,tcga-FG]}'
}

once pituitary python -m medimg train $common title="Pituitary or meningioma" \
    'data.classes=[meningioma,pituitary]' 'data.where={site:cheng-num}' 'data.subgroups=[plane]' "$@"
once glioma python -m medimg train $common title="Glioma or meningioma" \
    'data.classes=[meningioma,glioma]' 'data.where={site:cheng-num}' 'data.subgroups=[plane]' "$@"
lesion lesion title="Lesion on the FLAIR slice" "$@"
external lesion
# Other patients and another question: what the network of the first task has learned of brains.
lesion lesion_transfer title="Lesion on the FLAIR slice from the encoder of pituitary or meningioma" "model.weights=$out/pituitary" "$@"
external lesion_transfer
once lesion_transfer.paired python "$here/paired.py" "$out/lesion_transfer" "$out/lesion" --measures auroc auroc_within_patients

for run in pituitary glioma; do
    once $run.baselines python "$here/simple_baselines.py" "$out/$run" "$manifest"
done
once lesion.baselines python "$here/simple_baselines.py" "$out/lesion" "$manifest" --number "$number"
once lesion.bare_loop python "$here/bare_loop.py" "$out/lesion"
for run in pituitary lesion; do
    once $run.plain_loop python "$here/plain_loop.py" "$out/$run"
done
