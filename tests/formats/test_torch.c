/* SPDX-License-Identifier: MIT */
/** @file test_torch.c  State dictionaries of PyTorch. The files hold the pickles that torch.save() writes, made by Python's
 *  own pickle module with classes of these names. */
#include "support.h"

#include <spinodal/formats.h>
#include <stdio.h>
#include <unistd.h>

#define CORPUS SPN_TESTS_DIR "/formats/corpus/torch/"

static spn_context *context;

static int setup(void **state)
{
    (void)state;
    return spn_context_create(NULL, &context) == SPN_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    spn_context_free(context);
    return 0;
}

static void check_array(const spn_arrays *arrays, const char *name, int64_t rank,
                        const int64_t *shape, int64_t count, const double *values)
{
    const spn_named_array *array = spn_arrays_find(arrays, name);
    assert_non_null(array);
    assert_int_equal(array->rank, rank);
    assert_int_equal(array->count, count);
    for (int64_t d = 0; d < rank; d++) {
        assert_int_equal(array->shape[d], shape[d]);
    }
    for (int64_t i = 0; i < count; i++) {
        assert_true(array->values[i] == values[i]);
    }
}

static const double weights[] = {0.5, -1, 2, 0.25, 3, -7};
static const int64_t two_three[] = {2, 3};

static void test_state_dicts(void **state)
{
    (void)state;
    static const double biases[] = {1, -2.5};
    static const char *const files[] = {CORPUS "plain.pth", CORPUS "big_endian"};
    for (size_t i = 0; i < 2; i++) {
        spn_arrays *arrays = NULL;
        check_ok(context, spn_arrays_read(context, files[i], &arrays));
        assert_int_equal(arrays->count, 2);
        assert_string_equal(arrays->items[0].name, "fc1.weight");
        check_array(arrays, "fc1.weight", 2, two_three, 6, weights);
        check_array(arrays, "fc1.bias", 1, two_three, 2, biases);
        spn_arrays_free(context, arrays);
    }
}

/** Before PyTorch 2.0 no byte order is said; a parameter is its tensor. */
static void test_older_files_and_parameters(void **state)
{
    (void)state;
    static const char *const files[] = {CORPUS "bare", CORPUS "parameters"};
    for (size_t i = 0; i < 2; i++) {
        spn_arrays *arrays = NULL;
        check_ok(context, spn_arrays_read(context, files[i], &arrays));
        check_array(arrays, "w", 2, two_three, 6, weights);
        spn_arrays_free(context, arrays);
    }
}

/** Of a storage 0, 1, ..., 7: a transposed 2 x 3, every second from the second, one, and nothing. */
static void test_views(void **state)
{
    (void)state;
    static const double transposed[] = {1, 4, 2, 5, 3, 6}, column[] = {1, 3, 5, 7}, single[] = {7};
    static const int64_t three_two[] = {3, 2}, four[] = {4}, empty[] = {0, 5};
    spn_arrays *arrays = NULL;
    check_ok(context, spn_arrays_read(context, CORPUS "views", &arrays));
    check_array(arrays, "transposed", 2, three_two, 6, transposed);
    check_array(arrays, "column", 1, four, 4, column);
    check_array(arrays, "single", 0, NULL, 1, single);
    check_array(arrays, "empty", 2, empty, 0, NULL);
    spn_arrays_free(context, arrays);
}

/** 16-bit floats are doubles with fewer digits. What is no tensor is listed. */
static void test_types(void **state)
{
    (void)state;
    static const double half[] = {0.5, -2, 65504}, bf[] = {0.5, -2, 1.0078125}, whole[] = {-3},
                        integers[] = {7, -7}, byte[] = {255, 0}, flags[] = {1, 0};
    static const int64_t three[] = {3}, two[] = {2};
    static const char *const others[] = {"epoch", "lr", "note", "steps", "none"};
    spn_arrays *arrays = NULL;
    check_ok(context, spn_arrays_read(context, CORPUS "types", &arrays));
    check_array(arrays, "half", 1, three, 3, half);
    check_array(arrays, "bf", 1, three, 3, bf);
    check_array(arrays, "long", 0, NULL, 1, whole);
    check_array(arrays, "int", 1, two, 2, integers);
    check_array(arrays, "byte", 1, two, 2, byte);
    check_array(arrays, "bool", 1, two, 2, flags);
    assert_int_equal(arrays->other_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(spn_arrays_find_other(arrays, others[i])->why, "is no tensor");
    }
    spn_arrays_free(context, arrays);
}

static void test_files_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *fragment;
    } cases[] = {
        {"code", "code holds code: posix.system, which is not run; save the state dict alone, in "
                 "Python: torch.save(model.state_dict(), \"weights.pth\")"},
        {"module", "module holds code: model.Net, which is not run"},
        {"newobj", "holds code: pickle instruction 0x81 NEWOBJ at byte 6, which is not run"},
        {"sharded", "sharded holds tensors in shards: torch.distributed.tensor.Dist, which is not "
                    "run; gather the whole state dict"},
        {"checkpoint", "is a checkpoint with dictionaries inside ('model_state_dict', "
                       "'optimizer_state_dict'); save the one with the weights, in Python: "
                       "torch.save(torch.load(FILE, weights_only=True)[KEY], \"weights.pth\")"},
        {"list", "list holds a list, not a state dict"},
        {"no_tensors", "no_tensors: 'epoch' is no tensor"},
        {"protocol4", "its pickle is of protocol 4, and 2, which torch.save() writes"},
        {"legacy", "was written by torch.save() in the form before PyTorch 1.6, a row of pickles; "
                   "save it again, in Python: torch.save(torch.load(FILE, weights_only=True)"},
        {"missing", "member 'data/1' is missing, which its pickle names"},
        {"short", "tensor 'fc1.weight': its storage has 22 bytes, and 6 numbers are declared"},
        {"beyond", "a tensor reaches beyond its storage"},
        {"overflow", "a tensor reaches beyond its storage"},
        {"expanded", "its tensors share their numbers so often that they would not fit into the "
                     "file; clone() them"},
        {"huge_long", "tensor 'n': item 0 (from 0) is an integer that no double equals"},
        {"byteorder", "its byte order is neither little nor big"},
        {"cut", "its pickle is damaged at byte 39: it is cut off"},
        {"left", "something is left over"},
        {"memo", "the memo does not hold what is asked for"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[512];
        spn_arrays *arrays = NULL;
        snprintf(path, sizeof path, CORPUS "%s", cases[i].name);
        check_fails(context, spn_arrays_read(context, path, &arrays), SPN_ERROR_INPUT,
                    cases[i].fragment);
        assert_null(arrays);
    }
}

/** Large models lie in several files. */
static void test_shards(void **state)
{
    (void)state;
    char path[512];
    spn_arrays *arrays = NULL;
    support_scratch("pytorch_model-00001-of-00003.bin", path);
    assert_int_equal(symlink(CORPUS "plain.pth", path), 0);
    check_fails(context, spn_arrays_read(context, path, &arrays), SPN_ERROR_INPUT,
                "pytorch_model-00001-of-00003.bin is one of several shards");
    support_scratch("model-1-of-3.pth", path);
    assert_int_equal(symlink(CORPUS "plain.pth", path), 0);
    check_ok(context, spn_arrays_read(context, path, &arrays));
    spn_arrays_free(context, arrays);
}

static void test_tar_archive(void **state)
{
    (void)state;
    char bytes[512] = "sys_info";
    spn_arrays *arrays = NULL;
    memcpy(bytes + 257, "ustar", 5);
    check_fails(context, spn_arrays_parse(context, "old.pth", bytes, sizeof bytes, &arrays),
                SPN_ERROR_INPUT,
                "old.pth was written by torch.save() in the form before PyTorch 0.2");
}

static spn_status read_file(spn_context *failing, void *state)
{
    spn_arrays *arrays = NULL;
    spn_status status = spn_arrays_read(failing, state, &arrays);
    spn_arrays_free(failing, arrays);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    char path[] = CORPUS "plain.pth";
    assert_true(support_fail_each_allocation(read_file, path) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_dicts),
        cmocka_unit_test(test_older_files_and_parameters),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_files_that_are_refused),
        cmocka_unit_test(test_shards),
        cmocka_unit_test(test_tar_archive),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
