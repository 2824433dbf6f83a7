/* SPDX-License-Identifier: MIT */
/** @file weights.h  Which array belongs to which layer. */
#ifndef SPNI_FORMATS_WEIGHTS_H
#define SPNI_FORMATS_WEIGHTS_H

#include "formats/arrays.h"

#define SPNI_WEIGHTS_IN_OUT_ONLY                                                                   \
    "%s: its weights fit as in x out (Keras, flax, scikit-learn) only; if that is what they are, " \
    "set model.init.layout: in_out"

typedef struct spni_weight_file {
    const char *source;
    const spn_arrays *arrays;
    const spn_weight_choice *choice;
    int64_t layers;
    const spn_weight_entry **entry; /**< 2 per layer: weight, bias or NULL */
    /* What is found: */
    int64_t *weight, *bias; /**< index of the array of each layer; bias: -1 where there is none */
    bool *is_placed;        /**< arrays */
    bool is_turned;         /**< weights are in x out */
} spni_weight_file;

enum { SPNI_WEIGHT_PROBLEM = 600 };

/** The weights of a file, read one way. */
typedef struct spni_weight_match {
    int64_t *place;  /**< layers: index of the array */
    bool is_good;    /**< every layer has its array, and every matrix its layer */
    bool is_ordered; /**< the names alone put the layers in this order */
    char problem[SPNI_WEIGHT_PROBLEM];
} spni_weight_match;

spn_status spni_weight_match_create(spn_context *context, const spni_weight_file *file,
                                    spni_weight_match *match);
void spni_weight_match_free(spn_context *context, spni_weight_match *match);
void spni_weights_match(const spni_weight_file *file, bool is_turned, spni_weight_match *match);

/** The biases, once the weights have their places: file->bias. SPN_ERROR_INPUT when one is missing, the last layer's
 *  apart, or something has no place. */
spn_status spni_weights_match_biases(spn_context *context, spni_weight_file *file);

/** Weights, and biases where they are among them, by the names of the choice: file->weight, file->bias, file->is_turned. */
spn_status spni_weights_match_names(spn_context *context, spni_weight_file *file);

/** Does the array have the shape of a weight, read one way, or of a bias? entry NULL: no. */
bool spni_weight_fits(const spn_named_array *array, const spn_weight_entry *entry, bool is_turned);

/** "'a' (3 x 2), 'b' (4) and 2 more", of the arrays that have no place; returns how many there are. */
int64_t spni_weights_list_rest(const spni_weight_file *file, char *text, size_t size);

/** Names in their natural order: -1, 0 or 1 where they differ in numbers only ("fc2" before "fc10", "dense" before
 *  "dense_1"), SPNI_NO_ORDER where they differ in anything else, or in nothing but how a number is written. */
enum { SPNI_NO_ORDER = 2 };
int spni_compare_names(const char *a, const char *b);

#endif
