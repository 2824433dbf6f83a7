/* SPDX-License-Identifier: MIT */
/** @file random.h  Counter-based random numbers: Philox4x64-10 (Salmon et al. 2011, Random123).
 *
 *  Stream (seed, purpose, job) has key {seed, purpose} and counter {block, job, 0, 0}; block b yields
 *  the 64-bit words 4b .. 4b+3. A word w gives the uniform u = ((w >> 11) + 1/2) 2^-53 in (0, 1) and
 *  the normal deviate Phi^-1(u) by Wichura's AS 241. Only IEEE +, -, *, /, sqrt and integers are used
 *  (the logarithm is our own), so that the same stream has the same bits on every machine. */
#ifndef SPINODAL_BASE_RANDOM_H
#define SPINODAL_BASE_RANDOM_H

#include <spinodal/base/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What the numbers are for: streams of different purposes never overlap. Values are frozen. */
typedef enum spn_purpose {
    SPN_PURPOSE_DATA = 1,    /**< samples of a generated data set; job = 0 */
    SPN_PURPOSE_WEIGHTS = 2, /**< initial weights; job = index of the seed in a multi-seed study */
    SPN_PURPOSE_BATCHES = 3, /**< order of samples in mini-batches; job = epoch */
    SPN_PURPOSE_PROBES = 4,  /**< directions and probe vectors */
    SPN_PURPOSE_TEST = 5,    /**< tests */
    SPN_PURPOSE_TEACHER = 6, /**< weights of a teacher network */
    SPN_PURPOSE_RESIDUE = 7, /**< what is added to a stationary start of training; job = seed */
    SPN_PURPOSE_SPLIT = 8,   /**< which samples are kept for testing; job = 0 */
    SPN_PURPOSE_BOOTSTRAP = 9, /**< simulated noise of tests of significance; job = replica */
    SPN_PURPOSE_SUBSET = 10,   /**< which samples of a file are taken; job = 0 */
} spn_purpose;

/** A position in a stream; plain data, copy freely. */
typedef struct spn_random {
    uint64_t key[2];
    uint64_t job;
    uint64_t next;     /**< index of the next word */
    uint64_t words[4]; /**< the block that holds word `next` when next % 4 != 0 */
} spn_random;

spn_random spn_random_stream(uint64_t seed, spn_purpose purpose, uint64_t job);
uint64_t spn_random_word(spn_random *random);
double spn_random_uniform(spn_random *random);
double spn_random_normal(spn_random *random);
/** Uniform integer in [0, bound), bound > 0, without bias (Lemire 2019). */
uint64_t spn_random_below(spn_random *random, uint64_t bound);

/** Phi^-1(u), 0 < u < 1, relative error about 1e-15 (Wichura 1988, AS 241 PPND16). */
double spn_normal_quantile(double u);
/** Natural logarithm of a positive normal number with the same bits on every IEEE machine, 1 ulp. */
double spn_portable_log(double x);

#ifdef __cplusplus
}
#endif

#endif
