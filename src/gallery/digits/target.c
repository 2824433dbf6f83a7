/* SPDX-License-Identifier: MIT */
/* The shipped digits, upwards in beta, without a dense Hessian. */
#include "gallery/published/published.h"

static const char *const sets[] = {"data.path=digits.csv",
                                   "data.kind=csv",
                                   "data.classes=digit",
                                   "data.test_share=0.2",
                                   "data.standardize=inputs",
                                   "model.hidden=[16, 16]",
                                   "model.bias=true",
                                   "objective.error=cross_entropy",
                                   "sweep.beta.from=0.005",
                                   "sweep.beta.to=0.3",
                                   "sweep.beta.points=30",
                                   "sweep.beta.spacing=log",
                                   "sweep.direction=up",
                                   "sweep.refine_tolerance=0.0001",
                                   "sweep.refine_least=0.002",
                                   "geometry.method=moments",
                                   "solver.method=newton_cg",
                                   "solver.tolerance=1e-8",
                                   "solver.trust_radius_max=100",
                                   NULL};

static spn_status make(spni_job *job)
{
    return spni_published_sweep(job, "digits", sets, "");
}

static spn_status write(spn_text *page, const spni_section_source *source)
{
    return spni_published_section(page, source, NULL);
}

const spni_target spni_target_digits = {
    .name = "digits",
    .figure = "digits",
    .help = "handwritten digits that come with the program: classes unlearned one after the other",
    .title = "Handwritten digits",
    .text =
        "A network learns the 8 × 8 images of handwritten digits (E. Alpaydin and C. Kaynak, UCI, "
        "CC BY 4.0) "
        "that come with the program. It is small enough for dense Hessians and large enough to do "
        "without: here traces are exact and indices certified without one. With "
        "`geometry.method=dense` and `solver.method=newton` the "
        "same sweep is the slow twin.",
    .is_apart = true,
    .make = make,
    .write = write,
    .sets = sets,
};
