/* SPDX-License-Identifier: MIT */
/* The page as a file: numbers come back bit by bit by a decoder of the test's own, texts from outside stay texts, the size
 * is kept. What a browser makes of it is in browser_test.py. */
#include "folder.h"
#include "support.h"

#include "page/page.h"
#include <spinodal/sweep.h>
#include <stdio.h>
#include <zlib.h>

enum { ROWS = 4000 };

static int setup(void **state)
{
    return spn_context_create(NULL, (spn_context **)state) == SPN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    spn_context_free(*state);
    return 0;
}

/* ---- Packing ------------------------------------------------------------------------------------ */

static int64_t decode_base64(const char *text, unsigned char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int64_t size = 0;
    unsigned bits = 0, count = 0;
    for (; *text != '\0' && *text != '='; text++) {
        bits = bits << 6 | (unsigned)(strchr(digits, *text) - digits);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out[size++] = (unsigned char)(bits >> count & 0xff);
        }
    }
    return size;
}

/* Bits as an integer that grows with the double; it is its own inverse on the other side of the sign. */
static uint64_t ascending(uint64_t bits, bool is_real)
{
    const uint64_t top = UINT64_C(1) << 63;
    return !is_real ? bits : (bits & top) != 0 ? ~bits : bits | top;
}

static uint64_t bits_of(uint64_t rank, bool is_real)
{
    const uint64_t top = UINT64_C(1) << 63;
    return !is_real ? rank : (rank & top) != 0 ? rank ^ top : ~rank;
}

/* Binomial coefficients of the extrapolation, summed from the last value back as the format says. */
static uint64_t guess(const uint64_t *before, int64_t i, int64_t order, bool is_real)
{
    double v[4] = {0};
    order = order > i ? i : order;
    for (int64_t k = 0; k < order; k++) {
        memcpy(&v[k], &before[i - 1 - k], sizeof v[k]);
    }
    if (order < 2) {
        return order == 0 ? 0 : before[i - 1];
    }
    if (!is_real) {
        return 2 * before[i - 1] - before[i - 2];
    }
    double sum = order == 2   ? 2 * v[0] - v[1]
                 : order == 3 ? (3 * v[0] - 3 * v[1]) + v[2]
                              : ((4 * v[0] - 6 * v[1]) + 4 * v[2]) - v[3];
    uint64_t bits = before[i - 1];
    if (isfinite(sum)) {
        memcpy(&bits, &sum, sizeof bits);
    }
    return bits;
}

static void check_unpacks(const spni_packed *packed, int64_t rows, const void *wanted, bool is_real)
{
    unsigned char *deflated = calloc((size_t)packed->size + 4, 1);
    unsigned char *planes = calloc((size_t)rows + 1, 8);
    uint64_t *bits = calloc((size_t)rows + 1, sizeof *bits);
    assert_true(deflated != NULL && planes != NULL && bits != NULL);
    uLongf size = (uLongf)(8 * rows);
    assert_int_equal(strlen(packed->text), packed->size);
    const int64_t length = decode_base64(packed->text, deflated);
    assert_int_equal(uncompress(planes, &size, deflated, (uLong)length), Z_OK);
    assert_int_equal(size, 8 * rows);
    for (int64_t i = 0; i < rows; i++) {
        uint64_t kept = 0;
        for (int64_t plane = 0; plane < 8; plane++) {
            kept |= (uint64_t)planes[plane * rows + i] << (8 * plane);
        }
        const uint64_t step = (kept >> 1) ^ (0 - (kept & 1));
        bits[i] =
            bits_of(ascending(guess(bits, i, packed->order, is_real), is_real) + step, is_real);
    }
    assert_memory_equal(bits, wanted, 8 * (size_t)rows);
    free(bits);
    free(planes);
    free(deflated);
}

static void test_numbers_come_back(void **state)
{
    spn_context *context = *state;
    spn_arena *arena = NULL;
    double *values = calloc(ROWS, sizeof *values);
    spni_packed packed;
    assert_non_null(values);
    check_ok(context, spn_arena_create(context, &arena));
    /* Smooth, with a jump, a gap and a divergence. */
    for (int i = 0; i < ROWS; i++) {
        const double t = i / (double)ROWS;
        values[i] = t < 0.5 ? exp(-3 * t) : t < 0.6 ? (double)NAN : -1 / (t - 1.0001);
    }
    check_ok(context, spni_pack(context, arena, ROWS, values, 8, true, &packed));
    check_unpacks(&packed, ROWS, values, true);
    /* A step is 1/4000 of the range, so that a prediction of order 4 is good to 1e-13: two or three bytes are left. */
    assert_true(packed.order == 4 && packed.size < ROWS * 8 / 2);
    /* Of everything that a double can be. */
    const double odd[] = {
        0.0,         -0.0,   1.0,     -1.0,    (double)INFINITY, -(double)INFINITY,
        (double)NAN, 5e-324, -5e-324, 1.7e308, -1.7e308,         0.1,
        0.2,         0.3};
    check_ok(context, spni_pack(context, arena, sizeof odd / sizeof *odd, odd, 8, true, &packed));
    check_unpacks(&packed, sizeof odd / sizeof *odd, odd, true);
    const int64_t whole[] = {0, -1, 1, INT64_MAX, INT64_MIN, 5, 6, 7, 8, 9, -9};
    check_ok(context,
             spni_pack(context, arena, sizeof whole / sizeof *whole, whole, 8, false, &packed));
    check_unpacks(&packed, sizeof whole / sizeof *whole, whole, false);
    check_ok(context, spni_pack(context, arena, 0, NULL, 8, true, &packed));
    check_unpacks(&packed, 0, values, true);
    /* Every third number of a record. */
    const double records[] = {1, 9, 9, 2, 9, 9, 3, 9, 9}, thirds[] = {1, 2, 3};
    check_ok(context, spni_pack(context, arena, 3, records, 24, true, &packed));
    check_unpacks(&packed, 3, thirds, true);
    spn_arena_free(arena);
    free(values);
}

/* ---- Texts -------------------------------------------------------------------------------------- */

static void test_texts_stay_texts(void **state)
{
    spn_context *context = *state;
    spn_text html = {.context = context};
    spni_html_text(&html, "a<b>&\"c'");
    spni_html_text(&html, NULL);
    assert_string_equal(html.buffer.text, "a&lt;b&gt;&amp;&quot;c&#39;");
    check_ok(context, spn_text_end(&html));
    spn_text_buffer buffer = {0};
    spni_script_sink script = {spn_sink_buffer(&buffer)};
    const spn_sink sink = spni_sink_script(&script);
    check_ok(context, sink.write(context, sink.state, "<<x</script>", 12));
    assert_string_equal(buffer.text, "\\u003c\\u003cx\\u003c/script>");
    spn_release(context, buffer.text);
}

/* ---- Pages -------------------------------------------------------------------------------------- */

#define HOSTILE "</script><script>evil()</script><!--<img src=x onerror=evil()>"

static bool pass(const spn_results *results)
{
    (void)results;
    return false;
}

typedef struct point {
    double beta, error, theirs;
    int64_t seed;
} point;
static const spn_column point_items[] = {
    {"beta", SPN_COLUMN_REAL, offsetof(point, beta), "", HOSTILE, NULL, NULL},
    {"error", SPN_COLUMN_REAL, offsetof(point, error), HOSTILE, "", NULL, NULL},
    {HOSTILE, SPN_COLUMN_REAL, offsetof(point, theirs), "", "", NULL, NULL},
    {"seed", SPN_COLUMN_INTEGER, offsetof(point, seed), "", "", NULL, NULL},
};
static const spn_columns point_columns = SPN_COLUMNS_OF(point_items, point);
static const char *const keys[] = {"seed", NULL}, *const quantities[] = {"error", NULL};
static const spn_curves curves = {
    .table = "points", .x = "beta", .keys = keys, .quantities = quantities};
static const spn_kind kind = {.name = "sweep", .curves = &curves, .passes = pass, .fault = HOSTILE};

/* Results with `rows` points and as many vectors of `width` weights, which nothing predicts. */
typedef struct sample {
    point *points;
    double *theta;
    spn_table table;
    spn_array array;
    spn_attribute attribute;
    spn_text_column names;
    spn_results results;
    spn_page_source source;
} sample;
static const char *const hostile_items[] = {HOSTILE};

static void make_sample(sample *s, int64_t rows, int64_t width)
{
    uint64_t random = 1;
    *s = (sample){.points = calloc((size_t)rows, sizeof(point)),
                  .theta = calloc((size_t)(rows * width + 1), sizeof(double))};
    assert_true(s->points != NULL && s->theta != NULL);
    for (int64_t i = 0; i < rows; i++) {
        const double t = (double)i / (double)rows;
        s->points[i] = (point){t, exp(-t), 1 / (1 + t), i * 16 / rows};
    }
    for (int64_t i = 0; i < rows * width; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        s->theta[i] = (double)(random >> 11) / 9007199254740992.0;
    }
    s->table = (spn_table){"points", &point_columns, rows, s->points};
    s->array = (spn_array){"theta", rows, width, s->theta, "", "", false};
    s->attribute = (spn_attribute){"experiment", HOSTILE, 0};
    s->names = (spn_text_column){"points", HOSTILE, 1, hostile_items, ""};
    s->results = (spn_results){.kind = "sweep",
                               .attribute_count = 1,
                               .attributes = &s->attribute,
                               .table_count = 1,
                               .tables = &s->table,
                               .array_count = 1,
                               .arrays = &s->array,
                               .text_column_count = 1,
                               .text_columns = &s->names};
    s->source = (spn_page_source){HOSTILE, &s->results, &kind};
}

static void free_sample(sample *s)
{
    free(s->points);
    free(s->theta);
}

static char *write_page(spn_context *context, const sample *s, int64_t limit, int64_t *size)
{
    char path[512];
    const spn_page_settings settings = {.is_forced = true, .size = limit};
    support_scratch("page.html", path);
    check_ok(context, spn_page_write(context, path, 1, &s->source, &settings));
    char folder[512];
    return load(support_scratch("", folder), "page.html", size);
}

static int64_t count_of(const char *text, const char *piece)
{
    int64_t count = 0;
    for (; (text = strstr(text, piece)) != NULL; text += strlen(piece)) {
        count++;
    }
    return count;
}

static void test_hostile_names(void **state)
{
    spn_context *context = *state;
    int64_t size = 0;
    sample s;
    make_sample(&s, 10, 3);
    char *page = write_page(context, &s, 0, &size);
    /* Two blocks of data and one program; nothing of the names is a tag, and no address is asked for. */
    assert_int_equal(count_of(page, "<script"), 3);
    assert_int_equal(count_of(page, "</script"), 3);
    assert_int_equal(count_of(page, "<img"), 0);
    assert_int_equal(count_of(page, "<link"), 0);
    assert_int_equal(count_of(page, " src="), count_of(page, "img src=x"));
    assert_true(count_of(page, "evil()") > 5);
    free(page);
    free_sample(&s);
}

static void test_size_is_kept(void **state)
{
    spn_context *context = *state;
    int64_t size = 0;
    sample s;
    make_sample(&s, 20000, 20);
    char *page = write_page(context, &s, 1000000, &size);
    /* 400,000 random numbers are 4 MB as text: some of their rows are there, all of the curves. */
    assert_true(size > 500000 && size <= 1000000);
    assert_int_equal(count_of(page, "\"packed\":"), 4 + 20);
    assert_int_equal(count_of(page, "\"stride\": 1,"), 0);
    assert_int_equal(count_of(page, "\"stride\": 0,"), 0);
    free(page);
    page = write_page(context, &s, 100000, &size);
    assert_int_equal(count_of(page, "\"stride\": 0,"), 1);
    free(page);
    page = write_page(context, &s, 9000000, &size);
    assert_int_equal(count_of(page, "\"stride\": 1,"), 1);
    assert_true(size > 3000000);
    free(page);
    free_sample(&s);
}

static spn_status write_small(spn_context *context, void *state)
{
    char path[512];
    const sample *s = state;
    const spn_page_settings settings = {.is_forced = true};
    return spn_page_write(context, support_scratch("small.html", path), 1, &s->source, &settings);
}

static void test_memory_runs_out(void **state)
{
    (void)state;
    sample s;
    make_sample(&s, 5, 2);
    assert_true(support_fail_each_allocation(write_small, &s) > 20);
    free_sample(&s);
}

static void test_wrong_calls(void **state)
{
    spn_context *context = *state;
    const spn_page_settings settings = {.size = 0};
    char path[512];
    sample s;
    make_sample(&s, 5, 2);
    support_scratch("once.html", path);
    check_fails(context, spn_page_write(context, path, 0, NULL, &settings), SPN_ERROR_ARGUMENT,
                "needs results");
    check_ok(context, spn_page_write(context, path, 1, &s.source, &settings));
    check_fails(context, spn_page_write(context, path, 1, &s.source, &settings), SPN_ERROR_IO,
                "exists");
    free_sample(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_come_back), cmocka_unit_test(test_texts_stay_texts),
        cmocka_unit_test(test_hostile_names),     cmocka_unit_test(test_size_is_kept),
        cmocka_unit_test(test_memory_runs_out),   cmocka_unit_test(test_wrong_calls),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
