/* SPDX-License-Identifier: MIT */
/* Tables of records that hold states, of all methods: they cover the records, and an observable has one type and one unit
 * wherever it is shown. */
#include "support.h"

#include <spinodal/continuation.h>
#include <spinodal/sweep.h>
#include <spinodal/trajectory.h>

#include <string.h>

enum { STATES_MOST = 3, CELLS_MOST = 256 };

typedef struct holder {
    const spn_columns *columns;
    size_t states[STATES_MOST + 1]; /* offsets, ended by END */
} holder;
#define END ((size_t)-1)

static const holder holders[] = {
    {&spn_sweep_columns, {offsetof(spn_sweep_record, state), END}},
    {&spn_sweep_jump_columns,
     {offsetof(spn_sweep_jump, before), offsetof(spn_sweep_jump, after), END}},
    {&spn_sweep_approach_columns, {END}},
    {&spn_branch_columns, {offsetof(spn_branch_record, state), END}},
    {&spn_special_columns,
     {offsetof(spn_special_record, state), offsetof(spn_special_record, after), END}},
    {&spn_branch_approach_columns, {END}},
    {&spn_phase_columns,
     {offsetof(spn_phase_record, middle), offsetof(spn_phase_record, low),
      offsetof(spn_phase_record, high), END}},
    {&spn_maxwell_columns, {offsetof(spn_maxwell_record, a), offsetof(spn_maxwell_record, b), END}},
    {&spn_global_columns, {END}},
    {&spn_barrier_columns, {END}},
    {&spn_trajectory_columns, {offsetof(spn_trajectory_record, state), END}},
    {&spn_crossing_columns, {END}},
    {&spn_plateau_columns, {END}},
    {&spn_run_columns, {offsetof(spn_run_record, state), offsetof(spn_run_record, final), END}},
};
enum { HOLDERS = sizeof holders / sizeof *holders };

/* What the declaration says of each 8-byte field of a state. */
#define DECLARED(field, type, unit, ...)                                                           \
    {#field, _Generic((type)0, double : SPN_COLUMN_REAL, int64_t : SPN_COLUMN_INTEGER), unit},
static const struct {
    const char *name;
    spn_column_type type;
    const char *unit;
} declared[] = {SPN_STATE_FIELDS(DECLARED) SPN_STATE_LATER(DECLARED, )};
enum { DECLARED_COUNT = sizeof declared / sizeof *declared };

/* Where in a state an offset lies, in fields; -1: in none. */
static int64_t place_in_state(const holder *h, size_t offset)
{
    for (int k = 0; h->states[k] != END; k++) {
        if (offset >= h->states[k] && offset < h->states[k] + sizeof(spn_state)) {
            return (int64_t)(offset - h->states[k]) / 8;
        }
    }
    return -1;
}

/* Every 8-byte field outside of states has one column, in the order of the fields; those in states at most one. */
static void test_tables_cover_their_records(void **state)
{
    (void)state;
    for (int t = 0; t < HOLDERS; t++) {
        const holder *h = &holders[t];
        const size_t cells = h->columns->record_size / 8;
        bool is_shown[CELLS_MOST] = {false};
        assert_true(h->columns->record_size % 8 == 0 && cells <= CELLS_MOST);
        for (int64_t i = 0; i < h->columns->count; i++) {
            const size_t offset = h->columns->items[i].offset;
            assert_true(offset % 8 == 0 && offset / 8 < cells);
            assert_false(is_shown[offset / 8]);
            is_shown[offset / 8] = true;
        }
        for (size_t c = 0; c < cells; c++) {
            assert_true(is_shown[c] || place_in_state(h, 8 * c) >= 0);
        }
    }
}

static void test_one_type_and_unit(void **state)
{
    (void)state;
    assert_int_equal(sizeof(spn_state), 8 * DECLARED_COUNT);
    for (int t = 0; t < HOLDERS; t++) {
        const spn_columns *columns = holders[t].columns;
        for (int64_t i = 0; i < columns->count; i++) {
            const spn_column *c = &columns->items[i];
            const int64_t place = place_in_state(&holders[t], c->offset);
            if (place >= 0) {
                assert_int_equal(c->type, declared[place].type);
                assert_string_equal(c->unit, declared[place].unit);
            }
            for (int64_t k = 0; k < i; k++) {
                assert_string_not_equal(columns->items[k].name, c->name);
            }
        }
    }
}

/* A table may say what an observable means there, not give its name to something else. */
static void test_names_belong_to_observables(void **state)
{
    (void)state;
    for (int t = 0; t < HOLDERS; t++) {
        for (int64_t i = 0; i < holders[t].columns->count; i++) {
            const spn_column *c = &holders[t].columns->items[i];
            const int64_t place = place_in_state(&holders[t], c->offset);
            for (int d = 0; d < DECLARED_COUNT && place >= 0; d++) {
                assert_true(strcmp(c->name, declared[d].name) != 0 || d == place);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_cover_their_records),
        cmocka_unit_test(test_one_type_and_unit),
        cmocka_unit_test(test_names_belong_to_observables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
