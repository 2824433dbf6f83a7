/* SPDX-License-Identifier: MIT */
/* Initial scale and delayed generalisation. */
#include "gallery/training/training.h"

static const char *const sets[] = {"data.kind=teacher",
                                   "data.samples=60",
                                   "data.inputs=5",
                                   "data.test_share=0.9",
                                   "data.teacher.hidden=[5]",
                                   "data.teacher.scale=2",
                                   "model.hidden=[20, 20]",
                                   "grok.beta=0.001",
                                   "grok.starts=[random, \"random*6\"]",
                                   "grok.epochs=100000",
                                   "grok.records=20",
                                   "grok.levels=[0.3]",
                                   "solver.learning_rate=0.02",
                                   NULL};

static spn_status make(spni_job *job)
{
    return spni_job_run(job, "omnigrok", sets, NULL, spn_study_grok);
}

const spni_target spni_target_omnigrok = {
    .name = "omnigrok",
    .help = "train and test error against epoch for a small and a large initial scale",
    .title = "Initial scale and delayed generalisation",
    .text =
        "A network learns from few samples of a random teacher, once from weights of the usual "
        "scale "
        "and once from weights six times as large (Liu, Michaud and Tegmark, Omnigrok, ICLR 2023). "
        "The "
        "small start lowers train and test error together. The large start fits its training "
        "samples "
        "soon and stays wrong on test samples until the regulariser has shrunk it: while the "
        "training "
        "samples are fitted |*θ*| falls as exp(−2*βt*), and the test error follows when |*θ*| "
        "nears "
        "that of the minimum.",
    .make = make,
    .share = make,
    .tables = spni_training_tables,
    .figure = "omnigrok",
    .write = spni_omnigrok_section,
    .sets = sets,
};
