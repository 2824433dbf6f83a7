/* SPDX-License-Identifier: MIT */
/* What pages of slices and spectra begin with, of surfaces and spectra in closed form. */
#include "support.h"

#include <math.h>
#include <spinodal/kind.h>
#include <string.h>

enum { SIDE = 41, FINE = 401 };

static spn_context *context;
static spn_slice_point points[SIDE * SIDE];

static int set_up(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static void check_words(void (*words)(spn_text *, const void *), const void *contents,
                        const char *expected)
{
    spn_text text = {.context = context};
    words(&text, contents);
    check_ok(context, text.status);
    assert_string_equal(text.buffer.text != NULL ? text.buffer.text : "", expected);
    spn_text_end(&text);
}

static spn_slice_contents contents_of(const spn_slice_record *slice, const spn_slice_level *levels,
                                      int64_t count)
{
    return (spn_slice_contents){
        .slices = {"slices", &spn_slice_columns, 1, slice},
        .points = {"points", &spn_slice_point_columns, slice->rows * slice->columns, points},
        .levels = {"levels", &spn_slice_level_columns, count, levels}};
}

/* E = (u^2 - 1)^2, a double well with a barrier of 1, and n = (u - 1)^2: L' = (u - 1)(4 u (u + 1) + 2 beta) has no root
 * but u = 1 where beta is above 1/2. The first of wells that are equal is the deepest. */
static void test_line(void **state)
{
    (void)state;
    const spn_slice_record slice = {.axes = 1, .columns = FINE, .rows = 1};
    const spn_slice_level levels[] = {{.beta = 0}, {.beta = 3}};
    for (int i = 0; i < FINE; i++) {
        const double u = (i - FINE / 2) * 0.01;
        points[i] = (spn_slice_point){.column = i,
                                      .u = u,
                                      .error = (u * u - 1) * (u * u - 1),
                                      .norm_squared = (u - 1) * (u - 1)};
    }
    spn_slice_contents c = contents_of(&slice, levels, 2);
    check_words(
        spn_slice_words, &c,
        "At beta = 0 the loss has 2 valleys on this line: the deepest, L = 0, at u = -1, the "
        "next, L = 0, at u = 1. On the straight way from the shallower to the deeper L rises "
        "by 1.\n"
        "At beta = 3 the loss has one valley on this line, at u = 1.\n");
    for (int i = 0; i < FINE; i++) {
        points[i].error = points[i].u;
        points[i].norm_squared = 0;
    }
    c = contents_of(&slice, levels, 1);
    check_words(spn_slice_words, &c,
                "At beta = 0 the loss has no valley on this line: it is lowest at the edge.\n");
    /* Flat ground is one valley, not one at each point. */
    for (int i = 0; i < FINE; i++) {
        points[i].error = fmax(fabs(points[i].u), 0.5);
    }
    check_words(spn_slice_words, &c,
                "At beta = 0 the loss has one valley on this line, at u = -0.5.\n");
}

/* Four wells, at u = +-1 and v = +-1, tilted by 0.1 u + 0.2 v: the deepest where both are negative, then where v is. */
static void test_plane(void **state)
{
    (void)state;
    const spn_slice_record slice = {.axes = 2, .columns = SIDE, .rows = SIDE};
    const spn_slice_level level = {.beta = 0};
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double u = (i % SIDE - SIDE / 2) * 0.1, v = (i / SIDE - SIDE / 2) * 0.1;
        points[i] = (spn_slice_point){.u = u,
                                      .v = v,
                                      .error = (u * u - 1) * (u * u - 1) +
                                               (v * v - 1) * (v * v - 1) + 0.1 * u + 0.2 * v};
    }
    const spn_slice_contents c = contents_of(&slice, &level, 1);
    check_words(spn_slice_words, &c,
                "At beta = 0 the loss has 4 valleys on this plane: the deepest, L = -0.3, at (-1, "
                "-1), the next, L = -0.1, at (1, -1).\n");
}

/* A saddle of E that beta turns into a minimum of L, and one that it does not. */
static void test_spectrum(void **state)
{
    (void)state;
    const spn_spectra_summary summary = {.part = SPN_SPECTRA_ERROR,
                                         .negative_share = 0.25,
                                         .zero_share = 0.5,
                                         .outliers = 1,
                                         .edge = 0.5};
    const spn_spectra_eigenvalue eigenvalues[] = {{.value = 3, .end = 1}, {.value = -0.125}};
    spn_spectra_point point = {.beta = 0.1, .parameters = 4, .shift = 0.2};
    const spn_spectrum_contents c = {
        .points = {"points", &spn_spectra_point_columns, 1, &point},
        .spectra = {"spectra", &spn_spectra_summary_columns, 1, &summary},
        .eigenvalues = {"eigenvalues", &spn_spectra_eigenvalue_columns, 2, eigenvalues}};
    check_words(
        spn_spectrum_words, &c,
        "The error curves downwards along 25 % of all directions; the loss at beta = 0.1 "
        "curves upwards along all.\n"
        "Of its 4 eigenvalues 1 stands apart, above 0.5: along so many directions the error "
        "is steep, the others are the bulk.\n"
        "Along 50 % of all directions it does not curve at all (1e-6 of the steepest).\n");
    point.shift = point.beta = 0;
    spn_text text = {.context = context};
    spn_spectrum_words(&text, &c);
    assert_non_null(strstr(text.buffer.text, "the loss at beta = 0 along some, too.\n"));
    spn_text_end(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_plane, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spectrum, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
