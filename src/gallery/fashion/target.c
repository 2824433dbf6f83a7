/* SPDX-License-Identifier: MIT */
/* Fashion-MNIST, upwards in beta, beside the published sweep. */
#include "gallery/published/published.h"

/* A logarithmic grid: steps of 4 %. */
static const char *const sets[] = {
    "data.kind=idx",
    "data.path=/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz",
    "data.test_path=/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz",
    "data.take=10000",
    "data.normalize=[0.1307, 0.3081]",
    "model.hidden=[128, 128]",
    "model.init.scale=3",
    "model.activation=sigmoid",
    "model.bias=true",
    "objective.error=cross_entropy",
    "sweep.direction=up",
    "sweep.beta.from=0.01",
    "sweep.beta.to=0.07",
    "sweep.beta.points=50",
    "sweep.beta.spacing=log",
    "sweep.refine_tolerance=0.0001",
    "sweep.refine_least=0.01",
    "solver.method=newton_cg",
    "solver.tolerance=1e-8",
    "solver.trust_radius_max=100",
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
    .source = "Published: A. F. Cardozo Licha, I. T. Ersoy and K. Wiesner, arXiv 2512.11866, and "
              "its public "
              "repository: Fashion-MNIST, 60,000 training samples, Adam (0.0015, batches of 64) "
              "from warm starts in steps of "
              "λ; β = λ/2.",
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
