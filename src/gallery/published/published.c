/* SPDX-License-Identifier: MIT */
/* Sweeps of images beside published measurements. */
#include "gallery/published/published.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

enum { BETA_DIGITS = 6, DIGITS = 4, FEW_DIGITS = 2, PUBLISHED_SAMPLES = 60000 };
/* A jump further from a published interval, relative to beta, is another one. */
static const double farthest = 0.25;
/* An exact spinodal lies at the published jump or a little above it: up to this share of beta. */
static const double over_most = 0.03;

/* Does the first point tell samples apart? The trivial phase is a minimum at every beta > 0 with two hidden layers (T14): who
 * starts there stays there, and all that follows is one number. Where phi(0) != 0 and classes are of different sizes,
 * traces of a direction are left, so that its strength decides and not its being there. */
static bool has_learned(const spn_sweep_contents *c)
{
    const spn_sweep_record *first = c->points.records;
    double strongest = 0;
    if (c->points.rows == 0 || first->state.active_modes == 0) {
        return c->points.rows == 0;
    }
    for (int64_t i = 0; c->modes != NULL && i < c->modes->columns; i++) {
        strongest = fmax(strongest, c->modes->values[i]);
    }
    return c->modes == NULL || c->facts.error != SPN_ERROR_CROSS_ENTROPY ||
           strongest > SPN_ACTIVE_SHARE;
}

#define START_ADVICE                                                                               \
    "begin with larger weights (model.init.scale) or at a smaller beta (sweep.beta.from)"

/* A run that began with nothing learned has nothing to say, and says so. */
static spn_status judge_start(spni_job *job, const char *name)
{
    spn_status status = SPN_OK;
    spn_arena *arena = NULL;
    spn_results results;
    spn_sweep_contents c;
    char path[SPNI_PATH_SIZE];
    SPN_TRY(spn_arena_create(job->context, &arena));
    SPN_TRY(spni_job_read(job, arena, name, path, &results));
    SPN_TRY(spn_sweep_contents_read(job->context, arena, &results, &c));
    if (!has_learned(&c)) {
        char warning[SPNI_PATH_SIZE + 200];
        (void)snprintf(
            warning, sizeof warning,
            "%s: at the first beta the outputs are the same for all samples, so that the "
            "sweep followed the trivial phase; " START_ADVICE,
            path);
        spni_job_judge(job, false, warning);
    }
done:
    spn_arena_free(arena);
    return status;
}

spn_status spni_published_sweep(spni_job *job, const char *name, const char *const *own,
                                const char *advice)
{
    spn_status status = SPN_OK;
    spn_experiment *experiment = NULL;
    SPN_TRY(spni_job_experiment(job, own, NULL, &experiment));
    const spn_data_settings *data = spn_experiment_data(experiment);
    if (data->kind == SPN_DATA_IDX && (data->path == NULL || access(data->path, R_OK) != 0)) {
        SPN_FAIL(job->context, SPN_ERROR_INPUT, "%s: there are no images%s%s; %s", name,
                 data->path != NULL ? " at " : "", data->path != NULL ? data->path : "", advice);
    }
    SPN_TRY(spni_job_run(job, name, own, NULL, spn_study_sweep));
    SPN_TRY(judge_start(job, name));
done:
    spn_experiment_free(job->context, experiment);
    return status;
}

static bool is_upward_jump(const spn_sweep_jump *j)
{
    return j->survives == 1 && j->direction == SPN_DIRECTION_UP;
}

/* "0.5 -> 0.6" in one cell. */
static void put_change(spn_text *page, double before, double after)
{
    spn_text_put(page, "| %.*g → %.*g ", (int)DIGITS, before, (int)DIGITS, after);
}

static void put_jumps(spn_text *page, const spn_sweep_contents *c)
{
    const spn_sweep_jump *jumps = c->jumps.records;
    int64_t count = 0;
    spn_text_add(page, "\nJumps of the sweep, each bisected; ± is half of the bracket:\n");
    spni_put_head(page, "β | ± | modes | *E* | \\|θ\\| | accuracy");
    for (int64_t i = 0; i < c->jumps.rows; i++) {
        const spn_sweep_jump *j = &jumps[i];
        if (!is_upward_jump(j)) {
            continue;
        }
        count++;
        spni_put_real(page, BETA_DIGITS, j->beta);
        spni_put_real(page, FEW_DIGITS, 0.5 * fabs(j->beta_after - j->beta_before));
        spn_text_put(page, "| %lld → %lld ", (long long)j->before.active_modes,
                     (long long)j->after.active_modes);
        put_change(page, j->before.error, j->after.error);
        put_change(page, j->before.weight_norm, j->after.weight_norm);
        put_change(page, j->before.accuracy, j->after.accuracy);
        spni_end_row(page);
    }
    spn_text_add(page, count == 0 ? "\nThere is none.\n" : "");
}

static double middle_of(const spni_published_jump *p)
{
    return 0.5 * (p->low + p->high);
}

/* Is p the published jump that is next to beta? */
static bool is_next(const spni_published *published, const spni_published_jump *p, double beta)
{
    for (int64_t i = 0; i < published->jump_count; i++) {
        if (fabs(beta - middle_of(&published->jumps[i])) < fabs(beta - middle_of(p))) {
            return false;
        }
    }
    return true;
}

/* The jump next to an interval, which is next to it; NULL: none is near. */
static const spn_sweep_jump *nearest(const spn_sweep_contents *c, const spni_published *published,
                                     const spni_published_jump *p)
{
    const spn_sweep_jump *jumps = c->jumps.records, *best = NULL;
    double middle = middle_of(p), least = farthest * middle;
    for (int64_t i = 0; i < c->jumps.rows; i++) {
        double distance = fabs(jumps[i].beta - middle);
        if (is_upward_jump(&jumps[i]) && distance < least && is_next(published, p, jumps[i].beta)) {
            best = &jumps[i];
            least = distance;
        }
    }
    return best;
}

/* At or above the lower end of the interval, and not further above the upper one than an exact sweep explains. */
static bool is_met(const spn_sweep_jump *j, const spni_published_jump *p)
{
    return j != NULL && j->beta_after >= p->low && j->beta_before <= (1 + over_most) * p->high;
}

static void put_jumps_beside(spn_text *page, const spn_sweep_contents *c,
                             const spni_published *published)
{
    int64_t met = 0;
    spn_text_add(page,
                 "\nPublished jumps, and the one of this sweep that is next to each. An exact "
                 "sweep keeps a phase to its end, a stochastic one may leave it early: β is "
                 "expected in the interval or above it.\n");
    spni_put_head(page, "published from | to | β | ± | over the upper end, %");
    for (int64_t i = 0; i < published->jump_count; i++) {
        const spni_published_jump *p = &published->jumps[i];
        const spn_sweep_jump *j = nearest(c, published, p);
        const double none = (double)NAN;
        spni_put_real(page, BETA_DIGITS, p->low);
        spni_put_real(page, BETA_DIGITS, p->high);
        spni_put_real(page, BETA_DIGITS, j != NULL ? j->beta : none);
        spni_put_real(page, FEW_DIGITS,
                      j != NULL ? 0.5 * fabs(j->beta_after - j->beta_before) : none);
        spni_put_real(page, FEW_DIGITS, j != NULL ? 100 * (j->beta / p->high - 1) : none);
        spni_end_row(page);
        met += is_met(j, p);
    }
    spn_text_put(page, "\n%lld of %lld lie in their interval or at most %.*g %% above it.\n",
                 (long long)met, (long long)published->jump_count, (int)FEW_DIGITS,
                 100 * over_most);
}

/* A jump parts two points where one is listed that survives, and where a step is one that is not listed. */
static bool has_jump(const spn_sweep_contents *c, const spn_sweep_record *a,
                     const spn_sweep_record *b)
{
    const spn_sweep_jump *jumps = c->jumps.records;
    bool is_listed = false;
    for (int64_t i = 0; i < c->jumps.rows; i++) {
        const spn_sweep_jump *j = &jumps[i];
        if (j->direction == SPN_DIRECTION_UP && a->state.beta <= j->beta &&
            j->beta <= b->state.beta) {
            is_listed = true;
            if (j->survives != 0) {
                return true;
            }
        }
    }
    return b->jump != 0 && !is_listed;
}

/* A number of the sweep at beta, on the line between the points around it, which no jump parts. */
static double between(const spn_sweep_contents *c, double beta, double (*of)(const spn_state *s))
{
    const spn_sweep_record *points = c->points.records;
    for (int64_t i = 1; i < c->points.rows; i++) {
        const spn_sweep_record *a = &points[i - 1], *b = &points[i];
        bool is_around = a->state.beta <= beta && beta <= b->state.beta &&
                         b->direction == SPN_DIRECTION_UP && b->point == a->point + 1;
        if (is_around && !has_jump(c, a, b)) {
            double share = (beta - a->state.beta) / (b->state.beta - a->state.beta);
            return (1 - share) * of(&a->state) + share * of(&b->state);
        }
    }
    return (double)NAN;
}

static double error_of(const spn_state *s)
{
    return s->error;
}

static double test_accuracy_of(const spn_state *s)
{
    return s->test_accuracy;
}

static void put_points_beside(spn_text *page, const spni_section_source *source,
                              const spn_sweep_contents *c, const spni_published *published)
{
    const spn_attribute *samples = spn_results_attribute(source->results, "samples");
    if (samples != NULL && samples->text == NULL && samples->integer < PUBLISHED_SAMPLES) {
        spn_text_put(
            page,
            "\nThis sweep has %lld training samples. With fewer than were published *E* is "
            "lower, for the network learns what is special to them, and jumps are elsewhere.\n",
            (long long)samples->integer);
    }
    spn_text_add(page,
                 "\nPublished errors of training samples and accuracies on test samples, and "
                 "those of this sweep, on the line between its points; none where a jump lies "
                 "between them.\n");
    spni_put_head(page, "β | *E* published | *E* | difference | test accuracy published | test "
                        "accuracy");
    for (int64_t i = 0; i < published->point_count; i++) {
        const spni_published_point *p = &published->points[i];
        double error = between(c, p->beta, error_of);
        spni_put_real(page, BETA_DIGITS, p->beta);
        spni_put_real(page, DIGITS, p->error);
        spni_put_real(page, DIGITS, error);
        spni_put_real(page, FEW_DIGITS, error - p->error);
        spni_put_real(page, DIGITS, p->test_accuracy);
        spni_put_real(page, DIGITS, between(c, p->beta, test_accuracy_of));
        spni_end_row(page);
    }
}

spn_status spni_published_section(spn_text *page, const spni_section_source *source,
                                  const spni_published *published)
{
    spn_status status = SPN_OK;
    spn_sweep_contents c;
    SPN_TRY(spn_sweep_contents_read(page->context, source->arena, source->results, &c));
    if (!has_learned(&c)) {
        spn_text_add(page,
                     "\n**Nothing is learned at the first β**: the outputs are the same for all "
                     "samples from there on. This is the trivial phase, a minimum of *L* at "
                     "every β > 0; to see another, " START_ADVICE ".\n");
    }
    put_jumps(page, &c);
    if (published != NULL) {
        put_jumps_beside(page, &c, published);
        put_points_beside(page, source, &c, published);
        spn_text_put(page, "\n%s\n", published->source);
    }
    status = page->status;
done:
    return status;
}
