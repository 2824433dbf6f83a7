/* SPDX-License-Identifier: MIT */
/* Fashion-MNIST, upwards in beta, beside the published sweep. */
#include "gallery/published/published.h"

/* A logarithmic grid: steps of 6 %. With fewer than all images the last jump lies beyond the published one: with 1,000 beyond 0.07. */
static const char *const sets[] = {
    SPNI_PUBLISHED_SETS,
    "data.path=/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz",
    "data.test_path=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz",
    "data.take=10000",
    "sweep.beta.to=0.08",
    "sweep.beta.points=36",
    NULL};

/* Their lambda is weight decay, which minimises E + (lambda/2) |theta|^2: beta = lambda / 2. */
static const spni_published_jump jumps[] = {
    {0.0143, 0.01452},
    {0.02266, 0.02288},
    {0.04114, 0.04136},
    {0.06512, 0.06534},
};
static const spni_published_point points[] = {
    {0.011, 0.9129, 0.7255},   {0.0132, 0.9914, 0.6689},  {0.0176, 1.1638, 0.5922},
    {0.0209, 1.2567, 0.5999},  {0.0253, 1.4829, 0.3920},  {0.02992, 1.5585, 0.4097},
    {0.0352, 1.6464, 0.3958},  {0.0396, 1.7282, 0.4111},  {0.0451, 1.9073, 0.1992},
    {0.05258, 1.9653, 0.2040}, {0.06006, 2.0421, 0.1942},
};
static const spni_published published = {
    .source = SPNI_PUBLISHED_SOURCE("Fashion-MNIST"),
    .jumps = jumps,
    .points = points,
    .jump_count = sizeof jumps / sizeof *jumps,
    .point_count = sizeof points / sizeof *points,
};

static spn_status make(spni_job *job)
{
    return spni_published_sweep(job, "fashion", sets,
                                "install Debian's package dataset-fashion-mnist, or give the "
                                "file: --set data.path=train-images-idx3-ubyte.gz");
}

static spn_status write(spn_text *page, const spni_section_source *source)
{
    return spni_published_section(page, source, &published);
}

const spni_target spni_target_fashion = {
    .name = "fashion",
    .figure = "fashion",
    .help = "Fashion-MNIST, a network of 118,282 weights upwards in beta beside published jumps",
    .title = "Fashion-MNIST beside the published sweep",
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
