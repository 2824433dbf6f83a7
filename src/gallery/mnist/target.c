/* SPDX-License-Identifier: MIT */
/* MNIST, upwards in beta, beside the published sweep. */
#include "gallery/published/published.h"

/* A logarithmic grid: steps of 4 %. */
static const char *const sets[] = {SPNI_PUBLISHED_SETS, "sweep.beta.to=0.046",
                                   "sweep.beta.points=40", NULL};

/* Their lambda is weight decay, which minimises E + (lambda/2) |theta|^2: beta = lambda / 2. */
static const spni_published_jump jumps[] = {
    {0.0125, 0.0126}, {0.0187, 0.0188}, {0.0295, 0.0296}, {0.037, 0.0371}, {0.0424, 0.0425},
};
static const spni_published_point points[] = {
    {0.01, 0.7310, 0.8524},   {0.0118, 0.8105, 0.8262}, {0.014, 0.9449, 0.7620},
    {0.0176, 1.0847, 0.7637}, {0.021, 1.2856, 0.6164},  {0.025, 1.4192, 0.6489},
    {0.0281, 1.5340, 0.6018}, {0.032, 1.7895, 0.3798},  {0.035, 1.8792, 0.3764},
    {0.039, 2.0576, 0.2209},  {0.0415, 2.1075, 0.2285},
};
static const spni_published published = {
    .source = SPNI_PUBLISHED_SOURCE("MNIST"),
    .jumps = jumps,
    .points = points,
    .jump_count = sizeof jumps / sizeof *jumps,
    .point_count = sizeof points / sizeof *points,
};

static spn_status make(spni_job *job)
{
    return spni_published_sweep(job, "mnist", sets,
                                "give the file: --set data.path=train-images-idx3-ubyte.gz (or "
                                "t10k-images-idx3-ubyte.gz: 10,000), with its labels beside it");
}

static spn_status write(spn_text *page, const spni_section_source *source)
{
    return spni_published_section(page, source, &published);
}

const spni_target spni_target_mnist = {
    .name = "mnist",
    .figure = "mnist",
    .help =
        "MNIST, a network of 118,282 weights upwards in beta beside published jumps (data.path)",
    .title = "MNIST beside the published sweep",
    .text =
        "A network 784-128-128-10 with sigmoids and biases is followed upwards in *β* through true "
        "stationary "
        "points of the cross-entropy, each with a certified index, where the published experiment "
        "trained by stochastic gradients on GPUs. Groups of classes are unlearned one after the "
        "other, by jumps, until the outputs are constant.",
    .is_apart = true,
    .make = make,
    .write = write,
    .sets = sets,
};
