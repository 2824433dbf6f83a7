/* SPDX-License-Identifier: MIT */
/* Transitions of a sweep: its chains are cut into phases where a transition lies, the same phase met by several
 * chains becomes one, and phases are compared. */
#include "transition/answer.h"

#include <spinodal/numeric.h>

#include <float.h>
#include <math.h>

typedef struct walk {
    spn_context *context;
    spn_transitions *transitions;
    const spn_sweep_tables *tables;
    int64_t run;
    double longest;                                /* largest |theta| */
    spni_sequence strands;                         /* spni_strand, distinct */
    spni_strand open;                              /* the one that the chain is on */
    double *distances, *values, *susceptibilities; /* of one approach */
} walk;

static spn_side side_of(const spn_state *state)
{
    return spni_side_of(state, state->eigenvalue_min_loss);
}

/* The open strand is complete: it is one that is known, or a new one. */
static spn_status close_strand(walk *w, int64_t seed)
{
    spn_status status = SPN_OK;
    spni_strand *known = w->strands.items;
    if (w->open.nodes.count == 0) {
        goto done;
    }
    SPN_TRY(spni_sequence_add(w->context, &w->open.seeds, &seed, sizeof seed));
    for (int64_t i = 0; i < w->strands.count; i++) {
        if (spni_strand_same(&known[i], &w->open)) {
            SPN_TRY(spni_strand_merge(w->context, &known[i], &w->open));
            goto done;
        }
    }
    SPN_TRY(spni_sequence_add(w->context, &w->strands, &w->open, sizeof w->open));
    w->open = (spni_strand){0};
done:
    spni_strand_free(w->context, &w->open);
    w->open = (spni_strand){0};
    return status;
}

/* A chain of several legs goes on behind each turning point, in the other direction. */
static bool is_same_chain(const spn_sweep_record *a, const spn_sweep_record *b)
{
    const bool is_leg = a->direction == b->direction || a->leg + 1 == b->leg;
    return a->seed == b->seed && is_leg && a->phase == b->phase && a->point + 1 == b->point &&
           a->direction != SPN_DIRECTION_QUENCH && b->direction != SPN_DIRECTION_QUENCH;
}

/* A step of a chain from one point to the next. */
typedef struct step {
    const spn_sweep_record *from, *to;
    bool is_upwards;
} step;

/* Chains down from two phases with as many modes share all numbers; they began elsewhere, so that the point of the same
 * number lies elsewhere. */
static bool belongs_to(const spn_sweep_jump *j, const step *s)
{
    double width = fabs(j->beta_after - j->beta_before);
    double low = fmin(s->from->state.beta, s->to->state.beta),
           high = fmax(s->from->state.beta, s->to->state.beta);
    return j->seed == s->to->seed && j->direction == s->to->direction && j->phase == s->to->phase &&
           j->point == s->to->point && j->beta >= low - width && j->beta <= high + width;
}

static spn_status fit_approach(walk *w, int64_t jump, double width, double floor,
                               spn_transition *row)
{
    spn_status status = SPN_OK;
    int64_t count = 0;
    double closest = (double)INFINITY;
    for (int64_t i = 0; i < w->tables->approach_count; i++) {
        const spn_sweep_approach *a = &w->tables->approach[i];
        if (a->jump == jump) {
            w->distances[count] = a->distance;
            w->values[count] = a->eigenvalue;
            w->susceptibilities[count++] = a->susceptibility;
            if (a->distance < closest) {
                closest = a->distance;
                row->before.eigenvalue = a->eigenvalue;
            }
        }
    }
    SPN_TRY(spn_fit_exponent(w->context, count, w->distances, w->values, 0.5 * width, floor,
                             &row->eigenvalue));
    SPN_TRY(spn_fit_exponent(w->context, count, w->distances, w->susceptibilities, 0.5 * width, 0,
                             &row->susceptibility));
done:
    return status;
}

/* Keep the row as what this chain shows, oriented from small to large beta where that is the convention. */
static spn_status keep(walk *w, spn_transition *row, int64_t seed, bool is_upwards)
{
    spni_finding finding = {.row = *row, .seed = seed};
    if (row->kind == SPN_TRANSITION_CONTINUOUS && !is_upwards) {
        finding.row.before = row->after;
        finding.row.after = row->before;
    }
    return spni_sequence_add(w->context, &w->transitions->findings, &finding, sizeof finding);
}

static spn_transition start_row(const walk *w, double before, double after, double beta)
{
    const double none = (double)NAN;
    const spn_exponent nothing = {none, none, none, none, none, 0};
    return (spn_transition){.run = w->run,
                            .beta = beta,
                            .beta_low = fmin(before, after),
                            .beta_high = fmax(before, after),
                            .seeds = 1,
                            .eigenvalue = nothing,
                            .susceptibility = nothing};
}

/* Between two points of a chain lies a change that nothing has refined. */
static spn_status add_coarse(walk *w, const spn_sweep_record *a, const spn_sweep_record *b,
                             bool is_upwards)
{
    spn_transition row =
        start_row(w, a->state.beta, b->state.beta, 0.5 * (a->state.beta + b->state.beta));
    row.before = side_of(&a->state);
    row.after = side_of(&b->state);
    spni_measure_jump(&row, fabs(b->state.beta - a->state.beta));
    spni_judge(&row, is_upwards ? SPN_TRANSITION_SPINODAL_UP : SPN_TRANSITION_SPINODAL_DOWN, -1,
               spni_larger_square(a->state.weight_norm, b->state.weight_norm));
    row.change = spni_change(&row, &w->transitions->ranges);
    return keep(w, &row, a->seed, is_upwards);
}

/* What a refined jump shows; false: nothing but a change of labels. */
static spn_status read_jump(walk *w, int64_t index, const step *s, spn_transition *row,
                            bool *is_transition)
{
    spn_status status = SPN_OK;
    const spn_sweep_jump *j = &w->tables->jumps[index];
    double width = fabs(j->beta_after - j->beta_before);
    *row = start_row(w, j->beta_before, j->beta_after, j->beta);
    row->before = side_of(&j->before);
    row->after = side_of(&j->after);
    spni_measure_jump(row, width);
    /* an eigenvalue carries an error of some eps of the largest */
    double floor = 100 * DBL_EPSILON * fabs(s->from->state.eigenvalue_max_loss);
    SPN_TRY(fit_approach(w, index, width, isfinite(floor) ? floor : 0, row));
    *is_transition =
        spni_judge(row, s->is_upwards ? SPN_TRANSITION_SPINODAL_UP : SPN_TRANSITION_SPINODAL_DOWN,
                   j->resolved ? j->survives : (j->survives ? 1 : -1),
                   spni_larger_square(s->from->state.weight_norm, s->to->state.weight_norm));
done:
    return status;
}

/* Close the strand on this side of a transition and begin the one behind it. */
static spn_status cut(walk *w, int64_t seed, bool is_upwards)
{
    if (is_upwards) {
        w->open.ends_high = true;
    } else {
        w->open.ends_low = true;
    }
    return close_strand(w, seed);
}

/* The way to a jump belongs to the phase that ends there: points where chi grows fast. */
static spn_status add_approach(walk *w, int64_t jump)
{
    spn_status status = SPN_OK;
    for (int64_t i = 0; i < w->tables->approach_count; i++) {
        const spn_sweep_approach *a = &w->tables->approach[i];
        if (a->jump != jump || w->open.nodes.count == 0 || !isfinite(a->loss) ||
            !(a->beta > spni_strand_low(&w->open) && a->beta < spni_strand_high(&w->open))) {
            continue;
        }
        spn_side side = spni_strand_at(&w->open, a->beta, NULL); /* labels, curvature */
        side.error = a->error;
        side.loss = a->loss;
        side.norm = sqrt(a->norm_squared);
        side.susceptibility = a->susceptibility;
        side.eigenvalue = a->eigenvalue;
        SPN_TRY(spni_strand_add(w->context, &w->open, a->beta, &side, NULL));
    }
done:
    return status;
}

static spn_status add_point(walk *w, double beta, const spn_state *state)
{
    const spn_side side = side_of(state);
    const spni_blur blur = spni_blur_of(state);
    return spni_strand_add(w->context, &w->open, beta, &side, &blur);
}

/* Keep the transition of a jump and cut the chain there. What is before it is a point of a phase where the point that the
 * search started from is stationary, and what is behind it where that is. */
static spn_status cross_jump(walk *w, int64_t index, const step *s, bool is_known,
                             spn_transition *row)
{
    spn_status status = SPN_OK;
    const spn_sweep_jump *j = &w->tables->jumps[index];
    row->change = spni_change(row, &w->transitions->ranges);
    SPN_TRY(keep(w, row, j->seed, s->is_upwards));
    if (is_known) {
        SPN_TRY(add_point(w, j->beta_before, &j->before));
        SPN_TRY(add_approach(w, index));
    }
    SPN_TRY(cut(w, j->seed, s->is_upwards));
    if (j->settled == 1) {
        SPN_TRY(add_point(w, j->beta_after, &j->after));
    }
done:
    return status;
}

/* The next jump of the step beyond beta; -1: none. */
static int64_t find_next(const walk *w, const step *s, double beta)
{
    int64_t next = -1;
    for (int64_t i = 0; i < w->tables->jump_count; i++) {
        const spn_sweep_jump *j = &w->tables->jumps[i];
        double ahead = s->is_upwards ? j->beta - beta : beta - j->beta;
        if (belongs_to(j, s) && ahead > 0 &&
            !spn_sweep_jump_is_elsewhere(j, s->to, w->tables->point_count, w->tables->points) &&
            (next < 0 || ahead < fabs(w->tables->jumps[next].beta - beta))) {
            next = i;
        }
    }
    return next;
}

/* The same, past those that are no transitions. */
static spn_status find_transition(walk *w, const step *s, double beta, int64_t *next,
                                  spn_transition *row)
{
    spn_status status = SPN_OK;
    bool is_transition = false;
    for (*next = find_next(w, s, beta); *next >= 0; *next = find_next(w, s, beta)) {
        SPN_TRY(read_jump(w, *next, s, row, &is_transition));
        if (is_transition) {
            break;
        }
        w->transitions->notes.relabelled++;
        beta = w->tables->jumps[*next].beta;
    }
done:
    return status;
}

bool spni_changes_modes(const spn_sweep_record *a, const spn_sweep_record *b)
{
    return a->state.active_modes >= 0 && b->state.active_modes >= 0 && a->state.stationary == 1 &&
           b->state.stationary == 1 && a->state.active_modes != b->state.active_modes;
}

/* The step of a chain from point a to point b: all transitions in between, nearest to a first. */
static spn_status cross(walk *w, const spn_sweep_record *a, const spn_sweep_record *b)
{
    spn_status status = SPN_OK;
    const step s = {a, b, b->state.beta > a->state.beta};
    spn_transition row, row_after;
    int64_t next = find_next(w, &s, a->state.beta), after = -1;
    bool is_known = a->state.stationary == 1;
    if (next < 0 && (b->jump || (w->tables->jumps == NULL && spni_changes_modes(a, b)))) {
        SPN_TRY(add_coarse(w, a, b, s.is_upwards));
        SPN_TRY(cut(w, a->seed, s.is_upwards));
    }
    SPN_TRY(find_transition(w, &s, a->state.beta, &next, &row));
    while (next >= 0) {
        SPN_TRY(find_transition(w, &s, w->tables->jumps[next].beta, &after, &row_after));
        SPN_TRY(cross_jump(w, next, &s, is_known, &row));
        is_known = w->tables->jumps[next].settled == 1;
        row = row_after;
        next = after;
    }
done:
    return status;
}

/* A chain may turn round: a phase is cut there too, and merged again where both ways agree. */
static bool turns(const spn_sweep_tables *t, int64_t i)
{
    return i >= 2 && is_same_chain(&t->points[i - 2], &t->points[i - 1]) &&
           (t->points[i].state.beta > t->points[i - 1].state.beta) !=
               (t->points[i - 1].state.beta > t->points[i - 2].state.beta);
}

/* Where the gate was not decided nobody knows of a minimum. */
static spn_status take_point(walk *w, const spn_sweep_record *r)
{
    if (r->state.stationary == 1) {
        return add_point(w, r->state.beta, &r->state);
    }
    w->transitions->notes.unsettled++;
    return SPN_OK;
}

static spn_status walk_chains(walk *w)
{
    spn_status status = SPN_OK;
    const spn_sweep_tables *t = w->tables;
    for (int64_t i = 0; i < t->point_count; i++) {
        const spn_sweep_record *r = &t->points[i];
        if (r->direction == SPN_DIRECTION_QUENCH) {
            w->transitions->notes.quenched++;
            continue;
        }
        if (i > 0 && is_same_chain(r - 1, r)) {
            if (turns(t, i)) {
                SPN_TRY(close_strand(w, r->seed));
                if ((r - 1)->state.stationary == 1) { /* both ways begin there */
                    SPN_TRY(add_point(w, (r - 1)->state.beta, &(r - 1)->state));
                }
            }
            SPN_TRY(cross(w, r - 1, r));
        } else if (i > 0) {
            SPN_TRY(close_strand(w, t->points[i - 1].seed));
        }
        w->longest = fmax(w->longest, r->state.weight_norm);
        SPN_TRY(take_point(w, r));
    }
    SPN_TRY(close_strand(w, t->point_count > 0 ? t->points[t->point_count - 1].seed : 0));
done:
    return status;
}

/* The node closest to the middle of a strand in beta: nodes crowd near transitions, where labels lag behind. */
static const spni_strand_node *middle_of(const spni_strand_node *nodes, int64_t count)
{
    double centre = 0.5 * (nodes[0].beta + nodes[count - 1].beta);
    const spni_strand_node *best = nodes;
    for (int64_t i = 1; i < count; i++) {
        best = fabs(nodes[i].beta - centre) < fabs(best->beta - centre) ? &nodes[i] : best;
    }
    return best;
}

/* |theta| at the ends of one phase in several chains, as a share of the largest of the run: their brackets differ by
 * a millionth of beta, and theta goes like its root. */
static const double NEAR = 1e-3;

/* The phase that ends (or begins) at beta with this |theta|: its labels, in the middle. Of several that are alike
 * there the longest: a short piece has the labels of its end. */
static void label_side(const walk *w, double beta, double width, bool is_below, spn_side *side)
{
    double reach = width + 1e-6 * fabs(beta), near = NEAR * w->longest, longest = -1;
    double norm = side->norm;
    for (int64_t i = 0; i < w->strands.count; i++) {
        const spni_strand *strand = (const spni_strand *)w->strands.items + i;
        int64_t count = 0;
        const spni_strand_node *nodes = spni_strand_nodes(strand, &count);
        const spni_strand_node *end = is_below ? &nodes[count - 1] : &nodes[0];
        double length = nodes[count - 1].beta - nodes[0].beta;
        if (fabs(end->beta - beta) <= reach && fabs(end->side.norm - norm) <= near &&
            length > longest) {
            const spn_side *middle = &middle_of(nodes, count)->side;
            longest = length;
            side->active_modes = middle->active_modes;
            side->merged_units = middle->merged_units;
            side->dead_units = middle->dead_units;
        }
    }
}

/* So close to a continuous transition both sides look alike: they bear the labels of their phases. */
static void label_continuous(walk *w, int64_t first)
{
    for (int64_t i = first; i < w->transitions->findings.count; i++) {
        spn_transition *row = &((spni_finding *)w->transitions->findings.items + i)->row;
        if (row->order == 2) {
            double width = row->beta_high - row->beta_low;
            spn_side before = row->before, after = row->after;
            label_side(w, row->beta, width, true, &before);
            label_side(w, row->beta, width, false, &after);
            if (!spni_same_label(&before, &after)) {
                row->before = before;
                row->after = after;
            }
            row->change = spni_change(row, &w->transitions->ranges);
        }
    }
}

static bool is_start(const spn_sweep_record *r)
{
    return r->state.active_modes >= 0 && (r->direction == SPN_DIRECTION_QUENCH ||
                                          (r->point == 0 && r->phase < 0 && r->seed >= 0));
}

/* What the best starts at one beta reached. */
typedef struct tally {
    double beta, lowest;
    int64_t most, starts, stuck, higher;
} tally;

static spn_status find_tally(spn_context *context, spni_sequence *tallies, double beta, tally **out)
{
    tally *items = tallies->items;
    for (int64_t i = tallies->count - 1; i >= 0; i--) {
        if (items[i].beta == beta) {
            *out = &items[i];
            return SPN_OK;
        }
    }
    const tally fresh = {beta, (double)INFINITY, 0, 0, 0, 0};
    spn_status status = spni_sequence_add(context, tallies, &fresh, sizeof fresh);
    *out = status == SPN_OK ? (tally *)tallies->items + tallies->count - 1 : NULL;
    return status;
}

/* Modes that a start has learned. */
static int64_t count_learned(const spn_sweep_tables *tables, int64_t row)
{
    int64_t learned = 0;
    if (tables->modes == NULL || tables->singular_values == NULL) {
        return tables->points[row].state.active_modes;
    }
    for (int64_t m = 0; m < tables->mode_count; m++) {
        const double strength = tables->modes[row * tables->mode_count + m];
        learned += strength > SPN_ACTIVE_SHARE * tables->singular_values[m];
    }
    return learned;
}

/* Two passes over the starts: what the best ones reach, then who falls short of it. */
static spn_status count_stuck(walk *w)
{
    spn_status status = SPN_OK;
    spni_sequence tallies = {0};
    tally *one = NULL;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < w->tables->point_count; i++) {
            const spn_sweep_record *r = &w->tables->points[i];
            if (!is_start(r)) {
                continue;
            }
            const int64_t learned = count_learned(w->tables, i);
            SPN_TRY(find_tally(w->context, &tallies, r->state.beta, &one));
            if (pass == 0) {
                one->starts++;
                one->most = learned > one->most ? learned : one->most;
                one->lowest = fmin(one->lowest, r->state.loss);
            } else {
                one->stuck += learned < one->most;
                one->higher += r->state.loss > one->lowest + 1e-6 * fabs(one->lowest);
            }
        }
    }
    for (int64_t i = 0; i < tallies.count; i++) {
        one = (tally *)tallies.items + i;
        spn_stuck row = {w->run, one->beta, one->starts, one->stuck, 0, 0, 0, one->higher};
        row.fraction = (double)one->stuck / (double)one->starts;
        spn_binomial_interval(one->stuck, one->starts, 0.95, &row.low, &row.high);
        if (one->starts >= 2) {
            SPN_TRY(spni_sequence_add(w->context, &w->transitions->stuck, &row, sizeof row));
        }
    }
done:
    spn_release(w->context, tallies.items);
    return status;
}

static spn_status check(spn_context *context, const spn_sweep_tables *tables, int64_t *seeds)
{
    *seeds = 0;
    if (tables->point_count < 1) {
        return spn_fail(context, SPN_ERROR_INPUT, "the sweep has no points");
    }
    for (int64_t i = 0; i < tables->point_count; i++) {
        if (!isfinite(tables->points[i].state.beta)) {
            return spn_fail(context, SPN_ERROR_INPUT, "row %lld of points: beta is not a number",
                            (long long)i);
        }
        *seeds = tables->points[i].seed + 1 > *seeds ? tables->points[i].seed + 1 : *seeds;
    }
    for (int64_t i = 0; i < tables->jump_count; i++) {
        const spn_sweep_jump *j = &tables->jumps[i];
        if (!isfinite(j->beta_before) || !isfinite(j->beta_after) || !isfinite(j->beta)) {
            return spn_fail(context, SPN_ERROR_INPUT, "row %lld of jumps: beta is not a number",
                            (long long)i);
        }
    }
    return SPN_OK;
}

/* Of stationary points: what diverged is as large as it likes. */
static spni_ranges find_ranges(const spn_sweep_tables *tables)
{
    spni_ranges ranges = spni_no_range;
    for (int64_t i = 0; i < tables->point_count; i++) {
        if (tables->points[i].state.stationary == 1) {
            spni_widen_ranges(&ranges, &tables->points[i].state);
        }
    }
    return ranges;
}

/* Range, and the ways in which phases were followed. */
static void describe_run(const spn_sweep_tables *tables, spn_answer *known)
{
    for (int64_t i = 0; i < tables->point_count; i++) {
        const spn_sweep_record *r = &tables->points[i];
        known->beta_from = fmin(known->beta_from, r->state.beta);
        known->beta_to = fmax(known->beta_to, r->state.beta);
        if (i > 0 && is_same_chain(r - 1, r)) {
            known->went_up = known->went_up || r->state.beta > (r - 1)->state.beta;
            known->went_down = known->went_down || r->state.beta < (r - 1)->state.beta;
        }
    }
}

spn_status spn_transitions_add_sweep(spn_context *context, spn_transitions *transitions,
                                     const spn_sweep_tables *tables)
{
    spn_status status = SPN_OK;
    int64_t first = transitions->findings.count, seeds = 0;
    const spni_run_start start = spni_start_run(transitions);
    spn_answer known = {.beta_from = (double)INFINITY, .beta_to = -(double)INFINITY};
    walk w = {.context = context,
              .transitions = transitions,
              .tables = tables,
              .run = transitions->notes.runs};
    SPN_TRY(check(context, tables, &seeds));
    SPN_NEW(context, w.distances, tables->approach_count);
    SPN_NEW(context, w.values, tables->approach_count);
    SPN_NEW(context, w.susceptibilities, tables->approach_count);
    transitions->ranges = find_ranges(tables);
    SPN_TRY(walk_chains(&w));
    label_continuous(&w, first);
    SPN_TRY(
        spni_cross_phases(context, transitions, w.run, first, w.strands.count, w.strands.items));
    SPN_TRY(spni_loop_phases(context, transitions, w.run, first, w.strands.count, w.strands.items));
    SPN_TRY(spni_merge(context, transitions, first));
    SPN_TRY(count_stuck(&w));
    SPN_TRY(spni_sequence_add(context, &transitions->seeds, &seeds, sizeof seeds));
    transitions->notes.runs++;
    transitions->notes.unrefined += tables->jumps == NULL;
    describe_run(tables, &known);
    known.seeds = seeds;
    transitions->notes.single += known.beta_from == known.beta_to;
    SPN_TRY(
        spni_answer_run(context, transitions, &start, &known, w.strands.count, w.strands.items));
done:
    for (int64_t i = 0; i < w.strands.count; i++) {
        spni_strand_free(context, (spni_strand *)w.strands.items + i);
    }
    spni_strand_free(context, &w.open);
    spn_release(context, w.strands.items);
    spn_release(context, w.distances);
    spn_release(context, w.values);
    spn_release(context, w.susceptibilities);
    return status;
}
