#!/usr/bin/env bash
# The whole of TraceR1 on one machine without a GPU, from a fresh clone to a report, with a tiny planner:
# set-up, supervised warm start, stage 1, stage 2, evaluation in live Chromium, report. Most of an hour on two cores.
#
#   bash recipes/quickstart.sh                          # → runs/quickstart/report.html
#   SEED=2 RUN=runs/seed2 bash recipes/quickstart.sh    # another seed
#
# Call it again after an interruption: what is finished is not done again, training continues from its last checkpoint.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

########################### user settings ###########################
SEED=${SEED:-1}
RUN=${RUN:-runs/quickstart}
STAGE1_STEPS=${STAGE1_STEPS:-30}
STAGE2_STEPS=${STAGE2_STEPS:-40}
HORIZON=${HORIZON:-4}                # T: the tasks take three to seven steps
HISTORY=${HISTORY:-4}                # K
EPISODES=${EPISODES:-1000:1010}      # seeds of live episodes for each task
VALIDATION=${VALIDATION:-150}        # rows on which plans are scored during training
ROWS=${ROWS:-300}                    # rows of each held-out file on which plans are scored at the end
RECORDING=${RECORDING:-examples/miniwob}
#####################################################################

export DEVICE=cpu
source recipes/setup.sh

DATA=$RUN/data
SPLITS=(train heldout_seeds heldout_tasks)
stage() { python -m tracer1.stages "$RUN" "$@"; }

python -m tracer1 record "$RUN" --seed "$SEED" --setting horizon="$HORIZON" --setting history="$HISTORY" \
    --setting stage1_steps="$STAGE1_STEPS" --setting stage2_steps="$STAGE2_STEPS"

for split in "${SPLITS[@]}"; do
    stage "rows of $split" --input "$RECORDING/$split.parquet" --output "$DATA/$split" -- python -m tracer1_data prepare miniwob \
        --input "$RECORDING" --output "$DATA/$split" --split "$split" --horizon "$HORIZON" --history "$HISTORY" --style compact
done

stage "warm start" --input "$DATA/train" --input "$DATA/heldout_seeds" \
    --output "$RUN/warm_start" -- python -m tracer1.training.warm_start \
    "$DATA/train" "$DATA/heldout_seeds" "$RUN/warm_start" --seed "$SEED" --replace

# What a tiny planner needs; everything else is what a cluster uses.
TINY=(data.max_prompt_length=128 data.max_response_length=48 actor_rollout_ref.rollout.max_model_len=192)
UPDATES=(actor_rollout_ref.actor.optim.lr=1.5e-4 actor_rollout_ref.actor.ppo_mini_batch_size=8)  # two updates a step

train() {  # train <number of the stage> <steps> <planner it starts from>
    local number=$1 steps=$2 planner=$3 out=$RUN/stage$1
    MODEL_PATH=$planner TRAIN_FILE=$DATA/train VAL_FILE=$DATA/heldout_seeds OUTPUT=$out \
        stage "stage $number" --input "$planner" --input "$DATA/train" --output "$out" -- \
        bash "recipes/stage${number}_gui.sh" "${TINY[@]}" "${UPDATES[@]}" \
        data.seed="$SEED$number" data.val_max_samples="$VALIDATION" \
        trainer.total_epochs=1000 trainer.total_training_steps="$steps" trainer.save_freq=10 trainer.test_freq=10
    stage "planner after stage $number" --input "$out/global_step_$steps" --output "$RUN/planner$number" -- \
        python -m verl.model_merger merge --backend fsdp \
        --local_dir "$out/global_step_$steps/actor" --target_dir "$RUN/planner$number"
}
train 1 "$STAGE1_STEPS" "$RUN/warm_start"
train 2 "$STAGE2_STEPS" "$RUN/planner1"

evaluate() {  # evaluate <name in the report> <planner>
    stage "evaluation of $1" --input "$2" --input "$DATA" -- python -m tracer1 score "$1" \
        --planner "$2" --output "$RUN/evaluation" --style compact --horizon "$HORIZON" --history "$HISTORY" \
        --max-tokens 48 --max-steps 12 --limit "$ROWS" --samples 4 --rows "held-out seeds=$DATA/heldout_seeds" \
        --rows "held-out tasks=$DATA/heldout_tasks" \
        --episodes "held-out seeds=train@$EPISODES" --episodes "held-out tasks=heldout@$EPISODES"
}
evaluate "warm start" "$RUN/warm_start"
evaluate "stage 1" "$RUN/planner1"
evaluate "stage 2" "$RUN/planner2"

python -m tracer1 report "$RUN"
echo "Done: open $RUN/report.html"
