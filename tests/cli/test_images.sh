#!/bin/sh
# SPDX-License-Identifier: MIT
# Images and labels of the MNIST family as data: which samples, which classes, scaled how; each way to get it wrong is one line.
. "$(dirname "$0")/harness.sh"

# idx FILE DIMENSIONS... : unsigned bytes of these sizes (below 256), from the standard input.
idx() {
    file=$1
    shift
    {
        printf '\0\0\010'
        printf "\\$(printf '%03o' $#)"
        for size in "$@"; do
            printf "\\0\\0\\0\\$(printf '%03o' "$size")"
        done
        while read -r value; do
            printf "\\$(printf '%03o' "$value")"
        done
    } >"$file"
}

# Image n of 2 x 2 has the pixels 3 n, 3 n + 1, 3 n + 2, 3 n + 3 and the label n mod 3.
images() {
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) for (k = 0; k < 4; k++) print 3 * i + k }' |
        idx "$2-images-idx3-ubyte" "$1" 2 2
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print i % 3 }' | idx "$2-labels-idx1-ubyte" "$1"
}
images 40 train
images 12 t10k
cat >e.yaml <<'YAML'
data: {kind: idx, path: train-images-idx3-ubyte}
model: {hidden: [2], bias: true}
objective: {error: cross_entropy}
sweep: {beta: {from: 0.01, to: 0.3, points: 3}, refine: false}
YAML

# Pixels / 255; the labels are found by name; one line says what was read.
run spinodal data e.yaml
expect_status 0
expect_stdout_lines 41
expect_stderr_lines 1
expect_stderr '^train-images-idx3-ubyte: 40 samples, 4 inputs, 3 targets, 3 classes of labels: 0 14, 1 13, 2 13; images of 2 x 2; pixels / 255$'
sed -n 2p "$stdout" >first
echo '0,0.00392156862745098,0.00784313725490196,0.011764705882352941,1,0,0' >expected
expect_same first expected
cp "$stdout" all.csv

# Compressed files are the same.
gzip -n train-labels-idx1-ubyte
run spinodal data e.yaml
expect_status 0
expect_same "$stdout" all.csv
gzip -dc train-labels-idx1-ubyte.gz >plain
gzip -n -c train-images-idx3-ubyte >images.gz
run spinodal data e.yaml --set data.path=images.gz --set data.labels=plain
expect_status 0
expect_same "$stdout" all.csv

# Classes, numbers of samples, the first ones or random ones, and their scale.
run spinodal data e.yaml --set 'data.only=[2, 1]' --set data.take=5
expect_status 0
expect_stderr '5 samples, 4 inputs, 2 targets, 2 classes of labels: 1 3, 2 2; images of 2 x 2; pixels / 255; the first 5 of 26$'
expect_stdout '^.*,1,0$'
run spinodal data e.yaml --set data.take=9 --set data.pixels=raw
expect_status 0
cut -d, -f1-4 "$stdout" | sed 1d >raw
awk 'BEGIN { for (i = 0; i < 9; i++) print 3 * i "," 3 * i + 1 "," 3 * i + 2 "," 3 * i + 3 }' >expected
expect_same raw expected
run spinodal data e.yaml --set data.take=9 --set data.take_by=random --set data.seed=4
expect_status 0
expect_stderr 'random 9 of 40$'
cp "$stdout" random.csv
run spinodal data e.yaml --set data.take=9 --set data.take_by=random --set data.seed=4
expect_same "$stdout" random.csv
run spinodal data e.yaml --set data.take=9 --set data.take_by=random --set data.seed=5
run cmp -s "$stdout" random.csv
expect_status 1
run spinodal data e.yaml --set 'data.normalize=[0.5, 0.25]' --set data.pixels=raw
expect_stdout '^-2,2,6,10,1,0,0$'
expect_stderr '; pixels less 0.5, over 0.25$'
run spinodal data e.yaml --set 'data.normalize=[0.1307, 0.3081]'
expect_stderr '; pixels / 255, less 0.1307, over 0.3081$'
run spinodal data e.yaml --set data.standardize=inputs
expect_status 0
run spinodal data e.yaml --set data.whiten=true
expect_stderr 'whitening: 1 of 4 input directions kept'
run spinodal data e.yaml --set 'data.only=[0, 2]' --set data.class_targets=binary
expect_stderr '1 target, 2 classes of labels: 0 14, 2 13'

# Samples for testing: other files, or a share.
run spinodal data e.yaml --set data.test_path=t10k-images-idx3-ubyte
expect_status 0
expect_stderr '40 samples and 12 for testing, .*: 0 14 \+ 4, 1 13 \+ 4, 2 13 \+ 4;'
run spinodal data e.yaml --set data.test_path=t10k-images-idx3-ubyte --set 'data.only=[0, 1]'
expect_stderr '27 samples and 8 for testing'
run spinodal data e.yaml --set data.test_share=0.25 --set data.take=20
expect_stderr '15 samples and 5 for testing.*the first 20 of 40$'

# For programs, too.
run spinodal data e.yaml --json --set data.take=10
expect_stdout '"images": \{'
tr -d ' \n' <"$stdout" >flat
run grep -q '"table":null,"images":{"rows":2,"columns":2,"available":40,"random":false,"divisor":255,"mean":0,"deviation":1}}' flat
expect_status 0

# A sweep of them.
run spinodal sweep e.yaml -q -o s.h5 --set 'data.only=[0, 1]' --set data.test_share=0.2
expect_status 0
expect_file s.h5
run spinodal summary s.h5
expect_status 2

# What is wrong.
fails() {
    wanted=$1
    shift
    set_all=
    for assignment in "$@"; do
        set_all="$set_all --set $assignment"
    done
    # shellcheck disable=SC2086 # words are meant
    run spinodal data e.yaml $set_all
    expect_failure 3 "$wanted"
}
head -c 100 train-images-idx3-ubyte >cut-images-idx3
gzip -n -c train-images-idx3-ubyte | head -c 60 >torn-images-idx3.gz
images 39 fewer
{ awk 'BEGIN { for (i = 0; i < 39; i++) print i % 3 }'; echo 77; } | idx far 40
echo 'no images' >text
fails 'data.path: cut-images-idx3 declares 40 x 2 x 2 numbers, and 84 bytes are there' data.path=cut-images-idx3
fails 'data.path: torn-images-idx3.gz: its gzip stream is cut off after 60 bytes' data.path=torn-images-idx3.gz
fails 'data.path: text is not an IDX file: it begins with 6e 6f 20 69' data.path=text
fails 'data.labels: fewer-labels-idx1-ubyte holds 39 labels, and train-images-idx3-ubyte 40 images' data.labels=fewer-labels-idx1-ubyte
fails 'data.labels: far: label 77 of sample 40 is out of range: 4 different labels are from 0 to 4' data.labels=far
fails 'data.path: plain holds one number for each sample, as labels do; the images are needed' data.path=plain
fails 'data.path: images.gz: by its name its labels are in labels.gz, which is not there; set data.labels' data.path=images.gz
cp images.gz pictures.gz
fails 'data.path: pictures.gz: its name does not say where the labels are .*; set data.labels' data.path=pictures.gz
fails "data.only: .*train-labels-idx1-ubyte.gz has no class '7'; its classes are 0, 1, 2" 'data.only=[1,7]'
fails "data.only: .* all samples are of one class, '1'" 'data.only=[1]'
fails "data.take: none of the 2 samples that are taken is of class '2'; take more, or name" data.take=2
fails 'spinodal: data.test_share: 0.9999 of 20 samples leaves none for training$' data.take=20 data.test_share=0.9999
fails 'data.take: 41 samples are asked for, and train-images-idx3-ubyte has 40$' data.take=41
fails 'data.take: 30 samples are asked for, and .* has 26 of the classes in data.only' data.take=30 'data.only=[1,2]'
fails 'data.class_targets: binary is for two classes, and there are 3' data.class_targets=binary
fails 'data.normalize: expected a mean and a deviation above 0' 'data.normalize=[0.5]'
fails 'data.test_labels: has no meaning without data.test_path' data.test_labels=plain
fails 'data.columns: has no meaning with data.kind: idx' 'data.columns=[a]'
fails 'data.take: has no meaning with data.kind: csv' data.kind=csv data.path=e.csv 'data.targets=[a]' data.take=3
run spinodal data e.yaml -o plain --force --set data.labels=plain
expect_failure 5 'plain is a file that the experiment reads'
finish
