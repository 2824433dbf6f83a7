/* SPDX-License-Identifier: MIT */
/* Transitions of branches whose records are closed forms: a deep linear network (T13), and a pitchfork that is
 * continuous or not. */
#include "model.h"

static spn_context *context;
static const double two[] = {0.9, 0.5};
static const double none = (double)NAN;

typedef struct chart {
    spn_branch_record points[400];
    spn_special_record specials[4];
    spn_branch_approach approach[200];
    spn_phase_record phases[4];
    spn_maxwell_record maxwell[4];
    spn_branch_tables tables;
} chart;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(spn_context_create(NULL, &context), SPN_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static chart *new_chart(void)
{
    chart *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->tables = (spn_branch_tables){.points = c->points,
                                    .specials = c->specials,
                                    .approach = c->approach,
                                    .phases = c->phases,
                                    .maxwell = c->maxwell};
    return c;
}

static void add_point(chart *c, int64_t phase, double beta, model_state s, int64_t active)
{
    c->points[c->tables.point_count++] =
        (spn_branch_record){.branch = phase,
                            .phase = phase,
                            .state.beta = beta,
                            .state.error = s.error,
                            .state.loss = s.loss,
                            .state.weight_norm = s.norm,
                            .state.susceptibility = s.susceptibility,
                            .critical_eigenvalue = s.critical,
                            .state.active_modes = active};
}

static void add_approach(chart *c, int64_t special, double beta, double distance, model_state s)
{
    c->approach[c->tables.approach_count++] = (spn_branch_approach){
        special, beta, distance, s.critical, 1, s.norm * s.norm, s.susceptibility, s.error, s.loss};
}

/* Phases {1, 2}, {1} and {} of depth 3 with their folds located to 1e-10. */
static chart *deep_linear(const model *m)
{
    chart *c = new_chart();
    for (int64_t phase = 0; phase < 3; phase++) {
        int64_t active = 2 - phase;
        double high = active > 0 ? model_end(m, active) : 0.5;
        for (int i = 0; i < 60; i++) {
            double beta = 0.004 + (high - 0.004) * i / 60;
            add_point(c, phase, beta, model_at(m, active, beta), active);
        }
        c->phases[phase] = (spn_phase_record){.phase = phase,
                                              .middle.active_modes = active,
                                              .beta_low = 0.004,
                                              .beta_high = high,
                                              .end_low = SPN_END_ZERO,
                                              .end_high = active > 0 ? SPN_END_FOLD : SPN_END_RANGE,
                                              .special_low = -1,
                                              .special_high = active > 0 ? phase : -1};
        c->tables.phase_count++;
        if (active == 0) {
            continue;
        }
        model_state s = model_at(m, active, high);
        c->specials[phase] = (spn_special_record){.special = phase,
                                                  .branch = phase,
                                                  .kind = SPN_SPECIAL_FOLD,
                                                  .beta = high,
                                                  .beta_low = high * (1 - 1e-10),
                                                  .beta_high = high * (1 + 1e-10),
                                                  .state.error = s.error,
                                                  .state.loss = s.loss,
                                                  .state.weight_norm = s.norm,
                                                  .kernel = 1,
                                                  .is_continuous = -1,
                                                  .state.active_modes = active};
        c->tables.special_count++;
        for (int k = 0; k < 24; k++) {
            double distance = 1e-8 * pow(10, 0.25 * k) * high;
            add_approach(c, phase, high - distance, distance, model_at(m, active, high - distance));
        }
        double equal = model_maxwell(m, active);
        model_state a = model_at(m, active, equal), b = model_at(m, active - 1, equal);
        c->maxwell[phase] = (spn_maxwell_record){.phase_a = phase,
                                                 .phase_b = phase + 1,
                                                 .beta = equal,
                                                 .beta_low = equal * (1 - 1e-10),
                                                 .beta_high = equal * (1 + 1e-10),
                                                 .loss = a.loss,
                                                 .a = spn_state_unknown(),
                                                 .b = spn_state_unknown(),
                                                 .is_global = 1};
        c->maxwell[phase].a.error = a.error;
        c->maxwell[phase].a.weight_norm = a.norm;
        c->maxwell[phase].b.error = b.error;
        c->maxwell[phase].b.weight_norm = b.norm;
        c->tables.maxwell_count++;
    }
    return c;
}

static spn_transitions *find(const chart *c)
{
    spn_transitions *out = NULL;
    check_ok(context, spn_transitions_create(context, &out));
    check_ok(context, spn_transitions_add_branches(context, out, &c->tables));
    return out;
}

static void test_deep_linear(void **state)
{
    (void)state;
    int64_t count = 0;
    model *m = model_new(context, 3, 2, two);
    chart *c = deep_linear(m);
    spn_transitions *t = find(c);
    const spn_transition *rows = spn_transitions_rows(t, &count);
    assert_int_equal(count, 4);
    for (int64_t i = 0; i < count; i++) {
        const spn_transition *r = &rows[i];
        int64_t active = r->before.active_modes;
        assert_true(r->order == 1 && r->after.active_modes == active - 1);
        assert_true(r->beta_low <= r->beta && r->beta <= r->beta_high);
        if (r->kind == SPN_TRANSITION_MAXWELL) {
            check_close(r->beta, model_maxwell(m, active), 1e-10, 0);
            continue;
        }
        double end = model_end(m, active);
        model_state a = model_at(m, active, end), b = model_at(m, active - 1, end);
        double jump = a.norm * a.norm - b.norm * b.norm;
        assert_int_equal(r->kind, SPN_TRANSITION_SPINODAL_UP);
        assert_int_equal(r->evidence, SPN_EVIDENCE_FOLD);
        check_close(r->beta, end, 1e-10, 0);
        /* before: the fold itself; after: Hermite's cubic over a step of 0.008 */
        check_close(r->jump, jump, 1e-7, 1);
        assert_true(r->jump_low <= jump + 1e-7 && jump <= r->jump_high + 1e-7);
    }
    spn_transitions_free(context, t);
    free(c);
    free(m);
}

/* The loops between a phase and the one behind its fold: both areas against the closed form. 60 points a branch and
 * the root in the last step leave 1e-3. */
static void test_loops(void **state)
{
    (void)state;
    int64_t count = 0;
    model *m = model_new(context, 3, 2, two);
    chart *c = deep_linear(m);
    spn_transitions *t = find(c);
    const spn_hysteresis *rows = spn_transitions_hysteresis(t, &count);
    assert_int_equal(count, 2);
    for (int64_t i = 0; i < count; i++) {
        int64_t active = rows[i].below.active_modes;
        double low = rows[i].beta_low, high = model_end(m, active);
        double top = model_at(m, active, high).loss - model_at(m, active - 1, high).loss;
        double bottom = model_at(m, active, low).loss - model_at(m, active - 1, low).loss;
        assert_true(rows[i].is_open == 1 && rows[i].above.active_modes == active - 1);
        check_close(low, 0.004, 1e-12, 0);
        check_close(rows[i].beta_high, high, 1e-9, 0);
        check_close(rows[i].area_from_loss, top - bottom, 1e-6, 0);
        check_close(rows[i].area, top - bottom, 1e-3, 0);
        check_close(rows[i].maxwell_beta, model_maxwell(m, active), 1e-10, 0);
    }
    spn_transitions_free(context, t);
    free(c);
    free(m);
}

/* theta^2 = (mu - beta) c on the low side of mu, one phase: E and L made to fit (dL/dbeta = n). */
static model_state pitchfork(double beta, double mu, double slope, bool is_active)
{
    double square = 1 + (is_active ? slope * (mu - beta) : 0);
    double loss =
        2 + beta + (is_active ? slope * (mu * beta - 0.5 * beta * beta - 0.5 * mu * mu) : 0);
    return (model_state){.norm = sqrt(square),
                         .loss = loss,
                         .error = loss - beta * square,
                         .susceptibility = is_active ? slope : 0,
                         .critical = fabs(mu - beta) * (is_active ? 4 : 2)};
}

/* Hidden units merge at mu, seen from both of the phases: one continuous transition of symmetry. */
static chart *merging(int64_t is_continuous)
{
    const double mu = 0.05, slope = 3;
    chart *c = new_chart();
    for (int64_t phase = 0; phase < 2; phase++) {
        double from = phase == 0 ? 0.01 : mu;
        for (int i = 0; i <= 40; i++) {
            double beta = from + 0.04 * i / 40;
            add_point(c, phase, beta, pitchfork(beta, mu, slope, phase == 0), 2);
        }
        c->phases[phase] =
            (spn_phase_record){.phase = phase,
                               .middle.active_modes = 2,
                               .middle.merged_units = phase,
                               .beta_low = from,
                               .beta_high = from + 0.04,
                               .end_low = phase == 0 ? SPN_END_RANGE : SPN_END_SYMMETRY,
                               .end_high = phase == 0 ? SPN_END_SYMMETRY : SPN_END_RANGE,
                               .special_low = phase == 0 ? -1 : 0,
                               .special_high = phase == 0 ? 0 : -1};
    }
    c->tables.phase_count = 2;
    model_state s = pitchfork(mu, mu, slope, true);
    c->specials[0] = (spn_special_record){.kind = SPN_SPECIAL_BRANCH_POINT,
                                          .beta = mu,
                                          .beta_low = mu * (1 - 1e-10),
                                          .beta_high = mu * (1 + 1e-10),
                                          .state.error = s.error,
                                          .state.loss = s.loss,
                                          .state.weight_norm = s.norm,
                                          .kernel = 1,
                                          .is_continuous = is_continuous,
                                          .change = SPN_CHANGE_SYMMETRY,
                                          .state.active_modes = 2};
    c->tables.special_count = 1;
    for (int k = 0; k < 20; k++) {
        double distance = 1e-7 * pow(10, 0.25 * k);
        add_approach(c, 0, mu - distance, distance, pitchfork(mu - distance, mu, slope, true));
    }
    return c;
}

static void test_continuous(void **state)
{
    (void)state;
    int64_t count = 0;
    chart *c = merging(1);
    spn_transitions *t = find(c);
    const spn_transition *rows = spn_transitions_rows(t, &count);
    assert_int_equal(count, 1);
    assert_true(rows[0].order == 2 && rows[0].kind == SPN_TRANSITION_CONTINUOUS);
    assert_int_equal(rows[0].change, SPN_CHANGE_SYMMETRY);
    assert_true(rows[0].before.merged_units == 0 && rows[0].after.merged_units == 1);
    assert_int_equal(rows[0].evidence, SPN_EVIDENCE_CONTINUOUS);
    check_close(rows[0].eigenvalue.value, 1, 1e-3, 0);
    check_close(rows[0].beta, 0.05, 1e-10, 0);
    spn_transitions_free(context, t);
    c->tables.approach_count =
        0; /* without the way to it the exchange of stability itself is left */
    t = find(c);
    rows = spn_transitions_rows(t, &count);
    assert_true(count == 1 && rows[0].order == 2 && rows[0].evidence == SPN_EVIDENCE_EXCHANGE);
    spn_transitions_free(context, t);
    free(c);
}

/* A phase that loses stability at a branch point which nothing stable leaves, with another phase of less L far
 * away: first order, although its eigenvalue vanishes linearly. */
static void test_branch_point(void **state)
{
    (void)state;
    int64_t count = 0;
    chart *c = merging(0);
    c->phases[1].special_low = -1;
    c->phases[1].end_low = SPN_END_RANGE;
    c->phases[1].beta_low = 0.01;
    for (int i = 41; i < 82; i++) { /* the other phase: all along, lower, of smaller norm */
        double beta = 0.01 + 0.08 * (i - 41) / 40;
        c->points[i].state.beta = beta;
        c->points[i].state.weight_norm = 0.5;
        c->points[i].state.loss = 1 + 0.25 * beta;
        c->points[i].state.susceptibility = 1e-9;
    }
    spn_transitions *t = find(c);
    const spn_transition *rows = spn_transitions_rows(t, &count);
    assert_int_equal(count, 1);
    assert_true(rows[0].order == 1 && rows[0].kind == SPN_TRANSITION_SPINODAL_UP);
    assert_int_equal(rows[0].evidence, SPN_EVIDENCE_BRANCH_POINT);
    check_close(rows[0].jump, 0.75, 1e-9, 0);
    spn_transitions_free(context, t);
    free(c);
}

/* A fold of the only phase: what lies behind it is not known, and said to be so. */
static void test_lonely_fold(void **state)
{
    (void)state;
    int64_t count = 0;
    model *m = model_new(context, 3, 1, two);
    chart *c = new_chart();
    double end = model_end(m, 1);
    for (int i = 0; i < 20; i++) {
        add_point(c, 0, 0.1 + (end - 0.1) * i / 20, model_at(m, 1, 0.1 + (end - 0.1) * i / 20), 1);
    }
    c->phases[0] = (spn_phase_record){.middle.active_modes = 1,
                                      .end_low = SPN_END_UNFINISHED,
                                      .end_high = SPN_END_FOLD,
                                      .special_low = -1};
    c->specials[0] = (spn_special_record){.beta = end,
                                          .beta_low = end,
                                          .beta_high = end,
                                          .state.loss = model_at(m, 1, end).loss,
                                          .state.weight_norm = model_at(m, 1, end).norm,
                                          .after = spn_state_unknown(),
                                          .is_continuous = -1};
    c->tables.phase_count = c->tables.special_count = 1;
    spn_transitions *t = find(c);
    const spn_transition *rows = spn_transitions_rows(t, &count);
    assert_int_equal(count, 1);
    assert_true(rows[0].kind == SPN_TRANSITION_SPINODAL_UP && rows[0].order == 1);
    assert_true(isnan(rows[0].after.norm) && rows[0].after.active_modes == -1);
    assert_int_equal(spn_transitions_notes(t).unfinished, 1);
    spn_transitions_free(context, t);
    /* Where the fall is known and the phase there was not followed, it is what lies behind. */
    c->specials[0].after = c->specials[0].state;
    c->specials[0].after.active_modes = 0;
    c->specials[0].after.weight_norm = 0;
    t = find(c);
    rows = spn_transitions_rows(t, &count);
    assert_int_equal(count, 1);
    assert_true(rows[0].kind == SPN_TRANSITION_SPINODAL_UP && rows[0].order == 1);
    assert_true(rows[0].after.norm == 0 && rows[0].after.active_modes == 0);
    check_close(rows[0].jump, pow(model_at(m, 1, end).norm, 2), 1e-12, 0);
    c->points[2].phase = 7;
    check_fails(context, spn_transitions_add_branches(context, t, &c->tables), SPN_ERROR_INPUT,
                "row 2 of points");
    spn_transitions_free(context, t);
    free(c);
    free(m);
}

/* Two phases with |theta|^2 = 1 +- k (0.05 - beta), both all along; their L is equal somewhere in 0.05 -+ half. */
static chart *crossing(double beta, double half, bool has_susceptibility)
{
    const double k = 2;
    chart *c = new_chart();
    for (int64_t phase = 0; phase < 2; phase++) {
        const double slope = phase == 0 ? k : -k;
        for (int i = 0; i <= 40; i++) {
            double at = 0.01 + 0.08 * i / 40, square = 1 + slope * (0.05 - at);
            /* susceptibility = -1/2 d|theta|^2/dbeta */
            add_point(c, phase, at,
                      (model_state){.norm = sqrt(square),
                                    .loss = 1,
                                    .error = 1 - at * square,
                                    .susceptibility = has_susceptibility ? slope / 2 : none},
                      1 + phase);
        }
        c->phases[phase] = (spn_phase_record){.phase = phase,
                                              .middle.active_modes = 1 + phase,
                                              .beta_low = 0.01,
                                              .beta_high = 0.09,
                                              .end_low = SPN_END_RANGE,
                                              .end_high = SPN_END_RANGE,
                                              .special_low = -1,
                                              .special_high = -1};
    }
    c->tables.phase_count = 2;
    c->tables.maxwell_count = 1;
    c->maxwell[0] = (spn_maxwell_record){.phase_a = 0,
                                         .phase_b = 1,
                                         .beta = beta,
                                         .beta_low = beta - half,
                                         .beta_high = beta + half,
                                         .loss = 1,
                                         .a.error = 1 - beta,
                                         .b.error = 1 - beta,
                                         .a.weight_norm = sqrt(1 + k * (0.05 - beta)),
                                         .b.weight_norm = sqrt(1 - k * (0.05 - beta)),
                                         .is_global = 1};
    return c;
}

/* Equal L is of first order where |theta|^2 jumps in all of the interval of beta: 4 (0.05 - beta) here. */
static void test_maxwell_interval(void **state)
{
    (void)state;
    const struct {
        double beta, half;
        bool has_susceptibility, is_first;
    } cases[] = {{0.049, 1e-6, true, true},  {0.049, 2e-3, true, false},
                 {0.05, 1e-10, true, false}, {0.05, 0, true, false},
                 {0.049, 1e-6, false, true}, {0.049, 2e-3, false, false},
                 {0.05, 1e-10, false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t count = 0;
        chart *c = crossing(cases[i].beta, cases[i].half, cases[i].has_susceptibility);
        spn_transitions *t = find(c);
        const spn_transition *r = spn_transitions_rows(t, &count);
        const double least = 4 * (0.05 - cases[i].beta - cases[i].half);
        assert_int_equal(count, 1);
        assert_true(cases[i].is_first == (r->order == 1));
        assert_true(cases[i].is_first == spn_transitions_decided(t));
        assert_int_equal(r->kind,
                         cases[i].is_first ? SPN_TRANSITION_MAXWELL : SPN_TRANSITION_UNDECIDED);
        assert_int_equal(r->evidence,
                         cases[i].is_first ? SPN_EVIDENCE_CROSSING : SPN_EVIDENCE_TOUCH);
        check_close(r->jump, 4 * (0.05 - cases[i].beta), 1e-12, 1);
        assert_true(r->jump_low <= least + 1e-12 && r->jump <= r->jump_high);
        spn_transitions_free(context, t);
        free(c);
    }
}

static spn_status all_of_it(spn_context *one, void *state)
{
    const chart *c = state;
    spn_transitions *t = NULL;
    spn_status status = SPN_OK;
    SPN_TRY(spn_transitions_create(one, &t));
    SPN_TRY(spn_transitions_add_branches(one, t, &c->tables));
done:
    spn_transitions_free(one, t);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    model *m = model_new(context, 3, 2, two);
    chart *c = deep_linear(m);
    assert_true(support_fail_each_allocation(all_of_it, c) > 10);
    free(c);
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deep_linear), cmocka_unit_test(test_loops),
        cmocka_unit_test(test_continuous),  cmocka_unit_test(test_branch_point),
        cmocka_unit_test(test_lonely_fold), cmocka_unit_test(test_maxwell_interval),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
